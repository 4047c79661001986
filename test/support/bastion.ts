// Hosts in network namespaces behind a bastion, the only machine that reaches both them and the control host. Nothing is
// forwarded there, so SSH through it is all there is. Linux and root only.
import { chmod, mkdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { dump } from "js-yaml";
import { startChild } from "../bench/swarm/child.ts";
import { inside } from "../bench/swarm/ip.ts";
import { run } from "../bench/swarm/run.ts";
import { type Event, readEvents } from "../e2e/events.ts";
import { buildBastion, killInside, type Machine, type NetworkOptions } from "./bastion-network.ts";
import { generateKey } from "./fleet.ts";
import { RUN_ID, RUN_VARIABLE, temporaryFolder } from "./marker.ts";

export interface BastionOptions extends NetworkOptions {
  /** Group vars beside the usual ones. */
  readonly vars?: Readonly<Record<string, unknown>>;
}

export interface Result {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly events: readonly Event[];
  /** What `-v` tells and what is noted, in order. */
  readonly notes: readonly string[];
}

export interface BastionFleet extends AsyncDisposable {
  readonly names: readonly string[];
  /** Folder that is deployed. */
  readonly source: string;
  /** `rookery_deploy_to` of a host, or a path below it. */
  place(host: string, ...path: string[]): string;
  /** Bytes that the control host has sent, whole packets. */
  sentBytes(): Promise<number>;
  /** Runs a script on the control host, with --json. */
  run(
    script: string,
    words: readonly string[],
    options?: {
      readonly onEvent?: (event: Event, pid: number) => void;
      /** Aborting is Ctrl+C. */
      readonly signal?: AbortSignal;
    },
  ): Promise<Result>;
  /** From now on the bastion passes packets on. */
  open(): Promise<void>;
  /** Ends everything that runs on a host. */
  kill(name: string): Promise<void>;
}

const PREFIX = `rooktest-${process.pid}`;
const PROJECT = join(import.meta.dir, "..", "..");
const HOST_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
let fleets = 0;

export async function startBastionFleet({
  open = false,
  vars = {},
  ...options
}: BastionOptions = {}): Promise<BastionFleet> {
  await using stack = new AsyncDisposableStack();
  const own = `${PREFIX}-${fleets++}`;
  const root = await temporaryFolder("bastion");
  stack.defer(() => rm(root, { recursive: true, force: true }));
  const at = (...path: string[]) => join(root, ...path);
  const network = stack.use(await buildBastion({ ...options, open, prefix: own }));
  const { control, bastion, machines } = network;
  const everybody = [control, bastion, ...machines];
  for (const folder of ["bin", "home", "home/.ssh", "source", "inventory", "tmp"]) await mkdir(at(folder));
  await chmod(at("home/.ssh"), 0o700);
  await symlink(process.execPath, at("bin", "bun"));
  await mkdir("/run/sshd", { recursive: true, mode: 0o755 });
  await Promise.all([at("key"), at("host_key")].map((path) => generateKey(path)));
  const hostKey = (await readFile(at("host_key.pub"), "utf8")).split(" ").slice(0, 2).join(" ");
  await writeFile(at("known_hosts"), everybody.map(({ address }) => `${address} ${hostKey}\n`).join(""));
  const servers = [bastion, ...machines];
  await Promise.all(
    servers.map(async (machine) => {
      await mkdir(at(machine.name, "home"), { recursive: true });
      const lines = [
        `ListenAddress ${machine.address}:22`,
        `HostKey ${at("host_key")}`,
        `AuthorizedKeysFile ${at("key")}.pub`,
        `SetEnv PATH=${at("bin")}:${HOST_PATH} HOME=${at(machine.name, "home")} ${RUN_VARIABLE}=${RUN_ID}`,
        ...[
          "PermitRootLogin yes",
          "StrictModes no",
          "UsePAM no",
          "UseDNS no",
          "PidFile none",
          "MaxStartups 500",
        ],
        "MaxSessions 100",
      ];
      await writeFile(at(machine.name, "sshd_config"), `${lines.join("\n")}\n`);
      stack.use(
        await listening(machine, ["/usr/sbin/sshd", "-D", "-e", "-f", at(machine.name, "sshd_config")]),
      );
    }),
  );
  const user = Bun.spawnSync(["id", "-un"]).stdout.toString().trim();
  // In the open, only hosts that nobody else reaches need it.
  const isBehind = (name: string) => !open || (options.islands ?? []).flat().includes(name);
  const sshArgs = (name: string) =>
    `-o UserKnownHostsFile=${at("known_hosts")}${isBehind(name) ? ` -o ProxyJump=${user}@${bastion.address}` : ""}`;
  const place = (host: string, ...path: string[]) => at(host, "shop", ...path);
  await writeFile(
    at("inventory", "hosts.yml"),
    dump({
      web: {
        hosts: Object.fromEntries(
          machines.map(({ name, address }) => [
            name,
            { ansible_host: address, ansible_ssh_common_args: sshArgs(name) },
          ]),
        ),
        vars: {
          ansible_user: user,
          ansible_ssh_private_key_file: at("key"),
          rookery_app: "shop",
          rookery_source: at("source"),
          rookery_deploy_to: place("{{ inventory_hostname }}"),
          rookery_via: "swarm",
          ...vars,
        },
      },
    }),
  );
  const kept = stack.move();

  return {
    names: machines.map(({ name }) => name),
    source: at("source"),
    place,
    sentBytes: async () => {
      const text = await run(["ip", "-n", control.namespace, "-s", "-j", "link", "show", "eth0"]);
      const [link] = JSON.parse(text) as { stats64: { tx: { bytes: number } } }[];
      return link?.stats64.tx.bytes ?? Number.NaN;
    },
    run: async (script, words, { onEvent, signal } = {}) => {
      const read = readEvents(onEvent);
      const argv = [
        process.execPath,
        join(PROJECT, "scripts", `${script}.ts`),
        "-i",
        at("inventory", "hosts.yml"),
      ];
      const child = Bun.spawn(inside(control, [...argv, "--json", ...words]), {
        cwd: dirname(at("inventory")),
        env: { ...process.env, HOME: at("home"), TMPDIR: at("tmp"), SSH_AUTH_SOCK: undefined, CI: undefined },
        stdin: "ignore",
        stdout: "pipe",
        stderr: "pipe",
      });
      signal?.addEventListener("abort", () => child.kill("SIGINT"), { once: true });
      let stdout = "";
      const reading = (async () => {
        const decoder = new TextDecoder();
        for await (const chunk of child.stdout) {
          const text = decoder.decode(chunk, { stream: true });
          stdout += text;
          read.push(text, child.pid);
        }
      })();
      const [stderr, exitCode] = await Promise.all([child.stderr.text(), child.exited, reading]);
      const events = read.end();
      const notes = events.flatMap((event) => (event.type === "note" ? [event.message] : []));
      return { exitCode, stdout, stderr, events, notes };
    },
    open: network.open,
    kill: async (name) => {
      const machine = machines.find((each) => each.name === name);
      if (machine === undefined) throw new RangeError(`no such host: ${name}`);
      await killInside(machine);
    },
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

/** sshd in a namespace, once it listens. */
async function listening(machine: Machine, argv: readonly string[]) {
  const ready = Promise.withResolvers<void>();
  const child = startChild(machine, argv, {
    onError: (line) => line.includes("Server listening") && ready.resolve(),
  });
  void child.exited.then(() => ready.reject(new Error(`sshd of ${machine.name} ended: ${child.tail()}`)));
  ready.promise.catch(() => undefined);
  await ready.promise;
  return child;
}
