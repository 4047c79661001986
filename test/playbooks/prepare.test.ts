// prepare.yml on real sshd hosts, twice: the second time changes nothing.
import { afterEach, expect, setDefaultTimeout, test } from "bun:test";
import { chmod, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Stage, startStage } from "../e2e/stage.ts";
import { play } from "./ansible.ts";

setDefaultTimeout(600_000);

let stage: Stage;
afterEach(async () => {
  await stage[Symbol.asyncDispose]();
});

const prepare = (args: readonly string[] = []) =>
  play("prepare.yml", stage.fleet.inventory, { args, env: { HOME: stage.home } });

const SAME = "changed=0 unreachable=0 failed=0";
const changed = (tasks: number) => `changed=${tasks} unreachable=0 failed=0`;

/** Firewalls as their command lines behave; what is open is in the host's HOME, and they are active where `active` says so. */
const FIREWALL_CMD = `#!/bin/sh
touch "$HOME/firewalld"
grep -q firewalld "$HOME/active" 2>/dev/null || { echo 'not running' >&2; exit 252; }
where=now
for word; do case $word in
--permanent) where=permanent ;;
--state) echo running; exit 0 ;;
--query-port=*) grep -qx "$where \${word#*=}" "$HOME/firewalld" && { echo yes; exit 0; }; echo no; exit 1 ;;
--add-port=*) echo "$where \${word#*=}" >> "$HOME/firewalld"; echo success ;;
esac; done
`;
const UFW = `#!/bin/sh
touch "$HOME/ufw"
case $1 in
status) if grep -q ufw "$HOME/active" 2>/dev/null; then echo 'Status: active'; else echo 'Status: inactive'; fi ;;
show) echo "Added user rules (see 'ufw status' for running firewall):"; cat "$HOME/ufw" ;;
allow) echo "ufw allow $2 comment 'rookery'" >> "$HOME/ufw"; echo 'Rule added' ;;
esac
`;

async function addFirewalls(active: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, text] of Object.entries({ "firewall-cmd": FIREWALL_CMD, ufw: UFW })) {
    const path = join(stage.fleet.root, "bin", name);
    await writeFile(path, text);
    await chmod(path, 0o755);
  }
  for (const [host, name] of Object.entries(active))
    await writeFile(join(stage.fleet.home(host), "active"), name);
}

test("folders for whoever deploys, ports in the firewall that is active; a deploy follows", async () => {
  stage = await startStage({ hosts: 2 });
  await addFirewalls({ web1: "firewalld", web2: "ufw" });
  // Folders, and the ports.
  const wanted = { web1: changed(2), web2: changed(2) };
  expect(await prepare(["--check"])).toMatchObject({ exitCode: 0, recap: wanted });
  expect(await readdir(stage.place("web1", ".."))).toEqual([]);

  expect(await prepare()).toMatchObject({ exitCode: 0, recap: wanted });
  const read = (host: string, name: string) => readFile(join(stage.fleet.home(host), name), "utf8");
  expect(await read("web1", "firewalld")).toBe("now 20000-29999/tcp\npermanent 20000-29999/tcp\n");
  expect(await read("web2", "ufw")).toBe("ufw allow 20000:29999/tcp comment 'rookery'\n");
  expect([await read("web1", "ufw"), await read("web2", "firewalld")]).toEqual(["", ""]);
  for (const host of stage.fleet.names) {
    expect((await readdir(stage.place(host))).sort()).toEqual(["releases", "shared"]);
    expect((await stat(stage.place(host, "shared"))).uid).toBe(process.getuid?.() ?? -1);
  }
  expect(await stage.run("deploy")).toMatchObject({ exitCode: 0 });
  expect(await prepare()).toMatchObject({ exitCode: 0, recap: { web1: SAME, web2: SAME } });
});

test("an account of its own with keys, made by sudo", async () => {
  // The host's own /etc and /home, so that the machine's stay as they are.
  const script = 'set -e; cp -a /etc "$0"; mount --bind "$0/etc" /etc; mount -t tmpfs tmpfs /home; exec "$@"';
  const root = (await Bun.$`mktemp -d`.text()).trim();
  stage = await startStage({ hosts: 1, around: { web1: ["unshare", "--mount", "sh", "-c", script, root] } });
  await stage.setVars({
    rookery_user: "shopkeeper",
    rookery_user_keys: ["ssh-ed25519 AAAAexample one@desk"],
  });
  const checked = await prepare(["--check"]);
  expect(checked).toMatchObject({ exitCode: 0, recap: { web1: changed(2) } });
  expect(await prepare()).toMatchObject({ exitCode: 0, recap: { web1: changed(4) } });
  const said = await stage.run("run", [
    "--",
    "cat ~shopkeeper/.ssh/authorized_keys; stat -c %U:%G:%a ~shopkeeper/.ssh",
  ]);
  expect(said.stdout).toContain("ssh-ed25519 AAAAexample one@desk");
  expect(said.stdout).toContain("shopkeeper:shopkeeper:700");
  const owner = await stage.run("run", ["--", `stat -c %U:%G ${stage.place("web1", "releases")}`]);
  expect(owner.stdout).toContain("shopkeeper:shopkeeper");
  expect(await prepare()).toMatchObject({ exitCode: 0, recap: { web1: SAME } });
  expect(await Bun.$`getent passwd shopkeeper`.nothrow().quiet().text()).toBe("");
  await Bun.$`rm -r ${root}`;
});

test("prepare_runtime brings the peer program, once", async () => {
  stage = await startStage({ hosts: 2 });
  const warm = () => prepare(["-e", "prepare_runtime=true"]);
  expect(await warm()).toMatchObject({ exitCode: 0, recap: { web1: changed(2), web2: changed(2) } });
  const cached = await readdir(join(stage.fleet.home("web1"), ".cache", "rookery"));
  expect(cached).toContainEqual(expect.stringMatching(/^peer-[0-9a-f]{16}\.js$/));
  expect(await stage.releases("web1")).toEqual([]);
  expect(await warm()).toMatchObject({ exitCode: 0, recap: { web1: SAME, web2: SAME } });
  await stage.fleet.kill("web2");
  expect(await stage.run("warm")).toMatchObject({ exitCode: 4 });
  await stage.expectTidy();
});

test("what is missing or wrong is said by the name of its var", async () => {
  stage = await startStage({ hosts: 1 });
  await stage.setVars({ rookery_deploy_to: "relative/path" });
  const folder = await prepare();
  expect(folder).toMatchObject({ exitCode: 2 });
  expect(folder.text).toContain(
    "web1: rookery_deploy_to is relative/path; set it in group_vars to an absolute path",
  );
  await stage.setVars({ rookery_ports: "many" });
  const ports = await prepare();
  expect(ports.text).toContain("web1: rookery_ports is many; set it to a range such as 6881-6999");
});
