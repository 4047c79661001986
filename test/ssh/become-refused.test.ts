// Another user that one may not become: each reason told as it is, once, and in time.
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { chmod, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { connect } from "../../lib/ssh/connect.ts";
import type { Become } from "../../lib/ssh/types.ts";
import { type Account, type Accounts, PASSWORD, startAccounts } from "../support/accounts.ts";
import { expectNothingLeft, footprint } from "../support/leftovers.ts";
import { environmentAt, failure } from "./support.ts";

// PAM takes two seconds to refuse a password, and other work may share the machine.
setDefaultTimeout(60_000);

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
  return connect(
    { ...host.target(account, become), ...more },
    { env: environmentAt(host.root), timeoutMs: 30_000 },
  );
}

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
    const second = await failure(connection.upload(new Uint8Array(1), `${host.home("once")}/x`));
    expect(second).toBe(first);
  });

  test("a program that says nothing, hangs up, or takes the password and then says nothing", async () => {
    const silent = await program("silent", "cat > /dev/null");
    const closed = await program("closed", "exec >&- 2>&-; sleep 5");
    const asking = await program("asking", "printf 'Passwort: ' >&2; cat > /dev/null");
    const waits = async (become: Become) => {
      await using connection = await connectAs("keeper", become, { connectTimeoutMs: 3000 });
      return await failure(connection.run(["true"]));
    };
    const errors = await Promise.all([
      waits(sudo({ ...right, exe: silent })),
      waits(sudo({ ...right, exe: closed })),
      waits(su({ ...right, exe: asking })),
    ]);
    const late = (method: string, what: string) =>
      `web1: keeper can't become root by ${method}: nothing came within 3 s (waited for ${method} to ${what})`;
    const begin = "begin or to ask for a password";
    expect(errors.map(({ message }) => message)).toEqual([
      late("sudo", begin),
      late("sudo", begin),
      late("su", "take the password"),
    ]);
    expect(new Set(errors.map(({ code }) => code))).toEqual(new Set(["timeout"]));
  });

  test("interrupted while it waits", async () => {
    const exe = await program("waiting", "cat > /dev/null");
    await using connection = await connectAs("keeper", sudo({ exe }));
    const late = await failure(connection.run(["true"], { timeoutMs: 300 }));
    expect(late.message).toBe("web1: true took longer than 0.3 s");
  });
});

/** A program in the place of sudo or su. */
async function program(name: string, script: string): Promise<string> {
  const path = join(host.root, name);
  await writeFile(path, `#!/bin/sh\n${script}\n`);
  await chmod(path, 0o755);
  return path;
}
