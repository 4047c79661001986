// Swarm or SSH: how long each takes for few and many hosts and bytes, and whether `auto` takes the better one.
//   bun run bench:via --hosts 1,2,4,8 --sizes 1,50 --rate 100     (root, Linux)
import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { OpsError } from "../../../lib/errors.ts";
import { Help, parseOptions } from "../../../lib/options.ts";
import { script } from "../../../lib/script.ts";
import { buildNetwork, removeLeftovers } from "../swarm/network.ts";
import { describeLink } from "../swarm/qdisc.ts";
import { startHosts } from "./hosts.ts";
import { type Outcome, race } from "./race.ts";
import { tableOf } from "./table.ts";

const WAYS = ["swarm", "ssh", "auto"];
const MB = 1_000_000;

await script(async (signal) => {
  const options = viaOptions(Bun.argv.slice(2));
  if (process.platform !== "linux" || process.getuid?.() !== 0)
    throw new OpsError("usage", "network namespaces need Linux and root", { hint: "run it as root" });
  await removeLeftovers();
  await using stack = new AsyncDisposableStack();
  // In memory where there is such a place: it is the way there that is measured, not eight hosts' one disk.
  const root = await mkdtemp(join(existsSync("/dev/shm") ? "/dev/shm" : tmpdir(), "rookery-via-"));
  stack.defer(() => rm(root, { recursive: true, force: true }));
  const most = Math.max(...options.hosts);
  const network = stack.use(
    await buildNetwork({ rates: Array(most + 1).fill(options.rate), delayMs: options.delayMs }),
  );
  const hosts = stack.use(await startHosts(network, root));
  console.log(`links: ${describeLink(options.rate)}; ${options.rounds} rounds, medians`);
  const outcomes: Outcome[] = [];
  const go = async (count: number, sizeBytes: number, via: string) =>
    race({ network, hosts, count, sizeBytes, via, signal });
  await writeFile(join(hosts.source, "payload.bin"), randomBytes(1000));
  await go(most, 1000, "ssh"); // every cache is warm after it
  for (let round = 0; round < options.rounds; round++) {
    for (const sizeBytes of options.sizes) {
      await writeFile(join(hosts.source, "payload.bin"), randomBytes(sizeBytes));
      for (const count of options.hosts) {
        // Each way is first, second and third equally often.
        for (const via of [...WAYS.slice(round % 3), ...WAYS.slice(0, round % 3)]) {
          if (!options.ways.includes(via)) continue;
          const outcome = await go(count, sizeBytes, via);
          outcomes.push(outcome);
          const { distributeMs, totalMs, reason = "" } = outcome;
          console.error(
            `${sizeBytes / MB} MB to ${count}, ${via}: ${distributeMs.toFixed(0)} ms of ${totalMs.toFixed(0)} ms ${reason}`,
          );
        }
      }
    }
  }
  console.log(tableOf(outcomes));
  return 0;
});

function viaOptions(argv: readonly string[]) {
  try {
    const { hosts, sizes, rate, rounds, delay, only } = parseOptions(argv, {
      example: "bun run bench:via --hosts 1,2,4,8 --sizes 1,50 --rate 100 --rounds 3",
      about:
        "Deploys to real sshds in network namespaces behind shaped links by swarm, over SSH, and by the way --via auto\ntakes, and prints how long that took. Needs Linux and root.",
      words: "",
      maxWords: 0,
      flags: {
        hosts: { type: "text", value: "N,N", help: "how many hosts (1,2,4,8)" },
        sizes: { type: "text", value: "MB,MB", help: "size of what is deployed (1,50)" },
        rate: { type: "count", value: "MBIT", help: "rate of every link each way; 0: no limit (100)" },
        delay: { type: "count", value: "MS", help: "what every packet takes (0)" },
        rounds: { type: "count", value: "R", min: 1, help: "times each is run; medians are shown (3)" },
        only: { type: "text", value: "WAYS", help: `of ${WAYS.join(",")}` },
      },
    });
    return {
      hosts: numbers("hosts", hosts ?? "1,2,4,8"),
      sizes: numbers("sizes", sizes ?? "1,50").map((size) => Math.round(size * MB)),
      rate: rate === 0 ? undefined : (rate ?? 100) * 1e6,
      delayMs: delay === 0 ? undefined : delay,
      rounds: rounds ?? 3,
      ways: only?.split(",") ?? WAYS,
    };
  } catch (error) {
    if (error instanceof Help)
      throw new Help(error.text.replace("Usage: bun script", "Usage: bun run bench:via"));
    throw error;
  }
}

function numbers(flag: string, text: string): number[] {
  const found = text.split(",").map(Number);
  if (found.every((number) => number > 0)) return found;
  throw new OpsError("usage", `--${flag} wants numbers such as 1,2,4, not "${text}"`);
}
