// A release as a host has it, read over its connection into a tar file here: what a rollback brings to those that lack it.
import { createWriteStream } from "node:fs";
import { pipeline } from "node:stream/promises";
import { OpsError } from "../errors.ts";
import { openSource, type Source, type SourceEntry } from "../payload/source.ts";
import type { Entry } from "../payload/types.ts";
import { fileFault } from "../release/faults.ts";
import { layoutOf, releasePath } from "../release/layout.ts";
import type { RemoteProcess } from "../ssh/types.ts";
import type { Fleet, Member } from "../swarm/fleet.ts";
import { printable } from "../torrent/paths.ts";
import { formatBytes } from "../ui/format.ts";
import type { PlannedHost } from "./hosts.ts";

export interface PullOptions {
  readonly id: string;
  /** What the release is made of; undefined for another tool's, of which everything is read. */
  readonly entries: readonly Entry[] | undefined;
  /** File on this machine to be made. */
  readonly tar: string;
  readonly signal: AbortSignal;
}

const STALL_MS = 60_000;
/** A header, the longest name's and the end's padding, for each file at most. */
const TAR_BYTES_A_FILE = 4 * 1024;
const TAR_END_BYTES = 64 * 1024;

/**
 * Reads release `id` from that host. Of a release of ours only the files its tree names are read: links to shared paths,
 * and what the app wrote beside, are not part of it.
 * @throws OpsError `release` when the host hasn't all of it any more, `timeout`, `unreachable`, `interrupted`
 */
export async function pullRelease(
  fleet: Fleet<PlannedHost>,
  member: Member<PlannedHost>,
  { id, entries, tar, signal }: PullOptions,
): Promise<Source> {
  const { connection, name: host } = member;
  if (connection === undefined) throw new Error(`${host} is not connected`);
  const release = releasePath(layoutOf(member.settings.deployTo), id);
  const paths = entries?.filter(({ type }) => type === "file").map(({ path }) => `./${path}`);
  if (entries !== undefined && paths?.length === 0) return withoutFiles(id, entries);
  const stop = new AbortController();
  const stalled = new OpsError("timeout", `nothing came of release ${id} for ${STALL_MS / 1000} s`, { host });
  let timer = setTimeout(() => stop.abort(stalled), STALL_MS);
  const moved = () => {
    clearTimeout(timer);
    timer = setTimeout(() => stop.abort(stalled), STALL_MS);
  };
  try {
    const both = AbortSignal.any([signal, stop.signal]);
    await using process = await connection.start(argvFor(release, paths), { signal: both });
    const asking = process.write(`${paths?.join(separatorOf(paths)) ?? ""}${separatorOf(paths)}`);
    // A tar that ends early says why itself.
    asking.catch(() => undefined).finally(() => process.end());
    const bounded = counted(process, { limitBytes: sizeOf(entries), moved, id, host, fleet });
    await pipeline(bounded, createWriteStream(tar, { flags: "wx", mode: 0o600 }));
    if ((await process.exited) !== 0) {
      signal.throwIfAborted();
      stop.signal.throwIfAborted();
      throw incomplete(id, host, process.stderr().trim().split("\n").slice(0, 3).join(" / "));
    }
  } catch (error) {
    signal.throwIfAborted();
    stop.signal.throwIfAborted();
    throw fileFault(error, `can't keep release ${id} while it is passed on, in ${tar}`);
  } finally {
    clearTimeout(timer);
  }
  const source = await openSource(tar, { signal });
  if (entries === undefined) return source;
  return {
    ...source,
    entries: asListed(source, entries, { id, host }),
    warnings: [],
    [Symbol.asyncDispose]: source[Symbol.asyncDispose],
  };
}

function withoutFiles(id: string, entries: readonly Entry[]): Source {
  const others = entries.filter((entry) => entry.type !== "file");
  return {
    from: `release ${id}`,
    entries: others,
    warnings: [],
    revision: undefined,
    [Symbol.asyncDispose]: async () => undefined,
  };
}

/** Newlines and backslashes mean something in a plain list of names; busybox's tar knows no other. */
function isPlain(paths: readonly string[]): boolean {
  return !paths.some((path) => /[\n\\]/.test(path));
}

function separatorOf(paths: readonly string[] | undefined): string {
  return paths === undefined ? "" : isPlain(paths) ? "\n" : "\0";
}

function argvFor(release: string, paths: readonly string[] | undefined): readonly string[] {
  if (paths === undefined) return ["tar", "-C", release, "-cf", "-", "."];
  return ["tar", "-C", release, ...(isPlain(paths) ? [] : ["--null"]), "-T", "-", "-cf", "-"];
}

/** What a tar of these files takes at most; more is something else. */
function sizeOf(entries: readonly Entry[] | undefined): number {
  const files = entries?.filter((entry) => entry.type === "file");
  if (files === undefined) return Number.POSITIVE_INFINITY;
  return files.reduce((sum, { size }) => sum + size + TAR_BYTES_A_FILE, TAR_END_BYTES);
}

async function* counted(
  process: RemoteProcess,
  {
    limitBytes,
    moved,
    id,
    host,
    fleet,
  }: {
    readonly limitBytes: number;
    readonly moved: () => void;
    readonly id: string;
    readonly host: string;
    readonly fleet: Fleet<PlannedHost>;
  },
): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  for await (const chunk of process.stdout) {
    moved();
    bytes += chunk.length;
    if (bytes > limitBytes) throw incomplete(id, host, "it sent more than that release holds");
    yield chunk;
  }
  fleet.note(`read ${formatBytes(bytes)} of release ${id}`, { level: "detail", host });
}

/** The tree's entries, with the bytes that came for them. */
function asListed(
  { entries: came }: Source,
  entries: readonly Entry[],
  { id, host }: { readonly id: string; readonly host: string },
): readonly SourceEntry[] {
  const files = new Map(came.map((entry) => [entry.path, entry]));
  return entries.map((entry) => {
    if (entry.type !== "file") return entry;
    const { path, mode, size } = entry;
    const file = files.get(path);
    if (file?.type === "file" && file.size === size) return { ...file, mode };
    throw incomplete(id, host, `${printable(path)} is not what was deployed`);
  });
}

/** That host can't give the release as it was. */
export function incomplete(id: string, host: string, why: string): OpsError {
  return new OpsError("release", `its release ${id} can't be passed on: ${why}`, {
    host,
    hint: "bun scripts/verify.ts names what was changed there",
  });
}
