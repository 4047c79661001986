// What we know about a release that its folder doesn't tell: .rookery/releases/<id>.json.
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { OpsError } from "../errors.ts";
import { writeWhole } from "./durable.ts";
import { hasCode } from "./faults.ts";
import type { Layout } from "./layout.ts";
import { removeTreeOf } from "./trees.ts";
import type { ReleaseInfo } from "./types.ts";

export interface ReleaseRecord {
  readonly id: string;
  /** null for releases other tools made. */
  readonly infohash: string | null;
  /** `treeDigest` of its entries; null for releases other tools made. */
  readonly tree: string | null;
  readonly state: ReleaseInfo["state"];
  readonly revision: string | null;
  /** ISO 8601, this host's clock. */
  readonly installedAt: string | null;
  readonly activatedAt: string | null;
  /** Id of the last good release that was current before this one. */
  readonly replaced: string | null;
  /** Paths linked from shared/; null where that isn't known. */
  readonly shared?: readonly string[] | null;
}

/** The record of release `id`; undefined when there is none. */
export async function readRecord(layout: Layout, id: string): Promise<ReleaseRecord | undefined> {
  const path = recordPath(layout, id);
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    if (hasCode(error, "ENOENT")) return undefined;
    throw error;
  }
  const record = parseRecord(text);
  if (record?.id === id) return record;
  throw new OpsError("release", `${path} is not a release's record`, {
    hint: "remove that file; the release then counts as another tool's",
  });
}

export async function writeRecord(layout: Layout, record: ReleaseRecord): Promise<void> {
  await writeWhole(recordPath(layout, record.id), `${JSON.stringify(record)}\n`, layout.temporary);
}

/** Forgets release `id`, and what it was made of. */
export async function removeRecord(layout: Layout, id: string): Promise<void> {
  await rm(recordPath(layout, id), { force: true });
  await removeTreeOf(layout, id);
}

function recordPath(layout: Layout, id: string): string {
  return join(layout.records, `${id}.json`);
}

function parseRecord(text: string): ReleaseRecord | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
  if (typeof value !== "object" || value === null) return undefined;
  const fields = value as Record<string, unknown>;
  const { id, infohash, tree, state, revision, installedAt, activatedAt, replaced, shared } = fields;
  if (typeof id !== "string") return undefined;
  if (state !== "unpacked" && state !== "good" && state !== "foreign") return undefined;
  const textOf = (field: unknown) => (typeof field === "string" ? field : null);
  return {
    id,
    infohash: textOf(infohash),
    tree: textOf(tree),
    state,
    revision: textOf(revision),
    installedAt: textOf(installedAt),
    activatedAt: textOf(activatedAt),
    replaced: textOf(replaced),
    shared: Array.isArray(shared) ? shared.filter((path) => typeof path === "string") : null,
  };
}
