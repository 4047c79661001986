// A release and the next one, of which a known part is other bytes.
import { createCipheriv } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Where the change is: in some of many files; in stretches of large ones, which also shift; in single pages of them. */
export type Shape = "small files" | "large files" | "pages";
export const SHAPES: readonly Shape[] = ["small files", "large files", "pages"];

const SMALL_FILES = 2000;
const LARGE_FILES = 2;
const STRETCH_BYTES = 512 * 1024;
const PAGE_BYTES = 4096;

/** Writes both into `before` and `after`: `bytes` that don't compress, of which `share` (0 to 1) changed. */
export function writePair(
  { before, after }: { readonly before: string; readonly after: string },
  { shape, bytes, share }: { readonly shape: Shape; readonly bytes: number; readonly share: number },
): void {
  mkdirSync(before, { recursive: true });
  mkdirSync(after, { recursive: true });
  const count = shape === "small files" ? SMALL_FILES : LARGE_FILES;
  const size = Math.floor(bytes / count);
  for (let index = 0; index < count; index++) {
    const name = `file-${String(index).padStart(4, "0")}`;
    const old = noise(index, size);
    writeFileSync(join(before, name), old);
    writeFileSync(join(after, name), next(old, index));
  }

  function next(old: Buffer, index: number): Buffer {
    if (share >= 1) return noise(index + 1e6, size);
    if (shape === "small files") {
      const changes = Math.floor((index + 1) * share) > Math.floor(index * share);
      return changes ? noise(index + 1e6, size) : old;
    }
    const unit = shape === "pages" ? PAGE_BYTES : STRETCH_BYTES;
    const changes = Math.max(1, Math.round((size * share) / unit));
    const parts: Buffer[] = [];
    let end = 0;
    for (let change = 0; change < changes; change++) {
      const at = Math.floor(((change + 0.37) * size) / changes);
      const fresh = noise(index * 1e6 + change + 7e6, Math.min(unit, size - at));
      // One byte more where whole stretches are new, so that all behind it moves; pages stay in their places.
      parts.push(old.subarray(end, at), fresh, ...(shape === "pages" ? [] : [Buffer.of(1)]));
      end = at + fresh.length;
    }
    return Buffer.concat([...parts, old.subarray(end)]);
  }
}

/** The same bytes for the same seed, which nothing makes smaller. */
function noise(seed: number, bytes: number): Buffer {
  const key = Buffer.alloc(32);
  key.writeUInt32LE(seed);
  return createCipheriv("aes-256-ctr", key, Buffer.alloc(16)).update(Buffer.alloc(bytes));
}
