// Real OpenSSH servers on loopback ports, one a host, each with its own folder, home and host key.
import { mkdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { dump } from "js-yaml";
import type { Target } from "../../lib/ssh/types.ts";
import { RUN_ID, RUN_VARIABLE, temporaryFolder } from "./marker.ts";
import { descendants, killAll, listProcesses } from "./processes.ts";
import { type Sshd, startSshd } from "./sshd.ts";

/** What sshd gives its sessions by itself. */
const HOST_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

export interface FleetOptions {
  /** How many; they are called `${prefix}1` and so on, in a group called `prefix`. */
  readonly hosts?: number;
  readonly prefix?: string;
  /** sshd_config lines of a host, instead of the usual ones of the same keyword: `{ web2: ["MaxStartups 1"] }`. */
  readonly config?: Readonly<Record<string, readonly string[]>>;
  /** Words before the sshd of a host, which become it in the end: a namespace of its own. */
  readonly around?: Readonly<Record<string, readonly string[]>>;
  /** Vars of the group, written to the inventory. */
  readonly vars?: Readonly<Record<string, unknown>>;
  /** Vars of single hosts, written to the inventory. */
  readonly hostVars?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

export interface Fleet extends AsyncDisposable {
  /** Everything of this fleet is below this folder. */
  readonly root: string;
  readonly names: readonly string[];
  /** Path of an inventory file that Ansible and we both read; alone in its folder, so group_vars/ may be put beside it. */
  readonly inventory: string;
  readonly user: string;
  /** Private key every host accepts; its public half is beside it with `.pub`. */
  readonly keyFile: string;
  /** Holds every host's key. */
  readonly knownHostsFile: string;
  /** The host's own empty folder: where to deploy to. Its home is `home` beside it, see `home`. */
  folder(name: string): string;
  /** What HOME is in the host's sessions. */
  home(name: string): string;
  port(name: string): number;
  /** How to reach the host, without an inventory. */
  target(name: string): Target;
  /** What its sshd wrote so far. */
  log(name: string): string;
  /** Ends the host's sshd, its sessions and whatever they started, at once: a host that loses power. */
  kill(name: string): Promise<void>;
  /** Stops them all without a word to anybody: a host that hangs. `kill` and disposing still work. */
  freeze(name: string): void;
}

/** In the environment of everything a host runs; its value is the host's folder. */
const HOST_VARIABLE = "ROOKERY_TEST_HOST";

/**
 * Starts `hosts` sshds and waits until they listen.
 * @throws Error with sshd's own words when one doesn't start
 */
export async function startFleet({
  hosts = 3,
  prefix = "web",
  config = {},
  around = {},
  vars = {},
  hostVars = {},
}: FleetOptions = {}): Promise<Fleet> {
  const root = await temporaryFolder("fleet");
  const names = Array.from({ length: hosts }, (_, index) => `${prefix}${index + 1}`);
  const keyFile = join(root, "client_key");
  const knownHostsFile = join(root, "known_hosts");
  const inventory = join(root, "inventory", "hosts.yml");
  // Bun takes the name from $USER, which a bare environment lacks.
  const user = Bun.spawnSync(["id", "-un"]).stdout.toString().trim();
  const programs = join(root, "bin");
  const servers = new Map<string, Sshd>();
  const place = (name: string, part: string) => {
    if (!names.includes(name)) throw new RangeError(`no such host in this fleet: ${name}`);
    return join(root, name, part);
  };
  const server = (name: string): Sshd => {
    const found = servers.get(name);
    if (found === undefined) throw new RangeError(`no such host in this fleet: ${name}`);
    return found;
  };
  const pidsOf = (name: string): readonly number[] => {
    const sshd = server(name);
    const mark = `${HOST_VARIABLE}=${join(root, name)}`;
    const processes = listProcesses();
    const marked = processes.filter(({ environment }) => environment.includes(mark));
    const below = sshd.alive() ? descendants(sshd.pid, processes) : [];
    return [...new Set([...below, ...marked].map(({ pid }) => pid))];
  };
  const kill = async (name: string) => {
    killAll(pidsOf(name));
    await server(name).exited;
  };
  const dispose = async () => {
    await Promise.all([...servers.keys()].map(kill));
    await rm(root, { recursive: true, force: true });
  };

  try {
    await generateKey(keyFile);
    // Hosts have a Bun, whether or not this machine has one for everybody: a hundred megabytes a host less to send.
    await mkdir(programs);
    await symlink(process.execPath, join(programs, "bun"));
    await Promise.all(
      names.map(async (name) => {
        await mkdir(place(name, "files"), { recursive: true });
        await mkdir(place(name, "home"));
        await generateKey(place(name, "host_key"));
        const home = place(name, "home");
        const usual = [
          `HostKey ${place(name, "host_key")}`,
          `AuthorizedKeysFile ${keyFile}.pub`,
          `SetEnv PATH=${programs}:${HOST_PATH} HOME=${home} ${HOST_VARIABLE}=${join(root, name)} ${RUN_VARIABLE}=${RUN_ID}`,
          "PermitRootLogin yes",
          "PasswordAuthentication no",
          "KbdInteractiveAuthentication no",
          "StrictModes no",
          "UsePAM no",
          "UseDNS no",
          "PidFile none",
          "MaxStartups 500",
          "MaxSessions 100",
          "Subsystem sftp internal-sftp",
        ];
        const special = config[name] ?? [];
        const changed = new Set(special.map(keyword));
        const lines = [...special, ...usual.filter((line) => !changed.has(keyword(line)))];
        servers.set(name, await startSshd(place(name, "sshd_config"), lines, { around: around[name] }));
      }),
    );
    const keys = names.map(async (name) => {
      const key = await readFile(`${place(name, "host_key")}.pub`, "utf8");
      return `[127.0.0.1]:${server(name).port} ${key.split(" ").slice(0, 2).join(" ")}\n`;
    });
    await writeFile(knownHostsFile, (await Promise.all(keys)).join(""));
    const hostEntries = names.map((name) => {
      const address = { ansible_host: "127.0.0.1", ansible_port: server(name).port };
      // Ansible expands ~ by the user's passwd entry, not by HOME.
      const temporary = { ansible_remote_tmp: join(place(name, "home"), ".ansible") };
      return [name, { ...address, ...temporary, ...hostVars[name] }];
    });
    const groupVars = {
      ansible_user: user,
      ansible_ssh_private_key_file: keyFile,
      ansible_ssh_common_args: `-o UserKnownHostsFile=${knownHostsFile}`,
      // A master connection that lingers for a minute would look like something left behind.
      ansible_ssh_args: "-o ControlMaster=no",
      ...vars,
    };
    await mkdir(join(root, "inventory"));
    await writeFile(
      inventory,
      dump({ [prefix]: { hosts: Object.fromEntries(hostEntries), vars: groupVars } }),
    );
  } catch (error) {
    await dispose();
    throw error;
  }

  return {
    root,
    names,
    inventory,
    user,
    keyFile,
    knownHostsFile,
    folder: (name) => place(name, "files"),
    home: (name) => place(name, "home"),
    port: (name) => server(name).port,
    log: (name) => server(name).log(),
    target: (name) => ({
      name,
      via: "ssh",
      address: "127.0.0.1",
      port: server(name).port,
      user,
      privateKeyFile: keyFile,
      hostKeyChecking: "yes",
      knownHostsFiles: [knownHostsFile],
    }),
    kill,
    freeze: (name) => killAll(pidsOf(name), "SIGSTOP"),
    [Symbol.asyncDispose]: dispose,
  };
}

function keyword(line: string): string {
  return line.trim().split(/[\s=]/)[0]?.toLowerCase() ?? "";
}

/** An ed25519 key pair (or another `type`) without passphrase at `path` and `path.pub`. */
export async function generateKey(path: string, { type = "ed25519", passphrase = "" } = {}): Promise<void> {
  const bits = type === "rsa" ? ["-b", "2048"] : [];
  const argv = ["ssh-keygen", "-q", "-t", type, ...bits, "-N", passphrase, "-C", "rookery test", "-f", path];
  const child = Bun.spawn(argv, { stdin: "ignore", stdout: "pipe", stderr: "pipe" });
  const [complaint, exitCode] = await Promise.all([child.stderr.text(), child.exited]);
  if (exitCode !== 0) throw new Error(`ssh-keygen failed: ${complaint}`);
}
