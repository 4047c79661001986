// The program that runs on target hosts: requests in on stdin, answers and events out on stdout, end of stdin = stop.
// It holds nothing that outlives it: no daemon, no pid file; the lock it took and the payload it fetched go with it.
import { networkInterfaces } from "node:os";
import { OpsError } from "../errors.ts";
import { type Download, startDownload } from "./download.ts";
import { withoutFrames } from "./frames.ts";
import { inJournal } from "./journal-methods.ts";
import {
  type Downward,
  line,
  type Method,
  type Params,
  PROTOCOL_VERSION,
  readLines,
  SILENCE_LIMIT_MS,
  type Upward,
  type WireError,
} from "./protocol.ts";
import { type Receiving, startReceiving } from "./receive.ts";
import { type Handlers, releaseMethods } from "./release-methods.ts";
import { openStaging } from "./staging.ts";

const stop = new AbortController();
let download: Download | undefined;
let receiving: Receiving | undefined;

const staging = openStaging({ tell: send });
const releases = releaseMethods({ tell: send, staged: staging.of });
const handlers: Handlers = {
  ...inJournal(releases.methods, send),
  stage: staging.stage,
  join: async (params, signal) => {
    if (download !== undefined) throw new Error("already in a swarm");
    download = await startDownload(params, {
      signal,
      overlayOf: staging.overlayOf,
      report: (progress) => send({ type: "progress", ...progress }),
      tell: send,
    });
    return { port: download.port, peerId: download.peerId };
  },
  peers: async ({ peers }) => {
    joined().connect(peers);
    return {};
  },
  feed: async () => ({ missing: joined().fed.begin((pieces) => send({ type: "have", pieces })) }),
  receive: async (params, signal) => {
    if (receiving !== undefined) throw new Error("receiving already");
    receiving = await startReceiving(params, {
      signal,
      overlayOf: staging.overlayOf,
      report: (progress) => send({ type: "progress", ...progress }),
    });
    return { missing: receiving.missing };
  },
  echo: async () => ({}),
  complete: () => (receiving ?? joined()).complete,
  leave: async () => {
    await leave();
    return {};
  },
};

function joined(): Download {
  if (download === undefined) throw new Error("not in a swarm");
  return download;
}

async function leave(): Promise<void> {
  const leaving = [download, receiving];
  download = receiving = undefined;
  for (const each of leaving) await each?.[Symbol.asyncDispose]();
  await staging.leave();
}

function send(message: Upward): void {
  process.stdout.write(line(message));
}

async function serve<M extends Method>(id: number, method: M, params: Params<M>): Promise<void> {
  try {
    send({ type: "answer", id, result: await handlers[method](params, stop.signal) });
  } catch (error) {
    send({ type: "error", id, error: wireError(error) });
  }
}

function wireError(error: unknown): WireError {
  if (error instanceof OpsError) return { code: error.code, message: error.message, hint: error.hint };
  if (!(error instanceof Error)) return { code: "bug", message: String(error) };
  // What the operating system refuses (EACCES, EROFS, ENOENT …) is the operator's to mend, not a bug of ours.
  const { code, syscall } = error as NodeJS.ErrnoException;
  if (code !== undefined && syscall !== undefined) {
    const hint =
      code === "EACCES" || code === "EPERM"
        ? "give the login user the right to it, or set ansible_become"
        : undefined;
    return { code: "remote", message: error.message, hint };
  }
  return { code: "bug", message: error.stack ?? error.message };
}

function ownAddresses(): string[] {
  return Object.values(networkInterfaces()).flatMap((entries) =>
    (entries ?? []).filter(({ internal }) => !internal).map(({ address }) => address),
  );
}

async function main(): Promise<void> {
  process.umask(0o022);
  // The control host is gone when stdout is: there is nobody left to tell.
  process.stdout.on("error", () => stop.abort(new OpsError("interrupted", "the control host is gone")));
  send({ type: "hello", version: PROTOCOL_VERSION, pid: process.pid, addresses: ownAddresses() });
  const running = new Set<Promise<void>>();
  let fault: unknown;
  try {
    await serveAll(running);
  } catch (error) {
    fault = error;
  }
  const asked = new OpsError("interrupted", "the control host closed the connection");
  stop.abort(quitting === undefined ? asked : new OpsError("remote", `its peer ${quitting}`));
  await leave();
  await Promise.allSettled(running);
  // A `join` that was still opening its files when the end came.
  await leave();
  await releases.end();
  if (fault !== undefined) throw fault;
}

/** Starts what is asked for until stdin ends, or `quit` was called. */
async function serveAll(running: Set<Promise<void>>): Promise<void> {
  const silent = `heard nothing from the control host for ${SILENCE_LIMIT_MS / 1000} s`;
  let silence = setTimeout(quit, SILENCE_LIMIT_MS, silent);
  const heard = () => {
    clearTimeout(silence);
    silence = setTimeout(quit, SILENCE_LIMIT_MS, silent);
  };
  const text = withoutFrames(process.stdin, async (bytes) => {
    heard();
    await (receiving ?? download?.fed)?.take(bytes);
  });
  try {
    for await (const message of readLines<Downward>(text)) {
      heard();
      if ("ping" in message) {
        void releases.heard();
        send({ type: "pong" });
        continue;
      }
      const request = serve(message.id, message.method, message.params as Params<Method>);
      running.add(request);
      void request.finally(() => running.delete(request));
    }
  } catch (error) {
    // A stream that is destroyed throws at whoever reads it, which is how `quit` ends the loop.
    if (quitting === undefined) throw error;
  } finally {
    clearTimeout(silence);
  }
}

let quitting: string | undefined;

/** Ends this peer although its control host didn't ask for it; all is tidied up as if it had. */
function quit(reason: string): void {
  quitting = reason;
  process.exitCode = 1;
  process.stderr.write(`${reason}\n`);
  process.stdin.destroy();
}

for (const name of ["SIGTERM", "SIGINT", "SIGHUP"] as const)
  process.on(name, () => quit(`was ended by ${name}`));
await main();
process.exit();
