// Bytes of a torrent that lie in other files: found there whatever the range, never fetched, never hashed twice.
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { randomBytes } from "node:crypto";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { checkPieces } from "../../lib/peer/check.ts";
import { coveredBytes, covers, type Overlay, partsOf } from "../../lib/peer/overlay.ts";
import { openStorage } from "../../lib/peer/storage.ts";
import { createTorrent } from "../../lib/torrent/create.ts";
import { temporaryFolder } from "../support/marker.ts";

const KiB = 1024;

describe("ranges", () => {
  const overlay: Overlay = {
    covered: [
      [10, 30],
      [40, 50],
    ],
    spans: [
      { start: 10, length: 10, path: "a", position: 100 },
      { start: 20, length: 5, path: "b", position: 0 },
      { start: 40, length: 10, path: "a", position: 0 },
    ],
  };
  const parts = (start: number, length: number) =>
    [...partsOf(overlay, start, length)].map(({ start: at, length: size, from }) =>
      from === undefined ? [at, size] : [at, size, from.path, from.position],
    );

  test.each([
    ["before all", 0, 10, [[0, 10]]],
    [
      "across a beginning",
      5,
      10,
      [
        [5, 5],
        [10, 5, "a", 100],
      ],
    ],
    ["inside of one", 12, 3, [[12, 3, "a", 102]]],
    [
      "from one to the next",
      18,
      4,
      [
        [18, 2, "a", 108],
        [20, 2, "b", 0],
      ],
    ],
    [
      "over a gap",
      22,
      20,
      [
        [22, 3, "b", 2],
        [25, 15],
        [40, 2, "a", 0],
      ],
    ],
    ["after all", 50, 7, [[50, 7]]],
  ] as const)("%s", (_, start, length, wanted) => {
    expect(parts(start, length)).toEqual(wanted as unknown as typeof wanted & (string | number)[][]);
  });

  test.each([
    [10, 30, true],
    [10, 31, false],
    [9, 12, false],
    [29, 30, true],
    [30, 31, false],
    [40, 50, true],
    [12, 45, false],
  ])("bytes %p to %p covered: %p", (start, end, wanted) => {
    expect(covers(overlay, start, end)).toBe(wanted);
  });

  test("whatever the spans and the range, every byte comes from one place, in order", () => {
    const spans = fc
      .array(fc.tuple(fc.integer({ min: 0, max: 5 }), fc.integer({ min: 1, max: 9 })), { maxLength: 8 })
      .map((gaps) => {
        let at = 0;
        return gaps.map(([gap, length], index) => {
          const start = at + gap;
          at = start + length;
          return { start, length, path: `file-${index}`, position: index * 1000 };
        });
      });
    fc.assert(
      fc.property(
        spans,
        fc.integer({ min: 0, max: 60 }),
        fc.integer({ min: 1, max: 40 }),
        (given, start, length) => {
          const found = [...partsOf({ covered: [], spans: given }, start, length)].flatMap((part) =>
            Array.from({ length: part.length }, (_, at) =>
              part.from === undefined
                ? `own ${part.start + at}`
                : `${part.from.path} ${part.from.position + at}`,
            ),
          );
          const wanted = Array.from({ length }, (_, index) => {
            const at = start + index;
            const span = given.find((each) => each.start <= at && at < each.start + each.length);
            return span === undefined ? `own ${at}` : `${span.path} ${span.position + at - span.start}`;
          });
          expect(found).toEqual(wanted);
        },
      ),
    );
  });

  test("covered bytes are counted where ranges overlap what is asked for", () => {
    expect([
      coveredBytes(overlay, 0, 100),
      coveredBytes(overlay, 25, 45),
      coveredBytes(overlay, 30, 40),
    ]).toEqual([30, 10, 0]);
  });
});

describe("a torrent's files with an overlay", () => {
  let root: string;
  beforeEach(async () => {
    root = await temporaryFolder("overlay");
  });
  afterEach(() => rm(root, { recursive: true, force: true }));

  test("pieces are read from where they lie, and those that are covered need no look", async () => {
    const kept = randomBytes(256 * KiB);
    const fresh = randomBytes(100 * KiB);
    const source = join(root, "source");
    await mkdir(source);
    await writeFile(join(source, "kept"), kept);
    await writeFile(join(source, "new"), fresh);
    const torrent = await createTorrent(source, { name: "r", pieceLength: 32 * KiB });
    await writeFile(join(root, "placed"), kept.subarray(0, 200 * KiB));
    const overlay: Overlay = {
      covered: [[0, 200 * KiB]],
      spans: [{ start: 0, length: 200 * KiB, path: join(root, "placed"), position: 0 }],
    };
    await using storage = await openStorage(torrent, {
      folder: join(root, "incoming"),
      writable: true,
      overlay,
    });
    const right = await checkPieces(torrent, storage, { only: (index) => storage.mayHold(index) });
    expect([...right]).toEqual([1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0]);
    // A piece of which a part is there is fetched whole, and read together.
    await storage.write(6, kept.subarray(192 * KiB, 224 * KiB));
    expect((await storage.read(6)).equals(kept.subarray(192 * KiB, 224 * KiB))).toBe(true);
    expect((await storage.read(1)).equals(kept.subarray(32 * KiB, 64 * KiB))).toBe(true);
    expect(
      (await storage.read(5, Buffer.alloc(100), 7)).equals(kept.subarray(160 * KiB + 7, 160 * KiB + 107)),
    ).toBe(true);
  });

  test("a file that went away meanwhile is an error that names it, not wrong bytes", async () => {
    const source = join(root, "source");
    await mkdir(source);
    await writeFile(join(source, "kept"), randomBytes(64 * KiB));
    const torrent = await createTorrent(source, { name: "r", pieceLength: 32 * KiB });
    const overlay: Overlay = {
      covered: [[0, 64 * KiB]],
      spans: [{ start: 0, length: 64 * KiB, path: join(root, "gone"), position: 0 }],
    };
    await using storage = await openStorage(torrent, {
      folder: join(root, "incoming"),
      writable: true,
      overlay,
    });
    expect(storage.read(0)).rejects.toThrow("gone");
  });
});
