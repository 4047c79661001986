// Bun's node:zlib has zstd; the installed @types/node are older than that.
import type { Transform } from "node:stream";

declare module "node:zlib" {
  /** Decompresses zstd, frame after frame. */
  export function createZstdDecompress(options?: {
    readonly chunkSize?: number;
    /** By ZSTD_dParameter: 100 is windowLogMax. */
    readonly params?: Readonly<Record<number, number>>;
  }): Transform;
  /** @throws RangeError ERR_BUFFER_TOO_LARGE beyond `maxOutputLength` */
  export function zstdDecompressSync(
    packed: Uint8Array,
    options?: { readonly maxOutputLength?: number },
  ): Buffer;
}
