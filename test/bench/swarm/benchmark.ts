// The whole: network, payload and tracker once, then round after round of every contender, then the table.
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { OpsError } from "../../../lib/errors.ts";
import { temporaryFolder } from "../../../lib/temporary.ts";
import { buildNetwork, type Network, removeLeftovers } from "./network.ts";
import type { SwarmOptions } from "./options.ts";
import { makePayload } from "./payload.ts";
import { describeLink } from "./qdisc.ts";
import { type Outcome, runRace } from "./race.ts";
import { outcomeLine, summarize, tableOf } from "./table.ts";
import { startTrackerAt } from "./tracker.ts";

export async function benchmark(
  options: SwarmOptions,
  { signal }: { readonly signal: AbortSignal },
): Promise<number> {
  if (process.platform !== "linux" || process.getuid?.() !== 0)
    throw new OpsError("usage", "network namespaces need Linux and root", { hint: "run it as root" });
  const { hosts, rate, sizeBytes, scenario, contenders, rounds } = options;
  await using stack = new AsyncDisposableStack();
  const left = await removeLeftovers();
  if (left.length > 0) console.error(`removed what a killed benchmark left: ${left.length} namespaces`);
  const root = await temporaryFolder("swarmbench");
  stack.defer(() => rm(root, { recursive: true, force: true }));
  const network = stack.use(await buildNetwork(scenario.plan({ hosts, rate })));
  const payload = await makePayload(root, { sizeBytes, pieceLength: options.pieceLength });
  const tracker = stack.use(await startTrackerAt(network, payload));
  const limitMs = (sizeBytes * 8_000) / rate;
  console.log(heading(options, network, payload.torrent.pieceLength, limitMs));
  const outcomes: Outcome[] = [];
  for (let round = 0; round < rounds; round++) {
    for (const contender of contenders) {
      const outcome = await runRace(contender, {
        network,
        payload,
        tracker,
        twist: scenario,
        root: join(root, "race"),
        timeoutMs: options.timeoutMs ?? 60_000 + 20 * limitMs,
        signal,
      });
      outcomes.push(outcome);
      console.error(outcomeLine(outcome, { round, limitMs }));
    }
  }
  console.log(tableOf(contenders, outcomes, { limitMs, sizeBytes }));
  if (options.json !== undefined)
    await writeFile(
      options.json,
      `${JSON.stringify({ hosts, rate, sizeBytes, scenario: scenario.name, limitMs, outcomes }, null, 1)}\n`,
    );
  return outcomes.every((outcome) => summarize(outcome, { limitMs, sizeBytes }).failed === 0) ? 0 : 2;
}

function heading(
  { hosts, sizeBytes, scenario, contenders }: SwarmOptions,
  network: Network,
  pieceLength: number,
  limitMs: number,
): string {
  const mib = sizeBytes / 1024 / 1024;
  return [
    `${hosts} hosts, ${mib} MiB in pieces of ${pieceLength / 1024} KiB, scenario ${scenario.name}: ${scenario.about}`,
    `links: ${describeLink(network.hosts[0]?.rate)}, the seeder's too; F/u = ${(limitMs / 1000).toFixed(2)} s`,
    ...contenders.map(({ title, settings }) => `${title}: ${settings}`),
    "",
  ].join("\n");
}
