// What ansible.cfg and ANSIBLE_* say about connections, and where a host's own vars win over it.
import { expect, test } from "bun:test";
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
