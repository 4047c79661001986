// What a release's bytes are, apart from where they live: a manifest, and its chunks in two regions.

/** Format of a payload; a peer refuses a version it doesn't know. */
export const PAYLOAD_VERSION = 2;

/** A run of a file's bytes, told apart by its hash: `[length, sha256]`, the hash as 64 lowercase hex digits. */
export type Chunk = readonly [length: number, sha256: string];

/** A regular file. */
export interface FileEntry {
  readonly type: "file";
  readonly path: string;
  /** Permission bits, setuid, setgid and sticky included: 0o755. */
  readonly mode: number;
  readonly size: number;
  /** SHA-256 of the content, 64 lowercase hex digits. */
  readonly sha256: string;
  /** What a large file is cut into; a file without is one chunk, an empty one is none. */
  readonly chunks?: readonly Chunk[] | undefined;
}
export interface FolderEntry {
  readonly type: "folder";
  readonly path: string;
  readonly mode: number;
}
export interface SymlinkEntry {
  readonly type: "symlink";
  readonly path: string;
  /** As stored in the link; never followed. */
  readonly target: string;
}
export type Entry = FileEntry | FolderEntry | SymlinkEntry;

/** `count` chunks from number `start`, counting distinct chunks from 0 in the order they first appear. */
export type Run = readonly [start: number, count: number];

/**
 * Paths are relative, `/`-separated, NFC-as-found, sorted by UTF-8 bytes; folders come before what they hold. The
 * distinct chunks of all files, in that order, lie back to back in one of two regions: those the base release has too
 * in `kept`, the rest in `new`. Where each lies follows from this (`payloadLayout`) and is not written down.
 */
export interface Manifest {
  readonly version: number;
  /** What `new` is on the wire; `kept` is always plain. */
  readonly compression: "none" | "zstd";
  readonly keptBytes: number;
  /** Bytes of the new region once decompressed. */
  readonly newBytes: number;
  /** Chunks that lie in `kept`: runs in order, none touching the next. */
  readonly kept: readonly Run[];
  readonly entries: readonly Entry[];
}

/** A packed release on the control host: a folder holding `kept`, `manifest.json` and `new`, ready to be a torrent. */
export interface Payload {
  /** The folder; its files are what the torrent holds. `kept` and `new` are left out when they hold nothing. */
  readonly path: string;
  readonly manifest: Manifest;
  /** Size of these files together: what travels to a host that has nothing. */
  readonly totalBytes: number;
  readonly warnings: readonly string[];
  /** What REVISION will say: the commit for `git:REF` and git work trees, else undefined. */
  readonly revision: string | undefined;
}
