// The bytes of chunks, asked for in the order in which files need them.
import { type KeptReader, openKept } from "./kept.ts";
import type { Span } from "./layout.ts";
import { readable, readNew } from "./read-content.ts";
import type { OverlayRange } from "./stage.ts";
import type { Manifest } from "./types.ts";

export interface ChunkSource extends AsyncDisposable {
  /** The bytes of `span` that follow the first `done`: at least one, valid until the next call; none when there are no more. */
  read(span: Span, done: number): Promise<Uint8Array>;
  /** Tells that a new chunk is now in the file at `path`, from `offset`: read from there when it is needed once more. */
  written(chunk: Span, path: string, offset: number): void;
  /** Whether new content is left that nobody asked for. */
  hasMore(): Promise<boolean>;
}

/**
 * Chunks of the payload in `folder`. New ones are read in one pass, in the order in which they first appear: that is how
 * they must be asked for. A chunk that comes again is read back from a file written meanwhile, for `new` may be packed.
 */
export function openChunks(folder: string, manifest: Manifest, kept: KeptReader): ChunkSource {
  const stream = readNew(folder, manifest);
  const places: OverlayRange[] = [];
  const again = openKept("", { overlay: places });
  let waiting: Buffer = Buffer.alloc(0);
  let position = 0;
  const fill = async () => {
    while (waiting.length === 0) {
      const { done, value } = await stream.next();
      if (done === true) return;
      waiting = value;
    }
  };
  return {
    async read({ region, offset, length }, done) {
      const at = offset + done;
      const left = length - done;
      if (region === "kept") return await readable(folder, () => kept.read(at, left));
      if (at < position) return again.read(at, left);
      await fill();
      const taken = waiting.subarray(0, left);
      waiting = waiting.subarray(taken.length);
      position += taken.length;
      return taken;
    },
    written({ offset: start, length }, path, offset) {
      places.push({ start, length, path, offset });
    },
    async hasMore() {
      await fill();
      return waiting.length > 0;
    },
    async [Symbol.asyncDispose]() {
      again[Symbol.dispose]();
      await stream.return(undefined);
    },
  };
}
