// Hosts without a Bun: a real sshd each, in the namespaces of a network, with its own home and its own programs.
import { mkdir, readdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { dump } from "js-yaml";
import { type Child, startChild } from "../bench/swarm/child.ts";
import type { Network, Node } from "../bench/swarm/network.ts";
import { generateKey } from "./fleet.ts";
import { RUN_ID, RUN_VARIABLE } from "./marker.ts";

/** How a host differs from one that has all this machine has, but no Bun. */
export interface Peculiar {
  /** Programs it lacks, too. */
  readonly without?: readonly string[];
  /** Programs of its own, name → script. */
  readonly programs?: Readonly<Record<string, string>>;
}

export interface ColdHostsOptions {
  readonly peculiar?: Readonly<Record<string, Peculiar>>;
  /** Group vars, over the usual. */
  readonly vars?: Readonly<Record<string, unknown>>;
}

export interface ColdHosts extends AsyncDisposable {
  readonly inventory: string;
  /** HOME of the control host; its runtimes are packed there. */
  readonly home: string;
  /** What is in a host's cache. */
  cached(name: string): Promise<readonly string[]>;
  cacheOf(name: string): string;
  /** Commands that were run on a host so far, sessions of sshd. */
  commands(name: string): Promise<number>;
  /** Its sshd; ending it with its sessions is a host that loses power. */
  sshd(name: string): Child;
  /** In the environment of everything a host runs. */
  mark(name: string): string;
}

const SSHD = "/usr/sbin/sshd";

/** Starts them below `root`, which the caller removes. */
export async function startColdHosts(
  { hosts }: Network,
  root: string,
  { peculiar = {}, vars = {} }: ColdHostsOptions = {},
): Promise<ColdHosts> {
  await using stack = new AsyncDisposableStack();
  const at = (...path: string[]) => join(root, ...path);
  await mkdir("/run/sshd", { recursive: true, mode: 0o755 });
  for (const folder of ["home", "source", "inventory"]) await mkdir(at(folder));
  await generateKey(at("key"));
  await generateKey(at("host_key"));
  const keyWords = (await readFile(at("host_key.pub"), "utf8")).split(" ").slice(0, 2).join(" ");
  await writeFile(at("known_hosts"), hosts.map(({ address }) => `${address} ${keyWords}\n`).join(""));
  await makePrograms(at("programs"), {});
  const children = new Map<string, Child>();
  const mark = (name: string) => `ROOKERY_COLD_HOST=${at(name)}`;
  for (const node of hosts) {
    const { name } = node;
    await mkdir(at(name, "home"), { recursive: true });
    const own = peculiar[name];
    if (own !== undefined) await makePrograms(at(name, "programs"), own);
    const programs = own === undefined ? at("programs") : at(name, "programs");
    const config = [
      `ListenAddress ${node.address}:22`,
      `HostKey ${at("host_key")}`,
      `AuthorizedKeysFile ${at("key")}.pub`,
      `SetEnv PATH=${programs} HOME=${at(name, "home")} ${mark(name)} ${RUN_VARIABLE}=${RUN_ID}`,
      `ForceCommand echo >> ${at(name, "commands")}; exec sh -c "$SSH_ORIGINAL_COMMAND"`,
      "PermitRootLogin yes",
      "StrictModes no",
      "UsePAM no",
      "UseDNS no",
      "PidFile none",
      "MaxStartups 200",
    ];
    await writeFile(at(name, "commands"), "");
    await writeFile(at(name, "sshd_config"), `${config.join("\n")}\n`);
    const argv = [SSHD, "-D", "-e", "-f", at(name, "sshd_config")];
    children.set(name, stack.use(await listening(node, argv)));
  }
  const usual = {
    ansible_user: Bun.spawnSync(["id", "-un"]).stdout.toString().trim(),
    ansible_ssh_private_key_file: at("key"),
    ansible_ssh_common_args: `-o UserKnownHostsFile=${at("known_hosts")}`,
    rookery_app: "shop",
    rookery_source: at("source"),
    rookery_deploy_to: join(root, "{{ inventory_hostname }}", "shop"),
  };
  await writeFile(at("source", "index.html"), "one\n");
  const entries = hosts.map(({ name, address }) => [name, { ansible_host: address }]);
  const group = { hosts: Object.fromEntries(entries), vars: { ...usual, ...vars } };
  await writeFile(at("inventory", "hosts.yml"), dump({ web: group }));
  const kept = stack.move();
  const cacheOf = (name: string) => at(name, "home", ".cache", "rookery");
  return {
    inventory: at("inventory", "hosts.yml"),
    home: at("home"),
    cacheOf,
    cached: async (name) => (await readdir(cacheOf(name)).catch(() => [])).sort(),
    commands: async (name) => (await readFile(at(name, "commands"), "utf8")).length,
    sshd: (name) => {
      const child = children.get(name);
      if (child === undefined) throw new RangeError(`no such host: ${name}`);
      return child;
    },
    mark,
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

/** A folder for PATH with what this machine has, links all of them, but for Bun and what the host lacks. */
async function makePrograms(folder: string, { without = [], programs = {} }: Peculiar): Promise<void> {
  await mkdir(folder, { recursive: true });
  const left = new Set(["bun", "bunx", ...without, ...Object.keys(programs)]);
  for (const place of ["/usr/bin", "/bin", "/usr/sbin", "/sbin"]) {
    for (const name of await readdir(place)) {
      if (left.has(name)) continue;
      left.add(name);
      await symlink(join(place, name), join(folder, name));
    }
  }
  for (const [name, text] of Object.entries(programs))
    await writeFile(join(folder, name), text, { mode: 0o755 });
}

/** sshd in a namespace, once it listens. */
async function listening(node: Node, argv: readonly string[]): Promise<Child> {
  const ready = Promise.withResolvers<void>();
  const child = startChild(node, argv, {
    onError: (line) => line.includes("Server listening") && ready.resolve(),
  });
  void child.exited.then(() => ready.reject(new Error(`sshd of ${node.name} ended: ${child.tail()}`)));
  await ready.promise;
  return child;
}
