// What a release's bytes are, apart from where they live: a manifest and one run of content.

/** Format of manifest and content; a peer refuses a version it doesn't know. */
export const PAYLOAD_VERSION = 1;

/** A regular file: `size` bytes at `offset` of the (uncompressed) content. Equal files may share an offset. */
export interface FileEntry {
  readonly type: "file";
  readonly path: string;
  /** Permission bits, setuid, setgid and sticky included: 0o755. */
  readonly mode: number;
  readonly size: number;
  readonly offset: number;
  /** SHA-256 of the content, 64 lowercase hex digits. */
  readonly sha256: string;
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

/** Paths are relative, `/`-separated, NFC-as-found, sorted by UTF-8 bytes; folders come before what they hold. */
export interface Manifest {
  readonly version: number;
  /** What `content` is on the wire. */
  readonly compression: "none" | "zstd";
  /** Bytes of the content once decompressed. */
  readonly contentBytes: number;
  readonly entries: readonly Entry[];
}

/** A packed release on the control host: a folder holding `manifest.json` and `content`, ready to be a torrent. */
export interface Payload {
  /** The folder; its two files are what the torrent holds. */
  readonly path: string;
  readonly manifest: Manifest;
  /** Size of the two files together: what travels. */
  readonly totalBytes: number;
  readonly warnings: readonly string[];
  /** What REVISION will say: the commit for `git:REF` and git work trees, else undefined. */
  readonly revision: string | undefined;
}
