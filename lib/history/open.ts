// The control host's memory of its runs: SQLite, to which rows are added and from which none is taken.
import { Database, SQLiteError } from "bun:sqlite";
import { randomBytes } from "node:crypto";
import { chmodSync, existsSync, mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { historyPath } from "../config.ts";
import { OpsError } from "../errors.ts";
import { isAtWork, ownAuthor } from "./author.ts";
import { COLUMNS, SCHEMA, VERSION } from "./schema.ts";
import type { HostOutcome, RunEnd, RunKind, RunRecord, RunRelease, RunStart } from "./types.ts";

/** Which runs are wanted; all of them where nothing is said. */
export interface RunFilter {
  readonly app?: string | undefined;
  readonly environment?: string | undefined;
  readonly kind?: RunKind | undefined;
  /** Only runs that this host was part of. */
  readonly host?: string | undefined;
  /** The newest so many. */
  readonly limit?: number | undefined;
}

/** The control host's memory of its runs. Disposing closes it. */
export interface History extends Disposable {
  readonly path: string;
  /** Before anything is done, so that a run that is killed is seen as well. */
  begin(run: RunStart): void;
  /** Which release it turned out to be; what is left out stays as it was told before. */
  chosen(id: string, release: RunRelease): void;
  end(run: RunEnd): void;
  /** Newest first. */
  runs(filter?: RunFilter): RunRecord[];
  /** The newest of an app in an environment. */
  last(filter: RunFilter): RunRecord | undefined;
}

/** How long another process may keep us from writing. */
const BUSY_MS = 5000;

/** An id of a run: sorts by time. */
export function newRunId(now = new Date()): string {
  return `${now.toISOString().replace(/\D/g, "")}-${randomBytes(3).toString("hex")}`;
}

/**
 * Opens the history at `path` (~/.local/state/rookery/history.db), making it where there is none. Several processes
 * may have it open at once.
 * @throws OpsError `history`, here and from each method, when the file can't be read or written, is damaged, or comes from a newer Rookery
 */
export function openHistory({ path = historyPath() }: { readonly path?: string | undefined } = {}): History {
  const database = guarded(path, () => openDatabase(path));
  return {
    path,
    begin: ({ hosts, release, ...run }) =>
      guarded(path, () =>
        database.transaction(() => {
          const row = { ...run, author: ownAuthor(), hosts: JSON.stringify(hosts) };
          insert(database, "begun", row);
          if (release !== undefined) insert(database, "chosen", { id: run.id, release });
        })(),
      ),
    chosen: (id, { release, tree, infohash, revision }) =>
      guarded(path, () => insert(database, "chosen", { id, release, tree, infohash, revision })),
    end: ({ id, release, tree, infohash, revision, hosts, seconds, ...rest }) =>
      guarded(path, () =>
        database.transaction(() => {
          insert(database, "chosen", { id, release, tree, infohash, revision });
          insert(database, "ended", { id, ...rest, seconds: JSON.stringify(seconds) });
          for (const host of hosts) insert(database, "hosts", { id, ...host });
        })(),
      ),
    runs: (filter = {}) => guarded(path, () => readRuns(database, filter)),
    last: (filter) => guarded(path, () => readRuns(database, { ...filter, limit: 1 })[0]),
    [Symbol.dispose]: () => database.close(),
  };
}

function openDatabase(path: string): Database {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const isNew = !existsSync(path);
  const database = new Database(path, { create: true, strict: true });
  try {
    // Errors of hosts may say more than every user of this machine is to read.
    if (isNew) chmodSync(path, 0o600);
    database.run(`PRAGMA busy_timeout = ${BUSY_MS}`);
    database.run("PRAGMA journal_mode = WAL");
    database.run("PRAGMA synchronous = FULL");
    database.run("PRAGMA foreign_keys = ON");
    // One at a time, for two may make it at once.
    database
      .transaction(() => {
        const { user_version } = database.query("PRAGMA user_version").get() as { user_version: number };
        if (user_version > VERSION)
          throw new OpsError("history", `${path} comes from a newer Rookery (format ${user_version})`, {
            hint: "update Rookery here, or set XDG_STATE_HOME to another folder",
          });
        if (user_version === 0) database.run(SCHEMA);
      })
      .immediate();
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

type Cell = string | number | null | undefined;

/** A row of `row`'s values that the table has a place for. */
function insert(database: Database, into: keyof typeof COLUMNS, row: Readonly<Record<string, Cell>>): void {
  const names = COLUMNS[into];
  const values = names.map((name) => row[name] ?? null);
  database.query(`INSERT INTO ${into} (${names}) VALUES (${names.map(() => "?")})`).run(...values);
}

interface Row {
  readonly id: string;
  readonly kind: RunKind;
  readonly app: string;
  readonly environment: string;
  readonly pattern: string;
  readonly source: string | null;
  readonly owner: string;
  readonly startedAt: string;
  readonly author: string;
  readonly planned: string;
  readonly endedAt: string | null;
  readonly outcome: string | null;
  readonly exitCode: number | null;
  readonly bytes: number | null;
  readonly seconds: string | null;
  readonly release: string | null;
  readonly tree: string | null;
  readonly infohash: string | null;
  readonly revision: string | null;
}

function readRuns(database: Database, filter: RunFilter): RunRecord[] {
  const { app, environment, kind, host, limit = -1 } = filter;
  const bound = { app, environment, kind, host };
  const rows = database
    .query(
      `SELECT * FROM runs
        WHERE ($app IS NULL OR app = $app) AND ($environment IS NULL OR environment = $environment)
          AND ($kind IS NULL OR kind = $kind)
          AND ($host IS NULL OR EXISTS (SELECT 1 FROM json_each(planned) WHERE value = $host))
        ORDER BY id DESC LIMIT $limit`,
    )
    .all({
      ...Object.fromEntries(Object.entries(bound).map(([name, value]) => [name, value ?? null])),
      limit,
    }) as Row[];
  const hosts = database.query(
    "SELECT name, status, error, hint, seconds, bytes FROM hosts WHERE id = ? ORDER BY rowid",
  );
  return rows.map((row) => recordOf(row, (hosts.all(row.id) as HostRow[]).map(hostOf)));
}

type HostRow = Omit<HostOutcome, "error" | "hint"> & {
  readonly error: string | null;
  readonly hint: string | null;
};

function hostOf({ error, hint, ...host }: HostRow): HostOutcome {
  return { ...host, ...(error === null ? {} : { error }), ...(hint === null ? {} : { hint }) };
}

function recordOf({ author, planned, ...row }: Row, hosts: readonly HostOutcome[]): RunRecord {
  const names = JSON.parse(planned) as string[];
  const known = Object.fromEntries(Object.entries(row).filter(([, value]) => value !== null));
  const seconds = row.seconds === null ? {} : (JSON.parse(row.seconds) as Record<string, number>);
  if (row.endedAt !== null) return { ...(known as unknown as RunRecord), seconds, hosts };
  const outcome = {
    true: "under way",
    false: "cut off: its process ended without a word",
    undefined: `under way or cut off, which only ${author.split(" ")[0]} can tell`,
  }[`${isAtWork(author)}`];
  const unknown = names.map((name) => ({ name, status: "skipped" as const, seconds: 0, bytes: 0 }));
  return { ...(known as unknown as RunRecord), outcome, bytes: 0, seconds, hosts: unknown };
}

function guarded<R>(path: string, work: () => R): R {
  try {
    return work();
  } catch (error) {
    const code = error instanceof SQLiteError ? error.code : (error as NodeJS.ErrnoException).code;
    if (error instanceof OpsError || code === undefined) throw error;
    const damaged = code === "SQLITE_NOTADB" || code.startsWith("SQLITE_CORRUPT");
    throw new OpsError("history", `the history ${path} can't be used: ${(error as Error).message}`, {
      hint: damaged
        ? "move it away; a new one is begun at the next run"
        : "make it and its folder writable, or set XDG_STATE_HOME to a folder that is",
      cause: error,
    });
  }
}
