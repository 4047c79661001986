// What a deploy needs of this machine.
import { $ } from "zx";
import { OpsError } from "../errors.ts";
import { openSource } from "../payload/source.ts";
import { HANG_UP, listenInRange } from "../peer/listen.ts";
import type { PortRange } from "../peer/protocol.ts";
import { spaceAt } from "../release/space.ts";
import { formatBytes } from "../ui/format.ts";
import { about, type Finding } from "./finding.ts";
import type { Need } from "./judge-host.ts";

/** Files that are open whatever the fleet's size: libraries, the tracker, the terminal. */
const FILES_BASE = 200;
/** A connection, and now and then a file beside it; a local host has three pipes. */
const FILES_PER_HOST = 4;

/** Reads the source's names and sizes, as a deploy would before it packs them. */
export async function checkSource(
  from: string,
  { exclude, signal }: { readonly exclude: readonly string[]; readonly signal: AbortSignal },
): Promise<{ readonly need: Need | undefined; readonly findings: readonly Finding[] }> {
  const say = about("source");
  try {
    await using source = await openSource(from, { exclude, signal });
    const sizes = source.entries.map((entry) => (entry.type === "file" ? entry.size : 0));
    // A repository's address may carry a password.
    const shown = from.replace(/\/\/[^/@]*@/, "//");
    const need = { bytes: sizes.reduce((sum, size) => sum + size, 0), entries: sizes.length };
    const warnings = source.warnings.map((warning) => say("warn", warning));
    return {
      need,
      findings: [say("ok", `${shown}: ${need.entries} entries, ${formatBytes(need.bytes)}`), ...warnings],
    };
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof OpsError)) throw error;
    return { need: undefined, findings: [say("fail", error.message, error.hint)] };
  }
}

/** Ports, room and open files; `peers` is how many of the fleet's peers run on this machine beside tracker and seeder. */
export async function checkHere({
  ports,
  folder,
  need,
  hosts,
  peers,
}: {
  readonly ports: PortRange | undefined;
  /** Where payloads are packed. */
  readonly folder: string;
  readonly need: Need | undefined;
  readonly hosts: number;
  readonly peers: number;
}): Promise<readonly Finding[]> {
  return [await checkPorts(ports, peers + 2), await checkRoom(folder, need), await checkFiles(hosts)];
}

async function checkPorts(ports: PortRange | undefined, needed: number): Promise<Finding> {
  const say = about("ports");
  const open: Awaited<ReturnType<typeof listenInRange>>[] = [];
  try {
    while (open.length < needed) open.push(await listenInRange(HANG_UP, { ports }));
    const range = ports === undefined ? "TCP ports" : `of TCP ${ports.from}-${ports.to}`;
    return say(
      "ok",
      `${needed} ${range} free for ${needed > 2 ? "tracker, seeder and local hosts" : "tracker and seeder"}`,
    );
  } catch (error) {
    if (!(error instanceof OpsError)) throw error;
    return say("fail", `${error.message} (${needed} needed, ${open.length} free)`, error.hint);
  } finally {
    for (const { listener } of open) listener.stop(true);
  }
}

async function checkRoom(folder: string, need: Need | undefined): Promise<Finding> {
  const say = about("disk");
  const { freeBytes } = await spaceAt(folder);
  const free = `${formatBytes(freeBytes)} free in ${folder}`;
  if (need === undefined || freeBytes >= need.bytes) return say("ok", `${free} to pack in`);
  return say(
    "fail",
    `${free}, but packing takes up to ${formatBytes(need.bytes)}`,
    "free some, or set TMPDIR",
  );
}

async function checkFiles(hosts: number): Promise<Finding> {
  const say = about("files");
  const { stdout } = await $({ quiet: true })`sh -c ${"ulimit -n"}`;
  const limit = stdout.trim() === "unlimited" ? Number.POSITIVE_INFINITY : Number(stdout);
  const needed = FILES_BASE + FILES_PER_HOST * hosts;
  if (limit >= needed) return say("ok", `${stdout.trim()} open files allowed`);
  return say(
    "fail",
    `${limit} open files allowed, ${needed} needed for ${hosts} hosts`,
    `ulimit -n ${needed}`,
  );
}
