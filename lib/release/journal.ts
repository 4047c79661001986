// What was done under a deploy_to, by whom and from where: one JSON object a line, oldest first, on the host itself.
import { constants } from "node:fs";
import { open, readFile, rename, stat } from "node:fs/promises";
import { join } from "node:path";
import { OpsError } from "../errors.ts";
import { fileFault, hasCode } from "./faults.ts";
import { type Layout, layoutOf } from "./layout.ts";

export interface JournalWho {
  /** user@controlhost, as it calls itself. */
  readonly by: string;
  /** Who logged in here, before becoming anybody else. */
  readonly login?: string | undefined;
  /** Address it came from, as this host saw it where it could; undefined without a network. */
  readonly from?: string | undefined;
  readonly app: string;
  readonly environment?: string | undefined;
}

/** What can be noted of a release. */
export interface JournalEvent {
  readonly event:
    | "locked"
    | "installed"
    | "command"
    | "switched"
    | "switched back"
    | "deployed"
    | "rolled back"
    | "health"
    | "pruned";
  readonly outcome: "ok" | "failed";
  readonly release?: string | undefined;
  readonly tree?: string | undefined;
  readonly infohash?: string | undefined;
  /** What was current before. */
  readonly previous?: string | undefined;
  /** Release ids. */
  readonly removed?: readonly string[] | undefined;
  /** What it says beside: whose lock was broken, why it failed. */
  readonly detail?: string | undefined;
}

export interface JournalEntry extends JournalWho, JournalEvent {
  /** ISO 8601, this host's clock. */
  readonly at: string;
}

/** From this size on a file is put aside, in place of the one that was put aside before. */
const MAX_BYTES = 1024 * 1024;
/** What one line may hold of a text from elsewhere. */
const MAX_TEXT = 1000;

/** The files of a host's journal, older one first. */
export function journalFiles({ own }: Pick<Layout, "own">): readonly [string, string] {
  return [join(own, "history.1.jsonl"), join(own, "history.jsonl")];
}

/**
 * Adds a line to the journal of `deployTo`, whose folders are there: one write(2) at the file's end, so that two lines
 * never mix. To be called by whoever holds the lock.
 * @throws OpsError where the disk is full, or the file may not be written
 */
export async function noteInJournal(
  deployTo: string,
  entry: JournalEvent & JournalWho,
  { maxBytes = MAX_BYTES, now = new Date() }: { readonly maxBytes?: number; readonly now?: Date } = {},
): Promise<void> {
  const [older, path] = journalFiles(layoutOf(deployTo));
  // Objects keep the order their keys were given in: the time stands first.
  const line = Buffer.from(`${JSON.stringify({ at: now.toISOString(), ...entry }, plain)}\n`);
  try {
    const size = (await stat(path).catch(absent))?.size ?? 0;
    if (size > 0 && size + line.length > maxBytes) await rename(path, older);
    const { O_APPEND, O_CREAT, O_WRONLY } = constants;
    const file = await open(path, O_APPEND | O_CREAT | O_WRONLY, 0o644);
    try {
      const { bytesWritten } = await file.write(line);
      // The disk is full: what is there of the line must not be the beginning of the next one.
      if (bytesWritten < line.length) await file.write("\n");
    } finally {
      await file.close();
    }
  } catch (error) {
    const fault = fileFault(error, `can't write ${path}`);
    if (fault instanceof OpsError || !hasSyscall(error)) throw fault;
    throw new OpsError("release", `can't write ${path}: ${error.message}`, { cause: error });
  }
}

/** The journal of `deployTo`, oldest first; lines that are none (a disk was full) are left out. */
export async function readJournal(deployTo: string): Promise<JournalEntry[]> {
  const texts = await Promise.all(
    journalFiles(layoutOf(deployTo)).map((path) => readFile(path, "utf8").catch(absent)),
  );
  return parseJournal(texts.join(""));
}

/** The entries of a journal's text. */
export function parseJournal(text: string): JournalEntry[] {
  return text.split("\n").flatMap((line) => {
    if (!line.startsWith("{")) return [];
    try {
      const value = JSON.parse(line) as Partial<JournalEntry> | null;
      return typeof value?.at === "string" && typeof value.event === "string" ? [value as JournalEntry] : [];
    } catch (error) {
      if (error instanceof SyntaxError) return [];
      throw error;
    }
  });
}

/** Control characters could forge lines, or talk to the terminal of whoever reads them. */
function plain(_name: string, value: unknown): unknown {
  if (typeof value !== "string") return value;
  const text = value.replace(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu, " ");
  return text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}…` : text;
}

function hasSyscall(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && (error as NodeJS.ErrnoException).syscall !== undefined;
}

function absent(error: unknown): undefined {
  if (!hasCode(error, "ENOENT")) throw error;
}
