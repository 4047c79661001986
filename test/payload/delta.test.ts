import { expect, setDefaultTimeout, test } from "bun:test";
import { chmodSync, lstatSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import fc from "fast-check";
import { parseTree, serializeTree, treeDigest } from "../../lib/payload/tree.ts";
import { arrive } from "./arrive.ts";
import { fingerprint, pack } from "./pack.ts";
import { type Change, changed, randomChange, randomTree } from "./random-tree.ts";
import { readTree, type Tree, workplace, writeTree } from "./tree.ts";

setDefaultTimeout(120_000); // for machines that are busy with other things

const damage = fc.record({
  kind: fc.constantFrom("flip", "cut", "gone", "link", "mode"),
  pick: fc.double({ min: 0, max: 0.999, noNaN: true }),
});
type Damage = typeof damage extends fc.Arbitrary<infer T> ? T : never;

/** Does `damages` to files of the tree written in `folder`; names those that aren't what they were. */
function spoil(folder: string, tree: Tree, damages: readonly Damage[]): ReadonlySet<string> {
  const drifted = new Set<string>();
  const files = Object.keys(tree).filter((path) => "content" in (tree[path] as object));
  for (const { kind, pick } of damages) {
    const path = files[Math.floor(pick * files.length)];
    if (path === undefined) continue;
    const file = `${folder}/${path}`;
    const found = lstatSync(file, { throwIfNoEntry: false });
    if (!found?.isFile()) continue;
    if (kind === "mode") chmodSync(file, found.mode ^ 0o44);
    else if (found.size === 0) continue;
    else {
      drifted.add(path);
      const bytes = readFileSync(file);
      if (kind === "gone" || kind === "link") rmSync(file);
      if (kind === "link") symlinkSync("/etc/hostname", file);
      if (kind === "cut") writeFileSync(file, bytes.subarray(0, bytes.length >> 1));
      if (kind === "flip") {
        bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1;
        writeFileSync(file, bytes);
      }
    }
  }
  return drifted;
}

test("whatever changed, and whatever became of the host's release: the same tree, byte for byte, mode for mode", async () => {
  const start: readonly Change[] = [{ kind: "large", pick: 0, at: 0, seed: 0 }];
  await fc.assert(
    fc.asyncProperty(
      fc.tuple(randomTree, fc.array(randomChange, { maxLength: 4 })),
      fc.array(randomChange, { maxLength: 8 }),
      fc.array(damage, { maxLength: 3 }),
      fc.constantFrom("none" as const, "zstd" as const, "auto" as const),
      async ([random, before], changes, damages, compress) => {
        await using place = await workplace();
        const old = changed(random, [...start, ...before]);
        writeTree(place.at("old"), old);
        writeTree(place.at("new"), changed(old, changes));
        const first = await pack(place.at("old"), place.at("payload-1"), { compress });
        const base = parseTree(serializeTree(first.manifest.entries));
        const payload = await pack(place.at("new"), place.at("payload-2"), { base, compress });
        const again = await pack(place.at("new"), place.at("payload-3"), { base, compress });
        expect(fingerprint(again)).toEqual(fingerprint(payload));
        const alone = await pack(place.at("new"), place.at("payload-4"), { compress });
        expect(treeDigest(payload.manifest.entries)).toBe(treeDigest(alone.manifest.entries));

        const drifted = spoil(place.at("old"), old, damages);
        const host = { base, from: place.at("old"), destination: place.at("out") };
        const { staged, fetched } = await arrive(payload, place.at("incoming"), host);
        expect(readTree(place.at("out"))).toEqual(readTree(place.at("new")));
        for (const path of staged.drifted) expect(drifted).toContain(path);
        if (drifted.size === 0) expect(fetched.kept).toBe(0);
        // Nothing of the old release was touched, however files are shared.
        if (drifted.size === 0) {
          const { manifest } = await pack(place.at("old"), place.at("payload-5"));
          const digests = [manifest, first.manifest].map(({ entries }) =>
            entries.flatMap((entry) => (entry.type === "file" ? [`${entry.path} ${entry.sha256}`] : [])),
          );
          expect(digests[0]).toEqual(digests[1]);
        }
      },
    ),
    { numRuns: 40 },
  );
});
