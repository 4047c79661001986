// `$` on a real host: over ssh2, over the system's own ssh, and on this machine.
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import fc from "fast-check";
import type { OpsError } from "../../lib/errors.ts";
import { CommandError } from "../../lib/shell/output.ts";
import { type RemoteCommand, remoteShell, type Shell } from "../../lib/shell/remote-shell.ts";
import { connect } from "../../lib/ssh/connect.ts";
import type { Connection } from "../../lib/ssh/types.ts";
import { by, environmentAt, failure, WAYS, type WayName } from "../ssh/support.ts";
import { type Fleet, startFleet } from "../support/fleet.ts";
import { expectNothingLeft, footprint } from "../support/leftovers.ts";
import { listProcesses } from "../support/processes.ts";

setDefaultTimeout(60_000);

const before = footprint();
let fleet: Fleet;
const connections = {} as Record<WayName, Connection>;
const shells = {} as Record<WayName, Shell>;
let heard: string[] = [];

beforeAll(async () => {
  fleet = await startFleet({ hosts: 1 });
  const env = environmentAt(fleet.root, { user: fleet.user });
  for (const way of WAYS) {
    const connection = await connect(by(way, fleet.target("web1")), { env });
    connections[way] = connection;
    shells[way] = remoteShell({
      name: "web1",
      connection: async () => connection,
      onOutput: (stream, text) => heard.push(`${stream}: ${text}`),
    });
  }
});
afterAll(async () => {
  for (const connection of Object.values(connections)) await connection[Symbol.asyncDispose]();
  await fleet[Symbol.asyncDispose]();
  await expectNothingLeft(before);
});

async function thrown(command: RemoteCommand): Promise<CommandError> {
  const error = await failure(command);
  if (!(error instanceof CommandError)) throw error;
  return error;
}

describe.each(WAYS)("over %s", (way) => {
  test("words arrive as they left, whatever they hold", async () => {
    const word = fc.string({ unit: "grapheme", maxLength: 30 }).filter((text) => !text.includes("\0"));
    const sharp = fc.constantFrom("$(touch /tmp/x)", "`id`", "'; id; '", '"', "\\", "\n", "a b", "*", "");
    await fc.assert(
      fc.asyncProperty(fc.array(fc.oneof(word, sharp), { minLength: 1, maxLength: 6 }), async (words) => {
        const [first = ""] = words;
        const { stdout } = await shells[way]`printf '%s\\0' ${words} "[${first}]"`.quiet();
        expect(stdout.split("\0").slice(0, -1)).toEqual([...words, `[${first}]`]);
      }),
      { numRuns: 15 },
    );
  });

  test("output, as text, lines and JSON, and shown as it comes", async () => {
    const $ = shells[way];
    heard = [];
    const output = await $`echo one; echo two; echo oops >&2`;
    expect(output).toMatchObject({
      host: "web1",
      ok: true,
      exitCode: 0,
      stdout: "one\ntwo\n",
      stderr: "oops\n",
    });
    const shown = heard.join("").replaceAll("stdout: ", "");
    expect(shown.replace("stderr: oops\n", "")).toBe("one\ntwo\n");
    expect(shown).toContain("stderr: oops\n");
    heard = [];
    await $`printf 'half '; sleep 0.3; echo a line; printf rest`;
    expect(heard).toEqual(["stdout: half a line\n", "stdout: rest"]);
    expect([`${output}`, await $`echo ${output}`.text()]).toEqual(["one\ntwo", "one\ntwo\n"]);
    heard = [];
    expect(await $`printf 'a\\r\\nb\\n'`.quiet().lines()).toEqual(["a", "b"]);
    expect(await $`echo ${'{"a":[1]}'}`.quiet().json()).toEqual({ a: [1] });
    expect(heard).toEqual([]);
  });

  test("another exit code than 0 is an error that tells host, command and reason, but no value", async () => {
    const $ = shells[way];
    const error = await thrown($`echo so far; ls /no/such ${"hunter2"}/; exit 0`);
    expect(error).toMatchObject({ code: "remote", host: "web1", stdout: "so far\n", exitCode: 2 });
    expect(error.message).toStartWith(
      "web1: `echo so far; ls /no/such …/; exit 0` ended with exit code 2: ls: ",
    );
    expect(error.message).toContain("/no/such");
    expect((await thrown($`exit 3`)).hint).toContain("gave no reason");
    expect((await thrown($`no-such-command`)).hint).toContain("install it on web1");
    expect(await $`exit 3`.nothrow()).toMatchObject({ ok: false, exitCode: 3 });
    expect(await $({ nothrow: true })`kill -9 $$`).toMatchObject({ ok: false, exitCode: 137 });
  });

  test("folder, environment and input", async () => {
    const $ = shells[way]({ cwd: fleet.folder("web1"), env: { COLOUR: "it's blue" } });
    expect(await $`pwd; echo "$COLOUR"; cat`.text()).toBe(`${fleet.folder("web1")}\nit's blue\n`);
    const input = "x".repeat(300_000);
    expect((await $({ input, quiet: true })`cat; pwd`).stdout).toBe(`${input}${fleet.folder("web1")}\n`);
    const error = await thrown($({ cwd: "/no/such" })`pwd`);
    expect(error.message).toContain("/no/such");
  });

  test("nothing of a command is in anybody's argument list", async () => {
    const secret = `hunter-${way}-${process.pid}`;
    const controller = new AbortController();
    const { signal } = controller;
    const outcome = failure(shells[way]({ env: { SECRET: secret }, signal })`echo ${secret}; sleep 60`);
    await until(() => heard.some((text) => text.includes(secret)));
    const seen = listProcesses().filter(({ command }) => command.includes(secret));
    expect(seen.map(({ command }) => command)).toEqual([]);
    controller.abort();
    await outcome;
  });

  test("what takes too long is ended, with all that it started", async () => {
    const mark = `62.${way.length}1`;
    const error = await failure(shells[way]`trap '' TERM HUP; sleep ${mark}; sleep ${mark}`.timeout("300ms"));
    expect(error).toMatchObject({
      code: "timeout",
      host: "web1",
      message: "web1: `trap '' TERM HUP; sleep …; sleep …` took longer than 0.3 s",
    } satisfies Partial<OpsError>);
    await until(() => !listProcesses().some(({ command }) => command.includes(mark)));
  });

  test("an aborted signal ends the command at the other end", async () => {
    const mark = `63.${way.length}1`;
    const controller = new AbortController();
    const outcome = failure(shells[way]({ signal: controller.signal })`sleep ${mark}`);
    await until(() => listProcesses().some(({ command }) => command.includes(mark)));
    controller.abort();
    expect(await outcome).toMatchObject({ code: "interrupted" });
    await until(() => !listProcesses().some(({ command }) => command.includes(mark)));
  });
});

async function until(condition: () => boolean): Promise<void> {
  const deadline = performance.now() + 20_000;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`waited in vain: ${condition}`);
    await Bun.sleep(10);
  }
}
