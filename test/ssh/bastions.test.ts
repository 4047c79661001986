// Jump hosts: one login at each, whoever travels through it.
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { connect } from "../../lib/ssh/connect.ts";
import type { SshEnvironment } from "../../lib/ssh/environment.ts";
import type { Connection, Target } from "../../lib/ssh/types.ts";
import { type Fleet, startFleet } from "../support/fleet.ts";
import { expectNothingLeft, footprint } from "../support/leftovers.ts";
import { temporaryFolder } from "../support/marker.ts";
import { environmentAt, failure } from "./support.ts";

// Generous, for other work may share the machine.
setDefaultTimeout(60_000);

const before = footprint();
let fleet: Fleet;
let home: string;
let env: SshEnvironment;

beforeAll(async () => {
  home = await temporaryFolder("home");
  await mkdir(join(home, ".ssh"), { mode: 0o700 });
  env = environmentAt(home);
  // web1 and web2 are the jump hosts; LogLevel VERBOSE has them tell each connection.
  fleet = await startFleet({
    hosts: 5,
    config: {
      web1: ["MaxStartups 2:100:2", "MaxSessions 1"],
      web2: ["MaxSessions 1"],
      web4: ["AllowTcpForwarding no"],
    },
  });
});
afterAll(async () => {
  await fleet[Symbol.asyncDispose]();
  await rm(home, { recursive: true });
  await expectNothingLeft(before);
});

const hop = (name: string) => `${fleet.user}@127.0.0.1:${fleet.port(name)}`;
const place = (name: string) => `127.0.0.1:${fleet.port(name)}`;
const through = (name: string, ...jumps: string[]): Target => ({
  ...fleet.target(name),
  jumps: jumps.map(hop),
});
/** How often somebody logged in there. */
const logins = (name: string) => fleet.log(name).split("Accepted publickey").length - 1;

async function connectAll(targets: readonly Target[]): Promise<AsyncDisposable & { list: Connection[] }> {
  const list = await Promise.all(targets.map((target) => connect(target, { env })));
  return {
    list,
    [Symbol.asyncDispose]: async () => {
      await Promise.all(list.map((connection) => connection[Symbol.asyncDispose]()));
    },
  };
}

/** `name1` to `name12`, which are all one server. */
const dozen = (target: Target) =>
  Array.from({ length: 12 }, (_, index) => ({ ...target, name: `h${index + 1}` }));

test("twelve hosts behind one: one login there, and it ends with the last of them", async () => {
  const earlier = logins("web1");
  {
    await using connections = await connectAll(dozen(through("web3", "web1")));
    const outputs = await Promise.all(connections.list.map((each) => each.run(["echo", each.target.name])));
    expect(outputs.map(({ stdout }) => stdout.trim())).toEqual(
      connections.list.map(({ target }) => target.name),
    );
    expect(logins("web1") - earlier).toBe(1);
    // All but one may go: the way stays for that one.
    const [first, ...others] = connections.list;
    await Promise.all(others.map((each) => each[Symbol.asyncDispose]()));
    expect((await first?.run(["echo", "still"]))?.stdout).toBe("still\n");
  }
  {
    await using again = await connect(through("web3", "web1"), { env });
    expect((await again.run(["true"])).exitCode).toBe(0);
  }
  expect(logins("web1") - earlier).toBe(2);
});

test("two hops: one login at each, also for those who leave at the first", async () => {
  const earlier = [logins("web1"), logins("web2")];
  const targets = [...dozen(through("web3", "web1", "web2")), ...dozen(through("web5", "web1"))];
  await using connections = await connectAll(targets);
  expect((await connections.list[0]?.run(["true"]))?.exitCode).toBe(0);
  expect([logins("web1"), logins("web2")].map((count, index) => count - (earlier[index] ?? 0))).toEqual([
    1, 1,
  ]);
});

test("the jump host dies: every host behind says so, and the way is opened anew", async () => {
  await using other = await startFleet({ hosts: 2 });
  const target: Target = {
    ...other.target("web2"),
    jumps: [`${other.user}@127.0.0.1:${other.port("web1")}`],
  };
  const connections = await Promise.all(dozen(target).map((each) => connect(each, { env })));
  const reasons = connections.map(({ closed }) => closed);
  await other.kill("web1");
  for (const [index, reason] of (await Promise.all(reasons)).entries())
    expect(reason?.message).toBe(
      `h${index + 1}: the connection was lost: its jump host 127.0.0.1:${other.port("web1")} went away`,
    );
  const error = await failure(connections[0]?.run(["true"]) ?? Promise.resolve());
  expect(error.message).toContain(`jump host 127.0.0.1:${other.port("web1")} went away`);
  const gone = await failure(connect(target, { env }));
  expect(gone).toMatchObject({ code: "unreachable", host: "web2" });
  expect(gone.message).toBe(
    `web2: jump host 127.0.0.1:${other.port("web1")}: 127.0.0.1:${other.port("web1")} refused the connection`,
  );
});

test("a jump host that forwards nothing: whose sshd_config to look at", async () => {
  const error = await failure(connect(through("web3", "web4"), { env }));
  expect(error.message).toBe(
    `web3: jump host ${place("web4")} doesn't allow connections to ${place("web3")}`,
  );
  expect(error.hint).toContain("AllowTcpForwarding");
});

test("no login at the jump host: every host behind hears it with its own name", async () => {
  const stranger = { ...through("web3", "web1"), privateKeyFile: join(home, "none") };
  const errors = await Promise.all(dozen(stranger).map((target) => failure(connect(target, { env }))));
  for (const [index, error] of errors.entries()) {
    expect(error).toMatchObject({ code: "auth", host: `h${index + 1}` });
    expect(error.message).toStartWith(`h${index + 1}: jump host ${place("web1")}: no key was accepted for `);
    expect(error.hint).toContain("IdentityFile for 127.0.0.1 in ~/.ssh/config");
  }
});

test("a host behind it that never answers doesn't take the way from the others", async () => {
  using silent = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data: () => {} } });
  await using working = await connect(through("web3", "web1"), { env });
  const target = { ...through("web5", "web1"), port: silent.port };
  const error = await failure(connect(target, { env, timeoutMs: 1500 }));
  expect(error.message).toBe(
    `web5: 127.0.0.1:${silent.port} did not answer within 1.5 s (waited for its SSH greeting)`,
  );
  expect((await working.run(["echo", "here"])).stdout).toBe("here\n");
  silent.stop(true);
});

test("interrupted while the jump host is waited for: nobody keeps it", async () => {
  using silent = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data: () => {} } });
  const controller = new AbortController();
  const target = { ...fleet.target("web3"), jumps: [`${fleet.user}@127.0.0.1:${silent.port}`] };
  const waiting = dozen(target).map((each) => failure(connect(each, { env, signal: controller.signal })));
  controller.abort();
  for (const error of await Promise.all(waiting)) expect(error.code).toBe("interrupted");
  silent.stop(true);
});

test("the jump host by its ssh_config name, with its own user, port and key", async () => {
  const lines = [
    "Host door",
    "  HostName 127.0.0.1",
    `  Port ${fleet.port("web1")}`,
    `  User ${fleet.user}`,
    `  IdentityFile ${fleet.keyFile}`,
  ];
  await writeFile(join(home, ".ssh", "config"), lines.join("\n"));
  await using connection = await connect({ ...fleet.target("web3"), jumps: ["door"] }, { env });
  expect((await connection.run(["true"])).exitCode).toBe(0);
  await rm(join(home, ".ssh", "config"));
});
