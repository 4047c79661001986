// One race: cold hosts, one way to warm them, timed by the child that does it; every copy hashed after.
import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { ColdHosts } from "../../support/cold-hosts.ts";
import { inside } from "../swarm/ip.ts";
import { type Network, payloadBytes } from "../swarm/network.ts";
import { machineSeconds, usageOfChildren } from "../swarm/usage.ts";
import { sha256 } from "../swarm/verify.ts";

export interface Outcome {
  readonly ms: number;
  readonly bytes: number;
  readonly packedBytes: number;
  /** What the control host's link carried away, TCP's headers taken off. */
  readonly sentBytes: number;
  /** 0 to 1, of all cores, whoever used them. */
  readonly machineBusy: number;
  /** What the programs of one host took, and those of the control host. */
  readonly hostCpuSeconds: number;
  readonly controlCpuSeconds: number;
}

interface Race {
  readonly network: Network;
  readonly hosts: ColdHosts;
  readonly count: number;
  readonly way: string;
  readonly signal: AbortSignal;
}

/** @throws Error with what it said when a host has no copy, or a wrong one */
export async function warmUp({ network, hosts, count, way, signal }: Race): Promise<Outcome> {
  const names = network.hosts.slice(0, count).map(({ name }) => name);
  for (const { name } of network.hosts) await rm(hosts.cacheOf(name), { recursive: true, force: true });
  const argv = [process.execPath, join(import.meta.dir, "child.ts"), hosts.inventory, `${count}`, way];
  const child = Bun.spawn(inside(network.seeder, argv), {
    env: { ...process.env, HOME: hosts.home, SSH_AUTH_SOCK: undefined, XDG_CACHE_HOME: undefined },
    stdout: "pipe",
    stderr: "inherit",
    signal,
  });
  let said = "";
  let before: Awaited<ReturnType<typeof meters>> | undefined;
  let after: typeof before;
  for await (const chunk of child.stdout.pipeThrough(
    new TextDecoderStream() as never,
  ) as AsyncIterable<string>) {
    said += chunk;
    if (said.includes('"begin"')) before ??= await meters(network, child.pid);
    if (said.includes('"end"')) after ??= await meters(network, child.pid);
  }
  const exitCode = await child.exited;
  const controlCpuSeconds = Number(child.resourceUsage()?.cpuTime.total ?? 0) / 1e6;
  const end = said
    .trim()
    .split("\n")
    .map(
      (line) =>
        JSON.parse(line) as { event: string; ms: number; name: string; bytes: number; packedBytes: number },
    )
    .find(({ event }) => event === "end");
  if (exitCode !== 0 || end === undefined || before === undefined || after === undefined)
    throw new Error(`${way} to ${count} hosts: exit ${exitCode}\n${said}`);
  for (const name of names) {
    const digest = await sha256(join(hosts.cacheOf(name), end.name));
    if (!end.name.endsWith(digest.slice(0, 16))) throw new Error(`${way}: ${name} holds other bytes`);
  }
  const { ms, bytes, packedBytes } = end;
  const machineBusy = (after.busy - before.busy) / (after.total - before.total);
  const hostCpuSeconds = (after.cpu - before.cpu) / count;
  const sentBytes = after.sent - before.sent;
  return { ms, bytes, packedBytes, sentBytes, machineBusy, hostCpuSeconds, controlCpuSeconds };
}

async function meters(network: Network, control: number) {
  const sent = payloadBytes(await network.sent(network.seeder));
  return { ...machineSeconds(), sent, cpu: usageOfChildren({ except: [control] }).cpuSeconds };
}
