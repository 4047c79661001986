// A fleet of up to thousands: SSH servers on 127.1.x.y, all on one port, that run real commands. It lives in a few
// processes, so it costs a hundredth of what as many sshds would, and the machine has time left for the client.
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { dump } from "js-yaml";
import type { Target } from "../../../lib/ssh/types.ts";
import { generateKey } from "../fleet.ts";
import { temporaryFolder } from "../marker.ts";
import type { ServerConfig, ServerReport } from "./server.ts";

export interface ThousandOptions {
  readonly hosts?: number;
  readonly processes?: number;
  /** Commands running at a time, in all processes together; the others wait their turn. */
  readonly commandsAtOnce?: number;
  /** Hosts where nothing listens: they refuse. */
  readonly down?: readonly string[];
  /** Hosts that take a connection and never say a word. */
  readonly silent?: readonly string[];
}

export interface Thousand extends AsyncDisposable {
  /** Everything of this fleet is below this folder. */
  readonly root: string;
  /** web0001 and so on, in a group called web. */
  readonly names: readonly string[];
  readonly user: string;
  readonly port: number;
  /** An Ansible inventory, alone in its folder. */
  readonly inventory: string;
  /** Private key that every host accepts, and the known_hosts that names them all. */
  readonly keyFile: string;
  readonly knownHostsFile: string;
  /** Ids of the processes that serve. */
  readonly pids: readonly number[];
  address(name: string): string;
  /** What HOME is on the host; there once a command ran. */
  home(name: string): string;
  /** How to reach the host, without an inventory. */
  target(name: string): Target;
}

const SERVER = join(import.meta.dir, "server.ts");
const START_MS = 60_000;
const ATTEMPTS = 10;
/** Below the ports that outgoing connections take. */
const PORTS = { first: 20_000, count: 12_000 };

/**
 * Starts the fleet and waits until every host listens.
 * @throws Error with what a process said when it can't
 */
export async function startThousand({
  hosts = 1000,
  processes = 2,
  commandsAtOnce = 32,
  down = [],
  silent = [],
}: ThousandOptions = {}): Promise<Thousand> {
  await using stack = new AsyncDisposableStack();
  const root = await temporaryFolder("thousand");
  stack.defer(() => rm(root, { recursive: true, force: true }));
  const names = Array.from({ length: hosts }, (_, index) => `web${String(index + 1).padStart(4, "0")}`);
  const addresses = new Map(names.map((name, index) => [name, addressOf(index)]));
  const address = (name: string): string => {
    const found = addresses.get(name);
    if (found === undefined) throw new RangeError(`no such host in this fleet: ${name}`);
    return found;
  };
  const user = Bun.spawnSync(["id", "-un"]).stdout.toString().trim();
  const keyFile = join(root, "client_key");
  await Promise.all([generateKey(keyFile), generateKey(join(root, "host_key"))]);
  const shares = Array.from({ length: processes }, (_, share) =>
    names.filter((name, index) => index % processes === share && !down.includes(name)),
  );
  const config: Omit<ServerConfig, "hosts" | "port"> = {
    hostKey: await readFile(join(root, "host_key"), "utf8"),
    authorizedKey: await readFile(`${keyFile}.pub`, "utf8"),
    root,
    user,
    silent: silent.map(address),
    commandsAtOnce: Math.max(1, Math.floor(commandsAtOnce / processes)),
  };
  const parts = shares.map((share) => Object.fromEntries(share.map((name) => [address(name), name])));
  const { port, servers } = await startServers(parts, config);
  for (const server of servers) stack.defer(server.end);

  const knownHostsFile = join(root, "known_hosts");
  const key = (await readFile(join(root, "host_key.pub"), "utf8")).split(" ").slice(0, 2).join(" ");
  await writeFile(knownHostsFile, names.map((name) => `[${address(name)}]:${port} ${key}\n`).join(""));
  const inventory = join(root, "inventory", "hosts.yml");
  await mkdir(join(root, "inventory"));
  const vars = {
    ansible_user: user,
    ansible_port: port,
    ansible_ssh_private_key_file: keyFile,
    ansible_ssh_common_args: `-o UserKnownHostsFile=${knownHostsFile} -o GSSAPIAuthentication=no`,
    ansible_remote_tmp: join(root, "ansible"),
  };
  const entries = names.map((name) => [name, { ansible_host: address(name) }]);
  await writeFile(inventory, dump({ web: { hosts: Object.fromEntries(entries), vars } }));
  const kept = stack.move();
  return {
    root,
    names,
    user,
    port,
    inventory,
    keyFile,
    knownHostsFile,
    pids: servers.map(({ pid }) => pid),
    address,
    home: (name) => join(root, "hosts", name),
    target: (name) => ({
      name,
      via: "ssh",
      address: address(name),
      port,
      user,
      privateKeyFile: keyFile,
      hostKeyChecking: "yes",
      knownHostsFiles: [knownHostsFile],
    }),
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

/** 127.1.1.1 to 127.1.255.250: a loopback address for each host, up to 63,750 of them. */
function addressOf(index: number): string {
  return `127.1.${1 + Math.floor(index / 250)}.${1 + (index % 250)}`;
}

/** All processes on one port; on another one when somebody has it on one of the addresses. */
async function startServers(
  parts: readonly ServerConfig["hosts"][],
  config: Omit<ServerConfig, "hosts" | "port">,
): Promise<{ port: number; servers: readonly ServerProcess[] }> {
  for (let attempt = 1; ; attempt += 1) {
    const port = PORTS.first + Math.floor(Math.random() * PORTS.count);
    const servers = parts.map((hosts) => startServer({ ...config, hosts, port }));
    const reports = await Promise.all(servers.map(({ report }) => report));
    const trouble = reports.find(({ type }) => type === "failed");
    if (trouble?.type !== "failed") return { port, servers };
    await Promise.all(servers.map(({ end }) => end()));
    if (attempt === ATTEMPTS || !trouble.message.includes("EADDRINUSE"))
      throw new Error(`a simulated fleet can't start: ${trouble.message}`);
  }
}

interface ServerProcess {
  readonly pid: number;
  readonly report: Promise<ServerReport>;
  end(): Promise<void>;
}

function startServer(config: ServerConfig): ServerProcess {
  const child = Bun.spawn([process.execPath, SERVER], {
    stdin: "pipe",
    stdout: "pipe",
    stderr: "inherit",
    env: process.env,
  });
  child.stdin.write(`${JSON.stringify(config)}\n`);
  void child.stdin.flush();
  const timer = setTimeout(() => child.kill("SIGKILL"), START_MS);
  const report = (async (): Promise<ServerReport> => {
    let text = "";
    for await (const chunk of child.stdout.pipeThrough(new TextDecoderStream())) {
      text += chunk;
      if (text.includes("\n")) break;
    }
    clearTimeout(timer);
    if (text === "") return { type: "failed", message: `its process ended with ${await child.exited}` };
    return JSON.parse(text) as ServerReport;
  })();
  const end = async () => {
    // The end of its input tells it to stop, and it takes its commands with it.
    await child.stdin.end();
    await child.exited;
  };
  return { pid: child.pid, report, end };
}
