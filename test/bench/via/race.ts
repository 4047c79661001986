// One deploy to some of the hosts, one way, timed by what it says itself.
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { inside } from "../swarm/ip.ts";
import type { Network } from "../swarm/network.ts";
import { sha256 } from "../swarm/verify.ts";
import type { Hosts } from "./hosts.ts";

export interface Outcome {
  readonly hosts: number;
  readonly sizeBytes: number;
  readonly via: string;
  /** From the first peer's start until every host holds every byte, and all of the deploy. */
  readonly distributeMs: number;
  readonly totalMs: number;
  /** The way `auto` took, in its own words. */
  readonly reason: string | undefined;
}

export interface RaceOptions {
  readonly network: Network;
  readonly hosts: Hosts;
  readonly count: number;
  readonly sizeBytes: number;
  readonly via: string;
  readonly signal: AbortSignal;
}

const DEPLOY = join(import.meta.dir, "..", "..", "..", "scripts", "deploy.ts");

/** Deploys what `hosts.source` holds to the first `count` hosts, which hold nothing of it. @throws Error with what it said when it fails */
export async function race({ network, hosts, count, sizeBytes, via, signal }: RaceOptions): Promise<Outcome> {
  await Promise.all(hosts.folders.map((folder) => rm(folder, { recursive: true, force: true })));
  const argv = [process.execPath, DEPLOY, "-i", hosts.inventory, "--limit", `web[0:${count - 1}]`];
  const child = Bun.spawn(inside(network.seeder, [...argv, "--via", via, "--json", "-v"]), {
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
  if (exitCode !== 0)
    throw new Error(`deploy --via ${via} to ${count} hosts: exit ${exitCode}\n${stdout}${stderr}`);
  const wanted = await sha256(join(hosts.source, "payload.bin"));
  for (const folder of hosts.folders.slice(0, count)) {
    if ((await sha256(join(folder, "current", "payload.bin"))) !== wanted)
      throw new Error(`--via ${via}: ${folder} holds something else`);
  }
  const events = stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Told);
  const summary = events.find(({ type }) => type === "summary");
  const note = events.find(({ message }) => message?.startsWith("by "));
  return {
    hosts: count,
    sizeBytes,
    via,
    distributeMs: (summary?.seconds?.distribute ?? Number.NaN) * 1000,
    totalMs: (summary?.seconds?.total ?? Number.NaN) * 1000,
    reason: note?.message,
  };
}

interface Told {
  readonly type: string;
  readonly message?: string;
  readonly seconds?: { readonly distribute: number; readonly total: number };
}
