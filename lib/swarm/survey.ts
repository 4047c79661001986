// What a host is and holds, found out in one round trip by a shell script that changes nothing there.
import { OpsError } from "../errors.ts";
import type { HostReport, LockInfo, ReleaseInfo } from "../release/types.ts";
import type { Connection } from "../ssh/types.ts";

export interface Platform {
  /** `uname -s` and `-m`: "Linux", "x86_64". */
  readonly system: string;
  readonly machine: string;
  readonly libc: "glibc" | "musl";
}

export interface Survey {
  readonly platform: Platform;
  /** Where runtime and peer program are kept between deploys; made on first use. */
  readonly cache: string;
  /** Names of what the cache holds, with sizes in bytes. */
  readonly cached: ReadonlyMap<string, number>;
  /** A Bun of the host's own, on its PATH. */
  readonly bun: { readonly version: string; readonly path: string } | undefined;
  /** The address this machine's connections come from, as the host sees them; undefined without SSH. */
  readonly seenFrom: string | undefined;
  /** What is under `deployTo`; undefined when none was asked about. */
  readonly report: HostReport | undefined;
}

// Every line is a fact, a keyword and its value. POSIX sh and what busybox has, nothing more; $1 is deployTo or empty.
const SCRIPT = String.raw`
echo rookery-survey 1
echo "system $(uname -s)"
echo "machine $(uname -m)"
for f in /lib/ld-musl-*; do [ -e "$f" ] && echo "libc musl"; done
cache="\${XDG_CACHE_HOME:-\${HOME:-/nonexistent}/.cache}/rookery"
parent=$cache
while [ ! -e "$parent" ]; do parent=$(dirname "$parent"); done
[ -w "$parent" ] && [ -n "$HOME" ] || cache="/var/tmp/rookery-$(id -u)"
echo "cache $cache"
[ -e "$cache" ] && [ ! -O "$cache" ] && echo "not-ours $cache"
for f in "$cache"/*; do [ -f "$f" ] && echo "cached $(wc -c < "$f") \${f##*/}"; done
bun=$(command -v bun 2>/dev/null) && echo "bun $("$bun" --version 2>/dev/null) $bun"
[ -n "$SSH_CONNECTION" ] && echo "seen-from \${SSH_CONNECTION%% *}"
[ -n "$1" ] || { echo end; exit 0; }
[ -L "$1/current" ] && echo "current $(readlink "$1/current")"
[ -e "$1/current" ] && [ ! -L "$1/current" ] && echo "current-is-folder"
one_line() { tr -d '\n' < "$1"; echo; }
for d in "$1"/releases/*/; do
  d=\${d%/}
  [ -d "$d" ] || continue
  echo "release \${d##*/}"
  [ -f "$d/REVISION" ] && echo "revision $(head -c 200 "$d/REVISION" | head -n 1)"
  r="$1/.rookery/releases/\${d##*/}.json"
  [ -f "$r" ] && { printf 'record '; one_line "$r"; }
done
if [ -f "$1/.rookery/lock" ]; then
  printf 'lock '; one_line "$1/.rookery/lock"
  pid=$(sed -n 's/.*"pid":\([0-9]*\).*/\1/p' "$1/.rookery/lock")
  [ -n "$pid" ] && [ -r "/proc/$pid/stat" ] && echo "lock-process $(cat "/proc/$pid/stat")"
  [ -r /proc/sys/kernel/random/boot_id ] && echo "boot $(cat /proc/sys/kernel/random/boot_id)"
fi
parent=$1
while [ ! -e "$parent" ]; do parent=$(dirname "$parent"); done
df -Pk "$parent" 2>/dev/null | awk 'NR == 2 { print "free", $4 }'
df -Pi "$parent" 2>/dev/null | awk 'NR == 2 { print "inodes", $4 }'
echo end
`.replaceAll("\\$", "$");

/**
 * Surveys a host, and what it holds under `deployTo` when given.
 * @throws OpsError `remote` quoting what the shell said when the script does not run through
 */
export async function survey(
  connection: Connection,
  {
    deployTo,
    signal,
    timeoutMs = 30_000,
  }: {
    readonly deployTo?: string | undefined;
    readonly signal?: AbortSignal;
    readonly timeoutMs?: number;
  } = {},
): Promise<Survey> {
  const { stdout, stderr, exitCode } = await connection.run(["sh", "-c", SCRIPT, "sh", deployTo ?? ""], {
    signal,
    timeoutMs,
  });
  const lines = stdout.split("\n");
  const begin = lines.indexOf("rookery-survey 1");
  const end = lines.lastIndexOf("end");
  if (begin === -1 || end < begin) {
    const said = (stderr.trim() || stdout.trim()).split("\n").slice(-3).join(" / ");
    throw new OpsError(
      "remote",
      `its shell answered nothing sensible (exit ${exitCode})${said === "" ? "" : `: ${said}`}`,
      {
        host: connection.target.name,
        hint: "the login user needs a POSIX shell, and sudo without a password where ansible_become is set",
      },
    );
  }
  return parseSurvey(lines.slice(begin + 1, end), { deployTo, host: connection.target.name });
}

interface Draft {
  platform: { system: string; machine: string; libc: "glibc" | "musl" };
  cache: string;
  cached: Map<string, number>;
  bun: { version: string; path: string } | undefined;
  seenFrom: string | undefined;
  current: string | undefined;
  currentIsFolder: boolean;
  releases: { id: string; revision: string | undefined; record: Record<string, unknown> | undefined }[];
  lock: Record<string, unknown> | undefined;
  lockProcess: string | undefined;
  boot: string | undefined;
  freeKiB: number;
  inodes: number;
}

/** Facts from the script's lines; pure. */
export function parseSurvey(
  lines: readonly string[],
  { deployTo, host }: { readonly deployTo?: string | undefined; readonly host: string },
): Survey {
  const draft: Draft = {
    platform: { system: "", machine: "", libc: "glibc" },
    cache: "",
    cached: new Map(),
    bun: undefined,
    seenFrom: undefined,
    current: undefined,
    currentIsFolder: false,
    releases: [],
    lock: undefined,
    lockProcess: undefined,
    boot: undefined,
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
  const { platform, cache, cached, bun, seenFrom } = draft;
  return {
    platform,
    cache,
    cached,
    bun,
    seenFrom,
    report: deployTo === undefined ? undefined : reportOf(draft),
  };
}

function note(draft: Draft, key: string, value: string, host: string): void {
  const last = draft.releases.at(-1);
  const [first = "", ...others] = value.split(" ");
  const second = others.join(" ");
  if (key === "system" || key === "machine") draft.platform[key] = value;
  else if (key === "libc") draft.platform.libc = "musl";
  else if (key === "cache") draft.cache = value;
  else if (key === "not-ours") throw notOurs(value, host);
  else if (key === "cached") draft.cached.set(second, Number(first));
  else if (key === "bun") draft.bun = { version: first, path: second };
  else if (key === "seen-from") draft.seenFrom = value;
  else if (key === "current") draft.current = value.replace(/\/+$/, "").split("/").at(-1);
  else if (key === "current-is-folder") draft.currentIsFolder = true;
  else if (key === "release") draft.releases.push({ id: value, revision: undefined, record: undefined });
  else if (key === "revision" && last !== undefined) last.revision = value;
  else if (key === "record" && last !== undefined)
    last.record = parseJson(value, `record of release ${last.id}`, host);
  else if (key === "lock") draft.lock = parseJson(value, "lock", host);
  else if (key === "lock-process") draft.lockProcess = value;
  else if (key === "boot") draft.boot = value;
  else if (key === "free") draft.freeKiB = Number(value) || 0;
  else if (key === "inodes") draft.inodes = Number(value) || 0;
}

function reportOf(draft: Draft): HostReport {
  return {
    current: draft.current,
    releases: draft.releases.map(releaseOf),
    lock: draft.lock === undefined ? undefined : lockOf(draft.lock, draft),
    freeBytes: draft.freeKiB * 1024,
    freeInodes: draft.inodes,
  };
}

function releaseOf({ id, revision, record }: Draft["releases"][number]): ReleaseInfo {
  const state = record?.state;
  return {
    id,
    infohash: textOf(record?.infohash),
    state: state === "good" || state === "unpacked" ? state : "foreign",
    activatedAt: textOf(record?.activatedAt),
    revision: revision ?? textOf(record?.revision),
  };
}

function lockOf(lock: Record<string, unknown>, { lockProcess, boot }: Draft): LockInfo {
  // Field 22 of /proc/PID/stat tells a process from a later one with its number; the name in brackets may hold spaces.
  const startTime = lockProcess?.slice(lockProcess.lastIndexOf(")") + 2).split(" ")[19];
  return {
    app: textOf(lock.app) ?? "",
    owner: textOf(lock.owner) ?? "",
    ownerPid: Number(lock.ownerPid) || 0,
    since: textOf(lock.since) ?? "",
    alive: startTime !== undefined && startTime === String(lock.startTime) && boot === lock.bootId,
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
