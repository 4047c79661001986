// Servers that stop answering half-way: what was waited for is said.
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Server } from "ssh2";
import { connect } from "../../lib/ssh/connect.ts";
import type { SshEnvironment } from "../../lib/ssh/environment.ts";
import type { Target } from "../../lib/ssh/types.ts";
import { survey } from "../../lib/swarm/survey.ts";
import { type Fleet, generateKey, startFleet } from "../support/fleet.ts";
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
  fleet = await startFleet({ hosts: 1 });
});
afterAll(async () => {
  await fleet[Symbol.asyncDispose]();
  await rm(home, { recursive: true });
  await expectNothingLeft(before);
});

/** Lets everybody in and then says nothing when asked for a session (`open`), or for a command in it (`start`). */
async function startMute(when: "open" | "start" | "shell") {
  await generateKey(join(home, `mute_${when}`));
  const hostKeys = [await Bun.file(join(home, `mute_${when}`)).text()];
  const server = new Server({ hostKeys }, (client) => {
    client.on("error", () => {});
    client.on("authentication", (context) => context.accept());
    client.on("session", (accept) => {
      if (when === "open") return;
      // Whoever takes the request but never answers it.
      accept().on("exec", (yes) => (when === "shell" ? void yes() : undefined));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  const target: Target = { ...fleet.target("web1"), port, hostKeyChecking: "no", knownHostsFiles: [] };
  return { target, [Symbol.dispose]: () => void server.close() };
}

for (const [when, waitedFor] of [
  ["open", "a session"],
  ["start", "the command to start"],
] as const) {
  test(`after the login, asked for ${waitedFor}`, async () => {
    using mute = await startMute(when);
    await using connection = await connect(mute.target, { env, timeoutMs: 500 });
    const error = await failure(connection.run(["true"]));
    expect(error).toMatchObject({ code: "unreachable", host: "web1" });
    expect(error.message).toBe(
      `web1: it let us in, but did not start a command within 1.5 s (waited for ${waitedFor})`,
    );
  });
}

test("a shell that never says a word", async () => {
  using mute = await startMute("shell");
  await using connection = await connect(mute.target, { env });
  const error = await failure(survey(connection, { timeoutMs: 300 }));
  expect(error).toMatchObject({ code: "timeout", host: "web1" });
  expect(error.message).toBe(
    "web1: it let us in, but its shell said nothing for 0.3 s (waited for what it is and holds)",
  );
});

test("in the middle of the login", async () => {
  using server = Bun.listen({
    hostname: "127.0.0.1",
    port: 0,
    socket: { data: () => {}, open: (socket) => void socket.write("SSH-2.0-OpenSSH_9.2\r\n") },
  });
  const target = { ...fleet.target("web1"), port: server.port };
  const error = await failure(connect(target, { env, timeoutMs: 1000 }));
  expect(error.message).toBe(
    `web1: 127.0.0.1:${server.port} did not answer within 1 s (waited for its host key)`,
  );
  server.stop(true);
});

test("ssh_config's ConnectTimeout is heeded", async () => {
  using server = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data: () => {} } });
  await writeFile(join(home, ".ssh", "config"), "ConnectTimeout 1\n");
  const error = await failure(connect({ ...fleet.target("web1"), port: server.port }, { env }));
  await rm(join(home, ".ssh", "config"));
  expect(error.message).toContain("did not answer within 1 s");
  server.stop(true);
});

test("ssh_config's ServerAlive… finds a host that stopped answering", async () => {
  await using other = await startFleet({ hosts: 1 });
  await writeFile(join(home, ".ssh", "config"), "ServerAliveInterval 1\nServerAliveCountMax 1\n");
  await using connection = await connect(other.target("web1"), { env });
  await rm(join(home, ".ssh", "config"));
  other.freeze("web1");
  expect((await connection.closed)?.message).toBe("web1: the connection was lost: it stopped answering");
});
