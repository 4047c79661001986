// How long `--list` takes, ours and ansible-inventory's side by side: bun run bench:inventory
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeFleet } from "./fleet.ts";

const ROOT = join(import.meta.dir, "../..");
const MIB = 1024 * 1024;
/** Hosts, rounds of ours, rounds of Ansible's. */
const SIZES: readonly (readonly [hosts: number, ours: number, theirs: number])[] = [
  [100, 5, 3],
  [1000, 5, 2],
  [10_000, 10, 2],
  [50_000, 3, 0],
];

interface Measured {
  readonly wallSeconds: number;
  readonly cpuSeconds: number;
  readonly peakBytes: number;
  readonly text: string;
}

/** From start to exit; what it says goes into a file, for reading it here would take time as well. */
async function measure(command: readonly string[], cwd: string): Promise<Measured> {
  const output = Bun.file(join(cwd, "output.json"));
  const began = performance.now();
  const child = Bun.spawn([...command], { cwd, stdin: "ignore", stdout: output, stderr: "pipe" });
  const [stderr, code] = await Promise.all([new Response(child.stderr).text(), child.exited]);
  const wallSeconds = (performance.now() - began) / 1000;
  const usage = child.resourceUsage();
  if (code !== 0 || usage === undefined)
    throw new Error(`${command.join(" ")} ended with ${code}: ${stderr}`);
  return {
    wallSeconds,
    cpuSeconds: Number(usage.cpuTime.total) / 1e6,
    peakBytes: usage.maxRSS,
    text: await output.text(),
  };
}

/** The quickest of `rounds`: what others did on the machine meanwhile only ever slows one down. */
async function best(rounds: number, command: readonly string[], cwd: string): Promise<Measured | undefined> {
  let found: Measured | undefined;
  for (let round = 0; round < rounds; round++) {
    const each = await measure(command, cwd);
    if (found === undefined || each.wallSeconds < found.wallSeconds) found = each;
  }
  return found;
}

const folder = await mkdtemp(join(tmpdir(), "rookery-bench-"));
try {
  console.log("| Hosts | Rookery | CPU | memory | ansible-inventory | CPU | ratio, wall | ratio, CPU |");
  console.log("|---|---|---|---|---|---|---|---|");
  for (const [hosts, rounds, theirRounds] of SIZES) {
    const fleet = join(folder, String(hosts));
    await writeFleet(fleet, hosts);
    const args = ["-i", fleet, "--list"];
    const ours = await best(rounds, [process.execPath, join(ROOT, "scripts/inventory.ts"), ...args], folder);
    const theirs = await best(theirRounds, ["ansible-inventory", ...args], folder);
    if (ours === undefined) throw new Error("no rounds");
    if (theirs !== undefined && theirs.text !== ours.text)
      throw new Error(`${hosts} hosts: the output differs`);
    const seconds = (value: number | undefined) => (value === undefined ? "–" : `${value.toFixed(2)} s`);
    const ratio = (above: number | undefined, below: number) =>
      above === undefined ? "–" : `${(above / below).toFixed(0)}×`;
    const cells = [
      hosts.toLocaleString("en"),
      seconds(ours.wallSeconds),
      seconds(ours.cpuSeconds),
      `${(ours.peakBytes / MIB).toFixed(0)} MiB`,
      seconds(theirs?.wallSeconds),
      seconds(theirs?.cpuSeconds),
      ratio(theirs?.wallSeconds, ours.wallSeconds),
      ratio(theirs?.cpuSeconds, ours.cpuSeconds),
    ];
    console.log(`| ${cells.join(" | ")} |`);
  }
} finally {
  await rm(folder, { recursive: true });
}
