// What the lines of the survey's script mean; pure.
import { OpsError } from "../errors.ts";
import { isLockKey, type LockText, lockOf } from "../release/lock-text.ts";
import type { HostReport, ReleaseInfo } from "../release/types.ts";
import type { Survey } from "./survey.ts";

interface Draft {
  platform: { system: string; machine: string; libc: "glibc" | "musl"; avx2: boolean };
  cache: string;
  cached: Map<string, number>;
  unpacks: boolean;
  bun: { version: string; path: string } | undefined;
  seenFrom: string | undefined;
  seenAt: string | undefined;
  current: string | undefined;
  currentIsFolder: boolean;
  /** Where `current` leads when that is none of the releases. */
  currentElsewhere: string | undefined;
  releases: { id: string; revision: string | undefined; record: Record<string, unknown> | undefined }[];
  lock: LockText;
  freeKiB: number;
  inodes: number;
}

/**
 * A survey from the lines between the script's first and last.
 * @throws OpsError `release` when `current` is no link to a release, or a record is damaged
 */
export function parseSurvey(
  lines: readonly string[],
  { deployTo, host }: { readonly deployTo?: string | undefined; readonly host: string },
): Survey {
  const draft: Draft = {
    platform: { system: "", machine: "", libc: "glibc", avx2: false },
    cache: "",
    cached: new Map(),
    unpacks: false,
    bun: undefined,
    seenFrom: undefined,
    seenAt: undefined,
    current: undefined,
    currentIsFolder: false,
    currentElsewhere: undefined,
    releases: [],
    lock: {},
    freeKiB: 0,
    inodes: 0,
  };
  for (const text of lines) {
    const space = text.indexOf(" ");
    const key = space === -1 ? text : text.slice(0, space);
    note(draft, key, space === -1 ? "" : text.slice(space + 1), host);
  }
  if (draft.currentIsFolder) {
    throw new OpsError("release", `${deployTo}/current is a folder, not a link, so it can't be switched`, {
      host,
      hint: `move it away: mv ${deployTo}/current ${deployTo}/current.old`,
    });
  }
  if (draft.currentElsewhere !== undefined) {
    throw new OpsError(
      "release",
      `${deployTo}/current points to ${draft.currentElsewhere}, which is no release in ${deployTo}/releases`,
      {
        host,
        hint: `move that folder into ${deployTo}/releases and point the link at it, or remove the link`,
      },
    );
  }
  const { platform, cache, cached, unpacks, bun, seenFrom, seenAt } = draft;
  return {
    platform,
    cache,
    cached,
    unpacks,
    bun,
    seenFrom,
    seenAt,
    report: deployTo === undefined ? undefined : reportOf(draft),
  };
}

function note(draft: Draft, key: string, value: string, host: string): void {
  const last = draft.releases.at(-1);
  const [first = "", ...others] = value.split(" ");
  const second = others.join(" ");
  if (key === "system" || key === "machine") draft.platform[key] = value;
  else if (key === "libc") draft.platform.libc = "musl";
  else if (key === "avx2") draft.platform.avx2 = true;
  else if (key === "unpacks") draft.unpacks = true;
  else if (key === "cache") draft.cache = value;
  else if (key === "not-ours") throw notOurs(value, host);
  else if (key === "cached") draft.cached.set(second, Number(first));
  else if (key === "bun") draft.bun = { version: first, path: second };
  else if (key === "seen-from") draft.seenFrom = value;
  else if (key === "seen-at") draft.seenAt = value;
  else if (key === "current") draft.current = value;
  else if (key === "current-elsewhere") draft.currentElsewhere = value;
  else if (key === "current-is-folder") draft.currentIsFolder = true;
  else if (key === "release") draft.releases.push({ id: value, revision: undefined, record: undefined });
  else if (key === "revision" && last !== undefined) last.revision = value;
  else if (key === "record" && last !== undefined)
    last.record = parseJson(value, `record of release ${last.id}`, host);
  else if (isLockKey(key)) draft.lock[key] = value;
  else if (key === "free") draft.freeKiB = Number(value) || 0;
  else if (key === "inodes") draft.inodes = Number(value) || 0;
}

function reportOf(draft: Draft): HostReport {
  const releases = draft.releases
    .filter((release) => isComplete(release, draft.current))
    .map(releaseOf)
    .sort((a, b) => (a.id < b.id ? -1 : 1));
  const replaced = draft.releases.find(({ id }) => id === draft.current)?.record?.replaced;
  return {
    current: draft.current,
    previous: releases.find(({ id, state }) => id === replaced && state !== "unpacked")?.id,
    releases,
    lock: lockOf(draft.lock),
    freeBytes: draft.freeKiB * 1024,
    freeInodes: draft.inodes,
  };
}

/** A folder that nothing vouches for may be half-written: Capistrano writes REVISION last. */
function isComplete(
  { id, revision, record }: Draft["releases"][number],
  current: string | undefined,
): boolean {
  return record !== undefined || revision !== undefined || id === current;
}

function releaseOf({ id, revision, record }: Draft["releases"][number]): ReleaseInfo {
  const state = record?.state;
  return {
    id,
    infohash: textOf(record?.infohash),
    tree: textOf(record?.tree),
    state: state === "good" || state === "unpacked" ? state : "foreign",
    activatedAt: textOf(record?.activatedAt),
    installedAt: textOf(record?.installedAt),
    revision: record === undefined ? revision : textOf(record.revision),
  };
}

/** Whoever owns that folder could swap the programs we run from it. */
function notOurs(cache: string, host: string): OpsError {
  return new OpsError("remote", `${cache} belongs to another user`, {
    host,
    hint: "remove it, or give it to the login user",
  });
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

function parseJson(text: string, what: string, host: string): Record<string, unknown> | undefined {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch (error) {
    throw new OpsError("release", `the ${what} under .rookery/ is damaged: ${text.slice(0, 80)}`, {
      host,
      cause: error,
      hint: "remove that file",
    });
  }
}
