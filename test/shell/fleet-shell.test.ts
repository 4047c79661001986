// `$` on a fleet of real hosts, as a script has it.
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { openFleet, type ScriptFleet } from "../../lib/open-fleet.ts";
import { type Fleet, startFleet } from "../support/fleet.ts";
import { expectNothingLeft, footprint } from "../support/leftovers.ts";
import { temporaryFolder } from "../support/marker.ts";
import { listProcesses } from "../support/processes.ts";

setDefaultTimeout(60_000);

const before = footprint();
let hosts: Fleet;

beforeAll(async () => {
  hosts = await startFleet({
    hosts: 4,
    vars: { place: "/srv/{{ inventory_hostname }}" },
    hostVars: { web2: { port: 8082 } },
  });
});
afterAll(async () => {
  await hosts[Symbol.asyncDispose]();
  await expectNothingLeft(before);
});

function open(options: Parameters<typeof openFleet>[1] = {}): Promise<ScriptFleet> {
  return openFleet(hosts.inventory, { quiet: true, ...options });
}

test("every host has a row, in the order they come, and each its own values", async () => {
  await using fleet = await open();
  const said: string[] = [];
  const command = fleet.$`sleep ${({ name }) => (name === "web1" ? 1 : 0)}; echo ${({ value }) => String(value("place"))}`;
  for await (const { host, stdout } of command) said.push(`${host} ${stdout.trim()}`);
  expect(said.toSorted()).toEqual(hosts.names.map((name) => `${name} /srv/${name}`));
  expect(said.at(-1)).toStartWith("web1 ");
  const { ok, failed, exitCode, rows, get } = await command;
  expect([ok.length, failed.length, exitCode, rows.length]).toEqual([4, 0, 0, 4]);
  expect(get("web2")).toMatchObject({ ok: true, exitCode: 0, stdout: "/srv/web2\n", error: undefined });
});

test("a host where it fails is a row, and out of what comes after; with nothrow it stays", async () => {
  await using fleet = await open();
  const some = await fleet.$`test ${({ name }) => name} != web3 || exit 5`.nothrow();
  expect([some.failed.length, some.get("web3")?.exitCode, fleet.alive.length]).toEqual([0, 5, 4]);
  const { ok, failed, exitCode } =
    await fleet.$`test ${({ name }) => name} != web3 || { echo full >&2; exit 5; }`;
  expect([ok.length, exitCode]).toEqual([3, 2]);
  expect(failed).toMatchObject([{ host: "web3", exitCode: 5, stderr: "full\n", error: { code: "remote" } }]);
  expect((await fleet.$`true`).rows.map(({ host }) => host).toSorted()).toEqual(["web1", "web2", "web4"]);
  // It can still be looked at by itself.
  expect(await fleet.host("web3").$`echo here`.text()).toBe("here\n");
});

test("an unreachable host is a row, and the exit code is Ansible's", async () => {
  await using dead = await startFleet({ hosts: 2, prefix: "db" });
  await dead.kill("db2");
  await using fleet = await openFleet(dead.inventory, { quiet: true });
  const { ok, failed, exitCode } = await fleet.$`echo here`;
  expect(ok.map(({ host }) => host)).toEqual(["db1"]);
  expect(failed).toMatchObject([{ host: "db2", exitCode: undefined, error: { code: "unreachable" } }]);
  expect(exitCode).toBe(4);
});

test("forks bounds how many run at a time", async () => {
  await using fleet = await open();
  const counts: number[] = [];
  const folder = await temporaryFolder("forks");
  const { rows } = await fleet.$({ forks: 2 })`touch ${({ name }) => join(folder, name)}; ls ${folder} | wc -l
    sleep 0.3; rm ${({ name }) => join(folder, name)}`;
  for (const { stdout } of rows) counts.push(Number(stdout));
  await rm(folder, { recursive: true });
  expect(Math.max(...counts)).toBeLessThanOrEqual(2);
  expect(counts).toHaveLength(4);
});

test("serial: batch after batch, and none after one in which all hosts failed", async () => {
  await using fleet = await open();
  const at: Record<string, number> = {};
  for await (const { host, stdout } of fleet.$({ serial: "1,50%" })`date +%s%3N; sleep 0.2; date +%s%3N`) {
    const [begun = 0, ended = 0] = stdout.split("\n").map(Number);
    for (const earlier of { web1: [], web2: ["web1"], web3: ["web1"], web4: ["web2", "web3"] }[host] ?? [])
      expect(begun).toBeGreaterThanOrEqual(at[earlier] ?? Number.POSITIVE_INFINITY);
    at[host] = ended;
  }
  expect(Object.keys(at)).toHaveLength(4);
  const { rows, exitCode } = await fleet.$({ serial: 2 })`test ${({ name }) => name} = web4`;
  expect(rows.map(({ host, error }) => [host, error?.message.slice(0, 9)])).toEqual(
    expect.arrayContaining([
      ["web3", "not tried"],
      ["web4", "not tried"],
    ]),
  );
  expect([exitCode, fleet.count("failed"), fleet.count("skipped")]).toEqual([2, 2, 2]);
  expect(() => fleet.$({ serial: "some" })`true`).toThrow("serial wants numbers or percentages of hosts");
});

test("patterns, limits, extra vars and hosts by name", async () => {
  await using fleet = await open({ pattern: "web:!web4", limit: "web[0:1]", extraVars: ["place=/opt"] });
  expect(fleet.members.map(({ name }) => name)).toEqual(["web1", "web2"]);
  expect(fleet.match("web2:web3").map(({ name }) => name)).toEqual(["web2"]);
  expect([fleet.host("web2").value("port"), fleet.host("web1").value("place")]).toEqual([8082, "/opt"]);
  expect(() => fleet.host("web3")).toThrow("no host of this fleet is called web3");
  const { rows } = await fleet.$({ members: fleet.match("web2") })`true`;
  expect(rows.map(({ host }) => host)).toEqual(["web2"]);
});

test("a mistake in a template is thrown where it stands, before any host is touched", async () => {
  await using fleet = await open();
  expect(() => fleet.$`echo '${"a"}'`).toThrow("single quotes");
  expect(fleet.alive).toHaveLength(4);
  expect(fleet.members.every(({ connection }) => connection === undefined)).toBe(true);
});

test("an interrupt ends the commands on all hosts", async () => {
  const controller = new AbortController();
  await using fleet = await open({ signal: controller.signal });
  const mark = "64.0125";
  const outcome = Promise.allSettled([fleet.$`sleep ${mark}`]);
  const running = () => listProcesses().filter(({ command }) => command === `sleep ${mark}`).length;
  await until(() => running() === 4);
  controller.abort(new Error("enough"));
  expect((await outcome)[0]).toMatchObject({ status: "rejected" });
  await until(() => running() === 0);
});

test("two commands at once log in once, and a lost connection is opened again by the next", async () => {
  await using fleet = await open({ limit: "web1" });
  const { $ } = fleet.host("web1");
  const logins = () => hosts.log("web1").match(/Accepted publickey/g)?.length ?? 0;
  const earlier = logins();
  await Promise.all([$`true`, $`true`]);
  expect(logins() - earlier).toBe(1);
  await $`kill -9 $PPID`.nothrow().then(undefined, () => undefined);
  await until(() => fleet.host("web1").connection === undefined);
  expect(await $`echo back`.text()).toBe("back\n");
});

async function until(condition: () => boolean): Promise<void> {
  const deadline = performance.now() + 20_000;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`waited in vain: ${condition}`);
    await Bun.sleep(10);
  }
}
