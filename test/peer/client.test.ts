// The control host's end of a peer, with real peers on this machine that misbehave.
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { bundlePeer } from "../../lib/peer/bundle.ts";
import { openPeer } from "../../lib/peer/client.ts";
import { connect } from "../../lib/ssh/connect.ts";
import type { Connection } from "../../lib/ssh/types.ts";
import { expectNothingLeft, footprint } from "../support/leftovers.ts";
import { temporaryFolder } from "../support/marker.ts";

setDefaultTimeout(30_000);

const before = footprint();
const HERE = { name: "web1", via: "local", address: "127.0.0.1", port: 0, hostKeyChecking: "yes" } as const;
let folder: string;
let program: string;
let connection: Connection;

beforeAll(async () => {
  folder = await temporaryFolder("client");
  const { name, code } = await bundlePeer();
  program = join(folder, name);
  await Bun.write(program, code);
  connection = await connect(HERE);
});

afterAll(async () => {
  await connection[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
  await expectNothingLeft(before);
});

const inspect = { deployTo: "/nonexistent/shop" };
const failure = (work: Promise<unknown>) =>
  work.then(
    () => undefined,
    (error: Error) => error,
  );

test("what a .bashrc prints before the peer's hello is not taken for its words", async () => {
  const process = await connection.start([
    "sh",
    "-c",
    'echo "Welcome to web1!"; exec "$@"',
    "sh",
    globalThis.process.execPath,
    program,
  ]);
  await using peer = await openPeer(process, connection);
  expect(await peer.request("inspect", inspect)).toMatchObject({ releases: [] });
});

test("a peer that hangs is given up, ended, and said to have been silent", async () => {
  const process = await connection.start([globalThis.process.execPath, program]);
  await using peer = await openPeer(process, connection, { silenceMs: 500, pingMs: 100 });
  globalThis.process.kill(peer.pid, "SIGSTOP");
  expect(await failure(peer.request("inspect", inspect))).toMatchObject({
    code: "timeout",
    host: "web1",
    message: "its peer said nothing for 0.5 s",
  });
  expect(await peer.gone).toMatchObject({ code: "timeout" });
});

test("a peer that is killed is a failure of that host, not of the connection", async () => {
  const process = await connection.start([globalThis.process.execPath, program]);
  await using peer = await openPeer(process, connection);
  globalThis.process.kill(peer.pid, "SIGKILL");
  expect(await peer.gone).toMatchObject({ code: "remote", message: "its peer was killed" });
});

test("a program that is no peer is named by what it says, and ended", async () => {
  const nonsense = await connection.start(["sh", "-c", `echo '{"type":"hello" but not in JSON'; sleep 60`]);
  expect(await failure(openPeer(nonsense, connection))).toMatchObject({
    code: "protocol",
    message: expect.stringContaining("but not in JSON"),
  });
  const missing = await connection.start(["sh", "-c", "echo 'bun: cannot execute' >&2; exit 126"]);
  expect(await failure(openPeer(missing, connection))).toMatchObject({
    code: "remote",
    message: expect.stringContaining("exit code 126: bun: cannot execute"),
    hint: expect.stringContaining("noexec"),
  });
});
