// Can a host run our peer: its platform, the Bun it has or gets, the folder that is kept in; pure but for one file's size.

import type { Survey } from "../swarm/survey.ts";
import { formatBytes } from "../ui/format.ts";
import type { Runtime } from "../warm/types.ts";
import { about, type Finding } from "./finding.ts";
import type { Probe } from "./probe.ts";

/** What `survey` and `facts` say about running the peer on `host`; `runtime` is what a host without a Bun gets. */
export function judgeRuntime(
  host: string,
  survey: Survey,
  facts: Probe,
  { local, runtime }: { readonly local: boolean; readonly runtime: Runtime | undefined },
): readonly Finding[] {
  const { system, machine, libc } = survey.platform;
  const name = `${system} ${machine}${libc === "musl" ? " (musl)" : ""}`;
  const source = local ? "here" : runtime === undefined ? "host" : "cache";
  const need = runtime === undefined || survey.cached.get(runtime.name) === runtime.bytes ? 0 : runtime.bytes;
  return [
    about("platform", host)("ok", name),
    judgeBun(host, survey, { source, need }),
    judgeCache(host, survey, facts, { source, need }),
  ];
}

/** Whose Bun runs the peer, and how many bytes of it are to be sent. */
interface Origin {
  readonly source: "here" | "host" | "cache";
  readonly need: number;
}

function judgeBun(host: string, { bun }: Survey, { source, need }: Origin): Finding {
  const say = about("runtime", host);
  if (source === "here") return say("ok", `Bun ${Bun.version}, this machine's own`);
  if (source === "host") return say("ok", `Bun ${bun?.version} of its own (${bun?.path})`);
  if (need === 0) return say("ok", `Bun ${Bun.version} is there from an earlier deploy`);
  const old = bun === undefined ? "" : `; its own is ${bun.version}`;
  return say("ok", `Bun ${Bun.version} is to be sent once, ${formatBytes(need)}${old}`);
}

function judgeCache(
  host: string,
  { cache }: Survey,
  { cacheMount, cacheFreeBytes }: Probe,
  { source, need }: Origin,
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
