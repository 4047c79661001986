// What a look at a fleet brings to light, and what it means for the exit code.

/** ok: as it should be; warn: a deploy goes through, but not as well as it could; fail: this would stop it. */
export type Level = "ok" | "warn" | "fail";

/** What was looked at: a stable word for programs. */
export type Check =
  | "settings" // rookery_* and ansible_* vars
  | "source"
  | "ssh"
  | "sudo"
  | "platform"
  | "runtime" // the Bun that runs the peer
  | "cache" // where runtime and peer program are kept on a host
  | "deploy_to"
  | "current"
  | "disk"
  | "shared" // files of rookery_shared_files
  | "lock"
  | "clock"
  | "ports" // one of the range is free
  | "reach" // TCP between hosts, and between hosts and this machine
  | "files"; // open-file limit

/** One thing the doctor looked at, how it is, and what to do about it. */
export interface Finding {
  readonly level: Level;
  readonly check: Check;
  /** Inventory name; undefined: this machine, or the plan as a whole. */
  readonly host?: string | undefined;
  readonly text: string;
  /** What to do, one imperative clause. */
  readonly hint?: string | undefined;
  /** The host was never talked to. */
  readonly unreachable?: boolean | undefined;
}

/** How the doctor's findings add up. */
export interface Diagnosis {
  readonly ok: number;
  readonly warn: number;
  readonly fail: number;
  readonly unreachable: number;
  /** Ansible's: 0 nothing would stop a deploy, 2 something would, 4 some hosts are unreachable. */
  readonly exitCode: 0 | 2 | 4;
}

/** Findings, counted. */
export function diagnose(findings: readonly Finding[]): Diagnosis {
  const count = (level: Level) => findings.filter((finding) => finding.level === level).length;
  const unreachable = findings.filter((finding) => finding.unreachable === true).length;
  const fail = count("fail");
  return {
    ok: count("ok"),
    warn: count("warn"),
    fail,
    unreachable,
    exitCode: unreachable > 0 ? 4 : fail > 0 ? 2 : 0,
  };
}

/** Makes findings of one check on one host: `const say = about("disk", "web1")`. */
export function about(check: Check, host?: string) {
  return (level: Level, text: string, hint?: string): Finding => ({
    level,
    check,
    text,
    ...(host === undefined ? {} : { host }),
    ...(hint === undefined ? {} : { hint }),
  });
}
