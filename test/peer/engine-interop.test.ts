import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { createTorrent } from "../../lib/torrent/create.ts";
import type { Torrent } from "../../lib/torrent/types.ts";
import { verifyTorrent } from "../../lib/torrent/verify.ts";
import { MiB, openRoom, type Room, until } from "./engine-support.ts";

// Transmission talks to no peer on 127.0.0.0/8, so all of it happens in a network namespace with an address of its own.
const ADDRESS = "10.77.0.1";
const NAMESPACE = `rookery-${process.pid}`;
const SCRIPTS = join(import.meta.dir, "../../scripts");
const LIBTORRENT = join(import.meta.dir, "../bench/swarm/contenders/libtorrent-peer.py");

type Program = AsyncDisposable & {
  readonly stdout: () => string;
  readonly stderr: () => string;
  readonly exited: Promise<number>;
};

/** A torrent of its own for each test, so that it is clear who fetched from whom. */
interface Release {
  readonly torrent: Torrent;
  /** The .torrent. */
  readonly file: string;
  /** Where the content is: `seeded`/release. */
  readonly seeded: string;
}

let room: Room;
let tracker: Program;
const releases: Release[] = [];

function start(...command: string[]): Program {
  const child = Bun.spawn(["ip", "netns", "exec", NAMESPACE, ...command], {
    // Held open until the end: the libtorrent peer ends with it.
    stdin: "pipe",
    stdout: "pipe",
    stderr: "pipe",
  });
  const texts = { stdout: "", stderr: "" };
  const read = async (name: "stdout" | "stderr") => {
    for await (const chunk of child[name]) texts[name] += Buffer.from(chunk).toString();
  };
  const ended = Promise.all([read("stdout"), read("stderr")]);
  return {
    stdout: () => texts.stdout,
    stderr: () => texts.stderr,
    exited: child.exited,
    [Symbol.asyncDispose]: async () => {
      child.kill("SIGTERM");
      const timer = setTimeout(() => child.kill("SIGKILL"), 3000);
      await child.exited;
      clearTimeout(timer);
      await ended;
    },
  };
}

function script(name: string, ...words: string[]): Program {
  return start(process.execPath, join(SCRIPTS, `${name}.ts`), ...words);
}

/** aria2c with the content in `folder`/release, downloading it or seeding it. */
function aria2({ file }: Release, folder: string, ...more: string[]): Program {
  const quiet = [
    "--enable-dht=false",
    "--bt-enable-lpd=false",
    "--enable-peer-exchange=false",
    "--no-conf",
    "--console-log-level=warn",
  ];
  return start("aria2c", ...quiet, `--dir=${folder}`, ...more, file);
}

/** transmission-cli with its content in `folder`/release; never ends by itself. */
async function transmission(
  { file }: Release,
  folder: string,
  port: number,
  ...more: string[]
): Promise<Program> {
  const config = `${folder}-config`;
  await mkdir(config, { recursive: true });
  await Bun.write(
    join(config, "settings.json"),
    JSON.stringify({
      "dht-enabled": false,
      "lpd-enabled": false,
      "utp-enabled": false,
      "pex-enabled": false,
    }),
  );
  return start("transmission-cli", "-g", config, "-w", folder, "-p", `${port}`, "-M", "-et", ...more, file);
}

/** A libtorrent session with its content in `folder`/release; never ends by itself. Debian's module, so Debian's python. */
function libtorrent({ file }: Release, folder: string, role: "seed" | "fetch"): Program {
  return start("/usr/bin/python3", LIBTORRENT, file, folder, ADDRESS, role);
}

async function complete({ torrent }: Release, folder: string): Promise<boolean> {
  return (await verifyTorrent(torrent, folder)).length === 0;
}

/** Fetches with peer.ts into `name` and checks what came. */
async function fetchWithPeer(release: Release, name: string): Promise<void> {
  const folder = join(room.folder, name);
  await using peer = script("peer", release.file, folder);
  expect([await peer.exited, peer.stderr()]).toEqual([0, expect.stringContaining("complete: ")]);
  expect(await complete(release, folder)).toBe(true);
}

function release(index: number): Release {
  const found = releases[index];
  if (found === undefined) throw new RangeError(`no release ${index}`);
  return found;
}

beforeAll(async () => {
  await Bun.$`ip netns add ${NAMESPACE} && ip -n ${NAMESPACE} link set lo up && ip -n ${NAMESPACE} addr add ${ADDRESS}/32 dev lo`.quiet();
  room = await openRoom();
  for (let index = 0; index < 4; index++) {
    const seeded = join(room.folder, `seeded${index}`);
    const { path } = await room.content({ bytes: 2 * MiB, name: `seeded${index}/release` });
    releases.push({
      torrent: await createTorrent(path),
      file: join(room.folder, `${index}.torrent`),
      seeded,
    });
  }
  for (const { file, torrent } of releases) await Bun.write(file, torrent.metainfo);
  tracker = script("tracker", ...releases.map(({ file }) => file), "--address", ADDRESS, "--interval", "2");
  await until("the tracker is up", () => tracker.stdout().includes("\n"));
  // Its URL can be put in now: trackers are no part of the infohash.
  for (const { file, seeded } of releases) {
    const { metainfo } = await createTorrent(join(seeded, "release"), {
      announce: [tracker.stdout().trim()],
    });
    await Bun.write(file, metainfo);
  }
});

afterAll(async () => {
  await tracker[Symbol.asyncDispose]();
  await room[Symbol.asyncDispose]();
  await Bun.$`ip netns del ${NAMESPACE}`.quiet();
});

/** Transmission chokes anew every ten seconds, and on a busy machine its third round was seen to be the one that counts. */
const DEADLINE_MS = 90_000;

// At the same time: Transmission lets a new peer wait for ten seconds.
test.concurrent(
  "aria2, Transmission and libtorrent download from our seeder, and our peer too",
  async () => {
    const ours = release(0);
    await using seeder = script("seed", ours.file, join(ours.seeded, "release"));
    await until("it seeds", () => seeder.stderr().includes("seeding"));
    const [byAria2, byTransmission] = [join(room.folder, "aria2"), join(room.folder, "transmission")];
    const byLibtorrent = join(room.folder, "libtorrent");
    await mkdir(byTransmission);
    await mkdir(byLibtorrent);
    await using client = aria2(ours, byAria2, "--seed-time=0");
    await using _other = await transmission(ours, byTransmission, 7001);
    await using _third = libtorrent(ours, byLibtorrent, "fetch");
    await fetchWithPeer(ours, "ours");
    await until("aria2 has it", () => complete(ours, join(byAria2, "release")), { withinMs: 20_000 });
    await until("Transmission has it", () => complete(ours, join(byTransmission, "release")), {
      withinMs: 20_000,
    });
    await until("libtorrent has it", () => complete(ours, join(byLibtorrent, "release")), {
      withinMs: 20_000,
    });
    expect(await client.exited).toBe(0);
  },
  DEADLINE_MS,
);

test.concurrent(
  "our peer downloads from aria2",
  async () => {
    const theirs = release(1);
    await using _seeder = aria2(theirs, theirs.seeded, "--seed-ratio=0.0", "--bt-seed-unverified=true");
    await fetchWithPeer(theirs, "from-aria2");
  },
  DEADLINE_MS,
);

test.concurrent(
  "our peer downloads from Transmission",
  async () => {
    const theirs = release(2);
    await using _seeder = await transmission(theirs, theirs.seeded, 7002, "-v");
    await fetchWithPeer(theirs, "from-transmission");
  },
  DEADLINE_MS,
);

test.concurrent(
  "our peer downloads from libtorrent",
  async () => {
    const theirs = release(3);
    await using _seeder = libtorrent(theirs, theirs.seeded, "seed");
    await fetchWithPeer(theirs, "from-libtorrent");
  },
  DEADLINE_MS,
);
