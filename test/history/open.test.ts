// The control host's memory of its runs: a real file, several real processes.
import { Database } from "bun:sqlite";
import { afterAll, expect, test } from "bun:test";
import { readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { newRunId, openHistory } from "../../lib/history/open.ts";
import type { RunEnd, RunStart } from "../../lib/history/types.ts";
import { temporaryFolder } from "../support/marker.ts";

const folders: string[] = [];
afterAll(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true }))));

async function newFolder(): Promise<string> {
  const folder = await temporaryFolder("history");
  folders.push(folder);
  return folder;
}

const start = (wish: Partial<RunStart> = {}): RunStart => ({
  id: newRunId(),
  kind: "deploy",
  app: "shop",
  environment: "prod",
  pattern: "all",
  owner: "ops@deploy1",
  startedAt: new Date().toISOString(),
  hosts: ["web1", "web2"],
  ...wish,
});
const end = (id: string, wish: Partial<RunEnd> = {}): RunEnd => ({
  id,
  release: "20261123120307",
  tree: "aa".repeat(32),
  infohash: "bb".repeat(20),
  endedAt: new Date().toISOString(),
  outcome: "shop is 20261123120307 on 1 of 2 hosts",
  exitCode: 2,
  bytes: 1000,
  seconds: { pack: 0.5, total: 3 },
  hosts: [
    { name: "web1", status: "ok", seconds: 2.5, bytes: 1000 },
    { name: "web2", status: "failed", error: "disk full", hint: "make room", seconds: 1, bytes: 0 },
  ],
  ...wish,
});

test("runs come back as they were told, newest first, by app, environment, kind and host", async () => {
  const path = join(await newFolder(), "deep", "history.db");
  using history = openHistory({ path });
  const first = start({ source: "/srv/build", release: "one" });
  history.begin(first);
  history.end(end(first.id, { release: undefined, revision: "abc" }));
  const other = start({ app: "blog", hosts: ["db1"], kind: "rollback" });
  history.begin(other);
  history.end(end(other.id));
  const last = start({ environment: "staging" });
  history.begin(last);
  history.end(end(last.id));
  expect(history.runs().map(({ id }) => id)).toEqual([last.id, other.id, first.id]);
  expect(history.runs({ limit: 1 }).map(({ id }) => id)).toEqual([last.id]);
  expect(history.runs({ host: "db1" }).map(({ id }) => id)).toEqual([other.id]);
  expect(history.last({ app: "blog", environment: "prod", kind: "deploy" })).toBeUndefined();
  const { hosts: _names, ...told } = first;
  expect(history.last({ app: "shop", environment: "prod" })).toEqual({
    ...told,
    ...end(first.id, { release: "one", revision: "abc" }),
    endedAt: expect.any(String),
  } as never);
  expect((await stat(path)).mode & 0o777).toBe(0o600);
});

test("a run without an end is under way while its process lives, and cut off after that", async () => {
  const path = join(await newFolder(), "history.db");
  using history = openHistory({ path });
  history.begin(start());
  expect(history.runs()[0]).toMatchObject({
    outcome: "under way",
    hosts: [{ name: "web1" }, { name: "web2" }],
  });
  const { exited } = Bun.spawn([process.execPath, join(import.meta.dir, "begin.ts"), path, "killed"]);
  await exited;
  const [cut] = history.runs();
  expect(cut).toMatchObject({ release: "killed", hosts: [{ status: "skipped" }, { status: "skipped" }] });
  expect(cut?.outcome).toStartWith("cut off");
  expect(cut).not.toHaveProperty("endedAt");
});

test("nothing is changed or removed, not even by hand", async () => {
  const path = join(await newFolder(), "history.db");
  using history = openHistory({ path });
  const run = start();
  history.begin(run);
  history.end(end(run.id));
  expect(() => history.end(end(run.id))).toThrow("can't be used");
  using by = new Database(path);
  for (const table of ["begun", "chosen", "ended", "hosts"]) {
    expect(() => by.run(`DELETE FROM ${table}`)).toThrow("never changed");
    expect(() => by.run(`UPDATE ${table} SET id = 'x'`)).toThrow("never changed");
  }
  expect(history.runs()).toHaveLength(1);
});

test("processes that write at once lose nothing, also the first of them", async () => {
  const path = join(await newFolder(), "history.db");
  const names = Array.from({ length: 6 }, (_, index) => `release${index}`);
  const children = names.map((name) =>
    Bun.spawn([process.execPath, join(import.meta.dir, "begin.ts"), path, name], { stderr: "pipe" }),
  );
  for (const child of children) {
    expect(await new Response(child.stderr).text()).toBe("");
    expect(await child.exited).toBe(0);
  }
  using history = openHistory({ path });
  expect(
    history
      .runs()
      .map(({ release }) => release)
      .toSorted(),
  ).toEqual(names);
});

test("a damaged file, a newer one and one that can't be made are told with what to do", async () => {
  const folder = await newFolder();
  const damaged = join(folder, "damaged.db");
  await writeFile(damaged, "no database at all, but long enough to look at\n".repeat(100));
  expect(() => openHistory({ path: damaged })).toThrow(
    expect.objectContaining({ code: "history", hint: expect.stringContaining("move it away") }),
  );
  expect(await readFile(damaged, "utf8")).toStartWith("no database");
  const newer = join(folder, "newer.db");
  new Database(newer).run("PRAGMA user_version = 99");
  expect(() => openHistory({ path: newer })).toThrow("newer Rookery");
  const blocked = join(folder, "file");
  await writeFile(blocked, "");
  expect(() => openHistory({ path: join(blocked, "history.db") })).toThrow(
    expect.objectContaining({ code: "history", hint: expect.stringContaining("writable") }),
  );
});
