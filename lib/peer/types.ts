// What a torrent's peer is given and what it tells.
import type { Fed } from "./fed.ts";
import type { Address } from "./links.ts";
import type { Overlay } from "./overlay.ts";

export interface EngineOptions {
  /** Where the torrent's files live: `folder/<file.path>`. */
  readonly folder: string;
  /** The content is complete on disk: hash it once, then only upload. */
  readonly seed?: boolean | undefined;
  /** Don't hash it: it was just made. */
  readonly trustContent?: boolean | undefined;
  /** Bytes of it that lie elsewhere and need not be fetched. */
  readonly overlay?: Overlay | undefined;
  /** TCP ports to listen on, the first free one; any free one when undefined. */
  readonly ports?: { readonly from: number; readonly to: number } | undefined;
  /** Address to listen on; every one when undefined. */
  readonly bind?: string | undefined;
  /** Who may take part; others are dropped before a byte is answered, and never dialled. */
  readonly allow: (address: string) => boolean;
  /** Announce there; `address` is the own one to announce, the one the tracker sees when not given. */
  readonly tracker?: { readonly url: string; readonly address?: string | undefined } | undefined;
  /** Whom to dial is told by `connect`: the tracker's list is for when that doesn't suffice. */
  readonly guided?: boolean | undefined;
  /** Bytes of blocks a second, in all. */
  readonly maxUpload?: number | undefined;
  readonly maxDownload?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** A connection with this peer (40 hex digits) began or ended. */
  readonly onLink?: ((peerId: string, open: boolean) => void) | undefined;
  /** So many bytes came from this peer (40 hex digits), wanted or not. */
  readonly onBlock?: ((peerId: string, bytes: number) => void) | undefined;
  /** The first attempt to reach a peer failed; others follow. */
  readonly onUnreached?: ((target: Address) => void) | undefined;
}

export interface Progress {
  /** Pieces whose hash matched. */
  readonly verified: number;
  readonly pieces: number;
  /** Pieces on disk. */
  readonly flushed: number;
  readonly downloadedBytes: number;
  readonly uploadedBytes: number;
  /** Wires open. */
  readonly peers: number;
  readonly note?: string | undefined;
}

export interface Engine extends AsyncDisposable {
  readonly port: number;
  /** 40 hex digits. */
  readonly peerId: string;
  /** Takes pieces from whoever started this peer. */
  readonly fed: Pick<Fed, "begin" | "begun" | "take">;
  progress(): Progress;
  connect(peers: readonly Address[]): void;
  /** Resolves when the first piece was verified; a peer that is closed before leaves it open. */
  readonly begun: Promise<void>;
  /** Resolves when every piece was hashed again from disk; rejects with OpsError disk-full, hash or interrupted. */
  readonly complete: Promise<void>;
}
