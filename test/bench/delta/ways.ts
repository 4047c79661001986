// The ways a changed tree gets to the hosts: our deploy, and rsync to each of them.
import { readdir, readlink, rm } from "node:fs/promises";
import { basename, join } from "node:path";
import { inside } from "../swarm/ip.ts";
import { type Network, payloadBytes } from "../swarm/network.ts";
import { run } from "../swarm/run.ts";
import type { Hosts } from "../via/hosts.ts";

export interface Outcome {
  readonly seconds: number;
  /** Bytes the control host sent, all of them: SSH's and the swarm's. */
  readonly sentBytes: number;
  /** Bytes a host received of the payload, on average; undefined where nobody says. */
  readonly hostBytes: number | undefined;
  /** What a deploy says of its stages. */
  readonly stages: Readonly<Record<string, number>>;
}

export interface Field {
  readonly network: Network;
  readonly hosts: Hosts;
  readonly signal: AbortSignal;
}

const SCRIPTS = join(import.meta.dir, "..", "..", "..", "scripts");

/** deploy.ts to all hosts, timed by the clock from its start to its end. @throws Error with what it said when it fails */
export async function deploy(field: Field, words: readonly string[] = []): Promise<Outcome> {
  const { hosts } = field;
  const argv = [process.execPath, join(SCRIPTS, "deploy.ts"), "-i", hosts.inventory, "--json", ...words];
  const { stdout, ...measured } = await timed(field, argv);
  const events = stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Told);
  const rows = events.filter(({ type }) => type === "host");
  const stages = events.find(({ type }) => type === "summary")?.seconds ?? {};
  const hostBytes = rows.reduce((sum, { bytes = 0 }) => sum + bytes, 0) / Math.max(1, rows.length);
  return { ...measured, hostBytes, stages };
}

interface Told {
  readonly type: string;
  readonly bytes?: number;
  readonly seconds?: Readonly<Record<string, number>>;
}

const RSYNC_BASE = "rsync-base";

/**
 * Gives each host what an rsync of the source would have left there, with its times, by which rsync tells what changed:
 * a release of ours has others. Links do, for what changes in the source is put there as a new file.
 */
export async function seedRsync({ hosts }: Field): Promise<void> {
  for (const folder of hosts.folders)
    await run(["cp", "-al", hosts.source, join(folder, "releases", RSYNC_BASE)]);
}

/** rsync -a --link-dest to a new folder on each host, all at once, over SSH. */
export async function rsync(field: Field, root: string): Promise<Outcome> {
  const { network, hosts } = field;
  const ssh = `ssh -i ${join(root, "key")} -o UserKnownHostsFile=${join(root, "known_hosts")} -o IdentityAgent=none`;
  const name = "rsync-new";
  const sending = network.hosts.map(({ address }, index) => {
    const folder = hosts.folders[index] as string;
    const to = `${address}:${join(folder, "releases", name)}/`;
    const argv = ["rsync", "-a", "-e", ssh, "--link-dest", `../${RSYNC_BASE}`, `${hosts.source}/`, to];
    return argv.map((word) => `'${word}'`).join(" ");
  });
  const script = `set -e; pids=; for c in "$@"; do eval "$c" & pids="$pids $!"; done; for p in $pids; do wait $p; done`;
  const { stdout: _, ...measured } = await timed(field, ["sh", "-c", script, "sh", ...sending]);
  for (const folder of hosts.folders) {
    await rm(join(folder, "releases", name), { recursive: true });
    await rm(join(folder, "releases", RSYNC_BASE), { recursive: true });
  }
  return { ...measured, hostBytes: undefined, stages: {} };
}

/** Removes every release but the current one from every host, and what is known of it. */
export async function keepCurrent({ hosts }: Field): Promise<void> {
  for (const folder of hosts.folders) {
    const current = basename(await readlink(join(folder, "current")));
    for (const place of [join(folder, "releases"), join(folder, ".rookery", "releases")]) {
      for (const name of await readdir(place)) {
        const isOld = !name.startsWith(".") && name !== current && !name.startsWith(`${current}.`);
        if (isOld) await rm(join(place, name), { recursive: true });
      }
    }
  }
}

async function timed({ network, hosts, signal }: Field, argv: readonly string[]) {
  const before = await network.sent(network.seeder);
  const beginMs = performance.now();
  const child = Bun.spawn(inside(network.seeder, argv), {
    env: { ...process.env, HOME: hosts.home, SSH_AUTH_SOCK: undefined, TMPDIR: join(hosts.home, "..") },
    stdout: "pipe",
    stderr: "pipe",
    signal,
  });
  const [stdout, stderr, exitCode] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  const seconds = (performance.now() - beginMs) / 1000;
  if (exitCode !== 0) throw new Error(`${argv.slice(0, 4).join(" ")}: exit ${exitCode}\n${stdout}${stderr}`);
  const after = await network.sent(network.seeder);
  const carried = { bytes: after.bytes - before.bytes, packets: after.packets - before.packets };
  return { stdout, seconds, sentBytes: payloadBytes(carried) };
}
