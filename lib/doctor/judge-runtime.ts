// Can a host run our peer: its platform, the Bun it has or gets, the folder that is kept in; pure but for one file's size.
import type { Survey } from "../swarm/survey.ts";
import { formatBytes } from "../ui/format.ts";
import { about, type Finding } from "./finding.ts";
import type { Probe } from "./probe.ts";

/** Hosts' own Bun is used from this version on. */
const OLDEST_BUN = "1.4.0";
/** `uname -m` → the name Bun has for it; it is made for these. */
const MACHINES: Readonly<Record<string, string>> = { x86_64: "x64", aarch64: "arm64" };
/** Room for a runtime from elsewhere, whose size isn't known before it is fetched. */
const RUNTIME_BYTES = 120 * 1024 * 1024;

/** What `survey` and `facts` say about running the peer on `host`. */
export function judgeRuntime(
  host: string,
  survey: Survey,
  facts: Probe,
  { local }: { readonly local: boolean },
): readonly Finding[] {
  const { system, machine, libc } = survey.platform;
  const say = about("platform", host);
  const name = `${system} ${machine}${libc === "musl" ? " (musl)" : ""}`;
  if (!local && (system !== "Linux" || MACHINES[machine] === undefined))
    return [
      say(
        "fail",
        `no Bun is made for ${name}`,
        "targets are Linux on x86_64 or aarch64; leave it out with --limit",
      ),
    ];
  const source = local ? "here" : ownBun(survey) ? "host" : "cache";
  const need = source === "cache" ? missingBytes(survey) : 0;
  return [
    say("ok", name),
    judgeBun(host, survey, { source, need }),
    judgeCache(host, survey, facts, { source, need }),
  ];
}

/** Whose Bun runs the peer, and how many bytes of it are to be sent. */
interface Runtime {
  readonly source: "here" | "host" | "cache";
  readonly need: number;
}

function ownBun({ bun }: Survey): boolean {
  return bun !== undefined && Bun.semver.satisfies(bun.version, `>=${OLDEST_BUN}`);
}

/** 0 when the cache holds our Bun from an earlier deploy. */
function missingBytes({ cached, platform: { machine, libc } }: Survey): number {
  if (cached.has(`bun-${Bun.version}-${machine}${libc === "musl" ? "-musl" : ""}`)) return 0;
  const likeUs = process.platform === "linux" && process.arch === MACHINES[machine] && libc === "glibc";
  return likeUs ? Bun.file(process.execPath).size : RUNTIME_BYTES;
}

function judgeBun(host: string, { bun }: Survey, { source, need }: Runtime): Finding {
  const say = about("runtime", host);
  if (source === "here") return say("ok", `Bun ${Bun.version}, this machine's own`);
  if (source === "host") return say("ok", `Bun ${bun?.version} of its own (${bun?.path})`);
  if (need === 0) return say("ok", `Bun ${Bun.version} is there from an earlier deploy`);
  const old = bun === undefined ? "" : `; its own is ${bun.version}`;
  return say("ok", `Bun ${Bun.version} is to be sent once, about ${formatBytes(need)}${old}`);
}

function judgeCache(
  host: string,
  { cache }: Survey,
  { cacheMount, cacheFreeBytes }: Probe,
  { source, need }: Runtime,
): Finding {
  const say = about("cache", host);
  // A Bun that is installed elsewhere only reads the peer program from there.
  if (cacheMount.includes("noexec") && source === "cache")
    return say(
      "fail",
      `${cache} is on a file system mounted noexec, so no program starts from there`,
      `remount it with exec, install Bun ${Bun.version} on the host, or give the login user another XDG_CACHE_HOME`,
    );
  if (cacheMount.includes("ro"))
    return say("fail", `${cache} is on a read-only file system`, "remount it read-write");
  if (cacheFreeBytes !== undefined && cacheFreeBytes < need)
    return say(
      "fail",
      `${formatBytes(cacheFreeBytes)} free for ${cache}, but the runtime takes ${formatBytes(need)}`,
      "free some there",
    );
  return say("ok", `${cache} can hold ${source === "cache" ? "runtime and peer" : "the peer"}`);
}
