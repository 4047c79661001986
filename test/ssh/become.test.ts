// Another user by sudo and su, each as hosts have them set up, over a real sshd.
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { randomBytes } from "node:crypto";
import { chmod, mkdir, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { connect } from "../../lib/ssh/connect.ts";
import type { Become } from "../../lib/ssh/types.ts";
import { type Account, type Accounts, PASSWORD, ROOT_PASSWORD, startAccounts } from "../support/accounts.ts";
import { expectNothingLeft, footprint } from "../support/leftovers.ts";
import { listProcesses } from "../support/processes.ts";
import { environmentAt, failure } from "./support.ts";

// Generous, for other work may share the machine.
setDefaultTimeout(60_000);

const LARGE_BYTES = 32 * 1024 * 1024;
const before = footprint();
let host: Accounts;

beforeAll(async () => {
  host = await startAccounts();
});
afterAll(async () => {
  await host[Symbol.asyncDispose]();
  await expectNothingLeft(before);
});

const sudo = (more: Partial<Become> = {}): Become => ({ method: "sudo", user: "root", ...more });
const su = (more: Partial<Become> = {}): Become => ({ method: "su", user: "root", ...more });
const right = { password: PASSWORD };

function connectAs(account: Account, become: Become, more: { connectTimeoutMs?: number } = {}) {
  return connect({ ...host.target(account, become), ...more }, { env: environmentAt(host.root) });
}

/** Whom a command runs as, what it got for input, and what it said: nothing but its own. */
const WHO = ["sh", "-c", 'echo "$(id -un)"; cat; echo own words >&2'];
const own = (user: string) => ({ exitCode: 0, stdout: `${user}\nin put`, stderr: "own words\n" });

describe("it runs as that user, with its own input and output", () => {
  const cases: [what: string, account: Account, become: () => Become, user: string][] = [
    ["sudo with a password", "keeper", () => sudo(right), "root"],
    ["sudo to somebody else", "keeper", () => sudo({ ...right, user: "app" }), "app"],
    ["a password that nobody asks for", "free", () => sudo(right), "root"],
    ["sudo without a password", "free", () => sudo(), "root"],
    ["only as somebody", "limited", () => sudo({ ...right, user: "app" }), "app"],
    ["flags of Ansible's", "keeper", () => sudo({ ...right, flags: "-HSn -E" }), "root"],
    ["another program", "keeper", () => sudo({ ...right, exe: "/usr/bin/sudo" }), "root"],
    ["sudo that keeps records", "logged", () => sudo(right), "root"],
    ["Ansible's way to do both", "keeper", () => su({ ...right, exe: "sudo -S su -" }), "root"],
    ["su to root", "keeper", () => su({ password: ROOT_PASSWORD }), "root"],
    ["su to somebody else", "stranger", () => su({ ...right, user: "app" }), "app"],
    ["su with flags", "keeper", () => su({ password: ROOT_PASSWORD, flags: "-s '/bin/sh' -" }), "root"],
  ];
  test.each(cases)("%s", async (_what, account, become, user) => {
    await using connection = await connectAs(account, become());
    expect(await connection.run(WHO, { stdin: "in put" })).toEqual(own(user));
    // Again, with nothing to read.
    expect((await connection.run(["cat"])).stdout).toBe("");
  });

  test("sudo that remembers asks once", async () => {
    for (let time = 0; time < 2; time += 1) {
      await using connection = await connectAs("cached", sudo(right));
      expect(await connection.run(WHO, { stdin: "in put" })).toEqual(own("root"));
    }
  });

  test("root needs no password for either, and isn't given one", async () => {
    const env = environmentAt(host.root);
    for (const become of [sudo({ user: "app", password: "wrong" }), su({ user: "app", password: "wrong" })]) {
      await using connection = await connect({ ...host.target("app", become), user: "root" }, { env });
      expect(await connection.run(WHO, { stdin: "in put" })).toEqual(own("app"));
    }
  });

  test("words arrive as they left", async () => {
    const words = ["it's", 'a "b"', "", "new\nline", "$HOME `id` \\", "ünï→🦀", "*", "~", "-n", "!!"];
    for (const become of [sudo(right), su({ password: ROOT_PASSWORD })]) {
      await using connection = await connectAs("keeper", become);
      const { stdout } = await connection.run(["printf", "%s\\0", ...words]);
      expect(stdout.split("\0").slice(0, -1)).toEqual(words);
    }
  });
});

test("nothing is tried beforehand: the first command is the first", async () => {
  const starts = () => host.log().split("Starting session: command").length - 1;
  const startsBefore = starts();
  await using connection = await connectAs("keeper", sudo(right));
  await connection.run(["true"]);
  expect(starts() - startsBefore).toBe(1);
});

test("busybox asks on stdout", async () => {
  const program = join(host.root, "busybox-su");
  await writeFile(
    program,
    `#!/bin/sh\nprintf 'Password: '; read -r word; [ "$word" = secret ] && exec sh -c "$3"\n`,
  );
  await chmod(program, 0o755);
  await using connection = await connectAs("keeper", su({ password: "secret", exe: program }));
  expect(await connection.run(WHO, { stdin: "in put" })).toEqual(own("keeper"));
});

const METHODS = [
  ["sudo", "keeper", () => sudo(right)],
  ["sudo that keeps records", "logged", () => sudo(right)],
  ["su", "keeper", () => su({ password: ROOT_PASSWORD })],
] as const;

test.each(METHODS)("32 MiB through %s arrive to the byte, as root's own", async (method, account, become) => {
  const source = join(host.root, `source-${method}`);
  await writeFile(source, randomBytes(LARGE_BYTES));
  const folder = join(host.root, `put-${method}`);
  await mkdir(folder, { mode: 0o700 });
  await using connection = await connectAs(account, become());
  await connection.upload({ path: source }, join(folder, "file"), { mode: 0o640 });
  const hash = async (path: string) =>
    new Bun.CryptoHasher("sha256").update(await Bun.file(path).bytes()).digest("hex");
  expect(await hash(join(folder, "file"))).toBe(await hash(source));
  expect(await stat(join(folder, "file"))).toMatchObject({ uid: 0, size: LARGE_BYTES });
});

const running = (mark: string) => listProcesses().filter(({ command }) => command.includes(mark));
async function expectGone(mark: string): Promise<void> {
  const deadline = performance.now() + 8000;
  while (running(mark).length > 0 && performance.now() < deadline) await Bun.sleep(20);
  expect(running(mark)).toEqual([]);
}

test.each(METHODS)(
  "what %s started is killed, with its children, whatever they ignore",
  async (method, account, become) => {
    const mark = `71.${method.length}7`;
    await using connection = await connectAs(account, become());
    const script = `trap '' TERM HUP INT PIPE; (trap '' TERM HUP; sleep ${mark}) & echo up; while :; do wait; done`;
    const controller = new AbortController();
    const work = connection.run(["sh", "-c", script], {
      signal: controller.signal,
      onOutput: (stream) => stream === "stdout" && controller.abort(),
    });
    expect((await failure(work)).code).toBe("interrupted");
    await expectGone(`sleep ${mark}`);
    const program = await connection.start(["sleep", `${mark}8`]);
    expect(running(`sleep ${mark}8`)).not.toEqual([]);
    await program[Symbol.asyncDispose]();
    await expectGone(`sleep ${mark}8`);
  },
);
