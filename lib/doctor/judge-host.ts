// A host's facts → findings; pure.

import { isDamaged, lockPhrase } from "../release/lock-text.ts";
import type { HostSettings } from "../settings.ts";
import { formatBytes } from "../ui/format.ts";
import { about, type Finding } from "./finding.ts";
import type { Place, Probe } from "./probe.ts";

/** What a release takes on a host's disk. */
export interface Need {
  /** Size of all files. */
  readonly bytes: number;
  /** Files, folders and links. */
  readonly entries: number;
}

/** Beyond this, releases' times and locks' ages mislead whoever compares hosts. */
const SKEW_LIMIT_SECONDS = 60;
/** Ports of the range a deploy needs on a host. */
const PORTS_NEEDED = 1;

/** What `facts` say about `deployTo` on `host`; `need` is undefined while the source's size isn't known. */
export function judgeDeployTo(
  host: string,
  { deployTo }: Pick<HostSettings, "deployTo">,
  facts: Probe,
  need: Need | undefined,
): readonly Finding[] {
  return [
    ...judgePlaces(host, deployTo, facts),
    judgeCurrent(host, deployTo, facts),
    ...judgeDisk(host, deployTo, facts, need),
    ...judgeShared(host, deployTo, facts),
    judgeLock(host, facts),
  ];
}

/** What does not depend on deploy_to. */
export function judgeHost(host: string, facts: Probe, ports: HostSettings["ports"]): readonly Finding[] {
  return [judgeClock(host, facts), judgePorts(host, facts, ports)];
}

/** The first port of the range nobody listens on: the one a peer would take. */
export function firstFree(
  { from, to }: { readonly from: number; readonly to: number },
  taken: ReadonlySet<number>,
): number | undefined {
  for (let port = from; port <= to; port++) if (!taken.has(port)) return port;
  return undefined;
}

function judgePlaces(host: string, deployTo: string, { places, user }: Probe): Finding[] {
  const say = about("deploy_to", host);
  const bad = places.filter(({ state }) => state !== "writable");
  if (bad.length === 0) {
    const [first] = places;
    const made = first?.path === deployTo ? "" : `, to be made in ${first?.path}`;
    return [say("ok", `${deployTo} is writable by ${user}${made}`)];
  }
  return bad.map((place) => {
    const what = place.path === deployTo || place.path.startsWith(`${deployTo}/`) ? "" : ` can't be made`;
    const text = what === "" ? describe(place, user) : `${deployTo}${what}: ${describe(place, user)}`;
    return say("fail", text, remedy(place, { deployTo, user }));
  });
}

function describe({ path, state, listing }: Place, user: string): string {
  if (state === "not-a-folder") return `${path} is not a folder (${listing})`;
  if (state === "read-only") return `${path} is on a read-only file system`;
  return `${path} is not writable by ${user} (${listing})`;
}

function remedy({ path, state }: Place, { deployTo, user }: { deployTo: string; user: string }): string {
  if (state === "not-a-folder") return `move ${path} away, or set another rookery_deploy_to`;
  if (state === "read-only") return "remount it read-write, or set another rookery_deploy_to";
  const inside = path.startsWith(deployTo);
  return inside
    ? `chown -R ${user} ${path}, or set ansible_become`
    : `make it once as root: install -d -o ${user} ${deployTo}; or set ansible_become`;
}

function judgeCurrent(host: string, deployTo: string, { current, releases }: Probe): Finding {
  const say = about("current", host);
  const link = `${deployTo}/current`;
  if (current.kind === "none") return say("ok", "no current yet: this will be the first release");
  if (current.kind !== "link")
    return say(
      "fail",
      `${link} is a ${current.kind}, not a link, so it can't be switched`,
      `move it away: mv ${link} ${link}.old`,
    );
  if (current.path === "") return say("warn", `${link} points to nothing`, "the next deploy replaces it");
  const parent = current.path.slice(0, current.path.lastIndexOf("/"));
  if (parent === releases) return say("ok", `current is ${current.path.slice(parent.length + 1)}`);
  return say(
    "fail",
    `${link} points to ${current.path}, which is no release in ${deployTo}/releases`,
    `move that folder into ${deployTo}/releases and point the link at it, or remove the link`,
  );
}

function judgeDisk(host: string, deployTo: string, facts: Probe, need: Need | undefined): Finding[] {
  const { freeBytes, freeInodes } = facts;
  const say = about("disk", host);
  if (freeBytes === undefined) return [say("warn", `no free space known for ${deployTo}`, "look with df")];
  const free = `${formatBytes(freeBytes)} free`;
  const inodes = freeInodes === undefined ? "" : `, ${freeInodes} inodes`;
  if (need === undefined) return [say("ok", `${free}${inodes} (the release's size is not known)`)];
  const size = formatBytes(need.bytes);
  const clean = "free some there (old releases, logs), or lower rookery_keep_releases";
  const findings: Finding[] = [];
  if (freeBytes < need.bytes) findings.push(say("fail", `${free}, but the release takes ${size}`, clean));
  // While a host unpacks it holds the payload as well; packed it may be smaller, so this is no certainty.
  else if (freeBytes < 2 * need.bytes)
    findings.push(say("warn", `${free}; unpacking takes up to ${formatBytes(2 * need.bytes)}`, clean));
  if (freeInodes !== undefined && freeInodes < need.entries)
    findings.push(say("fail", `${freeInodes} inodes free, but the release takes ${need.entries}`, clean));
  return findings.length > 0 ? findings : [say("ok", `${free}${inodes} for a release of ${size}`)];
}

/** A release is refused where a shared file is missing, for nobody knows what is to be in it. */
function judgeShared(host: string, deployTo: string, { missingShared }: Probe): Finding[] {
  const say = about("shared", host);
  return missingShared.map((path) =>
    say(
      "fail",
      `the shared file ${deployTo}/shared/${path} is missing`,
      `put it there (ansible.builtin.copy or template), or take ${path} out of rookery_shared_files`,
    ),
  );
}

function judgeLock(host: string, facts: Probe): Finding {
  const say = about("lock", host);
  const { lock } = facts;
  if (lock === undefined) return say("ok", "nobody deploys there now");
  const phrase = lockPhrase(lock);
  if (lock.alive) return say("fail", `${phrase}; that deploy still runs`, "wait for it with --lock-wait 15m");
  return isDamaged(lock) ? say("fail", phrase, "deploy with --break-lock") : say("warn", phrase);
}

function judgeClock(host: string, { clockSkewSeconds }: Probe): Finding {
  const say = about("clock", host);
  const seconds = Math.round(Math.abs(clockSkewSeconds));
  if (seconds <= SKEW_LIMIT_SECONDS)
    return say("ok", `clock within ${Math.max(1, seconds)} s of this machine's`);
  const way = clockSkewSeconds > 0 ? "ahead of" : "behind";
  return say("warn", `clock ${seconds} s ${way} this machine's`, "let NTP set it (timedatectl set-ntp true)");
}

function judgePorts(host: string, { listening }: Probe, ports: HostSettings["ports"]): Finding {
  const say = about("ports", host);
  if (ports === undefined) return say("ok", "any free port");
  const { from, to } = ports;
  const free = to - from + 1 - [...listening].filter((port) => port >= from && port <= to).length;
  if (free >= PORTS_NEEDED) return say("ok", `${free} of TCP ${from}-${to} are free`);
  const range = from === to ? `TCP port ${from} is taken` : `every TCP port of ${from}-${to} is taken`;
  return say("fail", range, "widen rookery_ports, or see what holds them with ss -ltnp");
}
