// The payload over SSH instead of by swarm: the same release, the same checks, and nothing listens anywhere.
import { afterEach, expect, setDefaultTimeout, test } from "bun:test";
import { randomBytes } from "node:crypto";
import { open, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { descendants, killAll, listeningPorts } from "../support/processes.ts";
import type { Event } from "./events.ts";
import { type Stage, type StageOptions, startStage } from "./stage.ts";

setDefaultTimeout(60_000);

const MiB = 1024 * 1024;
const LARGE_BYTES = 48 * MiB;

let stage: Stage;
let large: Buffer;
afterEach(() => stage[Symbol.asyncDispose]());

/** Hosts that run release `old`, and a source with a large file. */
async function prepared(options: StageOptions = {}): Promise<void> {
  stage = await startStage({ hosts: 3, memoryBytes: 1024 * MiB, ...options });
  expect((await stage.run("deploy", ["-r", "old", "--via", "ssh"])).exitCode).toBe(0);
  large = randomBytes(LARGE_BYTES);
  await writeFile(join(stage.source, "large.bin"), large);
}

/** Deploys `new` over SSH; `act` is called once, when some bytes have arrived. */
async function deployed(act: (pid: number) => unknown, words: readonly string[] = []) {
  let acted: Promise<unknown> | undefined;
  const onEvent = (event: Event, pid: number) => {
    if (acted === undefined && event.type === "progress" && event.verifiedBytes > 0)
      acted = Promise.resolve(act(pid));
  };
  const result = await stage.json("deploy", ["-r", "new", "--via", "ssh", ...words], { onEvent });
  expect(acted).toBeDefined();
  await acted;
  return result;
}

const states = () => Promise.all(stage.fleet.names.map(stage.current));

test("the release arrives, bit by bit; no seeder runs and no port is opened", async () => {
  await prepared();
  let ports: readonly string[] = ["not looked at"];
  let commands: readonly string[] = [];
  const { exitCode, host, events } = await deployed((pid) => {
    const ours = descendants(pid);
    commands = ours.map(({ command }) => command);
    const peers = stage.fleet.names.flatMap(stage.peers);
    expect(peers.length).toBe(3);
    ports = [...ours, ...peers].flatMap((process) => listeningPorts(process.pid));
  });
  expect(exitCode).toBe(0);
  expect(ports).toEqual([]);
  expect(commands.filter((command) => command.includes("seeder"))).toEqual([]);
  for (const name of stage.fleet.names) {
    expect((await readFile(stage.place(name, "current", "large.bin"))).equals(large)).toBe(true);
    expect(Number(host(name).bytes)).toBeGreaterThan(LARGE_BYTES);
  }
  const told = events.flatMap((event) => (event.type === "progress" ? [event] : []));
  expect(told.at(-1)).toMatchObject({ seederShare: 1, verifiedBytes: told.at(-1)?.totalBytes });
  await stage.expectTidy();
});

test("a byte that changed is found on every host before anything is switched", async () => {
  await prepared({ hosts: 2 });
  let changing: Promise<void> | undefined;
  const { exitCode, host, one } = await stage.json("deploy", ["-r", "new", "--via", "ssh"], {
    onEvent: (event) => {
      if (event.type === "torrent") changing = flipLastByte();
    },
  });
  await changing;
  expect(exitCode).toBe(2);
  for (const name of stage.fleet.names)
    expect(host(name)).toMatchObject({
      status: "failed",
      error: expect.stringMatching(/piece \d+ arrived with other bytes/),
    });
  expect(one("summary").outcome).toContain("nothing was switched");
  expect(await states()).toEqual(["old", "old"]);
  await stage.expectTidy();
});

/** In the packed content, which waits in a temporary folder to be sent. */
async function flipLastByte(): Promise<void> {
  const names = await readdir(stage.temporary);
  const folder = names.find((name) => name.includes("release")) ?? "";
  await using content = await open(join(stage.temporary, folder, "payload", "new"), "r+");
  const position = (await content.stat()).size - 1;
  const { buffer } = await content.read(Buffer.alloc(1), 0, 1, position);
  await content.write(Buffer.of((buffer[0] ?? 0) ^ 1), 0, 1, position);
}

test("a host that dies half-way is a failed row; the others get theirs", async () => {
  await prepared();
  const { exitCode, host } = await deployed(() => stage.fleet.kill("web2"), ["--allow-failures", "1"]);
  expect(host("web2")).toMatchObject({ status: "unreachable", error: expect.stringContaining("connection") });
  expect(exitCode).toBe(4);
  expect(await states()).toEqual(["new", "old", "new"]);
});

test("what a killed peer had already is not sent again", async () => {
  await prepared();
  const { exitCode, host } = await deployed(() => killAll(stage.peers("web1").map(({ pid }) => pid)));
  expect(host("web1")).toMatchObject({ status: "failed", error: expect.stringContaining("was killed") });
  expect(exitCode).toBe(2);
  const again = await stage.json("deploy", ["-r", "new", "--via", "ssh", "--break-lock"]);
  expect(again.exitCode).toBe(0);
  expect(Number(again.host("web1").bytes)).toBeLessThan(LARGE_BYTES);
  expect(await states()).toEqual(["new", "new", "new"]);
  await stage.expectTidy();
});

test("--forks 1 feeds one host after the other", async () => {
  await prepared();
  const { exitCode, stdout } = await deployed(() => {}, ["--forks", "1"]);
  expect(exitCode).toBe(0);
  expect(stdout).toContain('"fetching":1');
  expect(stdout).not.toMatch(/"fetching":[2-9]/);
});

test("--check says which way and why, and so does -v; a host's bound to what it takes holds", async () => {
  await prepared({ hosts: 2 });
  const check = await stage.run("deploy", ["--check", "--via", "auto"]);
  expect(check.exitCode).toBe(0);
  expect(check.stdout + check.stderr).toMatch(
    /by (swarm|ssh): 48\.\d MiB to 2 hosts about .* by swarm, .* over SSH \(.*iB\/s measured\); .*quicker/,
  );
  const small = await stage.json("deploy", ["-v", "--via", "auto", "--source", import.meta.path]);
  const reasons = small.events.flatMap((event) => (event.type === "note" ? [event.message] : []));
  expect(reasons).toContainEqual(expect.stringMatching(/^by (swarm|ssh): .* to 2 hosts/));
  const slow = ["-e", "rookery_max_download=24MB"];
  const { exitCode, one } = await stage.json("deploy", ["--via", "ssh", ...slow]);
  expect(exitCode).toBe(0);
  expect(one("summary").seconds.distribute).toBeGreaterThan(1.9);
});

test("distribute.ts has the same two ways", async () => {
  stage = await startStage({ hosts: 1 });
  const file = join(stage.source, "index.html");
  const { exitCode } = await stage.json("distribute", [
    "web",
    file,
    stage.place("web1", "x", "y"),
    "--via",
    "ssh",
  ]);
  expect(exitCode).toBe(0);
  expect(await readFile(stage.place("web1", "x", "y"), "utf8")).toBe("one\n");
  const other = await stage.run("distribute", ["web", file, "/srv/x", "--via", "scp"]);
  expect([other.exitCode, other.stderr]).toEqual([
    1,
    expect.stringContaining("--via wants auto, swarm or ssh"),
  ]);
  await stage.expectTidy();
});
