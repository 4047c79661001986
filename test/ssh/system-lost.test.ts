// Connections by the system's own ssh that end before their time.
import { afterEach, beforeEach, expect, setDefaultTimeout, test } from "bun:test";
import { connect } from "../../lib/ssh/connect.ts";
import { type Fleet, startFleet } from "../support/fleet.ts";
import { expectNothingLeft, type Footprint, footprint } from "../support/leftovers.ts";
import { descendants, killAll, listProcesses } from "../support/processes.ts";
import { by, environmentAt, failure } from "./support.ts";

// Generous, for other work may share the machine.
setDefaultTimeout(60_000);

let before: Footprint;
let fleet: Fleet;

beforeEach(async () => {
  before = footprint();
  fleet = await startFleet({ hosts: 1, config: { web1: ["MaxSessions 2"] } });
});
afterEach(async () => {
  await fleet[Symbol.asyncDispose]();
  await expectNothingLeft(before);
});

const open = () => connect(by("system", fleet.target("web1")), { env: environmentAt(fleet.root) });

/** Resolves when `text` has come. */
async function heard(stdout: AsyncIterable<Uint8Array>, text: string): Promise<void> {
  let all = "";
  for await (const chunk of stdout) {
    all += new TextDecoder().decode(chunk);
    if (all.includes(text)) return;
  }
  throw new Error(`it ended after ${JSON.stringify(all)}`);
}

test("the host goes away: run rejects, writes reject, exited and closed settle", async () => {
  const connection = await open();
  const program = await connection.start(["sh", "-c", "echo up; sleep 65"]);
  await heard(program.stdout, "up");
  await fleet.kill("web1");
  expect(await program.exited).toBeNull();
  expect(await connection.closed).toMatchObject({ code: "unreachable", host: "web1" });
  expect((await failure(program.write("x"))).code).toBe("unreachable");
  const error = await failure(connection.run(["true"]));
  expect(error).toMatchObject({ code: "unreachable", message: "web1: the connection was lost" });
  await connection[Symbol.asyncDispose]();
});

test("a command that is under way then", async () => {
  const connection = await open();
  const running = failure(
    connection.run(["sh", "-c", "echo up; sleep 65"], { onOutput: () => void fleet.kill("web1") }),
  );
  expect((await running).code).toBe("unreachable");
  await connection[Symbol.asyncDispose]();
});

test("our ssh is killed", async () => {
  const connection = await open();
  const program = await connection.start(["cat"]);
  const masters = listProcesses().filter(({ command }) => /^ssh .*ControlMaster=yes/.test(command));
  const ours = new Set(descendants(process.pid).map(({ pid }) => pid));
  killAll(masters.flatMap(({ pid }) => (ours.has(pid) ? [pid] : [])));
  expect(await program.exited).toBeNull();
  expect(await connection.closed).toMatchObject({ code: "unreachable" });
  await connection[Symbol.asyncDispose]();
});

test("the host hangs: deadlines hold, and closing doesn't wait for it", async () => {
  const connection = await open();
  const late = failure(
    connection.run(["sh", "-c", "echo up; sleep 67"], {
      timeoutMs: 300,
      onOutput: () => fleet.freeze("web1"),
    }),
  );
  expect((await late).code).toBe("timeout");
  await connection[Symbol.asyncDispose]();
  expect(await connection.closed).toBeUndefined();
});

test("the host hangs for too long: keepalive says so", async () => {
  const before = ["-o", "ServerAliveInterval=1", "-o", "ServerAliveCountMax=1"];
  const known = ["-o", `UserKnownHostsFile=${fleet.knownHostsFile}`];
  const target = { ...by("system", fleet.target("web1")), sshArguments: { before, after: known } };
  const connection = await connect(target, { env: environmentAt(fleet.root) });
  fleet.freeze("web1");
  expect(await connection.closed).toMatchObject({
    code: "unreachable",
    message: "web1: the connection was lost: it stopped answering",
  });
  await connection[Symbol.asyncDispose]();
});

test("a command's own 255 is its own, also when a signal would look the same", async () => {
  await using connection = await open();
  expect((await connection.run(["sh", "-c", "exit 255"])).exitCode).toBe(255);
  expect((await connection.run(["sh", "-c", "kill -TERM $$"])).exitCode).toBe(143);
});

test("a server that allows no further session says so", async () => {
  await using connection = await open();
  await using _first = await connection.start(["cat"]);
  const error = await failure(connection.run(["true"]));
  expect(error).toMatchObject({ code: "remote", host: "web1" });
  expect(error.message).toStartWith("web1: can't start a command: ");
  expect(error.hint).toContain("raise MaxSessions");
});
