// One run of ansible-playbook on some hosts of a fleet.
import { spawn } from "node:child_process";
import { readFile, rm, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { OpsError } from "../errors.ts";
import { temporaryFolder } from "../temporary.ts";
import { type AnsibleAccess, invocation } from "./access.ts";
import { pipesIn } from "./hand-over.ts";
import { type PlayReport, parseReport } from "./report.ts";

/** Between Ctrl+C as Ansible knows it, and the end by force. */
const GRACE_MS = 5_000;
/** Of what it said: enough for the error at its end. */
const LAST_LINES = 12;
const PROGRAM = "ansible-playbook";

/** How a playbook is run: with what of this run, and on which of its hosts. */
export interface PlaybookOptions {
  /** Inventories, vaults, passwords and flags: those of this run. */
  readonly access: AnsibleAccess;
  /** Names of the hosts it is limited to. */
  readonly limit: readonly string[];
  readonly extraVars?: Readonly<Record<string, unknown>>;
  /** `--check`: Ansible only says what it would do. */
  readonly check?: boolean;
  readonly signal?: AbortSignal | undefined;
  /** Its output, line by line, without colours. */
  readonly onLine?: ((line: string) => void) | undefined;
}

/**
 * Runs playbook `path` with the hosts of `limit`. A host that fails is a row of the report, not an error.
 * @throws OpsError `tool` when ansible-playbook isn't installed, `usage` when it could not begin (with its own words), `interrupted`
 * @see https://docs.ansible.com/ansible/latest/cli/ansible-playbook.html
 */
export async function runPlaybook(
  path: string,
  { access, limit, extraVars = {}, check = false, signal, onLine }: PlaybookOptions,
): Promise<PlayReport> {
  return await withFolder(async (folder) => {
    // Names on a command line have an end; in a file, one a line, they have none.
    await writeFile(join(folder, "limit"), limit.map((name) => `${name}\n`).join(""));
    const report = join(folder, "report");
    const words = [
      ...["--limit", `@${join(folder, "limit")}`, "-e", JSON.stringify(extraVars)],
      ...(check ? ["--check", "--diff"] : []),
    ];
    const { code, last } = await start([...words, path], { access, folder, report, signal, onLine });
    const text = await readFile(report, "utf8").catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "ENOENT") throw error;
      return "";
    });
    const parsed = parseReport(text);
    if (parsed !== undefined) return { ...parsed, through: parsed.through || code === 0 };
    throw failure(`${basename(path)} ended with exit code ${code} before its recap`, last);
  });
}

/**
 * Finds what keeps `paths` from being run before anything is begun.
 * @throws OpsError `tool` when ansible-playbook isn't installed, `usage` with its own words when it refuses one
 */
export async function checkPlaybooks(
  paths: readonly string[],
  {
    access,
    extraVars = {},
    signal,
  }: Pick<PlaybookOptions, "access" | "extraVars"> & { readonly signal?: AbortSignal | undefined },
): Promise<void> {
  if (paths.length === 0) return;
  await withFolder(async (folder) => {
    const words = ["--syntax-check", "-e", JSON.stringify(extraVars), ...paths];
    const { code, last } = await start(words, { access, folder, passwords: false, signal });
    if (code !== 0) throw failure(`${PROGRAM} refuses ${paths.join(", ")}`, last);
  });
}

interface Start {
  readonly access: AnsibleAccess;
  readonly folder: string;
  readonly report?: string;
  readonly passwords?: boolean;
  readonly signal?: AbortSignal | undefined;
  readonly onLine?: ((line: string) => void) | undefined;
}

async function start(
  words: readonly string[],
  { access, folder, report, passwords = true, signal, onLine }: Start,
): Promise<{ readonly code: number; readonly last: readonly string[] }> {
  signal?.throwIfAborted();
  const over = new AbortController();
  try {
    const handOver = pipesIn(folder, over.signal);
    const { argv, env } = await invocation(access, { handOver, passwords });
    // In a session of its own: the terminal is the screen's, and nobody is there to answer.
    const child = spawn(PROGRAM, [...argv, ...words], {
      detached: true,
      env: { ...env, ROOKERY_REPORT: report },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const last: string[] = [];
    const take = (line: string) => {
      if (line.trim() === "") return;
      last.push(line);
      if (last.length > LAST_LINES) last.shift();
      onLine?.(line);
    };
    const stop = () => end(child.pid);
    signal?.addEventListener("abort", stop, { once: true });
    try {
      const exited = new Promise<number>((resolve, reject) => {
        child.once("error", (error: NodeJS.ErrnoException) => reject(noProgram(error)));
        child.once("close", (code) => resolve(code ?? -1));
      });
      const [code] = await Promise.all([exited, lines(child.stdout, take), lines(child.stderr, take)]);
      signal?.throwIfAborted();
      return { code, last };
    } finally {
      signal?.removeEventListener("abort", stop);
    }
  } finally {
    over.abort();
  }
}

async function lines(stream: Readable, take: (line: string) => void): Promise<void> {
  for await (const line of createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY }))
    take(line);
}

/** First as Ctrl+C does it, so that Ansible ends its connections; what then still runs is ended. */
function end(group: number | undefined): void {
  if (group === undefined) return;
  const send = (name: NodeJS.Signals) => {
    try {
      process.kill(-group, name);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
    }
  };
  send("SIGINT");
  setTimeout(() => send("SIGKILL"), GRACE_MS).unref();
}

function noProgram(error: NodeJS.ErrnoException): OpsError {
  const what =
    error.code === "ENOENT" ? "is not on the PATH of this machine" : `can't be run: ${error.message}`;
  return new OpsError("tool", `${PROGRAM}, which --before and --after need, ${what}`, {
    hint: "install ansible-core here (pipx install ansible-core), or leave these flags out",
    cause: error,
  });
}

/** Ansible's own last words, from its ERROR! on where it says so. */
function failure(what: string, last: readonly string[]): OpsError {
  const from = last.findIndex((line) => /^(?:\[?ERROR|fatal)/.test(line));
  const said = last.slice(from === -1 ? -3 : from).join("\n  ");
  return new OpsError("usage", said === "" ? what : `${what}:\n  ${said}`, {
    hint: `run it by itself with ${PROGRAM} --syntax-check to see all of it`,
  });
}

async function withFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await temporaryFolder("playbook");
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
