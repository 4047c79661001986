import { expect, setDefaultTimeout, test } from "bun:test";
import fc from "fast-check";
import { chunkSizes } from "../../lib/payload/chunker.ts";
import { cutBytes, cutFile } from "../../lib/payload/cut-file.ts";
import { openSource } from "../../lib/payload/source.ts";
import { seededNoise } from "./random-tree.ts";
import { workplace, writeTree } from "./tree.ts";

setDefaultTimeout(60_000); // for machines that are busy with other things

const MiB = 1024 * 1024;
const hash = (bytes: Uint8Array | string) => Bun.CryptoHasher.hash("sha256", bytes, "hex");

test("chunks are neither short nor long, and put together they are the file", () => {
  const bytes = seededNoise(1, 8 * MiB + 123);
  const { min, average, max } = chunkSizes(bytes.length);
  const chunks = [...cutBytes(bytes)];
  expect(Buffer.concat(chunks).equals(bytes)).toBe(true);
  for (const chunk of chunks.slice(0, -1)) {
    expect(chunk.length).toBeGreaterThan(min);
    expect(chunk.length).toBeLessThanOrEqual(max);
  }
  const mean = bytes.length / chunks.length;
  expect(mean).toBeGreaterThan(average * 0.8);
  expect(mean).toBeLessThan(average * 1.4);
});

test("where files are cut is part of the format: releases on hosts were cut that way", () => {
  const lengths = [...cutBytes(seededNoise(2, 2 * MiB))].map((chunk) => chunk.length);
  expect(lengths.slice(0, 6)).toEqual([17447, 23819, 26096, 20356, 16952, 16955]);
  expect(hash(lengths.join(" "))).toBe("d997f135d2efdd0ba624d11c552c58c6f9b71756b0217cb759fc7e3a32ff3f53");
});

test.each([
  [256 * 1024, 16 * 1024],
  [256 * MiB - 1, 16 * 1024],
  [256 * MiB, 64 * 1024],
  [2048 * MiB, 256 * 1024],
  [1e15, 4 * MiB],
])("a file of %i bytes is cut into chunks of %i on average", (size, average) => {
  expect(chunkSizes(size)).toEqual({ min: average / 4, average, max: average * 4 });
});

test("bytes put in or taken out change the chunks around them, and no others", () => {
  const bytes = seededNoise(3, 4 * MiB);
  const known = new Set([...cutBytes(bytes)].map(hash));
  const change = fc.record({
    at: fc.integer({ min: 0, max: bytes.length }),
    taken: fc.integer({ min: 0, max: 3000 }),
    put: fc.uint8Array({ maxLength: 300 }),
  });
  fc.assert(
    fc.property(change, ({ at, taken, put }) => {
      const after = Buffer.concat([bytes.subarray(0, at), put, bytes.subarray(at + taken)]);
      const fresh = [...cutBytes(after)].filter((chunk) => !known.has(hash(chunk)));
      // Cuts meet again where both find one past the shortest length: nearly always at the next one or two.
      expect(fresh.length).toBeLessThanOrEqual(8);
    }),
    { numRuns: 50, seed: 1 },
  );
});

test("bytes that are all the same become one chunk, many times", () => {
  const chunks = [...cutBytes(Buffer.alloc(MiB))];
  expect(new Set(chunks.map(hash)).size).toBe(1);
});

test("a file too large for memory is cut at the same places", async () => {
  await using place = await workplace();
  const bytes = seededNoise(4, 5 * MiB + 1);
  writeTree(place.at("source"), { large: { content: bytes } });
  await using source = await openSource(place.at("source"));
  const [file] = source.entries;
  if (file?.type !== "file") throw new Error("it holds one file");
  const streamed: string[] = [];
  for await (const chunk of cutFile(file)) streamed.push(hash(chunk));
  expect(streamed).toEqual([...cutBytes(bytes)].map(hash));
});
