// What breaks while a deploy runs: peers and hosts that die half-way, full disks, bytes that change, the control script killed.
import { afterEach, expect, setDefaultTimeout, test } from "bun:test";
import { randomBytes } from "node:crypto";
import { mkdir, open, readdir, readFile, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { descendants, killAll } from "../support/processes.ts";
import type { Event } from "./events.ts";
import { type JsonResult, type Stage, type StageOptions, startStage } from "./stage.ts";

setDefaultTimeout(90_000);

const MiB = 1024 * 1024;
/** So large that a swarm on one machine is at it for a second or more. */
const LARGE_BYTES = 96 * MiB;

let stage: Stage;
afterEach(() => stage[Symbol.asyncDispose]());

/** Hosts that run release `old`, and a source too large to be everywhere before we act. */
async function prepared(options: StageOptions = {}, { bytes = LARGE_BYTES } = {}): Promise<void> {
  stage = await startStage({ memoryBytes: 2048 * MiB, ...options });
  const { exitCode, stdout } = await stage.run("deploy", ["-r", "old"]);
  expect(stdout).toContain(`on ${stage.fleet.names.length} of ${stage.fleet.names.length} hosts`);
  expect(exitCode).toBe(0);
  await writeFile(join(stage.source, "large.bin"), randomBytes(bytes));
}

/** Deploys `new`, and does `act` once some bytes have arrived, with the seeder standing still so that some are missing. */
async function halfWay(
  act: (pid: number) => Promise<unknown> | unknown,
  words: readonly string[] = [],
): Promise<JsonResult & { acted: boolean }> {
  let acting: Promise<unknown> | undefined;
  const onEvent = (event: Event, pid: number) => {
    if (acting !== undefined || event.type !== "progress" || event.verifiedBytes === 0) return;
    const seeder = descendants(pid).filter(({ command }) => command.includes("rookery-seeder-"));
    killAll(
      seeder.map((process) => process.pid),
      "SIGSTOP",
    );
    acting = (async () => {
      try {
        await act(pid);
      } finally {
        killAll(
          seeder.map((process) => process.pid),
          "SIGCONT",
        );
      }
    })();
  };
  const result = await stage.json("deploy", ["-r", "new", ...words], { onEvent });
  await acting;
  return { ...result, acted: acting !== undefined };
}

const states = () => Promise.all(stage.fleet.names.map(stage.current));
const held = () => Promise.all(stage.fleet.names.map(stage.releases));

test("a peer that is killed half-way takes only its own host out", async () => {
  await prepared({ hosts: 4 });
  const { acted, exitCode, host, one } = await halfWay(() =>
    killAll(stage.peers("web2").map(({ pid }) => pid)),
  );
  expect(acted).toBe(true);
  expect(host("web2")).toMatchObject({
    status: "failed",
    error: expect.stringContaining("its peer was killed"),
  });
  expect(host("web2").bytes).toBeLessThan(LARGE_BYTES);
  expect(one("summary")).toMatchObject({ failed: 1, unreachable: 0, skipped: 3 });
  expect(one("summary").outcome).toContain("nothing was switched: 1 of 4 hosts failed (web2)");
  expect(exitCode).toBe(2);
  expect(await states()).toEqual(["old", "old", "old", "old"]);
  expect(await held()).toEqual([["new", "old"], ["old"], ["new", "old"], ["new", "old"]]);

  // The next deploy sends the bytes only to the host that lacks them, and tidies up after the killed peer.
  const next = await stage.json("deploy", ["-r", "new", "--break-lock"]);
  expect(next.exitCode).toBe(0);
  expect(["web1", "web2", "web3", "web4"].map((name) => next.host(name).bytes > 0)).toEqual([
    false,
    true,
    false,
    false,
  ]);
  expect(await states()).toEqual(["new", "new", "new", "new"]);
  await stage.expectTidy();
});

test("a peer that its host ends (a shutdown, an administrator) frees lock and disk before it goes", async () => {
  await prepared({ hosts: 3 });
  const { acted, host } = await halfWay(() =>
    killAll(
      stage.peers("web2").map(({ pid }) => pid),
      "SIGTERM",
    ),
  );
  expect(acted).toBe(true);
  expect(host("web2")).toMatchObject({
    status: "failed",
    error: expect.stringContaining("ended by SIGTERM"),
  });
  await stage.expectTidy();
  expect((await stage.run("deploy", ["-r", "new"])).exitCode).toBe(0);
});

test("with --allow-failures 1 the others are switched", async () => {
  await prepared({ hosts: 3 });
  const { acted, exitCode, host } = await halfWay(
    () => killAll(stage.peers("web1").map(({ pid }) => pid)),
    ["--allow-failures", "1"],
  );
  expect(acted).toBe(true);
  expect(["web1", "web2", "web3"].map((name) => host(name).status)).toEqual(["failed", "ok", "ok"]);
  expect(exitCode).toBe(2);
  expect(await states()).toEqual(["old", "new", "new"]);
});

test("a host that loses power half-way is unreachable", async () => {
  await prepared({ hosts: 3 });
  const { acted, exitCode, host } = await halfWay(() => stage.fleet.kill("web3"));
  expect(acted).toBe(true);
  expect(host("web3")).toMatchObject({ status: "unreachable", error: expect.stringContaining("connection") });
  expect(exitCode).toBe(4);
  expect(await states()).toEqual(["old", "old", "old"]);
  expect(await held()).toEqual([["new", "old"], ["new", "old"], ["old"]]);
});

test("a host that is down before is unreachable; it can be left out or allowed to fail", async () => {
  await prepared({ hosts: 3 }, { bytes: 1000 });
  await stage.fleet.kill("web3");
  const { exitCode, host, one } = await stage.json("deploy", ["-r", "new"]);
  expect(host("web3")).toMatchObject({ status: "unreachable", error: expect.stringMatching(/refused/) });
  expect(one("summary").outcome).toContain("--limit");
  expect(exitCode).toBe(4);
  expect(await states()).toEqual(["old", "old", "old"]);
  const allowed = await stage.run("deploy", ["-r", "new", "--allow-failures", "1"]);
  expect(allowed.stdout).toContain("1 unreachable");
  expect(allowed.exitCode).toBe(4);
  expect(await states()).toEqual(["new", "new", "old"]);
  const limited = await stage.run("deploy", ["-r", "new", "--limit", "all:!web3"]);
  expect(limited.exitCode).toBe(0);
});

test("a disk too small for what travels, and one too small for the release, are named with sizes", async () => {
  await prepared({ hosts: 3 }, { bytes: 20 * MiB });
  await using small = await tmpfs("web1", "16m");
  await using tight = await tmpfs("web2", "30m");
  const { exitCode, host } = await stage.json("deploy", ["-r", "new", "-e", elsewhere()]);
  expect(host("web1")).toMatchObject({
    status: "failed",
    error: expect.stringMatching(/no room .*1[56]\.\d MiB free, 20\.\d MiB needed/),
  });
  expect(host("web2")).toMatchObject({
    status: "failed",
    error: expect.stringMatching(/no room .*[\d.]+ MiB needed/),
  });
  expect(host("web1").hint).toContain("rookery_keep_releases");
  expect(host("web3").status).toBe("skipped");
  expect(exitCode).toBe(2);
  expect([await filesIn(small.path), await filesIn(tight.path)]).toEqual([[], []]);
});

test("a disk that fills up half-way fails its host, and leaves nothing half-written", async () => {
  await prepared({ hosts: 3 });
  await using disk = await tmpfs("web2", "128m");
  const { acted, exitCode, host } = await halfWay(
    () => writeFile(join(disk.path, "somebody-elses"), Buffer.alloc(128 * MiB)).catch(expectFull),
    ["-e", elsewhere(), "--allow-failures", "1"],
  );
  expect(acted).toBe(true);
  expect(host("web2")).toMatchObject({ status: "failed", error: expect.stringContaining("no room") });
  expect(["web1", "web3"].map((name) => host(name).status)).toEqual(["ok", "ok"]);
  expect(exitCode).toBe(2);
  expect(await filesIn(disk.path)).toEqual(["somebody-elses"]);
});

test("bytes that change on a host's disk before it is through are found, and are never part of a release", async () => {
  await prepared({ hosts: 3 });
  const { acted, exitCode, host } = await halfWay(spoil);
  expect(acted).toBe(true);
  // Either its peer fetched the piece again, or the host is out; a wrong byte is never switched to.
  if (host("web2").status === "ok") {
    expect(exitCode).toBe(0);
    const [ours, theirs] = [join(stage.source, "large.bin"), stage.place("web2", "current/large.bin")];
    expect((await readFile(ours)).equals(await readFile(theirs))).toBe(true);
  } else {
    expect(host("web2")).toMatchObject({ status: "failed", error: expect.stringMatching(/hash|changed/) });
    expect(exitCode).toBe(2);
    expect(await states()).toEqual(["old", "old", "old"]);
  }
  await stage.expectTidy();
});

test("when the control script is killed with -9, hosts tidy up by themselves and stay where they were", async () => {
  await prepared({ hosts: 3 });
  const { acted, exitCode } = await halfWay((pid) => process.kill(pid, "SIGKILL"));
  expect(acted).toBe(true);
  expect(exitCode).toBe(128 + 9);
  // No peer, port, lock or payload after a few seconds.
  await stage.expectTidy({ withinMs: 5000, killed: true });
  expect(await states()).toEqual(["old", "old", "old"]);
  // A host may have been through before the script was killed: then it holds the release, whole and not switched to.
  for (const releases of await held()) expect(["old", "new,old"]).toContain(releases.join());
  const next = await stage.run("deploy", ["-r", "new"]);
  expect(next.exitCode).toBe(0);
  expect(await states()).toEqual(["new", "new", "new"]);
  // What the killed script left on its own machine went with the next one's.
  await stage.expectTidy();
});

/** Changes one byte of what has arrived on web2. */
async function spoil(): Promise<void> {
  const [payload = ""] = await readdir(stage.place("web2", ".rookery/incoming"));
  const folder = stage.place("web2", ".rookery/incoming", payload);
  const names = (await readdir(folder, { recursive: true })).filter((name) => basename(name) === "new");
  const file = await open(join(folder, names[0] as string), "r+");
  try {
    const bytes = Buffer.alloc(MiB);
    for (let at = 0; at < LARGE_BYTES; at += MiB) {
      await file.read(bytes, 0, MiB, at);
      // Holes are pieces that aren't here yet.
      const index = bytes.findIndex((byte) => byte !== 0);
      if (index === -1) continue;
      await file.write(Uint8Array.of((bytes[index] as number) ^ 255), 0, 1, at + index);
      return;
    }
    throw new Error("nothing has arrived on web2");
  } finally {
    await file.close();
  }
}

const elsewhere = () => `rookery_deploy_to=${stage.fleet.root}/{{ inventory_hostname }}/files/small`;

/** A small disk of its own for what is deployed `elsewhere()` on that host. */
async function tmpfs(host: string, size: string): Promise<AsyncDisposable & { readonly path: string }> {
  const path = join(stage.fleet.folder(host), "small");
  await mkdir(path);
  await Bun.$`mount -t tmpfs -o size=${size} tmpfs ${path}`.quiet();
  return { path, [Symbol.asyncDispose]: async () => void (await Bun.$`umount ${path}`.quiet()) };
}

/** Names of files at any depth, but for the journal, which tells what was tried. */
async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const names = entries.filter((entry) => !entry.isDirectory()).map(({ name }) => name);
  return names.filter((name) => name !== "history.jsonl");
}

function expectFull(error: NodeJS.ErrnoException): void {
  if (error.code !== "ENOSPC") throw error;
}
