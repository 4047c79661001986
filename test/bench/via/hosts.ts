// Hosts with a real sshd each, in the namespaces of a shaped network, and the inventory that names them.
import { mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { dump } from "js-yaml";
import { type Child, startChild } from "../swarm/child.ts";
import type { Network } from "../swarm/network.ts";
import { run } from "../swarm/run.ts";

export interface Hosts extends AsyncDisposable {
  readonly inventory: string;
  /** Folder that is deployed. */
  readonly source: string;
  /** `rookery_deploy_to` of each host. */
  readonly folders: readonly string[];
  /** HOME of the control host. */
  readonly home: string;
}

const SSHD = "/usr/sbin/sshd";
/** What sshd gives its sessions by itself. */
const HOST_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** Starts them below `root`. Hosts have a Bun of their own: it is a warm fleet that is measured. */
export async function startHosts({ hosts }: Network, root: string): Promise<Hosts> {
  await using stack = new AsyncDisposableStack();
  const at = (...path: string[]) => join(root, ...path);
  await mkdir("/run/sshd", { recursive: true, mode: 0o755 });
  for (const folder of ["bin", "home", "source", "inventory"]) await mkdir(at(folder));
  await symlink(process.execPath, at("bin", "bun"));
  await makeKey(at("key"));
  await makeKey(at("host_key"));
  const hostKey = await readFile(at("host_key.pub"), "utf8");
  const keyWords = hostKey.split(" ").slice(0, 2).join(" ");
  await writeFile(at("known_hosts"), hosts.map(({ address }) => `${address} ${keyWords}\n`).join(""));
  for (const node of hosts) {
    await mkdir(at(node.name, "home"), { recursive: true });
    const config = [
      `ListenAddress ${node.address}:22`,
      `HostKey ${at("host_key")}`,
      `AuthorizedKeysFile ${at("key")}.pub`,
      `SetEnv PATH=${at("bin")}:${HOST_PATH} HOME=${at(node.name, "home")}`,
      "PermitRootLogin yes",
      "StrictModes no",
      "UsePAM no",
      "UseDNS no",
      "PidFile none",
    ];
    await writeFile(at(node.name, "sshd_config"), `${config.join("\n")}\n`);
    const argv = [SSHD, "-D", "-e", "-f", at(node.name, "sshd_config")];
    stack.use(await listening(node, argv));
  }
  const vars = {
    ansible_user: process.env.USER ?? "root",
    ansible_ssh_private_key_file: at("key"),
    ansible_ssh_common_args: `-o UserKnownHostsFile=${at("known_hosts")}`,
    rookery_app: "bench",
    rookery_source: at("source"),
    rookery_deploy_to: join(root, "{{ inventory_hostname }}", "shop"),
  };
  const entries = hosts.map(({ name, address }) => [name, { ansible_host: address }]);
  await writeFile(at("inventory", "hosts.yml"), dump({ web: { hosts: Object.fromEntries(entries), vars } }));
  const kept = stack.move();
  return {
    inventory: at("inventory", "hosts.yml"),
    source: at("source"),
    folders: hosts.map(({ name }) => at(name, "shop")),
    home: at("home"),
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

/** sshd in a namespace, once it listens. */
async function listening(node: Network["hosts"][number], argv: readonly string[]): Promise<Child> {
  const ready = Promise.withResolvers<void>();
  const child = startChild(node, argv, {
    onError: (line) => line.includes("Server listening") && ready.resolve(),
  });
  void child.exited.then(() => ready.reject(new Error(`sshd of ${node.name} ended: ${child.tail()}`)));
  await ready.promise;
  return child;
}

async function makeKey(path: string): Promise<void> {
  await run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "rookery bench", "-f", path]);
}
