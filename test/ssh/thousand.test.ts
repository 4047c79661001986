// Many hosts at once, with some that are dead: simulated servers that run real commands.
import { afterAll, beforeAll, expect, test } from "bun:test";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { runAll } from "../../lib/deploy/run-command.ts";
import { connectAll } from "../../lib/swarm/connect.ts";
import { startFleet } from "../../lib/swarm/fleet.ts";
import { expectNothingLeft, footprint } from "../support/leftovers.ts";
import { startThousand, type Thousand } from "../support/thousand/start.ts";

const HOSTS = 200;
const DOWN = "web0007";
const SILENT = "web0011";
const MIB = 1024 * 1024;
const before = footprint();
let hosts: Thousand;
beforeAll(async () => {
  hosts = await startThousand({ hosts: HOSTS, down: [DOWN], silent: [SILENT] });
}, 60_000);
afterAll(async () => {
  await hosts[Symbol.asyncDispose]();
  await expectNothingLeft(before);
}, 20_000);

function fleetOf(
  names: readonly string[],
  { silentMs = 60_000, signal = new AbortController().signal } = {},
) {
  const members = names.map((name) => ({
    name,
    group: "web",
    target: { ...hosts.target(name), connectTimeoutMs: name === SILENT ? silentMs : 60_000 },
  }));
  return startFleet(members, { title: "test", signal });
}

test("a dead host and one that hangs hold up nobody", async () => {
  const controller = new AbortController();
  await using fleet = fleetOf(hosts.names, controller);
  const results: string[] = [];
  const running = runAll(fleet, ["echo $HOME"], {
    onResult: ({ host, stdout }) => {
      expect(stdout).toBe(`${hosts.home(host)}\n`);
      results.push(host);
      // Everybody has answered but the one that never will.
      if (results.length === HOSTS - 2) controller.abort();
    },
  });
  await expect(running).rejects.toThrow();
  expect(results.toSorted()).toEqual(hosts.names.filter((name) => name !== DOWN && name !== SILENT));
  expect([fleet.status(DOWN), fleet.status(SILENT)]).toEqual(["unreachable", "connecting"]);
}, 60_000);

test("every host is a row, with what was waited for", async () => {
  const names = hosts.names.slice(0, 30);
  await using fleet = fleetOf(names, { silentMs: 1500 });
  await connectAll(fleet);
  const connected = fleet.members.filter(({ survey }) => survey?.platform.system === "Linux");
  expect(connected.map(({ name }) => name)).toEqual(names.filter((name) => name !== DOWN && name !== SILENT));
  const reason = (name: string) => fleet.state.hosts.get(name)?.error?.message ?? "";
  expect(reason(DOWN)).toContain("refused the connection");
  expect(reason(SILENT)).toMatch(/did not answer within 1\.5 s \(waited for its SSH greeting/);
}, 60_000);

test("a script with as many hosts stays small and exits as Ansible does", async () => {
  const script = join(import.meta.dir, "..", "..", "scripts", "run.ts");
  const argv = ["-i", hosts.inventory, `all:!${SILENT}`, "--", "cat; exit 0"];
  const child = Bun.spawn([process.execPath, script, ...argv], {
    env: { ...process.env, HOME: hosts.root, SSH_AUTH_SOCK: undefined },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  const [stdout, stderr, code] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  expect(stdout.match(/^web\d+ \| rc=0 >>$/gm)?.length).toBe(HOSTS - 2);
  expect(stderr).toContain(`${DOWN}: unreachable`);
  expect(code).toBe(4);
  expect((child.resourceUsage()?.maxRSS ?? 0) / MIB).toBeLessThan(300);
}, 60_000);

test("accept-new learns the keys of all, and each once", async () => {
  const knownHosts = join(hosts.root, "learned");
  const names = hosts.names.filter((name) => name !== DOWN && name !== SILENT);
  const members = names.map((name) => ({
    name,
    group: "web",
    target: { ...hosts.target(name), hostKeyChecking: "accept-new" as const, knownHostsFiles: [knownHosts] },
  }));
  for (let round = 0; round < 2; round++) {
    await using fleet = startFleet(members, { title: "test", signal: new AbortController().signal });
    const codes: number[] = [];
    await runAll(fleet, ["true"], { onResult: ({ exitCode }) => codes.push(exitCode) });
    expect(codes).toEqual(Array(names.length).fill(0));
    const lines = (await readFile(knownHosts, "utf8")).trim().split("\n");
    expect(lines.map((line) => line.split(" ")[0]).toSorted()).toEqual(
      names.map((name) => `[${hosts.address(name)}]:${hosts.port}`).toSorted(),
    );
  }
}, 60_000);
