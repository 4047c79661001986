// What ansible.cfg and ANSIBLE_* say about connections, and where a host's own vars win over it.
import { expect, test } from "bun:test";
import { chmod } from "node:fs/promises";
import { join } from "node:path";
import { readAnsibleConfig } from "../../lib/inventory/ansible-config.ts";
import { loadInventory } from "../../lib/inventory/load.ts";
import { targetOf } from "../../lib/ssh/target.ts";
import { folderOf } from "./ansible.ts";

const CONFIG = `[defaults]
remote_user = deploy
private_key_file = keys/id ; beside this file
host_key_checking = no
forks = 17
timeout = 9
[ssh_connection]
ssh_args = -o ProxyJump=gate
`;

test("connections follow ansible.cfg, the environment over it, and a host's own vars over both", async () => {
  await using folder = await folderOf({
    "ansible.cfg": CONFIG,
    hosts: "plain\nown ansible_user=me ansible_host_key_checking=yes ansible_ssh_private_key_file=/k\n",
  });
  const environment = { ANSIBLE_REMOTE_PORT: "2222", ANSIBLE_FORKS: "3" };
  const { connection, file } = readAnsibleConfig({ environment, folder: folder.path });
  expect(file).toBe(join(folder.path, "ansible.cfg"));
  expect(connection).toMatchObject({ forks: 3, timeoutSeconds: 9, hostKeyChecking: false });
  const inventory = await loadInventory([join(folder.path, "hosts")], { connection });
  const [plain, own] = inventory.match("plain,own").map((host) => targetOf(inventory, host));
  expect(plain).toMatchObject({
    user: "deploy",
    port: 2222,
    hostKeyChecking: "no",
    privateKeyFile: join(folder.path, "keys/id"),
    jumps: ["gate"],
  });
  expect(own).toMatchObject({ user: "me", hostKeyChecking: "yes", privateKeyFile: "/k" });
});

test("how long connecting may take, and become, follow ansible.cfg where no var says so", async () => {
  await using folder = await folderOf({
    "ansible.cfg":
      "[defaults]\ntimeout = 9\n[privilege_escalation]\nbecome = yes\nbecome_user = app\n[ssh_connection]\nssh_args = -C\n",
    hosts:
      "plain\nown ansible_ssh_timeout=3 ansible_become=no\nargs ansible_ssh_args='-o ConnectTimeout=4' ansible_become_user=root\nbad ansible_ssh_timeout=soon\n",
  });
  const target = async (environment: Record<string, string>, name: string) => {
    const { connection } = readAnsibleConfig({ environment, folder: folder.path });
    const inventory = await loadInventory([join(folder.path, "hosts")], { connection });
    const host = inventory.hosts.get(name);
    if (host === undefined) throw new Error(`no host ${name}`);
    return targetOf(inventory, host);
  };
  expect(await target({}, "plain")).toMatchObject({ connectTimeoutMs: 9000, become: { user: "app" } });
  expect(await target({ ANSIBLE_TIMEOUT: "7" }, "plain")).toMatchObject({ connectTimeoutMs: 7000 });
  expect(await target({ ANSIBLE_BECOME: "0" }, "plain")).toMatchObject({ become: undefined });
  expect(await target({}, "own")).toMatchObject({ connectTimeoutMs: 3000, become: undefined });
  expect(await target({}, "args")).toMatchObject({ connectTimeoutMs: 4000, become: { user: "root" } });
  expect(target({}, "bad")).rejects.toThrow('bad: ansible_ssh_timeout: not a number of seconds: "soon"');
});

test("sections and variables of a become method win over those of all, and which passwords are asked for", async () => {
  await using folder = await folderOf({
    "ansible.cfg":
      "[defaults]\nask_pass = yes\nbecome_password_file = secret\n[privilege_escalation]\nbecome_user = all\nbecome_exe = doas\nbecome_ask_pass = no\n[su_become_plugin]\nuser = one\nflags = -s /bin/sh\n",
  });
  const environment = {
    ANSIBLE_BECOME_FLAGS: "-H",
    ANSIBLE_SUDO_EXE: "/opt/sudo",
    ANSIBLE_SU_PASS: "secret",
  };
  const { connection, passwords } = readAnsibleConfig({ environment, folder: folder.path });
  expect(connection.becomeBy).toEqual({
    sudo: { user: "all", exe: "/opt/sudo", flags: "-H", password: undefined },
    su: { user: "one", exe: "doas", flags: "-H", password: "secret" },
  });
  expect(passwords).toEqual({
    askPass: true,
    askBecomePass: false,
    connectionPasswordFile: undefined,
    becomePasswordFile: join(folder.path, "secret"),
  });
});

test("what can't be followed is told, by the name it is set with", async () => {
  await using folder = await folderOf({
    "ansible.cfg":
      "[defaults]\njinja2_native = yes\nask_pass = no\nvars_plugins_enabled = host_group_vars, my.own\n[privilege_escalation]\nbecome_flags = -H -S -n\nbecome_exe = doas\n",
  });
  const environment = { ANSIBLE_BECOME_ASK_PASS: "1", ANSIBLE_ASK_PASS: "no" };
  const { warnings } = readAnsibleConfig({ environment, folder: folder.path });
  const file = join(folder.path, "ansible.cfg");
  expect(warnings).toEqual([
    "the vars plugin my.own is enabled, and not supported: only group_vars and host_vars count",
    `defaults.jinja2_native in ${file} is not supported: templates give texts`,
  ]);
});

test("an ansible.cfg where anybody may write is passed over, and that is told", async () => {
  await using folder = await folderOf({ "ansible.cfg": "[defaults]\nforks = 3\n" });
  await chmod(folder.path, 0o777);
  const environment = { HOME: folder.path };
  const passed = readAnsibleConfig({ environment, folder: folder.path });
  expect(passed.connection.forks).toBeUndefined();
  expect(passed.warnings).toEqual([
    `${join(folder.path, "ansible.cfg")} is ignored: anybody may write to this folder (name it in ANSIBLE_CONFIG to use it)`,
  ]);
  const named = readAnsibleConfig({ environment: { ANSIBLE_CONFIG: "ansible.cfg" }, folder: folder.path });
  expect([named.connection.forks, named.warnings]).toEqual([3, []]);
});

test("a value that can't be is refused by name", async () => {
  await using folder = await folderOf({ "ansible.cfg": "[defaults]\nhash_behaviour = mix\n" });
  const read = (environment = {}) => readAnsibleConfig({ environment, folder: folder.path });
  expect(read).toThrow(`defaults.hash_behaviour in ${join(folder.path, "ansible.cfg")} is "mix"`);
  expect(() => read({ ANSIBLE_FORKS: "many", ANSIBLE_HASH_BEHAVIOUR: "merge" })).toThrow(
    'ANSIBLE_FORKS is "many"',
  );
});

test("lookup('pipe') is what a command prints", async () => {
  await using folder = await folderOf({
    hosts: `h a="{{ lookup('pipe', 'echo one two') }}" b="{{ lookup('pipe', 'exit 3') }}"\n`,
  });
  const inventory = await loadInventory([join(folder.path, "hosts")], {
    environment: { PATH: "/usr/bin:/bin" },
  });
  const [host] = inventory.match("h");
  if (host === undefined) throw new Error("no host");
  expect(inventory.value(host, "a")).toBe("one two");
  expect(() => inventory.value(host, "b")).toThrow("exit 3 failed with 3");
});
