// The control host's end of a running peer: requests with answers, and what happens meanwhile.
import { OpsError } from "../errors.ts";
import { lost } from "../ssh/program.ts";
import type { Connection, RemoteProcess } from "../ssh/types.ts";
import { frameHeader } from "./frames.ts";
import {
  line,
  type Method,
  type Params,
  PING_INTERVAL_MS,
  PROTOCOL_VERSION,
  type Result,
  readLines,
  SILENCE_LIMIT_MS,
  type Upward,
} from "./protocol.ts";

export type PeerEvent = Exclude<Upward, { type: "hello" | "pong" | "answer" | "error" }>;

export interface Peer extends AsyncDisposable {
  readonly host: string;
  readonly pid: number;
  /** Addresses the host calls its own. */
  readonly addresses: readonly string[];
  /** @throws OpsError of the host's own wording, or `unreachable` when the peer is gone */
  request<M extends Method>(
    method: M,
    params: Params<M>,
    options?: { readonly signal?: AbortSignal | undefined },
  ): Promise<Result<M>>;
  /** Sends raw bytes to a peer that receives; resolves once written, or when the peer is gone. */
  pour(bytes: Uint8Array): Promise<void>;
  /** Called for every event until the peer ends. */
  onEvent(listener: (event: PeerEvent) => void): void;
  /** Settles with the reason when the peer is gone; undefined when it was asked to go. */
  readonly gone: Promise<OpsError | undefined>;
}

const HELLO_MS = 20_000;
/** How long a peer may take to tidy up after its stdin was closed, before it is killed. */
const GOODBYE_MS = 10_000;
/** After a peer's end, how long its connection may take to say that it ended as well. */
const LOST_MS = 1000;

interface Waiting {
  resolve(result: unknown): void;
  reject(error: Error): void;
}

/**
 * Says hello to a peer program that was just started.
 * @throws OpsError `protocol` when what answers is no peer of this version, `timeout` when nothing does
 */
export async function openPeer(
  process: RemoteProcess,
  connection: Connection,
  { silenceMs = SILENCE_LIMIT_MS, pingMs = PING_INTERVAL_MS } = {},
): Promise<Peer> {
  const host = connection.target.name;
  const waiting = new Map<number, Waiting>();
  const listeners: ((event: PeerEvent) => void)[] = [];
  const hello = Promise.withResolvers<Extract<Upward, { type: "hello" }>>();
  let lastId = 0;
  let closing = false;
  let heardAtMs = Date.now();
  let silent = false;
  let end: OpsError | undefined;

  const gone = pump().then(async (fault) => {
    // It may go on running for all that; nothing it says could be understood any more.
    if (fault !== undefined) await process[Symbol.asyncDispose]();
    const exitCode = await process.exited;
    const reason = closing
      ? undefined
      : silent
        ? new OpsError("timeout", `its peer said nothing for ${silenceMs / 1000} s`, {
            host,
            hint: "see whether the host hangs or swaps; the others go on without it",
          })
        : (fault ?? ended(host, exitCode, await lossOf(connection), process.stderr()));
    const error = reason ?? new OpsError("interrupted", "the peer was asked to stop", { host });
    end = error;
    hello.reject(error);
    for (const { reject } of waiting.values()) reject(error);
    waiting.clear();
    clearInterval(pinger);
    return reason;
  });
  // A lost write shows as the end of stdout too, which is where it is reported.
  const send = (text: string) => process.write(text).catch(() => undefined);
  const pour = async (bytes: Uint8Array) => {
    // Both in one go, before anything else is written.
    const written = [process.write(frameHeader(bytes.length)), process.write(bytes)];
    await Promise.allSettled(written);
  };
  const pinger = setInterval(() => {
    void send(line({ ping: true }));
    if (Date.now() - heardAtMs < silenceMs || silent) return;
    silent = true;
    void process[Symbol.asyncDispose]();
  }, pingMs);

  async function pump(): Promise<OpsError | undefined> {
    try {
      // A .bashrc that prints something does so before our program runs.
      const messages = readLines<Upward>(process.stdout, { from: '{"type":"hello"' });
      for await (const message of messages) receive(message);
    } catch (error) {
      return new OpsError(
        "protocol",
        `the peer's output makes no sense: ${(error as Error).message}${quoted(process.stderr())}`,
        { host, cause: error },
      );
    }
    return undefined;
  }

  function receive(message: Upward): void {
    heardAtMs = Date.now();
    if (message.type === "pong") return;
    if (message.type === "hello") hello.resolve(message);
    else if (message.type === "answer" || message.type === "error") answer(message);
    else for (const listener of listeners) listener(message);
  }

  function answer(message: Extract<Upward, { type: "answer" | "error" }>): void {
    const request = waiting.get(message.id);
    if (request === undefined) return; // its caller stopped waiting
    waiting.delete(message.id);
    if (message.type === "answer") {
      request.resolve(message.result);
      return;
    }
    const { code, message: text, hint } = message.error;
    request.reject(
      code === "bug"
        ? new Error(`bug in the peer on ${host}: ${text}`)
        : new OpsError(code, text, { hint, host }),
    );
  }

  async function close(): Promise<void> {
    if (!closing) {
      closing = true;
      clearInterval(pinger);
      process.end();
    }
    const timer = setTimeout(() => void process[Symbol.asyncDispose](), GOODBYE_MS);
    await gone;
    clearTimeout(timer);
    await process[Symbol.asyncDispose]();
  }

  const tooLate = setTimeout(
    () =>
      hello.reject(
        new OpsError(
          "timeout",
          `the peer said nothing within ${HELLO_MS / 1000} s${quoted(process.stderr())}`,
          { host },
        ),
      ),
    HELLO_MS,
  );
  try {
    const { version, pid, addresses } = await hello.promise;
    if (version !== PROTOCOL_VERSION)
      throw new OpsError("protocol", `its peer speaks version ${version}, this side ${PROTOCOL_VERSION}`, {
        host,
      });
    return {
      host,
      pid,
      addresses,
      gone,
      pour,
      onEvent: (listener) => void listeners.push(listener),
      request: (method, params, { signal } = {}) => {
        const { promise, resolve, reject } = Promise.withResolvers<unknown>();
        // Nobody is left to answer: without this it would be waited for until the run is stopped.
        if (end !== undefined) reject(end);
        else if (closing) reject(new OpsError("interrupted", "the peer was asked to stop", { host }));
        else if (signal?.aborted) reject(signal.reason);
        else {
          const id = ++lastId;
          const abort = () => {
            waiting.delete(id);
            reject(signal?.reason);
          };
          signal?.addEventListener("abort", abort, { once: true });
          waiting.set(id, { resolve, reject });
          void promise.catch(() => undefined).finally(() => signal?.removeEventListener("abort", abort));
          void send(line({ id, method, params } as Parameters<typeof line>[0]));
        }
        return promise as Promise<Result<typeof method>>;
      },
      [Symbol.asyncDispose]: close,
    };
  } catch (error) {
    await close();
    throw error;
  } finally {
    clearTimeout(tooLate);
  }
}

/** Why the connection went too, if it did: a killed peer leaves it standing, a dead network takes both. */
async function lossOf(connection: Connection): Promise<OpsError | undefined> {
  const { promise, resolve } = Promise.withResolvers<OpsError | undefined>();
  const timer = setTimeout(() => resolve(undefined), LOST_MS);
  const { name } = connection.target;
  void connection.closed.then((why) => resolve(why instanceof OpsError ? why : lost(name, why)));
  return promise.finally(() => clearTimeout(timer));
}

function ended(host: string, exitCode: number | null, loss: OpsError | undefined, stderr: string): OpsError {
  if (loss !== undefined)
    return new OpsError("unreachable", `${loss.message}${quoted(stderr)}`, { host, hint: loss.hint });
  if (exitCode === null) return new OpsError("remote", `its peer was killed${quoted(stderr)}`, { host });
  const hint =
    exitCode === 126 || exitCode === 127
      ? "is its home folder mounted noexec? see `bun scripts/doctor.ts`"
      : undefined;
  return new OpsError("remote", `the peer ended with exit code ${exitCode}${quoted(stderr)}`, { host, hint });
}

function quoted(stderr: string): string {
  const text = stderr.trim();
  return text === "" ? "" : `: ${text.split("\n").slice(-5).join(" / ")}`;
}
