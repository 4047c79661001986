import { expect, setDefaultTimeout, test } from "bun:test";
import { chmod, mkdir, readdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { activateRelease, markGood } from "../../lib/release/activate.ts";
import { inspectHost } from "../../lib/release/inspect.ts";
import { layoutOf } from "../../lib/release/layout.ts";
import { planPrune, pruneReleases } from "../../lib/release/prune.ts";
import { removeStale } from "../../lib/release/remove.ts";
import type { HostReport, ReleaseInfo } from "../../lib/release/types.ts";
import { runChild, startChild } from "./children.ts";
import { INFOHASH, newSite, writeCapistranoTree } from "./site.ts";

setDefaultTimeout(30_000); // processes take their time on a busy machine

/**
 * `"a b! c* d?"`: releases a … d in order of time; `!` current, `?` never good, `<` the one current replaced,
 * others good.
 */
function report(text: string): HostReport {
  const words = text.split(" ").filter((word) => word !== "");
  const releases = words.map((word, index): ReleaseInfo => {
    const at = new Date(Date.UTC(2026, 0, 1 + index)).toISOString();
    const good = !word.includes("?");
    const known = { id: word[0] ?? "", infohash: INFOHASH, revision: undefined, installedAt: at };
    return { ...known, state: good ? "good" : "unpacked", activatedAt: good ? at : undefined };
  });
  const marked = (mark: string) => words.find((word) => word.includes(mark))?.[0];
  return {
    current: marked("!"),
    previous: marked("<"),
    releases,
    lock: undefined,
    freeBytes: 0,
    freeInodes: 0,
  };
}

test.each([
  ["", 5, ""],
  ["a!", 1, ""],
  ["a b c d!", 5, ""],
  ["a b c d!", 3, "a"],
  ["a b c d!", 2, "a b"],
  // Current and the good one before it stay, whatever `keep` says.
  ["a b c d!", 1, "a b"],
  // After a rollback the newer one is what a roll forward goes to.
  ["a b! c< d", 2, "a d"],
  ["a! b c d<", 1, "b c"],
  ["a! b c d", 2, "b c"],
  ["a< b c d!", 2, "b c"],
  ["a< b c d!", 3, "b"],
  // Failed deploys don't count, and go once something newer runs.
  ["a b c? d? e!", 2, "a c d"],
  ["a b? c? d? e!", 2, "b c d"],
  ["a b! c? d?", 2, ""],
  ["a? b! c?", 1, "a"],
  ["a b! c? d? e? f?", 2, "c d"],
  // Nothing runs yet: good ones (there may be some) by number, failed ones too.
  ["a? b? c?", 2, "a"],
  ["a b c", 2, "a"],
  // Current never was good (its commands failed half-way): the last good ones stay.
  ["a b c d?!", 2, "a"],
  ["a b c< d?!", 1, "a b"],
])("of %p keeping %d: %p go", (text, keep, gone) => {
  expect(planPrune(report(text), keep).join(" ")).toBe(gone);
});

test.each([0, -1, 1.5, Number.NaN])("%d is no number of releases to keep", (keep) => {
  expect(() => planPrune(report("a!"), keep)).toThrow(RangeError);
});

test("another tool's releases count as good, by the time in their names", async () => {
  await using site = await newSite();
  const ids = ["20250101000000", "20250102000000", "20250103000000", "20250104000000"] as const;
  await writeCapistranoTree(site.deployTo, ids);
  await mkdir(join(site.deployTo, "releases", "half-written"));
  expect(await pruneReleases(site.deployTo, 3, { dryRun: true })).toEqual([ids[0]]);
  expect((await inspectHost(site.deployTo)).releases).toHaveLength(4);
  await activateRelease(site.deployTo, ids[0]);
  await markGood(site.deployTo, ids[0], { by: "ops" });
  expect(await pruneReleases(site.deployTo, 1)).toEqual([ids[1], ids[2]]);
  expect((await readdir(join(site.deployTo, "releases"))).sort()).toEqual(
    [".rookery-partial", ids[0], ids[3], "half-written"].sort(),
  );
});

test("read-only folders go too, shared ones stay, also for a user who isn't root", async () => {
  await using site = await newSite();
  const releases = ["20250101000000", "20250102000000", "20250103000000"];
  await writeCapistranoTree(site.deployTo, releases);
  const doomed = join(site.deployTo, "releases", releases[0] ?? "");
  await writeFile(join(site.deployTo, "shared", "log", "kept"), "");
  await symlink(join(site.deployTo, "shared", "log"), join(doomed, "log"));
  await mkdir(join(doomed, "module", "cache"), { recursive: true });
  await writeFile(join(doomed, "module", "cache", "file"), "");
  for (const folder of ["module/cache", "module", ""]) await chmod(join(doomed, folder), 0o555);
  Bun.spawnSync(["chown", "-R", "65534:65534", site.root]);
  // A root without the capability to override modes is refused as any other owner is.
  const prefix = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"];
  const steps = [{ call: ["prune", "pruneReleases", site.deployTo, 2] }] as const;
  expect(await runChild(steps, process.getuid?.() === 0 ? { prefix } : {})).toEqual([
    { value: [releases[0]] },
  ]);
  expect((await readdir(join(site.deployTo, "releases"))).sort()).toEqual([
    ".rookery-partial",
    ...releases.slice(1),
  ]);
  expect(await readdir(join(site.deployTo, "releases", ".rookery-partial"))).toEqual([]);
  expect(await readdir(join(site.deployTo, "shared", "log"))).toEqual(["kept"]);
});

test("what earlier runs left goes; what is in use, and what a live deploy does, stays", async () => {
  await using site = await newSite();
  await writeCapistranoTree(site.deployTo, ["20250101000000"]);
  const layout = layoutOf(site.deployTo);
  const left = async () => [...(await readdir(layout.incoming)), ...(await readdir(layout.partial))].sort();
  for (const path of [
    join(layout.incoming, INFOHASH),
    join(layout.incoming, "b".repeat(40)),
    join(layout.partial, "half"),
  ]) {
    await mkdir(path, { recursive: true });
    await writeFile(join(path, "content"), "");
  }
  await removeStale(site.deployTo); // all newer than this process
  expect(await left()).toHaveLength(3);

  const lock = { app: "shop", owner: "ops@laptop", ownerPid: 1 };
  const holder = startChild([{ call: ["lock", "takeLock", site.deployTo, lock] }, { wait: true }]);
  await holder.next();
  const sinceMs = Date.now() + 60_000;
  await removeStale(site.deployTo, { sinceMs });
  expect(await left()).toHaveLength(3);
  await holder.kill();
  await removeStale(site.deployTo, { sinceMs, inUse: [INFOHASH] });
  expect(await left()).toEqual([INFOHASH]);
  // A process that starts later finds it older than itself.
  expect(await runChild([{ call: ["prune", "pruneReleases", site.deployTo, 2] }])).toEqual([{ value: [] }]);
  expect(await left()).toEqual([]);
});
