// A fleet without a Bun gets one: one host, all of them from each other, and all of them from this machine.
//   bun run bench:cold --hosts 24 --rate 100     (root, Linux)
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { OpsError } from "../../../lib/errors.ts";
import { Help, parseOptions } from "../../../lib/options.ts";
import { script } from "../../../lib/script.ts";
import { startColdHosts } from "../../support/cold-hosts.ts";
import { buildNetwork, removeLeftovers } from "../swarm/network.ts";
import { describeLink } from "../swarm/qdisc.ts";
import { tableOf, WAYS } from "./table.ts";
import { warmUp } from "./warm-up.ts";

await script(async (signal) => {
  const { hosts: count = 24, rate = 100, only } = coldOptions(Bun.argv.slice(2));
  if (process.platform !== "linux" || process.getuid?.() !== 0)
    throw new OpsError("usage", "network namespaces need Linux and root", { hint: "run it as root" });
  await removeLeftovers();
  await using stack = new AsyncDisposableStack();
  // In memory where there is such a place: it is the way there that is measured, not all hosts' one disk.
  const root = await mkdtemp(join(existsSync("/dev/shm") ? "/dev/shm" : tmpdir(), "rookery-cold-"));
  stack.defer(() => rm(root, { recursive: true, force: true }));
  const link = rate === 0 ? undefined : rate * 1e6;
  const network = stack.use(await buildNetwork({ rates: Array(count + 1).fill(link) }));
  const hosts = stack.use(await startColdHosts(network, root));
  console.log(`${count} hosts; links: ${describeLink(link)}`);
  const chosen = only?.split(",");
  const races = WAYS.map((way) => ({ ...way, hosts: way.all ? count : 1 }));
  await warmUp({ network, hosts, count: 1, way: "packed", signal }); // packs what is packed once
  const outcomes = [];
  for (const race of races) {
    if (chosen !== undefined && !chosen.includes(race.key)) continue;
    const outcome = await warmUp({ network, hosts, count: race.hosts, way: race.way, signal });
    console.error(`${race.text}, ${race.hosts}: ${(outcome.ms / 1000).toFixed(2)} s`);
    outcomes.push({ ...outcome, ...race });
  }
  console.log(tableOf(outcomes));
  return 0;
});

function coldOptions(argv: readonly string[]) {
  try {
    return parseOptions(argv, {
      example: "bun run bench:cold --hosts 24 --rate 100",
      about:
        "Brings a Bun to real sshds in network namespaces behind shaped links, which have none: to one, to all by each\nother, to all from the control host; prints how long that took. Needs Linux and root.",
      words: "",
      maxWords: 0,
      flags: {
        hosts: { type: "count", value: "N", min: 1, help: "how many hosts (24)" },
        rate: { type: "count", value: "MBIT", help: "rate of every link each way; 0: no limit (100)" },
        only: { type: "text", value: "KEYS", help: `of ${WAYS.map(({ key }) => key).join(",")}` },
      },
    });
  } catch (error) {
    if (error instanceof Help)
      throw new Help(error.text.replace("Usage: bun script", "Usage: bun run bench:cold"));
    throw error;
  }
}
