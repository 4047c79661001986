import { expect, test } from "bun:test";
import { appendFile, mkdir, readFile, stat, symlink } from "node:fs/promises";
import { join } from "node:path";
import { type JournalEvent, noteInJournal, readJournal } from "../../lib/release/journal.ts";
import { newSite } from "./site.ts";

const WHO = { by: "ops@deploy1", login: "deploy", from: "192.0.2.7", app: "shop", environment: "prod" };
const SWITCHED: JournalEvent = { event: "switched", outcome: "ok", release: "two", previous: "one" };

async function newJournal() {
  const site = await newSite();
  const own = join(site.deployTo, ".rookery");
  await mkdir(own, { recursive: true });
  return { ...site, path: join(own, "history.jsonl"), older: join(own, "history.1.jsonl") };
}

test("an entry is a line that says who, from where, what and when", async () => {
  await using site = await newJournal();
  const now = new Date("2026-11-23T12:03:07.123Z");
  await noteInJournal(site.deployTo, { ...SWITCHED, ...WHO }, { now });
  await noteInJournal(site.deployTo, { event: "pruned", outcome: "ok", removed: ["zero"], ...WHO });
  const text = await readFile(site.path, "utf8");
  expect(text.split("\n")).toHaveLength(3);
  expect(text).toStartWith('{"at":"2026-11-23T12:03:07.123Z","event":"switched"');
  expect(await readJournal(site.deployTo)).toMatchObject([
    { at: now.toISOString(), ...SWITCHED, ...WHO },
    { event: "pruned", removed: ["zero"] },
  ]);
});

test.each([
  "\n",
  "\r",
  "\u001b[2J",
  "\u2028",
  "\u202e",
  "\u0085",
  '"}\n{"at":"x","event":"deployed","by":"me',
])("%j in a name forges no line and says nothing to a terminal", async (evil) => {
  await using site = await newJournal();
  await noteInJournal(site.deployTo, { ...SWITCHED, ...WHO, by: `ops${evil}@deploy1` });
  const text = await readFile(site.path, "utf8");
  expect(text).toMatch(/^[^\p{Cc}\u2028\u202e]+\n$/u);
  expect(await readJournal(site.deployTo)).toMatchObject([{ event: "switched" }]);
});

test("a full file is put aside, one older is kept, and neither grows beyond its size", async () => {
  await using site = await newJournal();
  const maxBytes = 2000;
  for (let index = 0; index < 40; index++)
    await noteInJournal(site.deployTo, { ...SWITCHED, ...WHO, release: `r${index}` }, { maxBytes });
  for (const path of [site.path, site.older]) expect((await stat(path)).size).toBeLessThanOrEqual(maxBytes);
  const releases = (await readJournal(site.deployTo)).map(({ release }) => release);
  expect(releases.length).toBeGreaterThan(10);
  expect(releases).toEqual(
    Array.from({ length: releases.length }, (_, at) => `r${40 - releases.length + at}`),
  );
});

test("entries written at once are all there, each whole", async () => {
  await using site = await newJournal();
  const all = Array.from({ length: 50 }, (_, index) => ({ ...SWITCHED, ...WHO, release: `r${index}` }));
  await Promise.all(all.map((entry) => noteInJournal(site.deployTo, entry)));
  const releases = (await readJournal(site.deployTo)).map(({ release }) => release);
  expect(releases.toSorted()).toEqual(all.map(({ release }) => release).toSorted());
});

test("lines that are none are left out, and a long text is cut", async () => {
  await using site = await newJournal();
  await appendFile(site.path, '{"at":"2026-11-23T\nnull\n[]\n{"at":5,"event":"x"}\n\n');
  await noteInJournal(site.deployTo, { ...SWITCHED, ...WHO, detail: "x".repeat(5000) });
  const entries = await readJournal(site.deployTo);
  expect(entries).toHaveLength(1);
  expect(entries[0]?.detail).toHaveLength(1001);
});

test("a disk that is full is told", async () => {
  await using site = await newJournal();
  await symlink("/dev/full", site.path);
  await expect(noteInJournal(site.deployTo, { ...SWITCHED, ...WHO })).rejects.toMatchObject({
    code: "disk-full",
    message: expect.stringContaining("history.jsonl"),
  });
});
