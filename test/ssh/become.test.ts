// Another user by sudo and su, each as hosts have them set up, over a real sshd.
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { chmod, mkdir, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { connect } from "../../lib/ssh/connect.ts";
import type { Become } from "../../lib/ssh/types.ts";
import { type Account, type Accounts, PASSWORD, ROOT_PASSWORD, startAccounts } from "../support/accounts.ts";
import { expectNothingLeft, footprint } from "../support/leftovers.ts";
import { listProcesses } from "../support/processes.ts";
import { environmentAt, failure } from "./support.ts";

// PAM takes two seconds to refuse a password, and other work may share the machine.
setDefaultTimeout(60_000);

const MiB = 1024 * 1024;
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

describe("it is refused", () => {
  const cases: [what: string, account: Account, become: () => Become, message: RegExp, hint: RegExp][] = [
    [
      "sudo: a wrong password",
      "keeper",
      () => sudo({ password: "xyzzy-1" }),
      /^web1: keeper can't become root by sudo: the password was refused: Sorry, try again\.$/,
      /--ask-become-pass.*sudo wants that of keeper/,
    ],
    [
      "sudo that lets try once",
      "once",
      () => sudo({ password: "xyzzy-2" }),
      /by sudo: the password was refused: sudo: 1 incorrect password attempt/,
      /sudo wants that of once/,
    ],
    [
      "su: a wrong password",
      "keeper",
      () => su({ password: "xyzzy-3" }),
      /^web1: keeper can't become root by su: the password was refused: su: Authentication failure$/,
      /su wants that of root/,
    ],
    [
      "sudo: a password is needed and there is none",
      "keeper",
      () => sudo(),
      /by sudo: sudo: a password is required$/,
      /NOPASSWD in sudoers\), or give its password with --ask-become-pass/,
    ],
    [
      "su: the same",
      "keeper",
      () => su(),
      /by su: it asks for a password, and none was given$/,
      /--ask-become-pass, or set ansible_become_password/,
    ],
    [
      "not in sudoers",
      "stranger",
      () => sudo(right),
      /stranger is not in the sudoers file/,
      /let stranger run any command as root in sudoers on web1/,
    ],
    [
      "not for this",
      "limited",
      () => sudo(right),
      /Sorry, user limited is not allowed to execute/,
      /any command as root/,
    ],
    [
      "a terminal is required",
      "terminal",
      () => sudo(),
      /you must have a tty to run sudo/,
      /take requiretty out/,
    ],
    ["no such user", "free", () => sudo({ user: "no-one" }), /unknown user:? no-one/, /ansible_become_user/],
    [
      "no such user for su",
      "keeper",
      () => su({ ...right, user: "no-one" }),
      /by su: su: user no-one does not exist/,
      /ansible_become_user/,
    ],
    [
      "no such program",
      "keeper",
      () => sudo({ ...right, exe: "no-such-sudo" }),
      /no-such-sudo: not found/,
      /install no-such-sudo on web1/,
    ],
  ];
  test.concurrent.each(cases)("%s", async (_what, account, become, message, hint) => {
    await using connection = await connectAs(account, become());
    const error = await failure(connection.run(["true"]));
    expect(error).toMatchObject({ code: "remote", host: "web1" });
    expect(error.message).toMatch(message);
    expect(error.hint).toMatch(hint);
    const { password } = become();
    if (password !== undefined) expect(error.message + error.hint).not.toContain(password);
  });

  test("su to somebody without a shell", async () => {
    const target = { ...host.target("app", su({ user: "daemon" })), user: "root" };
    await using connection = await connect(target, { env: environmentAt(host.root) });
    const error = await failure(connection.run(["true"]));
    expect(error.message).toBe(
      "web1: root can't become daemon by su: This account is currently not available.",
    );
    expect(error.hint).toBe('set ansible_become_flags of web1 to "-s /bin/sh", or use sudo');
  });

  test("a wrong password is tried once, however many commands follow: accounts lock", async () => {
    await using connection = await connectAs("once", sudo({ password: "xyzzy" }));
    const first = await failure(connection.run(["true"]));
    const startedAtMs = performance.now();
    const second = await failure(connection.upload(new Uint8Array(1), `${host.home("once")}/x`));
    expect(second).toBe(first);
    expect(performance.now() - startedAtMs).toBeLessThan(1000);
  });

  test("a program that says nothing, and one that takes the password and then says nothing", async () => {
    const silent = join(host.root, "silent");
    await writeFile(silent, "#!/bin/sh\ncat > /dev/null\n");
    await chmod(silent, 0o755);
    const asking = join(host.root, "asking");
    await writeFile(asking, "#!/bin/sh\nprintf 'Passwort: ' >&2; cat > /dev/null\n");
    await chmod(asking, 0o755);
    const connectTimeoutMs = 1500;
    const waits = async (become: Become) => {
      await using connection = await connectAs("keeper", become, { connectTimeoutMs });
      return await failure(connection.run(["true"]));
    };
    const [first, second] = await Promise.all([
      waits(sudo({ ...right, exe: silent })),
      waits(su({ ...right, exe: asking })),
    ]);
    expect(first.message).toBe(
      "web1: keeper can't become root by sudo: nothing came within 1.5 s (waited for sudo to begin or to ask for a password)",
    );
    expect(second.message).toBe(
      "web1: keeper can't become root by su: nothing came within 1.5 s (waited for su to take the password)",
    );
    expect([first.code, second.code]).toEqual(["timeout", "timeout"]);
  });

  test("interrupted while it waits", async () => {
    const silent = join(host.root, "silent2");
    await writeFile(silent, "#!/bin/sh\ncat > /dev/null\n");
    await chmod(silent, 0o755);
    await using connection = await connectAs("keeper", sudo({ exe: silent }));
    const late = await failure(connection.run(["true"], { timeoutMs: 300 }));
    expect(late.message).toBe("web1: true took longer than 0.3 s");
  });
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
  ["sudo", () => sudo(right)],
  ["su", () => su({ password: ROOT_PASSWORD })],
] as const;

test.each(METHODS)("64 MiB through %s arrive to the byte, as root's own", async (method, become) => {
  const source = join(host.root, `source-${method}`);
  const block = crypto.getRandomValues(new Uint8Array(65_536));
  await writeFile(source, Buffer.concat(Array.from({ length: (64 * MiB) / block.length }, () => block)));
  const folder = join(host.root, `put-${method}`);
  await mkdir(folder, { mode: 0o700 });
  await using connection = await connectAs("keeper", become());
  await connection.upload({ path: source }, join(folder, "file"), { mode: 0o640 });
  const hash = async (path: string) =>
    new Bun.CryptoHasher("sha256").update(await Bun.file(path).bytes()).digest("hex");
  expect(await hash(join(folder, "file"))).toBe(await hash(source));
  expect(await stat(join(folder, "file"))).toMatchObject({ uid: 0, size: 64 * MiB });
});

const running = (mark: string) => listProcesses().filter(({ command }) => command.includes(mark));
async function expectGone(mark: string): Promise<void> {
  const deadline = performance.now() + 8000;
  while (running(mark).length > 0 && performance.now() < deadline) await Bun.sleep(20);
  expect(running(mark)).toEqual([]);
}

test.each(METHODS)(
  "what %s started is killed, with its children, whatever they ignore",
  async (method, become) => {
    const mark = `71.${method.length}7`;
    await using connection = await connectAs("keeper", become());
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
