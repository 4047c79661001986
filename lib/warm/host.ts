// The control host's end of the script that runs on one host while a runtime spreads.
import { randomBytes } from "node:crypto";
import { OpsError } from "../errors.ts";
import type { PortRange } from "../peer/protocol.ts";
import { lost } from "../ssh/program.ts";
import type { Connection } from "../ssh/types.ts";
import type { Packed, Part } from "./pack.ts";
import { WARM_PREFIX, WARM_SCRIPT } from "./script.ts";
import { BUN_SERVER, PERL_SERVER, PYTHON_SERVER, PYTHON_UNPACKER } from "./servers.ts";
import type { Runtime } from "./types.ts";

/** What became of a part on a host: it is there and hashed, it didn't come, or other bytes came. */
export type Outcome = "have" | "failed" | "wrong";

/** Where a host serves. */
export interface Giver {
  readonly address: string;
  readonly port: number;
  /** Nobody guesses it: 32 hex digits. */
  readonly path: string;
}

export interface WarmHostOptions {
  readonly runtime: Runtime;
  readonly packed: Packed;
  /** The host's cache folder. */
  readonly cache: string;
  /** How the others reach it. */
  readonly address: string;
  readonly ports: PortRange | undefined;
  readonly onServing: (giver: Giver) => void;
  readonly onPart: (index: number, outcome: Outcome) => void;
}

export interface WarmHost extends AsyncDisposable {
  /** Has it fetch parts from another host. */
  get(from: Giver, parts: readonly Part[]): void;
  /** Sends it a part from here. @throws OpsError as uploads do */
  push(part: Part, signal: AbortSignal): Promise<void>;
  /** Resolves when all parts have come and the runtime is in its place; false when they don't make it. */
  readonly ready: Promise<boolean>;
  /** Settles when the script ended: with the reason unless it was asked to end. */
  readonly gone: Promise<OpsError | undefined>;
}

/** How long a host may take to say whether it serves; one that says so later serves later. */
const HELLO_MS = 3000;
/** Parts in a row that are worth starting a program for. */
const UNPACK_FROM = 6;
/** How long the script may take to tidy up before it is killed. */
const GOODBYE_MS = 5000;

/**
 * Starts the script on a host.
 * @throws OpsError `unreachable` when the connection is lost, `remote` when the host lacks what the script needs
 */
export async function openWarmHost(connection: Connection, options: WarmHostOptions): Promise<WarmHost> {
  const { runtime, packed, cache, address, ports, onServing, onPart } = options;
  const host = connection.target.name;
  const folder = `${WARM_PREFIX}${randomBytes(8).toString("hex")}`;
  const path = randomBytes(16).toString("hex");
  const range = [ports?.from ?? 0, ports?.to ?? 0].map(String);
  const facts = [cache, folder, runtime.name, `${runtime.bytes}`, ...range];
  const programs = [PYTHON_SERVER, PERL_SERVER, BUN_SERVER, PYTHON_UNPACKER];
  const program = await connection.start(["sh", "-c", WARM_SCRIPT, "sh", ...facts, ...programs]);
  const greeted = Promise.withResolvers<void>();
  const finished = Promise.withResolvers<boolean>();
  const pushes = new Set<Promise<void>>();
  let closing: Promise<void> | undefined;
  let stuck: OpsError | undefined;

  const unpack = unpacker(packed.parts.length, (line) => tell(line));
  const hear = (verb: string, words: string) => {
    if (verb === "have") unpack.have(Number(words));
    if (verb === "have" || verb === "failed" || verb === "wrong") onPart(Number(words), verb);
    else if (verb === "unpacked") unpack.done();
    else if (verb === "serving") onServing({ address, port: Number(words), path });
    else if (verb === "stuck") {
      stuck = trouble(host, cache, words);
      void program[Symbol.asyncDispose]();
    } else if (verb === "ready" || verb === "broken") finished.resolve(verb === "ready");
    if (verb === "serving" || verb === "mute") greeted.resolve();
  };
  const listen = async () => {
    for await (const line of linesOf(program.stdout)) {
      const space = line.indexOf(" ");
      hear(space === -1 ? line : line.slice(0, space), space === -1 ? "" : line.slice(space + 1));
    }
    const exitCode = await program.exited;
    const reason = closing === undefined ? (stuck ?? ended(host, exitCode, program.stderr())) : undefined;
    if (stuck !== undefined) await removeFolder();
    greeted.resolve();
    finished.reject(reason ?? new OpsError("interrupted", `${host}: interrupted`, { host }));
    return reason;
  };
  const removeFolder = async () => {
    const signal = AbortSignal.timeout(GOODBYE_MS);
    await Promise.allSettled([connection.run(["rm", "-rf", "--", `${cache}/${folder}`], { signal })]);
  };
  const close = async () => {
    // One that arrives after the folder is gone would make it anew, and what was interrupted may have begun there.
    const late = pushes.size > 0;
    await Promise.allSettled(pushes);
    program.end();
    const { promise: overdue, resolve } = Promise.withResolvers<"overdue">();
    const timer = setTimeout(resolve, GOODBYE_MS, "overdue");
    const how = await Promise.race([program.exited, overdue]).finally(() => clearTimeout(timer));
    if (how === "overdue") await program[Symbol.asyncDispose]();
    if (how === "overdue" || late) await removeFolder();
  };
  // A write that is lost shows as the end of stdout, where it is reported.
  const tell = (line: string) => void program.write(`${line}\n`).catch(() => undefined);
  const gone = listen();
  finished.promise.catch(() => undefined); // it is `gone` that says so when nobody waits to finish
  tell(path);
  const timer = setTimeout(greeted.resolve, HELLO_MS);
  await greeted.promise.finally(() => clearTimeout(timer));
  return {
    gone,
    ready: finished.promise,
    get: (from, parts) => {
      const wanted = parts.map(({ index, sha256 }) => `${index}:${sha256}`);
      tell(["get", from.address, from.port, from.path, ...wanted].join(" "));
    },
    push: async ({ index, offset, bytes, sha256 }, signal) => {
      const content = await Bun.file(packed.path)
        .slice(offset, offset + bytes)
        .bytes();
      const pushed = connection.upload(content, `${cache}/${folder}/new.${index}`, { signal });
      pushes.add(pushed);
      await pushed.finally(() => pushes.delete(pushed));
      tell(`take ${index}:${sha256}`);
    },
    [Symbol.asyncDispose]: () => {
      closing ??= close();
      return closing;
    },
  };
}

/**
 * Has parts unpacked in their order, a few at a time, while others still come: on a slow link it costs no time, and one
 * program for several parts little work.
 */
function unpacker(count: number, tell: (line: string) => void) {
  const here = new Set<number>();
  let next = 0;
  let running = 0;
  const step = () => {
    let end = next;
    while (here.has(end)) end++;
    if (running > 0 || end - next < Math.min(UNPACK_FROM, count - next)) return;
    running = end - next;
    const run = Array.from({ length: running }, (_, index) => next + index);
    tell(running === 0 ? "finish" : `unpack ${run.join(" ")}`);
  };
  return {
    have: (index: number) => {
      here.add(index);
      step();
    },
    done: () => {
      next += running;
      running = 0;
      step();
    },
  };
}

async function* linesOf(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of chunks) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    yield* lines;
  }
}

function trouble(host: string, cache: string, said: string): OpsError {
  const full = /No space left on device|Disk quota exceeded/i.test(said);
  return new OpsError(
    full ? "disk-full" : "remote",
    `${host}: can't unpack the runtime in ${cache}: ${said}`,
    {
      host,
      hint: full ? `make room on ${host} (df -h ${cache})` : undefined,
    },
  );
}

function ended(host: string, exitCode: number | null, stderr: string): OpsError {
  if (exitCode === null) return lost(host);
  const said = stderr.trim().split("\n").slice(-3).join(" / ");
  return new OpsError(
    "remote",
    `${host}: can't take part in spreading the runtime (exit ${exitCode}): ${said}`,
    {
      host,
    },
  );
}
