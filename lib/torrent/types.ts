// A torrent as the rest of the project sees it.

export interface TorrentFile {
  /** Relative to the torrent's folder. */
  readonly path: string;
  readonly length: number;
  /** Where it begins in the torrent's bytes. */
  readonly offset: number;
}

/** A torrent: its metainfo as bytes, and what is in it. */
export interface Torrent {
  readonly name: string;
  /** 40 lowercase hex digits. */
  readonly infohash: string;
  readonly pieceLength: number;
  readonly totalBytes: number;
  /** SHA-1 of every piece, 20 bytes each, back to back. */
  readonly pieceHashes: Uint8Array;
  readonly files: readonly TorrentFile[];
  readonly private: boolean;
  readonly announce: readonly string[];
  /** The bencoded metainfo: what a .torrent file holds. */
  readonly metainfo: Uint8Array;
}
