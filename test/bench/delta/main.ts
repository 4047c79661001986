// A second deploy, of which a part changed: how long it takes and what travels, beside the first one and rsync to each.
//   bun run bench:delta --hosts 12 --rate 50 --changed 1,10,100     (root, Linux; rsync on the PATH)
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { OpsError } from "../../../lib/errors.ts";
import { Help, parseOptions } from "../../../lib/options.ts";
import { script } from "../../../lib/script.ts";
import { buildNetwork, removeLeftovers } from "../swarm/network.ts";
import { describeLink } from "../swarm/qdisc.ts";
import { startHosts } from "../via/hosts.ts";
import { changeSource, FILES, makeSource } from "./source.ts";
import { deploy, keepCurrent, type Outcome, rsync, seedRsync } from "./ways.ts";

const MB = 1_000_000;

await script(async (signal) => {
  const options = deltaOptions(Bun.argv.slice(2));
  if (process.platform !== "linux" || process.getuid?.() !== 0)
    throw new OpsError("usage", "network namespaces need Linux and root", { hint: "run it as root" });
  await removeLeftovers();
  await using stack = new AsyncDisposableStack();
  // In memory where there is such a place: each host has a disk of its own, and here they would share one.
  const root = await mkdtemp(join(existsSync("/dev/shm") ? "/dev/shm" : tmpdir(), "rookery-delta-"));
  stack.defer(() => rm(root, { recursive: true, force: true }));
  const rates = Array(options.hosts + 1).fill(options.rate);
  const network = stack.use(await buildNetwork({ rates }));
  const hosts = stack.use(await startHosts(network, root));
  const field = { network, hosts, signal };
  const { sizeBytes } = options;
  await makeSource(hosts.source, sizeBytes);
  console.log(
    `${sizeBytes / MB} MB in ${FILES} files to ${options.hosts} hosts; links: ${describeLink(options.rate)}`,
  );
  console.log("| changed | way | seconds | sent by the control host | received by a host | stages |");
  console.log("|---|---|---|---|---|---|");
  await deploy(field, ["--check"]); // every cache of this machine is warm after it
  tell("all", "deploy.ts, first", await deploy(field, words(options)));
  for (const percent of options.changed) {
    if (options.rsync.includes(percent)) await seedRsync(field);
    await changeSource(hosts.source, percent, sizeBytes);
    if (options.rsync.includes(percent)) tell(`${percent} %`, "rsync", await rsync(field, root));
    tell(`${percent} %`, "deploy.ts", await deploy(field, words(options)));
    await keepCurrent(field);
  }
  return 0;
});

function words({ via, hardlinks }: { readonly via: string; readonly hardlinks: boolean }): readonly string[] {
  return ["--via", via, ...(hardlinks ? ["-e", "rookery_hardlinks=true"] : [])];
}

function tell(changed: string, way: string, { seconds, sentBytes, hostBytes, stages }: Outcome): void {
  const megabytes = (bytes: number | undefined) =>
    bytes === undefined ? "" : `${(bytes / MB).toFixed(1)} MB`;
  const parts = Object.entries(stages).map(([stage, took]) => `${stage} ${took.toFixed(2)}`);
  const cells = [
    changed,
    way,
    seconds.toFixed(2),
    megabytes(sentBytes),
    megabytes(hostBytes),
    parts.join(", "),
  ];
  console.log(`| ${cells.join(" | ")} |`);
}

function deltaOptions(argv: readonly string[]) {
  try {
    const {
      hosts,
      size,
      rate,
      changed,
      rsync: beside,
      via,
      hardlinks,
    } = parseOptions(argv, {
      example: "bun run bench:delta --hosts 12 --rate 50 --changed 1,10,100",
      about:
        "Deploys a tree to real sshds in network namespaces behind shaped links, changes a part of it and deploys again;\nprints how long each took, what travelled, and what rsync to every host takes. Needs Linux and root.",
      words: "",
      maxWords: 0,
      flags: {
        hardlinks: { type: "switch", help: "with rookery_hardlinks" },
        hosts: { type: "count", value: "N", min: 1, help: "how many hosts (12)" },
        size: { type: "count", value: "MB", min: 1, help: "size of the tree (200)" },
        rate: { type: "count", value: "MBIT", help: "rate of every link each way; 0: no limit (50)" },
        changed: { type: "text", value: "P,P", help: "percent of the files that change (1,10,100)" },
        rsync: { type: "text", value: "P,P", help: "of those, the ones rsync is run for, too (1,10)" },
        via: { type: "text", value: "WAY", help: "swarm, ssh or auto (auto)" },
      },
    });
    return {
      hosts: hosts ?? 12,
      sizeBytes: (size ?? 200) * MB,
      rate: rate === 0 ? undefined : (rate ?? 50) * 1e6,
      changed: numbers("changed", changed ?? "1,10,100"),
      rsync: beside === "0" ? [] : numbers("rsync", beside ?? "1,10"),
      via: via ?? "auto",
      hardlinks,
    };
  } catch (error) {
    if (error instanceof Help)
      throw new Help(error.text.replace("Usage: bun script", "Usage: bun run bench:delta"));
    throw error;
  }
}

function numbers(flag: string, text: string): number[] {
  const found = text.split(",").map(Number);
  if (found.every((number) => number > 0)) return found;
  throw new OpsError("usage", `--${flag} wants numbers such as 1,10, not "${text}"`);
}
