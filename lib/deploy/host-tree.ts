// What a release on a host is made of, read over its connection: before its peer runs, and with nothing written there.
import { OpsError } from "../errors.ts";
import { treeDigest } from "../payload/tree.ts";
import type { Entry } from "../payload/types.ts";
import { layoutOf } from "../release/layout.ts";
import { MAX_PACKED_TREE_BYTES, treePath, unpackTree } from "../release/trees.ts";
import type { Connection } from "../ssh/types.ts";
import type { Fleet, FleetHost, Member } from "../swarm/fleet.ts";

/** A host that keeps releases, if its settings say where. */
export interface BaseHost extends FleetHost {
  readonly settings?: { readonly deployTo: string };
}

/** A release's tree, wherever it was read. */
export interface Base {
  /** `treeDigest` of the entries. */
  readonly tree: string;
  readonly entries: readonly Entry[];
}

const READ_MS = 60_000;

/**
 * The tree of release `id` on that host, which its record calls `tree`.
 * @throws OpsError `release` when it isn't there, or is another; `timeout`, `unreachable`, `interrupted`
 */
export async function readHostTree(
  member: Member<BaseHost>,
  { id, tree }: { readonly id: string; readonly tree: string },
  { signal }: { readonly signal: AbortSignal },
): Promise<Base> {
  const { connection, name: host, settings } = member;
  if (connection === undefined || settings === undefined) throw new Error(`${host} is not connected`);
  const path = treePath(layoutOf(settings.deployTo), id);
  const late = AbortSignal.timeout(READ_MS);
  const packed = await readWhole(connection, path, AbortSignal.any([signal, late])).catch(
    (error: unknown) => {
      signal.throwIfAborted();
      if (!late.aborted) throw error;
      throw new OpsError("timeout", `${path} did not come within ${READ_MS / 1000} s`, {
        host,
        cause: error,
      });
    },
  );
  const entries = unpackTree(packed, path);
  if (treeDigest(entries) === tree) return { tree, entries };
  throw new OpsError("release", `${path} lists another release than its record says`, { host });
}

async function readWhole(connection: Connection, path: string, signal: AbortSignal): Promise<Uint8Array> {
  await using process = await connection.start(["cat", path], { signal });
  process.end();
  const parts: Uint8Array[] = [];
  let bytes = 0;
  const { name: host } = connection.target;
  for await (const part of process.stdout) {
    parts.push(part);
    bytes += part.length;
    if (bytes > MAX_PACKED_TREE_BYTES)
      throw new OpsError("release", `${path} is larger than any list of files`, { host });
  }
  signal.throwIfAborted();
  if ((await process.exited) === 0) return Buffer.concat(parts);
  throw new OpsError("release", `can't read ${path}: ${process.stderr().trim()}`, { host });
}

/** How many hosts are asked for the same tree before it is done without. */
const MAX_TRIES = 3;

/** The tree from the first of `holders` that gives it; undefined, and told with -v, when none does. */
export async function findTree(
  fleet: Fleet<BaseHost>,
  tree: string,
  holders: readonly Member<BaseHost>[],
): Promise<Base | undefined> {
  for (const member of holders.slice(0, MAX_TRIES)) {
    const id = member.survey?.report?.releases.find((release) => release.tree === tree)?.id;
    if (id === undefined) continue;
    try {
      return await readHostTree(member, { id, tree }, { signal: fleet.signal });
    } catch (error) {
      fleet.signal.throwIfAborted();
      if (!(error instanceof OpsError)) throw error;
      fleet.note(`its release ${id} is not built upon: ${error.message}`, {
        level: "detail",
        host: member.name,
      });
    }
  }
  return undefined;
}
