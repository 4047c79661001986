// The whole: network, payload and tracker once, then round after round of every contender, then the table.
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { OpsError } from "../../../lib/errors.ts";
import { temporaryFolder } from "../../../lib/temporary.ts";
import { measureFlow } from "./flow.ts";
import { buildNetwork, type Network, removeLeftovers } from "./network.ts";
import type { SwarmOptions } from "./options.ts";
import { makePayload } from "./payload.ts";
import { describeLink } from "./qdisc.ts";
import type { Outcome } from "./race.ts";
import { runRace } from "./run-race.ts";
import { completionPlot } from "./svg.ts";
import { outcomeLine, type Scale, summarize, tableOf } from "./table.ts";
import { ensureTools } from "./tools.ts";

/** How long a run may take beside its multiple of F/u: torrent-stream alone waits ten seconds before its first byte. */
const PATIENCE_MS = 60_000;
const PATIENCE_LIMITS = 20;

/** Prints results on stdout, progress on stderr; 0 when every host got the file every time, else 2. */
export async function benchmark(
  options: SwarmOptions,
  { signal }: { readonly signal: AbortSignal },
): Promise<number> {
  if (process.platform !== "linux" || process.getuid?.() !== 0)
    throw new OpsError("usage", "network namespaces need Linux and root", { hint: "run it as root" });
  const { rate, sizeBytes, scenario, contenders, rounds } = options;
  await ensureTools(contenders);
  await using stack = new AsyncDisposableStack();
  const left = await removeLeftovers();
  if (left.length > 0) console.error(`removed what a killed benchmark left: ${left.length} namespaces`);
  const root = await temporaryFolder("swarmbench");
  stack.defer(() => rm(root, { recursive: true, force: true }));
  const network = stack.use(await buildNetwork(scenario.plan(options)));
  const payload = await makePayload(root, { sizeBytes, pieceLength: options.pieceLength });
  const limitMs = network.hosts[0]?.rate && (scenario.limitMs?.(options) ?? (sizeBytes * 8_000) / rate);
  const scale: Scale = { limitMs, sizeBytes };
  console.log(heading(options, { network, pieceLength: payload.torrent.pieceLength, scale }));
  const { bitsPerSecond, connectMs } = await measureFlow(network);
  console.log(
    `one TCP flow: ${(bitsPerSecond / 1e6).toFixed(1)} Mbit/s of payload; a connection takes ${connectMs.toFixed(1)} ms\n`,
  );
  const outcomes: Outcome[] = [];
  for (let round = 0; round < rounds; round++) {
    for (const contender of contenders) {
      signal.throwIfAborted();
      const outcome = await runRace(contender, {
        network,
        payload,
        scenario,
        root: join(root, "race"),
        timeoutMs: options.timeoutMs ?? PATIENCE_MS + PATIENCE_LIMITS * (limitMs ?? 0),
        signal,
      });
      outcomes.push(outcome);
      console.error(outcomeLine(outcome, { round, scale }));
    }
  }
  console.log(tableOf(contenders, outcomes, scale));
  const all = { hosts: network.hosts.length, rate, sizeBytes, scenario: scenario.name, limitMs, outcomes };
  if (options.json !== undefined) await writeFile(options.json, `${JSON.stringify(all, null, 1)}\n`);
  const title = `${all.hosts} hosts, ${sizeBytes / 1024 / 1024} MiB, ${describeLink(network.hosts[0]?.rate)}: ${scenario.name}`;
  if (options.svg !== undefined)
    await writeFile(options.svg, completionPlot(contenders, outcomes, { title, scale }));
  return outcomes.every((outcome) => summarize(outcome, scale).failed === 0) ? 0 : 2;
}

function heading(
  { sizeBytes, scenario, contenders, rounds }: SwarmOptions,
  {
    network,
    pieceLength,
    scale,
  }: { readonly network: Network; readonly pieceLength: number; readonly scale: Scale },
): string {
  const { hosts } = network;
  const limit = scale.limitMs === undefined ? "" : `; F/u = ${(scale.limitMs / 1000).toFixed(2)} s`;
  return [
    `${hosts.length} hosts, ${sizeBytes / 1024 / 1024} MiB in pieces of ${pieceLength / 1024} KiB, ${rounds} rounds`,
    `scenario ${scenario.name}: ${scenario.about}`,
    `links: ${describeLink(hosts[0]?.rate)}, the seeder's too${limit}`,
    ...contenders.map(({ title, settings }) => `${title}: ${settings}`),
  ].join("\n");
}
