// A deploy as another user, with a password: asked for on a terminal, from a vault; and nobody else sees it.
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { mkdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { dump } from "js-yaml";
import { parseJournal } from "../../lib/release/journal.ts";
import {
  type Accounts,
  PASSWORD,
  PASSWORD_PARTS,
  ROOT_PASSWORD,
  startAccounts,
} from "../support/accounts.ts";
import { expectNothingLeft, footprint } from "../support/leftovers.ts";
import { temporaryFolder } from "../support/marker.ts";
import { runScript } from "../support/run.ts";
import { readTexts } from "./digest.ts";
import { processTexts } from "./process-texts.ts";

// PAM takes two seconds to refuse a password, and other work may share the machine.
setDefaultTimeout(120_000);

const NAMES = ["web1", "web2"];
const LOOK_EVERY_MS = 10;
const before = footprint();
let accounts: Accounts;
/** All that is on this side: inventory, source, home. */
let here: string;

beforeAll(async () => {
  accounts = await startAccounts();
  here = await temporaryFolder("become");
  for (const folder of ["home", "tmp", "source", "inventory/group_vars/web"])
    await mkdir(join(here, folder), { recursive: true });
  await writeFile(join(here, "source", "index.html"), "hello\n");
  await writeFile(join(here, "vault-password"), "opens the vault\n");
  const { port, keyFile, knownHostsFile, root } = accounts;
  const hosts = Object.fromEntries(NAMES.map((name) => [name, null]));
  const vars = {
    ansible_host: "127.0.0.1",
    ansible_port: port,
    ansible_user: "keeper",
    ansible_ssh_private_key_file: keyFile,
    ansible_ssh_common_args: `-o UserKnownHostsFile=${knownHostsFile}`,
    rookery_app: "shop",
    rookery_source: join(here, "source"),
    rookery_deploy_to: `${root}/files/{{ inventory_hostname }}`,
    rookery_ports: "20000-29999",
    rookery_after_activate: ["id -un > who; sleep 0.3"],
  };
  await writeFile(join(here, "inventory", "hosts.yml"), dump({ web: { hosts, vars } }));
  // Where only root may write.
  await mkdir(join(root, "files"), { mode: 0o755 });
});
afterAll(async () => {
  await accounts[Symbol.asyncDispose]();
  await rm(here, { recursive: true });
  await expectNothingLeft(before);
});

const environment = () => ({
  HOME: join(here, "home"),
  TMPDIR: join(here, "tmp"),
  SSH_AUTH_SOCK: undefined,
  XDG_CACHE_HOME: undefined,
  CI: undefined,
  NO_COLOR: "1",
});

/** Runs one of our scripts with the inventory. */
async function run(script: string, ...words: readonly string[]) {
  return runScript([script, "-i", join(here, "inventory"), ...words], { env: environment(), stdin: "" });
}

/** The same on a terminal, where `answers` are typed when their question shows. */
async function runAtTerminal(
  words: readonly string[],
  answers: readonly (readonly [question: string, typed: string])[],
) {
  let screen = "";
  let asked = 0;
  const script = join(import.meta.dir, "../../scripts/deploy.ts");
  const child = Bun.spawn([process.execPath, script, "-i", join(here, "inventory"), ...words], {
    env: { ...process.env, ...environment(), TERM: "xterm" },
    terminal: {
      cols: 200,
      rows: 50,
      data(terminal, bytes) {
        screen += new TextDecoder().decode(bytes);
        const [question, typed] = answers[asked] ?? [];
        if (question === undefined || typed === undefined || !screen.includes(question)) return;
        asked += 1;
        terminal.write(typed);
      },
    },
  });
  const late = setTimeout(() => child.kill("SIGKILL"), 90_000);
  const code = await child.exited;
  clearTimeout(late);
  child.terminal?.close();
  expect({ asked, screen }).toMatchObject({ asked: answers.length });
  return { code, screen };
}

/** Release `id` is on both hosts, made and switched to by root. */
async function expectDeployed(id: string): Promise<void> {
  for (const name of NAMES) {
    const current = join(accounts.root, "files", name, "current");
    expect(await readFile(join(current, "index.html"), "utf8")).toBe("hello\n");
    expect(await readFile(join(accounts.root, "files", name, "releases", id, "who"), "utf8")).toBe("root\n");
    expect((await stat(join(current, "index.html"))).uid).toBe(0);
    // Root did it, but the journal says who came.
    const journal = await readFile(join(accounts.root, "files", name, ".rookery", "history.jsonl"), "utf8");
    expect(parseJournal(journal).at(-1)).toMatchObject({ release: id, login: "keeper", from: "127.0.0.1" });
  }
}

/** Runs `work` while all command lines and environments are read again and again; then no password was in any. */
async function unseen<T>(work: () => Promise<T>): Promise<T> {
  const seen = new Set<string>();
  let became = 0;
  const timer = setInterval(() => {
    for (const { name, text } of processTexts()) {
      for (const part of PASSWORD_PARTS) if (text.includes(part)) seen.add(name);
      if (/^cmdline of su(?:do)? /.test(name)) became += 1;
    }
  }, LOOK_EVERY_MS);
  const result = await work().finally(() => clearInterval(timer));
  expect([...seen]).toEqual([]);
  expect(became).toBeGreaterThan(0); // or else we looked elsewhere
  for (const folder of [accounts.root, join(here, "home"), join(here, "tmp")])
    for (const [path, text] of readTexts(folder))
      for (const part of PASSWORD_PARTS) expect([path, text.includes(part)]).toEqual([path, false]);
  for (const part of PASSWORD_PARTS) expect(accounts.log()).not.toContain(part);
  return result;
}

test("-K at a terminal: asked once for all hosts, not shown, and root deploys", async () => {
  const { code, screen } = await unseen(() =>
    runAtTerminal(["-b", "-K", "-r", "one"], [["BECOME password: ", `${PASSWORD}\r`]]),
  );
  expect({ code, screen }).toMatchObject({ code: 0 });
  expect(screen.match(/BECOME password/g)).toHaveLength(1);
  for (const part of PASSWORD_PARTS) expect(screen).not.toContain(part);
  await expectDeployed("one");
});

test("-k and -K: one password for SSH and sudo, typed once", async () => {
  const words = ["-b", "-k", "-K", "-r", "two", "-e", '{"ansible_ssh_private_key_file": "/dev/null"}'];
  const { code, screen } = await unseen(() =>
    runAtTerminal(words, [
      ["SSH password: ", `${PASSWORD}\r`],
      ["BECOME password[defaults to SSH password]: ", "\r"],
    ]),
  );
  expect({ code, screen }).toMatchObject({ code: 0 });
  for (const part of PASSWORD_PARTS) expect(screen).not.toContain(part);
  await expectDeployed("two");
});

const METHODS = [
  ["sudo", "swarm", PASSWORD],
  ["sudo", "ssh", PASSWORD],
  ["su", "swarm", ROOT_PASSWORD],
] as const;
test.each(METHODS)(
  "a vaulted password for %s, the payload by %s: it shows up nowhere",
  async (method, via, password) => {
    const passwordFile = join(here, "vault-password");
    const encrypt = [
      "ansible-vault",
      "encrypt_string",
      "--vault-password-file",
      passwordFile,
      "--stdin-name",
    ];
    const vaulted = await Bun.$`printf '%s\n' ${password} | ${encrypt} ansible_become_password`
      .quiet()
      .text();
    const file = join(here, "inventory", "group_vars", "web", "become.yml");
    await writeFile(file, `ansible_become: true\nansible_become_method: ${method}\n${vaulted}\n`);
    const id = `${method}-${via}`;
    const words = ["-v", "-r", id, "--via", via, "--vault-password-file", passwordFile];
    const result = await unseen(() => run("deploy", "--json", ...words));
    const lines = await run("deploy", ...words);
    await rm(file);
    expect(result).toMatchObject({ exitCode: 0 });
    expect(lines).toMatchObject({ exitCode: 0 });
    for (const text of [result.stdout, result.stderr, lines.stdout, lines.stderr])
      for (const part of PASSWORD_PARTS) expect(text).not.toContain(part);
    await expectDeployed(id);
  },
);

test("a wrong one: each host's row says so, nothing is deployed, exit 2 as with Ansible", async () => {
  await writeFile(join(here, "wrong"), "xyzzy-wrong\n");
  const words = ["-b", "--become-password-file", join(here, "wrong")];
  const [deploy, ran, doctor] = await Promise.all([
    run("deploy", "-r", "never", "--json", ...words),
    run("run", ...words, "--", "id"),
    run("doctor", "-l", "web1", ...words),
  ]);
  const said = /keeper can't become root by sudo: the password was refused: Sorry, try again/;
  expect([deploy.exitCode, ran.exitCode, doctor.exitCode]).toEqual([2, 2, 2]);
  for (const { stdout, stderr } of [deploy, ran, doctor]) {
    expect(stdout + stderr).toMatch(said);
    expect(stdout + stderr).not.toContain("xyzzy-wrong");
  }
});

test("nobody to ask, no file, an empty file: told before anything starts", async () => {
  await writeFile(join(here, "empty"), "\n");
  const setsid = (...words: readonly string[]) => {
    const script = join(import.meta.dir, "../../scripts/run.ts");
    const whole = [process.execPath, script, "-i", join(here, "inventory"), ...words, "--", "id"];
    return Bun.$`setsid --wait ${whole} < /dev/null`
      .env({ ...process.env, HOME: here })
      .nothrow()
      .quiet();
  };
  const [nobody, none, empty, both] = await Promise.all([
    setsid("-b", "-K"),
    setsid("-b", "--become-pass-file", join(here, "no-such")),
    setsid("--connection-password-file", join(here, "empty")),
    setsid("-K", "--become-password-file", join(here, "wrong")),
  ]);
  expect([nobody, none, empty, both].map(({ exitCode }) => exitCode)).toEqual([1, 1, 1, 1]);
  expect(nobody.stderr.toString()).toContain("→ type it, or give it with --become-password-file FILE");
  expect(none.stderr.toString()).toMatch(/the password file .*no-such can't be read: ENOENT/);
  expect(empty.stderr.toString()).toMatch(/the password file .*empty is empty/);
  expect(both.stderr.toString()).toContain("--ask-become-pass can't be given with --become-password-file");
});
