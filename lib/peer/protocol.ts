// What the control host and a peer say to each other: JSON lines, requests down stdin, answers and events up stdout.
import type { ErrorCode } from "../errors.ts";
import type { Method, Params } from "./methods.ts";

export type { Method, Params, PeerAddress, PortRange, Result } from "./methods.ts";

/** Both ends must have the same; the peer travels with its control host, so they do unless something is badly wrong. */
export const PROTOCOL_VERSION = 1;

/** The control host sends `ping` this often, so that a peer can tell a dead connection from a quiet one. */
export const PING_INTERVAL_MS = 10_000;

/** Either end takes the other for dead when it has heard nothing for this long: the peer stops, the host has failed. */
export const SILENCE_LIMIT_MS = 60_000;

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
