// Trees nobody thought of, and what may become of them.
import { createCipheriv } from "node:crypto";
import fc from "fast-check";
import { CUT_BYTES } from "../../lib/payload/chunker.ts";
import type { Tree } from "./tree.ts";

/** The same bytes for the same seed, nothing in them that repeats. */
export function seededNoise(seed: number, bytes: number): Buffer {
  const key = Buffer.alloc(32);
  key.writeUInt32LE(seed >>> 0);
  return createCipheriv("aes-256-ctr", key, Buffer.alloc(16)).update(Buffer.alloc(bytes));
}

const part = fc
  .oneof(
    fc.string({ minLength: 1, maxLength: 12, unit: "grapheme" }),
    fc.constantFrom("a", "b", "-", "..a", "a\nb", "🐦"),
  )
  .map((text) => text.replace(/[/\0]/g, "_"))
  .filter(
    (text) =>
      text !== "." &&
      text !== ".." &&
      text !== ".git" &&
      text.isWellFormed() &&
      Buffer.byteLength(text) < 200,
  );
const node = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      content: fc.uint8Array({ maxLength: 3000 }),
      mode: fc.integer({ min: 0, max: 0o7777 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ folder: fc.constant(true as const), mode: fc.integer({ min: 0, max: 0o7777 }) }),
  },
  { weight: 1, arbitrary: fc.record({ target: part }) },
);
/** Small trees with odd names, any modes, empty folders and links. */
export const randomTree = fc
  .array(fc.tuple(fc.array(part, { minLength: 1, maxLength: 4 }), node), { minLength: 1, maxLength: 25 })
  .map((list) => {
    // Without a prototype, for "toString" is as good a name as any.
    const kept: Record<string, Tree[string]> = Object.create(null);
    const folders = new Set<string>();
    for (const [parts, value] of list) {
      const parents = parts.slice(1).map((_, depth) => parts.slice(0, depth + 1).join("/"));
      const path = parts.join("/");
      if (kept[path] !== undefined || folders.has(path)) continue;
      if (parents.some((parent) => kept[parent] !== undefined && !("folder" in kept[parent]))) continue;
      for (const parent of parents) folders.add(parent);
      kept[path] = value;
    }
    return kept;
  });

const kind = fc.constantFrom(
  "edit",
  "insert",
  "cut",
  "duplicate",
  "rename",
  "remove",
  "empty",
  "mode",
  "small",
  "large",
  "twice",
);
const position = fc.double({ min: 0, max: 0.999, noNaN: true });

/** What was done to a tree: to a file chosen by `pick`, at a place chosen by `at`. */
export const randomChange = fc.record({
  kind,
  pick: position,
  at: position,
  seed: fc.integer({ min: 0, max: 5 }),
});
export type Change = typeof randomChange extends fc.Arbitrary<infer T> ? T : never;

/** `tree` with `changes` made to it, one after the other. */
export function changed(tree: Tree, changes: readonly Change[]): Tree {
  const result: Record<string, Tree[string]> = Object.assign(Object.create(null), tree);
  for (const [index, { kind: what, pick, at, seed }] of changes.entries()) {
    const fresh = `~${index}`;
    if (what === "small") result[fresh] = { content: seededNoise(seed, 1000) };
    if (what === "large") result[fresh] = { content: seededNoise(seed, CUT_BYTES + 400_000 * seed) };
    const files = Object.keys(result).filter((path) => "content" in (result[path] as object));
    const path = files[Math.floor(pick * files.length)];
    const file = path === undefined ? undefined : result[path];
    if (path === undefined || file === undefined || !("content" in file)) continue;
    const bytes = Buffer.from(file.content);
    const middle = Math.floor(at * bytes.length);
    const [before, after] = [bytes.subarray(0, middle), bytes.subarray(middle)];
    const put = (content: Buffer) => {
      result[path] = { ...file, content };
    };
    if (what === "edit" && bytes.length > 0) put(Buffer.concat([before, Buffer.of(seed), after.subarray(1)]));
    if (what === "insert") put(Buffer.concat([before, Buffer.of(seed), after]));
    if (what === "cut") put(before);
    if (what === "twice" && bytes.length < 4_000_000) put(Buffer.concat([bytes, bytes]));
    if (what === "empty") put(Buffer.alloc(0));
    if (what === "mode") result[path] = { ...file, mode: Math.floor(at * 0o7777) };
    if (what === "duplicate" || what === "rename") result[fresh] = file;
    if (what === "remove" || what === "rename") delete result[path];
  }
  return result;
}
