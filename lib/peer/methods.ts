// What a peer can be asked to do.
import type { Refusal } from "../release/refusal.ts";
import type { HostReport } from "../release/types.ts";
import type { Verified } from "../release/verify.ts";

export interface PortRange {
  readonly from: number;
  readonly to: number;
}

export interface PeerAddress {
  readonly address: string;
  readonly port: number;
  readonly zone?: string | undefined;
}

/** Requests a peer serves: name → what it takes and what it answers. */
export interface Methods {
  /** What this host holds under `deployTo`; changes nothing. */
  inspect: { params: { deployTo: string }; result: HostReport };
  /**
   * Takes the lock of `deployTo`; it is freed by `unlock` or by the peer's end. `broke` says whose lock had to go for it,
   * `current` which release is current then, `refusal` why it could not be had.
   * What killed runs left behind is removed, but for the payload of `infohash`, which may go on where it stopped; without
   * `tidy` nothing is.
   */
  lock: {
    params: {
      deployTo: string;
      app: string;
      environment?: string | undefined;
      owner: string;
      ownerPid: number;
      run?: string | undefined;
      /** Who logged in, and from which address, for the host's journal. */
      login?: string | undefined;
      from?: string | undefined;
      breakLock: boolean;
      infohash: string | undefined;
      tidy?: boolean | undefined;
    };
    result: { broke: string | undefined; current: string | undefined } | { refusal: Refusal };
  };
  unlock: { params: { deployTo: string }; result: Record<never, never> };
  /**
   * Begins the release that the payload `infohash` will bring, with what release `base` on this host has of it: `patch`
   * (base64, see payload/patch.ts) makes the payload's manifest of that release's tree. `join`, `receive` and `install`
   * of the same infohash make use of it, `leave` ends it. `drifted`: files of `base` that were changed since.
   */
  stage: {
    params: {
      deployTo: string;
      infohash: string;
      base: string;
      patch: string;
      tree: string;
      payload: string;
      /** Paths that are no part of a release. */
      ignore: readonly string[];
      /** Unchanged files may be hard links, whoever may write them. */
      hardlinks: boolean;
    };
    result: {
      coveredBytes: number;
      drifted: readonly string[];
      reflinked: number;
      linked: number;
      copied: number;
    };
  };
  /** Opens the torrent (metainfo in base64) in `folder` and listens. A seeder has all content already. */
  join: {
    params: {
      torrent: string;
      folder: string;
      seed: boolean;
      ports: PortRange | undefined;
      /** Bytes of blocks a second; without a bound when undefined. */
      maxUpload?: number | undefined;
      maxDownload?: number | undefined;
      /** Addresses that may take part. */
      allow: readonly string[];
      tracker: { url: string; address: string } | undefined;
    };
    result: { port: number /** 40 hex digits. */; peerId: string };
  };
  /** Dials these. */
  peers: { params: { peers: readonly PeerAddress[] }; result: Record<never, never> };
  /**
   * Opens the torrent in `folder` for bytes that come down stdin (see frames.ts) instead of from a swarm. `missing`:
   * the pieces to send, as [first, how many]. Ends as a swarm does, with `complete` and `leave`.
   */
  receive: {
    params: { torrent: string; folder: string };
    result: { missing: readonly (readonly [number, number])[] };
  };
  /**
   * Pieces come down stdin from now on, beside those from the swarm, and `have` tells of every piece that is here. In
   * frames (see frames.ts): the piece's number, 32 bits big-endian, then the piece. `missing`: as for `receive`.
   */
  feed: {
    params: Record<never, never>;
    result: { missing: readonly (readonly [number, number])[] };
  };
  /** Answers at once: all that was sent before has arrived. */
  echo: { params: Record<never, never>; result: Record<never, never> };
  /** Answers when every piece was hashed again from disk. `sources`: bytes by peer id (40 hex digits) of who sent them; the rest came down stdin. */
  complete: {
    params: Record<never, never>;
    result: { downloadedBytes: number; sources: readonly (readonly [peerId: string, bytes: number])[] };
  };
  /** Leaves the swarm: wires closed, what was fetched removed. */
  leave: { params: Record<never, never>; result: Record<never, never> };
  /** Payload → `releases/<id>`, complete or not there at all, shared paths linked. `existed`: it was there already. */
  install: {
    params: {
      deployTo: string;
      id: string;
      infohash: string;
      payload: string;
      /** What it unpacks to, for progress. */
      contentBytes: number;
      /** For REVISION; undefined: the release's id stands there. */
      revision: string | undefined;
      sharedPaths: readonly string[];
      sharedFiles: readonly string[];
    };
    result: { existed: boolean; tree: string };
  };
  /** The payload's tree merged into `destination`; a single file may be given its own name there. */
  place: { params: { payload: string; destination: string }; result: { files: number; bytes: number } };
  /** Runs a command in the release; its output comes as `output` events. */
  command: {
    params: { deployTo: string; id: string; command: string; env: Readonly<Record<string, string>> };
    result: { exitCode: number };
  };
  /** One rename. `previous` is the release that was current. */
  activate: { params: { deployTo: string; id: string }; result: { previous: string | undefined } };
  /** `current` back to release `previous`, or removed where there was none. */
  switchBack: { params: { deployTo: string; previous: string | undefined }; result: Record<never, never> };
  /**
   * Runs a command in the release, or asks an http(s) URL from this host, until it is well or has been tried `retries`
   * times more. `last`: what the last try said; its output comes as `output` events when it failed.
   */
  health: {
    params: {
      deployTo: string;
      id: string;
      check: string;
      retries: number;
      delayMs: number;
      /** Of one try. */
      timeoutMs: number;
    };
    result: { well: boolean; tries: number; last: string };
  };
  markGood: {
    params: { deployTo: string; id: string; by: string; rollback: boolean };
    result: Record<never, never>;
  };
  /** Reads release `id`, or the current one, again and compares it with what it was unpacked from; changes nothing. */
  verify: {
    params: { deployTo: string; id: string | undefined; ignore: readonly string[] };
    result: Verified;
  };
  prune: { params: { deployTo: string; keep: number }; result: { removed: readonly string[] } };
}

export type Method = keyof Methods;
export type Params<M extends Method> = Methods[M]["params"];
export type Result<M extends Method> = Methods[M]["result"];
