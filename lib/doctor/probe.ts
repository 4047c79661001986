// What could stop a deploy on one host, asked by a shell script that changes nothing there.
import { OpsError } from "../errors.ts";
import { isLockKey, lockOf } from "../release/lock-text.ts";
import type { LockInfo } from "../release/types.ts";
import type { Connection } from "../ssh/types.ts";

export type PlaceState = "writable" | "read-only" | "denied" | "not-a-folder";

/** A folder a deploy writes to, or the nearest parent that exists. */
export interface Place {
  readonly path: string;
  readonly state: PlaceState;
  /** Its line of `ls -ld`: mode and owner, for messages. */
  readonly listing: string;
}

export interface Probe {
  /** Who commands run as there. */
  readonly user: string;
  /** The host's clock minus ours. */
  readonly clockSkewSeconds: number;
  /** deploy_to and what is in it already, or the parent it would be made in. */
  readonly places: readonly Place[];
  readonly current: { readonly kind: "none" | "link" | "folder" | "file"; readonly path: string };
  /** Where releases/ really is; "" when it isn't there. */
  readonly releases: string;
  /** Of the shared files asked about, those that aren't there. */
  readonly missingShared: readonly string[];
  readonly freeBytes: number | undefined;
  /** undefined where the file system doesn't count them. */
  readonly freeInodes: number | undefined;
  /** Mount options of the cache folder's file system; empty when they can't be told. */
  readonly cacheMount: readonly string[];
  readonly cacheFreeBytes: number | undefined;
  readonly lock: LockInfo | undefined;
  /** TCP ports somebody listens on. */
  readonly listening: ReadonlySet<number>;
}

// POSIX sh and what busybox has. $1 is deploy_to or empty, $2 the cache folder or empty, the others
// are shared files. `test -w` says what mode and
// owner allow; for root that is everything, so a read-only mount is looked up as well.
const SCRIPT = String.raw`
echo rookery-doctor 1
echo "now $(date +%s)"
echo "user $(id -un)"
echo "hostname $(uname -n)"
echo "namespace $(readlink /proc/self/ns/pid)"
[ -r /proc/sys/kernel/random/boot_id ] && echo "boot $(cat /proc/sys/kernel/random/boot_id)"
nearest() { p=$1; while [ ! -e "$p" ] && [ ! -L "$p" ]; do p=$(dirname "$p"); done; }
options_of() {
  m=$(df -P "$1" 2>/dev/null | awk 'NR == 2 { print $6 }')
  awk -v m="$m" '$2 == m { o = $4 } END { print o }' /proc/self/mounts 2>/dev/null
}
place() {
  state=writable
  case ",$(options_of "$1")," in *,ro,*) state=read-only ;; esac
  if [ ! -d "$1" ]; then state=not-a-folder
  elif [ "$state" = writable ] && ! { [ -w "$1" ] && [ -x "$1" ]; }; then state=denied
  fi
  echo "place $state $1"
  echo "listing $(ls -ld "$1")"
}
awk '$4 == "0A" { n = split($2, a, ":"); print "listening", a[n] }' /proc/net/tcp /proc/net/tcp6 2>/dev/null
if [ -n "$2" ]; then
  nearest "$2"
  echo "cache-mount $(options_of "$p")"
  df -Pk "$p" 2>/dev/null | awk 'NR == 2 { print "cache-free", $4 }'
fi
[ -n "$1" ] || { echo end; exit 0; }
nearest "$1"
place "$p"
for d in releases releases/.rookery-partial shared .rookery .rookery/releases .rookery/incoming .rookery/temporary; do
  [ -e "$1/$d" ] && place "$1/$d"
done
if [ -L "$1/current" ]; then echo "current link $(cd -P "$1/current" 2>/dev/null && pwd)"
elif [ -d "$1/current" ]; then echo "current folder $1/current"
elif [ -e "$1/current" ]; then echo "current file $1/current"
fi
echo "releases $(cd -P "$1/releases" 2>/dev/null && pwd)"
if [ -f "$1/.rookery/lock" ]; then
  echo "lock $(tr -d '\n' < "$1/.rookery/lock")"
  echo "lock-beat $(date -r "$1/.rookery/lock" +%s)"
  pid=$(sed -n 's/.*"pid":\([0-9]*\).*/\1/p' "$1/.rookery/lock")
  [ -n "$pid" ] && [ -r "/proc/$pid/stat" ] && echo "lock-process $(cat "/proc/$pid/stat")"
fi
app=$1; shift 2
for f do [ -f "$app/shared/$f" ] || echo "missing $f"; done
nearest "$app/releases"
df -Pk "$p" 2>/dev/null | awk 'NR == 2 { print "free", $4 }'
df -Pi "$p" 2>/dev/null | awk 'NR == 2 && $2 > 0 { print "inodes", $4 }'
echo end
`;

/**
 * Asks a host. `deployTo` and `cache` are paths there, undefined when they aren't known.
 * @throws OpsError `remote` quoting what the shell said when the script does not run through
 */
export async function probe(
  connection: Connection,
  {
    deployTo = "",
    cache = "",
    sharedFiles = [],
    signal,
    timeoutMs = 30_000,
  }: {
    readonly deployTo?: string | undefined;
    readonly cache?: string | undefined;
    readonly sharedFiles?: readonly string[];
    readonly signal?: AbortSignal;
    readonly timeoutMs?: number;
  },
): Promise<Probe> {
  const askedAtMs = Date.now();
  const argv = ["sh", "-c", SCRIPT, "sh", deployTo, cache, ...sharedFiles];
  const { stdout, stderr, exitCode } = await connection.run(argv, { signal, timeoutMs });
  const nowMs = (askedAtMs + Date.now()) / 2;
  const lines = stdout.split("\n");
  const begin = lines.indexOf("rookery-doctor 1");
  const end = lines.lastIndexOf("end");
  if (begin === -1 || end < begin) {
    const said = (stderr.trim() || stdout.trim()).split("\n").slice(-3).join(" / ");
    throw new OpsError("remote", `its shell stopped half-way (exit ${exitCode})${said && `: ${said}`}`, {
      host: connection.target.name,
      hint: "the login user needs a POSIX shell with the usual tools (df, awk, sed)",
    });
  }
  return parseProbe(lines.slice(begin + 1, end), nowMs);
}

/** Facts from the script's lines, which it wrote at `nowMs` by our clock; pure. */
export function parseProbe(lines: readonly string[], nowMs: number): Probe {
  const facts = lines.map((line) => {
    const space = line.indexOf(" ");
    return space === -1
      ? { key: line, value: "" }
      : { key: line.slice(0, space), value: line.slice(space + 1) };
  });
  const text = (key: string) => facts.find((fact) => fact.key === key)?.value;
  const number = (key: string) => (text(key) === undefined ? undefined : Number(text(key)));
  const kibibytes = (key: string) => (text(key) === undefined ? undefined : Number(text(key)) * 1024);
  const [, kind = "none", path = ""] = /^(\w+) ?(.*)$/.exec(text("current") ?? "") ?? [];
  const places = facts.flatMap(({ key, value }, index): Place[] => {
    if (key !== "place") return [];
    const [, state = "", place = ""] = /^(\S+) (.*)$/.exec(value) ?? [];
    return [{ path: place, state: state as PlaceState, listing: facts[index + 1]?.value ?? "" }];
  });
  return {
    user: text("user") ?? "",
    clockSkewSeconds: Number(text("now")) - nowMs / 1000,
    places,
    current: { kind: kind as Probe["current"]["kind"], path },
    releases: text("releases") ?? "",
    missingShared: facts.flatMap(({ key, value }) => (key === "missing" ? [value] : [])),
    freeBytes: kibibytes("free"),
    freeInodes: number("inodes"),
    cacheMount: (text("cache-mount") ?? "").split(",").filter((option) => option !== ""),
    cacheFreeBytes: kibibytes("cache-free"),
    lock: lockOf(
      Object.fromEntries(facts.flatMap(({ key, value }) => (isLockKey(key) ? [[key, value]] : []))),
    ),
    listening: new Set(
      facts.flatMap(({ key, value }) => (key === "listening" ? [Number.parseInt(value, 16)] : [])),
    ),
  };
}
