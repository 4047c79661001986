// Bytes that would travel to one host that has the release before: ours, a chunk store's and rsync's; no network.
//   bun test/bench/delta/paper.ts --megabytes 200 --shares 1,10,100
import { existsSync } from "node:fs";
import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { $ } from "zx";
import { packSource } from "../../../lib/payload/pack.ts";
import { diffTree } from "../../../lib/payload/patch.ts";
import { openSource } from "../../../lib/payload/source.ts";
import { stagePayload } from "../../../lib/payload/stage.ts";
import { casyncBytes } from "./casync.ts";
import { SHAPES, type Shape, writePair } from "./paper-trees.ts";

const MB = 1_000_000;

const { values } = parseArgs({
  options: {
    megabytes: { type: "string", default: "200" },
    shares: { type: "string", default: "1,10,100" },
  },
});
const bytes = Number(values.megabytes) * MB;
const shares = values.shares.split(",").map(Number);
const columns = ["changed", "in", "new", "patch", "to fetch", "casync", "rsync -z", "pack s", "stage s"];
console.log(`${values.megabytes} MB that don't compress; MB to one host that has the release before\n`);
console.log(columns.map((name) => name.padStart(12)).join(""));
for (const shape of SHAPES) for (const share of shares) console.log(await row(shape, share));

async function row(shape: Shape, percent: number): Promise<string> {
  // In memory where there is such a place: it is our own time that is shown beside the bytes.
  const root = await mkdtemp(join(existsSync("/dev/shm") ? "/dev/shm" : tmpdir(), "rookery-paper-"));
  try {
    const [before, after] = [join(root, "before"), join(root, "after")];
    writePair({ before, after }, { shape, bytes, share: percent / 100 });
    await using source = await openSource(before);
    const { manifest } = await packSource(source, { folder: join(root, "payload-before") });
    const base = manifest.entries;
    await using next = await openSource(after);
    const packed = performance.now();
    const payload = await packSource(next, { folder: join(root, "payload"), base });
    const packSeconds = (performance.now() - packed) / 1000;
    const patch = diffTree(base, payload.manifest).length;
    const [destination, kept] = [join(root, "out"), join(root, "kept")];
    const started = performance.now();
    const staged = await stagePayload({
      ...{ manifest: payload.manifest, base, from: before, destination, kept },
    });
    const stageSeconds = (performance.now() - started) / 1000;
    const covered = staged.covered.reduce((sum, [start, end]) => sum + end - start, 0);
    const { keptBytes, newBytes } = payload.manifest;
    const megabytes = (count: number) => (count / MB).toFixed(3);
    const cells = [
      ...[`${percent} %`, shape, megabytes(newBytes), megabytes(patch)],
      ...[megabytes(newBytes + patch + keptBytes - covered), megabytes(casyncBytes(before, after))],
      ...[await rsyncBytes(before, after), packSeconds.toFixed(2), stageSeconds.toFixed(2)],
    ];
    return cells.map((cell) => cell.padStart(12)).join("");
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}

/** What rsync says it sent and received, from one folder to another as over a network; "-" where there is none. */
async function rsyncBytes(before: string, after: string): Promise<string> {
  if (Bun.which("rsync") === null) return "-";
  const target = `${before}-rsync`;
  await cp(before, target, { recursive: true });
  // As after a fresh build: every time is another one. Not for its bytes: for how it looks at them.
  const { stdout } = await $`rsync -az --no-whole-file --ignore-times --stats ${after}/ ${target}/`.quiet();
  const count = (name: string) =>
    Number(new RegExp(`Total bytes ${name}: ([\\d,]+)`).exec(stdout)?.[1]?.replaceAll(",", ""));
  return ((count("sent") + count("received")) / MB).toFixed(3);
}
