// What the control host and a peer say to each other: JSON lines, requests down stdin, answers and events up stdout.
import type { ErrorCode } from "../errors.ts";
import type { HostReport } from "../release/types.ts";

/** Both ends must have the same; the peer travels with its control host, so they do unless something is badly wrong. */
export const PROTOCOL_VERSION = 1;

/** The control host sends `ping` this often, so that a peer can tell a dead connection from a quiet one. */
export const PING_INTERVAL_MS = 10_000;

/** Either end takes the other for dead when it has heard nothing for this long: the peer stops, the host has failed. */
export const SILENCE_LIMIT_MS = 60_000;

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
   * Takes the lock of `deployTo`; it is freed by `unlock` or by the peer's end. `broke` says whose lock was broken.
   * What killed runs left behind is removed, but for the payload of `infohash`, which may go on where it stopped.
   */
  lock: {
    params: {
      deployTo: string;
      app: string;
      owner: string;
      ownerPid: number;
      breakLock: boolean;
      infohash: string | undefined;
    };
    result: { broke: string | undefined };
  };
  unlock: { params: { deployTo: string }; result: Record<never, never> };
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
  /** Answers when every piece was hashed again from disk. */
  complete: { params: Record<never, never>; result: { downloadedBytes: number } };
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
    result: { existed: boolean };
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
  markGood: {
    params: { deployTo: string; id: string; by: string; rollback: boolean };
    result: Record<never, never>;
  };
  prune: { params: { deployTo: string; keep: number }; result: { removed: readonly string[] } };
}

export type Method = keyof Methods;
export type Params<M extends Method> = Methods[M]["params"];
export type Result<M extends Method> = Methods[M]["result"];

/** Down: a request (answered once by its id) or a sign of life. */
export type Downward =
  | { [M in Method]: { readonly id: number; readonly method: M; readonly params: Params<M> } }[Method]
  | { readonly ping: true };

export interface WireError {
  readonly code: ErrorCode | "bug";
  readonly message: string;
  readonly hint?: string | undefined;
}

/** Up: who is there, an answer, or something that happened. */
export type Upward =
  | {
      readonly type: "hello";
      readonly version: number;
      readonly pid: number;
      /** This host's own addresses, loopback left out: what its connections may come from. */
      readonly addresses: readonly string[];
    }
  | { readonly type: "pong" }
  | { readonly type: "answer"; readonly id: number; readonly result: unknown }
  | { readonly type: "error"; readonly id: number; readonly error: WireError }
  | ({ readonly type: "progress" } & EngineProgress)
  /** Pieces that are here since the last one, of a peer that is fed. */
  | { readonly type: "have"; readonly pieces: readonly number[] }
  /** Of a seeder: a connection with this peer began or ended. */
  | { readonly type: "link"; readonly peerId: string; readonly open: boolean }
  /** The first attempt to reach this one failed; it goes on. */
  | { readonly type: "unreached"; readonly address: string; readonly port: number }
  /** How far a long request is, for people: "unpacking 43 %". */
  | { readonly type: "detail"; readonly text: string }
  | { readonly type: "output"; readonly stream: "stdout" | "stderr"; readonly text: string };

export interface EngineProgress {
  readonly verified: number;
  readonly downloadedBytes: number;
  readonly uploadedBytes: number;
  readonly peers: number;
  readonly note?: string | undefined;
}

/** One message as a line. */
export function line(message: Downward | Upward): string {
  return `${JSON.stringify(message)}\n`;
}

/**
 * Messages from chunks of bytes, split at newlines. The other end is a program of ours, so a line that is no JSON
 * is a fault, but for those before the first that begins with `from`: it throws SyntaxError with the line's beginning, which is what a shell's complaint looks like.
 */
export async function* readLines<Message>(
  chunks: AsyncIterable<Uint8Array>,
  { from = "" }: { readonly from?: string } = {},
): AsyncGenerator<Message> {
  const decoder = new TextDecoder();
  let parts: string[] = [];
  let begun = false;
  for await (const chunk of chunks) {
    const pieces = decoder.decode(chunk, { stream: true }).split("\n");
    for (const [index, piece] of pieces.entries()) {
      parts.push(piece);
      if (index === pieces.length - 1) break;
      const text = parts.join("");
      parts = [];
      begun ||= text.startsWith(from);
      if (begun && text !== "") yield parse<Message>(text);
    }
  }
}

function parse<Message>(text: string): Message {
  try {
    return JSON.parse(text) as Message;
  } catch (error) {
    throw new SyntaxError(`not a message: ${text.slice(0, 200)}`, { cause: error });
  }
}
