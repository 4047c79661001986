import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { connect } from "../../lib/ssh/connect.ts";
import type { Connection, RemoteProcess, Target } from "../../lib/ssh/types.ts";
import { type Fleet, startFleet } from "../support/fleet.ts";
import { expectNothingLeft, footprint } from "../support/leftovers.ts";
import { listProcesses } from "../support/processes.ts";
import { by, environmentAt, failure, WAYS, type WayName } from "./support.ts";

// Generous, for other work may share the machine.
setDefaultTimeout(30_000);

const before = footprint();
let fleet: Fleet;
/** The same host by every way there is. */
const connections = {} as Record<WayName, Connection>;

beforeAll(async () => {
  fleet = await startFleet({ hosts: 2 });
  const env = environmentAt(fleet.root, { user: fleet.user });
  for (const way of WAYS) connections[way] = await connect(by(way, fleet.target("web1")), { env });
});
afterAll(async () => {
  for (const connection of Object.values(connections)) await connection[Symbol.asyncDispose]();
  await fleet[Symbol.asyncDispose]();
  await expectNothingLeft(before);
});

const decoder = new TextDecoder();

/** Reads until `text` has come; the rest can be read on. */
async function readUntil(program: RemoteProcess, text: string): Promise<string> {
  const output = program.stdout[Symbol.asyncIterator]();
  let heard = "";
  while (!heard.includes(text)) {
    const { value, done } = await output.next();
    if (done) throw new Error(`it ended after ${JSON.stringify(heard)}`);
    heard += decoder.decode(value, { stream: true });
  }
  return heard;
}

function running(mark: string): readonly string[] {
  return listProcesses().flatMap(({ command }) => (command.includes(mark) ? [command] : []));
}

/** A killed process is gone a moment after the kill, not with it. */
async function expectGone(mark: string): Promise<void> {
  const deadline = performance.now() + 2000;
  while (running(mark).length > 0 && performance.now() < deadline) await Bun.sleep(10);
  expect(running(mark)).toEqual([]);
}

for (const via of WAYS) {
  describe(`over ${via}`, () => {
    test("words arrive as they left", async () => {
      const words = [
        "it's",
        'a "b"',
        "",
        "new\nline",
        "$HOME `id` $(id) \\",
        "ünï→🦀",
        "*",
        "~",
        "-n",
        "a=b",
        "!!",
      ];
      const { stdout } = await connections[via].run(["printf", "%s\\0", ...words]);
      expect(stdout.split("\0").slice(0, -1)).toEqual(words);
    });

    test("output, errors and exit code", async () => {
      const script = "cat; echo oops >&2; exit 3";
      const heard: string[] = [];
      const onOutput = (stream: string, text: string) => heard.push(`${stream}:${text}`);
      const output = await connections[via].run(["sh", "-c", script], { stdin: "in\n", onOutput });
      expect(output).toEqual({ exitCode: 3, stdout: "in\n", stderr: "oops\n" });
      expect(heard.toSorted()).toEqual(["stderr:oops\n", "stdout:in\n"]);
    });

    test("no such command, and one a signal ended", async () => {
      const missing = await connections[via].run(["no-such-command"]);
      expect(missing.exitCode).toBe(127);
      expect(missing.stderr).toContain("no-such-command");
      expect((await connections[via].run(["sh", "-c", "kill -9 $$"])).exitCode).toBe(137);
    });

    test("a lot of input and output, and input nobody reads", async () => {
      const bytes = new Uint8Array(8 * 1024 * 1024).fill(97);
      const copied = await connections[via].run(["cat"], { stdin: bytes });
      expect(copied.stdout.length).toBe(bytes.length);
      expect((await connections[via].run(["head", "-c", "3"], { stdin: bytes })).stdout).toBe("aaa");
      const errors = await connections[via].run(["sh", "-c", "cat >&2"], { stdin: bytes });
      expect(errors.stderr.length).toBe(bytes.length);
    });

    test("too late: the command and its children are killed", async () => {
      const mark = `61.${via.length}1`;
      const command = ["sh", "-c", `trap '' TERM HUP; sleep ${mark}; sleep ${mark}`];
      const error = await failure(connections[via].run(command, { timeoutMs: 200 }));
      expect(error).toMatchObject({
        code: "timeout",
        host: "web1",
        message: "web1: sh took longer than 0.2 s",
      });
      await expectGone(`sleep ${mark}`);
    });

    test("interrupted: the same", async () => {
      const mark = `62.${via.length}1`;
      const controller = new AbortController();
      const command = ["sh", "-c", `echo ready; sleep ${mark}`];
      const onOutput = () => controller.abort();
      const error = await failure(connections[via].run(command, { signal: controller.signal, onOutput }));
      expect(error.code).toBe("interrupted");
      await expectGone(`sleep ${mark}`);
    });

    test("a program: talk to it, then the end of its stdin ends it", async () => {
      const script = 'read name; echo "hello $name"; cat > /dev/null; echo bye >&2; exit 5';
      await using program = await connections[via].start(["sh", "-c", script]);
      await program.write("wörld\n");
      expect(await readUntil(program, "\n")).toBe("hello wörld\n");
      program.end();
      expect(await program.exited).toBe(5);
      expect(program.stderr()).toBe("bye\n");
      await expect(program.write("more")).rejects.toThrow(/web1: sh ended with exit code 5/);
    });

    test("disposing kills it and its children, whatever they ignore", async () => {
      const mark = `63.${via.length}1`;
      const script = `trap '' TERM HUP INT PIPE; (trap '' TERM HUP; sleep ${mark}) & echo up; while :; do wait; done`;
      const program = await connections[via].start(["sh", "-c", script]);
      await readUntil(program, "up");
      expect(running(`sleep ${mark}`).length).toBeGreaterThan(0);
      await program[Symbol.asyncDispose]();
      await program[Symbol.asyncDispose]();
      expect(await program.exited).toBeNull();
      await expectGone(`sleep ${mark}`);
    });

    test("writing waits for a reader", async () => {
      const go = join(fleet.folder("web1"), `go-${via}`);
      const script = 'while [ ! -e "$1" ]; do sleep 0.02; done; cat > /dev/null';
      await using program = await connections[via].start(["sh", "-c", script, "sh", go]);
      const chunk = new Uint8Array(1024 * 1024);
      let written = 0;
      const writing = (async () => {
        for (let count = 0; count < 16; count += 1) {
          await program.write(chunk);
          written += 1;
        }
      })();
      const first = await Promise.race([writing.then(() => "done"), Bun.sleep(300).then(() => "waiting")]);
      expect(first).toBe("waiting");
      expect(written).toBeLessThan(8);
      await writeFile(go, "");
      await writing;
      program.end();
      expect(await program.exited).toBe(0);
    });

    test("closing the connection kills what it started; then there is nothing to start on", async () => {
      const mark = `64.${via.length}1`;
      const env = environmentAt(fleet.root, { user: fleet.user });
      const connection = await connect(by(via, fleet.target("web2")), { env });
      const program = await connection.start(["sleep", mark]);
      await connection[Symbol.asyncDispose]();
      await connection[Symbol.asyncDispose]();
      expect(await connection.closed).toBeUndefined();
      expect(await program.exited).toBeNull();
      await expectGone(`sleep ${mark}`);
      expect((await failure(connection.run(["true"]))).code).toBe("unreachable");
      expect((await failure(connection.upload(new Uint8Array(1), "/tmp/x"))).code).toBe("unreachable");
    });
  });
}

describe("a host that goes away", () => {
  test("run rejects, writes reject, exited and closed settle", async () => {
    const connection = await connect(fleet.target("web2"), { env: environmentAt(fleet.root) });
    const program = await connection.start(["sh", "-c", "echo up; sleep 65"]);
    await readUntil(program, "up");
    const running = failure(connection.run(["sleep", "65"]));
    const uploading = failure(
      connection.upload(new Uint8Array(512 * 1024 * 1024), `${fleet.folder("web2")}/big`, {
        onProgress: () => void fleet.kill("web2"),
      }),
    );
    expect((await running).message).toBe("web2: the connection was lost");
    expect((await uploading).code).toBe("unreachable");
    expect(await program.exited).toBeNull();
    expect(await connection.closed).toMatchObject({ code: "unreachable", host: "web2" });
    expect((await failure(program.write("x"))).code).toBe("unreachable");
    expect((await failure(connection.run(["true"]))).code).toBe("unreachable");
    await connection[Symbol.asyncDispose]();
  });
});

describe("a host that hangs", () => {
  test("deadlines hold, and closing doesn't wait for it", async () => {
    await using single = await startFleet({ hosts: 1, prefix: "db" });
    const connection = await connect(single.target("db1"), { env: environmentAt(single.root) });
    const program = await connection.start(["cat"]);
    await program.write("x");
    const late = failure(
      connection.run(["sh", "-c", "echo up; sleep 67"], {
        timeoutMs: 300,
        onOutput: () => single.freeze("db1"),
      }),
    );
    expect((await late).code).toBe("timeout");
    expect((await failure(connection.run(["true"], { timeoutMs: 100 }))).code).toBe("timeout");
    await connection[Symbol.asyncDispose]();
    expect(await connection.closed).toBeUndefined();
    expect(await program.exited).toBeNull();
  });
});

describe("another user", () => {
  test("by sudo, over ssh and here, with what it started killed as well", async () => {
    const env = environmentAt(fleet.root, { user: fleet.user });
    for (const via of WAYS) {
      const target: Target = { ...by(via, fleet.target("web1")), become: { method: "sudo", user: "daemon" } };
      await using connection = await connect(target, { env });
      const { stdout } = await connection.run(["sh", "-c", 'id -un; printf "%s" "$1"', "sh", "it's"]);
      expect(stdout).toBe("daemon\nit's");
      await failure(connection.run(["sleep", "66.1"], { timeoutMs: 200 }));
      await expectGone("sleep 66.1");
    }
  });

  test("oneself needs no sudo", async () => {
    const env = environmentAt(fleet.root, { user: fleet.user });
    await using connection = await connect(
      { ...fleet.target("web1"), become: { method: "sudo", user: fleet.user } },
      { env },
    );
    expect((await connection.run(["sh", "-c", "echo $SUDO_USER"])).stdout).toBe("\n");
  });

  test("sudo says no", async () => {
    const target = { ...fleet.target("web1"), become: { method: "sudo", user: "no-such-user" } as const };
    await using connection = await connect(target, { env: environmentAt(fleet.root) });
    const error = await failure(connection.run(["true"]));
    expect(error.code).toBe("remote");
    expect(error.message).toMatch(/^web1: root can't become no-such-user by sudo: sudo: .*no-such-user/);
  });
});
