// A command at the other end, with real backpressure, and a way to end it for certain.
import { OpsError } from "../errors.ts";
import type { Exit, Pipes, Transport } from "./pipes.ts";
import { interrupted, throwIfInterrupted } from "./pool.ts";
import type { RemoteProcess } from "./types.ts";

export interface Program extends RemoteProcess {
  /** Like `exited`, with the signal where there was one. */
  readonly exit: Promise<Exit>;
  /** Settles when all of stderr has been read. */
  readonly stderrEnded: Promise<void>;
}

export interface StartOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onStderr?: ((bytes: Uint8Array) => void) | undefined;
}

/** Starts commands on one host, as one user. */
export interface Starter {
  /** Inventory name of the host, for messages. */
  readonly host: string;
  start(argv: readonly string[], options: StartOptions): Promise<Program>;
}

const STDERR_BYTES = 64 * 1024;
/** How long a kill may take before the pipes are simply dropped. */
const KILL_MS = 1500;
/** A login shell that says more than this before our command starts is not one we can talk to. */
const NOISE_BYTES = 64 * 1024;

// The first line tells the process id: closing an SSH channel ends nothing by itself, and sshd passes on signals only
// for unprivileged users. It also marks where the command's own output begins, after whatever a login shell printed.
const ANNOUNCE = 'echo "rookery-process $$"; exec "$@"';
const ANNOUNCED = /rookery-process (\d+)\n/;
// Its whole process group, looked up where it runs; /proc on Linux, ps elsewhere.
const KILL = `if [ -r /proc/$1/stat ]; then read -r stat < /proc/$1/stat; set -- \${stat##*) }; group=$3
else group=$(ps -o pgid= -p $1); fi; kill -s KILL -- -$group`;

/**
 * Starts `argv` as `becomeUser` (where there is one) and resolves when it runs.
 * @throws OpsError `unreachable` when the connection is lost, `interrupted` when `signal` was aborted
 */
export async function startProgram(
  transport: Transport,
  argv: readonly string[],
  { becomeUser, signal, onStderr }: StartOptions & { readonly becomeUser: string | undefined },
): Promise<Program> {
  const host = transport.target.name;
  if (argv.length === 0) throw new TypeError("no command");
  throwIfInterrupted(signal, host);
  const as = becomeUser === undefined ? [] : ["sudo", "-n", "-H", "-u", becomeUser, "--"];
  const opening = transport.open([...as, ...announcing(argv)]);
  const pipes = await unlessAborted(opening, { signal, host });
  const pending = new Set<(error: Error) => void>();
  const { tail, ended: stderrEnded } = readStderr(pipes, onStderr);
  let over: Exit | undefined;
  const gone = () => {
    if (over?.code === null && over.signal === undefined) return lost(host);
    const how = over?.code === null ? `was ended by ${over.signal}` : `ended with exit code ${over?.code}`;
    return new OpsError(
      "remote",
      `${host}: ${argv[0]} ${how} before it took all its input${quoted(tail())}`,
      { host },
    );
  };
  const exit = pipes.exited.then((how) => {
    over = how;
    signal?.removeEventListener("abort", abort);
    for (const reject of pending) reject(gone());
    pending.clear();
    return how;
  });
  // Writing to a program that has ended is reported by `write`.
  pipes.stdin.on("error", () => undefined);

  let pid: string | undefined;
  let killing: Promise<void> | undefined;
  const kill = () => {
    killing ??= end();
    return killing;
  };
  const end = async () => {
    if (over !== undefined) return pipes.close();
    if (pid !== undefined) {
      const killed = killGroup(transport, [...as, "sh", "-c", KILL, "sh", pid]).then(() => exit);
      await within(KILL_MS, killed);
    }
    pipes.close();
    await exit;
  };
  const abort = () => void kill();
  signal?.addEventListener("abort", abort, { once: true });

  const chunks: AsyncIterator<Uint8Array> = pipes.stdout[Symbol.asyncIterator]();
  const output = async () => {
    try {
      return await chunks.next();
    } catch (error) {
      // We dropped the pipes ourselves: that is an end, too.
      if (killing !== undefined) return { done: true, value: undefined } as const;
      throw lost(host, error);
    }
  };
  const { announced, rest } = await readAnnouncement(output);
  pid = announced;
  if (signal?.aborted) {
    await kill();
    throw interrupted(signal, host);
  }
  return {
    exit,
    stderrEnded,
    exited: exit.then(({ code }) => code),
    stdout: resume(rest, output),
    stderr: () => new TextDecoder().decode(tail()),
    end: () => void pipes.stdin.end(),
    write: (bytes) =>
      new Promise((resolve, reject) => {
        if (over !== undefined) return reject(gone());
        pending.add(reject);
        pipes.stdin.write(bytes, (error) => {
          if (!pending.delete(reject)) return;
          if (error) reject(over === undefined ? lost(host, error) : gone());
          else resolve();
        });
      }),
    [Symbol.asyncDispose]: kill,
  };
}

/** `argv` behind its announcement; a shell says it itself, which spares every host the start of another one. */
function announcing(argv: readonly string[]): readonly string[] {
  const [program, flag, script, ...rest] = argv;
  if (program === "sh" && flag === "-c" && script !== undefined)
    return ["sh", "-c", `echo "rookery-process $$"; ${script}`, ...rest];
  return ["sh", "-c", ANNOUNCE, "sh", ...argv];
}

/** The error when a host went away in the middle of something. */
export function lost(host: string, cause?: unknown): OpsError {
  const why = cause instanceof Error && /keepalive/i.test(cause.message) ? ": it stopped answering" : "";
  return new OpsError("unreachable", `${host}: the connection was lost${why}`, {
    host,
    hint: "check that the host is up, then run the same again",
    cause,
  });
}

function quoted(stderr: Uint8Array): string {
  const text = new TextDecoder().decode(stderr).trim();
  return text === "" ? "" : `: ${text}`;
}

/** Settles with the kill command, or when there is nobody left to send it to. */
async function killGroup(transport: Transport, argv: readonly string[]): Promise<void> {
  const opened = await Promise.allSettled([transport.open(argv)]);
  if (opened[0].status === "rejected") return;
  const pipes = opened[0].value;
  pipes.stdin.on("error", () => undefined).end();
  pipes.stdout.resume();
  pipes.stderr.resume();
  await pipes.exited;
}

/** `opening`, or the interruption, whichever is first; what opens later is closed. */
async function unlessAborted(
  opening: Promise<Pipes>,
  { signal, host }: { signal: AbortSignal | undefined; host: string },
): Promise<Pipes> {
  if (signal === undefined) return opening;
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const abort = () => {
    reject(interrupted(signal, host));
    opening.then(
      (pipes) => pipes.close(),
      () => undefined, // it failed to open: nothing to close
    );
  };
  signal.addEventListener("abort", abort, { once: true });
  return Promise.race([opening, aborted]).finally(() => signal.removeEventListener("abort", abort));
}

async function within(timeoutMs: number, work: Promise<unknown>): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, timeoutMs);
  await Promise.race([work, promise]).finally(() => clearTimeout(timer));
}

/** Reads stderr as it comes, so that it never blocks the program, and keeps the last of it. */
function readStderr({ stderr }: Pipes, onStderr: ((bytes: Uint8Array) => void) | undefined) {
  const { promise: ended, resolve } = Promise.withResolvers<void>();
  let tail = Buffer.alloc(0);
  stderr.on("data", (chunk: Buffer) => {
    tail = Buffer.concat([tail, chunk]).subarray(-STDERR_BYTES);
    onStderr?.(chunk);
  });
  for (const event of ["end", "close", "error"]) stderr.once(event, () => resolve());
  return { tail: () => tail, ended };
}

type Chunks = () => Promise<IteratorResult<Uint8Array>>;

/** Reads up to the line with the process id. Without one (no such user, no shell) all that was said is `rest`. */
async function readAnnouncement(output: Chunks) {
  let heard = Buffer.alloc(0);
  while (heard.length < NOISE_BYTES) {
    const { value, done } = await output();
    if (done) break;
    heard = Buffer.concat([heard, value]);
    const found = ANNOUNCED.exec(heard.toString("latin1"));
    if (found !== null) return { announced: found[1], rest: heard.subarray(found.index + found[0].length) };
  }
  return { announced: undefined, rest: heard };
}

async function* resume(first: Uint8Array, output: Chunks): AsyncGenerator<Uint8Array> {
  if (first.length > 0) yield first;
  for (let chunk = await output(); !chunk.done; chunk = await output()) yield chunk.value;
}
