// Deploys to hosts that this machine reaches by SSH alone, through a bastion.
import { afterEach, expect, setDefaultTimeout, test } from "bun:test";
import { createHash, randomBytes } from "node:crypto";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type BastionFleet, type BastionOptions, startBastionFleet } from "../support/bastion.ts";
import { expectNothingLeft, footprint } from "../support/leftovers.ts";
import { descendants, killAll } from "../support/processes.ts";

setDefaultTimeout(120_000);

const MiB = 1024 * 1024;
const BYTES = 24 * MiB;

let fleet: BastionFleet;
let digest: string;
afterEach(() => fleet[Symbol.asyncDispose]());

async function prepared(options: BastionOptions = {}): Promise<void> {
  fleet = await startBastionFleet(options);
  const bytes = randomBytes(BYTES);
  digest = sha256(bytes);
  await writeFile(join(fleet.source, "large.bin"), bytes);
}

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

async function expectRight(names: readonly string[] = fleet.names): Promise<void> {
  for (const name of names)
    expect(sha256(await readFile(fleet.place(name, "current", "large.bin")))).toBe(digest);
}

test.each(["refused", "dropped"] as const)("six hosts share one copy (strays are %s)", async (stray) => {
  await prepared({ stray });
  const { exitCode, notes, stderr } = await fleet.run("deploy", ["-r", "new", "-v"]);
  expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 });
  await expectRight();
  expect(notes).toContainEqual(
    expect.stringMatching(
      /^no TCP connection between this machine and the hosts: .* over SSH to web\d and web\d, to be/,
    ),
  );
  expect(notes.filter((note) => note.includes("every byte") || note.includes("the rest"))).toEqual([]);
  expect((await fleet.sentBytes()) / BYTES).toBeWithin(1, 1.2);
});

test("a feeding host that dies half-way: what it alone had goes to another", async () => {
  await prepared({ rate: 100e6 });
  let feeder: string | undefined;
  let killed: Promise<void> | undefined;
  const { exitCode, events } = await fleet.run("deploy", ["-r", "new", "-v", "--allow-failures", "1"], {
    onEvent: (event) => {
      if (event.type === "note") feeder ??= /over SSH to (\w+)/.exec(event.message)?.[1];
      if (event.type !== "progress" || feeder === undefined) return;
      if (event.verifiedBytes > 0.3 * event.totalBytes) killed ??= fleet.kill(feeder);
    },
  });
  expect(killed).toBeDefined();
  await killed;
  expect(exitCode).toBe(4);
  const lost = events.flatMap((event) =>
    event.type === "host" && event.status !== "ok" ? [event.host] : [],
  );
  expect(lost).toEqual([feeder ?? ""]);
  await expectRight(fleet.names.filter((name) => name !== feeder));
  expect((await fleet.sentBytes()) / BYTES).toBeLessThan(1.7);
});

test("a host that reaches nobody gets everything over SSH, and one note says why", async () => {
  await prepared({ islands: [["web2"]], stray: "dropped" });
  const { exitCode, notes } = await fleet.run("deploy", ["-r", "new", "-v"]);
  expect(exitCode).toBe(0);
  await expectRight();
  const alone = notes.filter((note) => note.includes("every byte over SSH"));
  expect(alone).toEqual([
    "web2 reaches neither this machine nor other hosts by TCP, so it gets every byte over SSH; open TCP 6881-6999 (rookery_ports) between the hosts",
  ]);
  // A copy for it, a copy for the others, and what it was sent before it was known to keep it to itself.
  expect((await fleet.sentBytes()) / BYTES).toBeWithin(2, 2.8);
});

test("the isolated host alone is fed where the seeder reaches the others", async () => {
  await prepared({ open: true, islands: [["web3"]], stray: "dropped", hosts: 4 });
  const { exitCode, notes } = await fleet.run("deploy", ["-r", "new", "-v"]);
  expect({ exitCode, notes }).toMatchObject({ exitCode: 0 });
  await expectRight();
  expect(notes.join("\n")).not.toContain("no TCP connection");
  expect(notes.filter((note) => note.includes("every byte over SSH"))).toHaveLength(1);
});

test("where the seeder reaches all, nobody is fed", async () => {
  await prepared({ open: true, hosts: 3 });
  const { exitCode, notes } = await fleet.run("deploy", ["-r", "new", "-v"]);
  expect(exitCode).toBe(0);
  await expectRight();
  expect(notes.filter((note) => note.includes("over SSH"))).toEqual([]);
});

test("each zone gets its own copy; rookery_seeders hosts of it are fed", async () => {
  const zones = `{{ 'fra' if inventory_hostname in ['web1', 'web2', 'web3'] else 'ams' }}`;
  await prepared({ vars: { rookery_zone: zones, rookery_seeders: 1 } });
  const { exitCode, notes } = await fleet.run("deploy", ["-r", "new", "-v"]);
  expect(exitCode).toBe(0);
  await expectRight();
  const fed = notes.filter((note) => note.startsWith("no TCP connection")).toSorted();
  expect(fed).toEqual([
    expect.stringMatching(/of zone ams: .* over SSH to web[456], to be passed/),
    expect.stringMatching(/of zone fra: .* over SSH to web[123], to be passed/),
  ]);
  expect((await fleet.sentBytes()) / BYTES).toBeWithin(2, 2.3);
});

test("two groups that don't reach each other: each gets all of it", async () => {
  await prepared({ islands: [["web2", "web3", "web5"]], stray: "dropped" });
  const { exitCode, notes } = await fleet.run("deploy", ["-r", "new", "-v"]);
  expect({ exitCode, notes }).toMatchObject({ exitCode: 0 });
  await expectRight();
  expect(notes.filter((note) => note.includes("got nothing from other hosts for some time"))).not.toEqual([]);
  expect((await fleet.sentBytes()) / BYTES).toBeLessThan(4);
});

test("the way to the hosts opens half-way: the seeder goes on, and sends nothing twice", async () => {
  await prepared({ stray: "dropped", rate: 30e6 });
  let opened: Promise<void> | undefined;
  const { exitCode, notes } = await fleet.run("deploy", ["-r", "new", "-v"], {
    onEvent: (event) => {
      if (event.type === "progress" && event.verifiedBytes > 0.02 * event.totalBytes) opened ??= fleet.open();
    },
  });
  expect(opened).toBeDefined();
  await opened;
  expect({ exitCode, notes }).toMatchObject({ exitCode: 0 });
  await expectRight();
  expect(notes.filter((note) => note.includes("seeder has a connection"))).toHaveLength(1);
  expect((await fleet.sentBytes()) / BYTES).toBeWithin(1, 1.3);
});

test("a dozen hosts, of whom each knows a few", async () => {
  await prepared({ hosts: 12 });
  const { exitCode, notes } = await fleet.run("deploy", ["-r", "new", "-v"]);
  expect({ exitCode, notes }).toMatchObject({ exitCode: 0 });
  await expectRight();
  expect(notes.filter((note) => note.includes("every byte") || note.includes("the rest"))).toEqual([]);
  expect((await fleet.sentBytes()) / BYTES).toBeWithin(1, 1.2);
});

test("a seeder that dies half-way is replaced by SSH", async () => {
  await prepared({ open: true, hosts: 3, rate: 30e6 });
  let killed = false;
  const { exitCode, notes } = await fleet.run("deploy", ["-r", "new", "-v"], {
    onEvent: (event, pid) => {
      if (killed || event.type !== "progress" || event.verifiedBytes === 0) return;
      killed = true;
      const seeders = descendants(pid).filter(({ command }) => command.includes("rookery-seeder-"));
      killAll(seeders.map((process) => process.pid));
    },
  });
  expect(killed).toBe(true);
  expect({ exitCode, notes }).toMatchObject({ exitCode: 0 });
  await expectRight();
  expect(notes).toContainEqual(expect.stringMatching(/^the seeder is gone, what hosts lack goes over SSH: /));
  expect((await fleet.sentBytes()) / BYTES).toBeWithin(1, 1.4);
});

test("Ctrl+C while hosts are fed: they are left as they were, and nothing runs on", async () => {
  await prepared({ rate: 30e6, hosts: 3 });
  const before = footprint();
  const control = new AbortController();
  const { exitCode } = await fleet.run("deploy", ["-r", "new", "-v"], {
    signal: control.signal,
    onEvent: (event) => event.type === "progress" && event.verifiedBytes > 0 && control.abort(),
  });
  expect(exitCode).toBe(130);
  await expectNothingLeft(before);
  for (const name of fleet.names)
    expect(await readdir(fleet.place(name, ".rookery", "incoming"))).toEqual([]);
});

test("distribute.ts is no different", async () => {
  await prepared({ hosts: 3 });
  const out = join(fleet.source, "..", "out");
  const { exitCode } = await fleet.run("distribute", ["web", join(fleet.source, "large.bin"), out, "-v"]);
  expect(exitCode).toBe(0);
  // All hosts of the test share a disk.
  expect(sha256(await readFile(out))).toBe(digest);
  expect((await fleet.sentBytes()) / BYTES).toBeWithin(1, 1.2);
});
