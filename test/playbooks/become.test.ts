// Playbooks both ways as a plain user who becomes root with a password, which nobody else sees.
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { mkdir, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { dump } from "js-yaml";
import { processTexts } from "../e2e/process-texts.ts";
import { type Accounts, PASSWORD, PASSWORD_PARTS, startAccounts } from "../support/accounts.ts";
import { expectNothingLeft, footprint } from "../support/leftovers.ts";
import { temporaryFolder } from "../support/marker.ts";
import { runScript } from "../support/run.ts";
import { PLAYBOOKS, play } from "./ansible.ts";

setDefaultTimeout(600_000);

const LOOK_EVERY_MS = 10;
const before = footprint();
let accounts: Accounts;
/** All that is on this side: inventory, source, home. */
let here: string;
let inventory: string;

beforeAll(async () => {
  accounts = await startAccounts();
  here = await temporaryFolder("playbooks");
  for (const folder of ["home", "tmp", "source", "inventory"]) await mkdir(join(here, folder));
  inventory = join(here, "inventory", "hosts.yml");
  await writeFile(join(here, "source", "index.html"), "hello\n");
  await writeFile(join(here, "password"), `${PASSWORD}\n`);
  const { port, keyFile, knownHostsFile, root } = accounts;
  const vars = {
    ansible_host: "127.0.0.1",
    ansible_port: port,
    ansible_user: "keeper",
    ansible_ssh_private_key_file: keyFile,
    ansible_ssh_common_args: `-o UserKnownHostsFile=${knownHostsFile}`,
    ansible_ssh_args: "-o ControlMaster=no",
    rookery_app: "shop",
    rookery_source: join(here, "source"),
    rookery_deploy_to: `${root}/files/{{ inventory_hostname }}`,
    rookery_ports: "20000-29999",
  };
  await writeFile(inventory, dump({ web: { hosts: { web1: null, web2: null }, vars } }));
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
  XDG_STATE_HOME: undefined,
  CI: undefined,
  NO_COLOR: "1",
  PYTHONDONTWRITEBYTECODE: "1",
  PATH: `${dirname(process.execPath)}:${process.env.PATH}`,
});

/** Runs `work` while all command lines and environments are read again and again; then no password was in any. */
async function unseen<T>(work: () => Promise<T>): Promise<T> {
  const seen = new Set<string>();
  const timer = setInterval(() => {
    for (const { name, text } of processTexts())
      for (const part of PASSWORD_PARTS) if (text.includes(part)) seen.add(name);
  }, LOOK_EVERY_MS);
  const result = await work().finally(() => clearInterval(timer));
  expect([...seen]).toEqual([]);
  return result;
}

async function expectRoot(path: string): Promise<void> {
  expect((await stat(join(accounts.root, "files", path))).uid).toBe(0);
}

test("deploy.yml -b -K at a terminal: asked once, and the deploy in it asks nobody", async () => {
  let screen = "";
  let asked = false;
  const { exitCode } = await unseen(async () => {
    const child = Bun.spawn(
      ["ansible-playbook", "-i", inventory, join(PLAYBOOKS, "deploy.yml"), "-b", "-K"],
      {
        cwd: here,
        env: { ...process.env, ...environment(), ANSIBLE_NOCOLOR: "1", TERM: "xterm" },
        terminal: {
          cols: 200,
          rows: 50,
          data(terminal, bytes) {
            screen += new TextDecoder().decode(bytes);
            if (asked || !screen.includes("BECOME password: ")) return;
            asked = true;
            terminal.write(`${PASSWORD}\r`);
          },
        },
      },
    );
    const late = setTimeout(() => child.kill("SIGKILL"), 500_000);
    const exitCode = await child.exited;
    clearTimeout(late);
    child.terminal?.close();
    return { exitCode };
  });
  expect({ exitCode, screen }).toMatchObject({ exitCode: 0 });
  expect(screen.match(/password/gi)).toHaveLength(1);
  for (const part of PASSWORD_PARTS) expect(screen).not.toContain(part);
  for (const host of ["web1", "web2"]) {
    expect(screen).toMatch(new RegExp(`${host} +: ok=\\d+ +changed=1 +unreachable=0 +failed=0`));
    await expectRoot(`${host}/current/index.html`);
  }
  const again = await play("deploy.yml", inventory, {
    args: ["-b", "--become-password-file", join(here, "password")],
    env: environment(),
  });
  const same = "changed=0 unreachable=0 failed=0";
  expect(again).toMatchObject({ exitCode: 0, recap: { web1: same, web2: same } });
});

test("deploy.ts -b with a password: --before becomes root by it, and it is on no command line", async () => {
  const drain = join(here, "drain.yml");
  await writeFile(
    drain,
    `
- hosts: all
  gather_facts: false
  tasks:
    - name: Drain as root
      ansible.builtin.shell: id -un > drained
      args:
        chdir: "{{ rookery_deploy_to | dirname }}"
`,
  );
  const words = ["-b", "--become-password-file", join(here, "password"), "-r", "second", "--before", drain];
  const result = await unseen(() =>
    runScript(["deploy", "-i", inventory, ...words], { env: environment(), timeoutMs: 500_000 }),
  );
  expect(result).toMatchObject({ exitCode: 0 });
  expect(await readFile(join(accounts.root, "files", "drained"), "utf8")).toBe("root\n");
  await expectRoot("web1/releases/second/index.html");
  for (const part of PASSWORD_PARTS) expect(result.stdout + result.stderr).not.toContain(part);
  expect(await readdir(join(here, "tmp"))).toEqual([]);
});
