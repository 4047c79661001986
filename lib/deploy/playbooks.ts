// The operator's playbooks around the switch: drain, restore, warm up; each batch of hosts is their --limit.
import { stat } from "node:fs/promises";
import { basename } from "node:path";
import type { AnsibleAccess } from "../ansible/access.ts";
import { checkPlaybooks, runPlaybook } from "../ansible/playbook.ts";
import type { PlayedHost } from "../ansible/report.ts";
import { OpsError } from "../errors.ts";
import type { Fleet } from "../swarm/fleet.ts";
import type { AroundBatch, DeployMember } from "./batch.ts";
import type { PlannedHost } from "./hosts.ts";

type DeployFleet = Fleet<PlannedHost>;

/** What `--before` and `--after` name, found in order. */
export interface Playbooks {
  readonly before: readonly string[];
  readonly after: readonly string[];
  readonly access: AnsibleAccess;
}

/**
 * The playbooks of `--before` and `--after`, each looked at by ansible-playbook itself.
 * @throws OpsError `usage` for one that isn't there or that Ansible refuses, `tool` without Ansible
 */
export async function planPlaybooks(
  { before, after }: { readonly before: readonly string[]; readonly after: readonly string[] },
  { access, signal }: { readonly access: AnsibleAccess; readonly signal?: AbortSignal | undefined },
): Promise<Playbooks> {
  for (const [flag, paths] of Object.entries({ before, after }))
    for (const path of paths) await requireFile(`--${flag}`, path);
  const paths = [...new Set([...before, ...after])];
  await checkPlaybooks(paths, { access, extraVars: { rookery_release: "", rookery_batch: 1 }, signal });
  return { before, after, access };
}

/**
 * Runs them for each batch, in order, with `rookery_release` and `rookery_batch` (from 1) as extra vars; what they print becomes
 * notes. A host that fails in one, or is unreachable, is given back with the reason, and the next playbooks leave it out. One
 * that ends early takes all hosts of its batch with it.
 */
export function playbooksAround(
  fleet: DeployFleet,
  { id }: { readonly id: string },
  { playbooks, check = false }: { readonly playbooks: Playbooks; readonly check?: boolean },
): AroundBatch {
  const batches = new Map<string, number>();
  let count = 0;
  const batchOf = (members: readonly DeployMember[]): number => {
    const known = members.map(({ name }) => batches.get(name)).find((batch) => batch !== undefined);
    if (known !== undefined) return known;
    count += 1;
    for (const { name } of members) batches.set(name, count);
    return count;
  };
  const run = (when: "before" | "after") => async (members: readonly DeployMember[]) => {
    const batch = batchOf(members);
    const lost = new Map<DeployMember, OpsError>();
    for (const path of playbooks[when]) {
      const left = members.filter((member) => !lost.has(member));
      if (left.length === 0) break;
      const failures = await runOn(fleet, path, left, { when, id, batch, access: playbooks.access, check });
      for (const [member, error] of failures) lost.set(member, error);
    }
    return lost;
  };
  return {
    ...(playbooks.before.length === 0 ? {} : { before: run("before") }),
    ...(playbooks.after.length === 0 ? {} : { after: run("after") }),
  };
}

/** `--check`: what they would do to the hosts that would be switched, as one batch. */
export async function rehearsePlaybooks(
  fleet: DeployFleet,
  choice: { readonly id: string },
  { playbooks }: { readonly playbooks: Playbooks },
): Promise<void> {
  const { before, after } = playbooksAround(fleet, choice, { playbooks, check: true });
  for (const step of [before, after]) {
    const lost = fleet.alive.length === 0 ? undefined : await step?.(fleet.alive);
    for (const [member, error] of lost ?? []) fleet.fail(member, error);
  }
}

interface RunOn {
  readonly when: "before" | "after";
  readonly id: string;
  readonly batch: number;
  readonly access: AnsibleAccess;
  readonly check: boolean;
}

async function runOn(
  fleet: DeployFleet,
  path: string,
  members: readonly DeployMember[],
  { when, id, batch, access, check }: RunOn,
): Promise<ReadonlyMap<DeployMember, OpsError>> {
  const name = basename(path);
  fleet.note(
    `--${when} ${path} runs on ${members.length === 1 ? members[0]?.name : `${members.length} hosts`}`,
  );
  const { hosts, through } = await runPlaybook(path, {
    access,
    check,
    limit: members.map((member) => member.name),
    extraVars: { rookery_release: id, rookery_batch: batch },
    signal: fleet.signal,
    onLine: (line) => fleet.note(`${name} | ${line}`),
  });
  const lost = new Map<DeployMember, OpsError>();
  for (const member of members) {
    const host = hosts.get(member.name);
    if (host !== undefined && host.status !== "ok") lost.set(member, hostError(name, when, host));
    else if (!through)
      lost.set(
        member,
        new OpsError("remote", `${name} ended early, because of other hosts`, { hint: hints[when] }),
      );
  }
  return lost;
}

const hints = {
  before: "see its output above; current was not switched",
  after: "see its output above, mend it, and run that playbook by itself",
} as const;

function hostError(
  name: string,
  when: "before" | "after",
  { status, task, message = "" }: PlayedHost,
): OpsError {
  const code = status === "unreachable" ? "unreachable" : "remote";
  const said = message.trim().split("\n", 1)[0] ?? "";
  return new OpsError(code, [name, task ?? status, said].filter((part) => part !== "").join(": "), {
    hint: hints[when],
  });
}

async function requireFile(flag: string, path: string): Promise<void> {
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => error);
  if (!(found instanceof Error) && found.isFile()) return;
  const why = !(found instanceof Error)
    ? "is no file"
    : found.code === "ENOENT"
      ? "is not there"
      : found.message;
  throw new OpsError("usage", `${flag}: the playbook ${path} ${why}`, {
    hint: `give its path from here: ${flag} playbooks/drain.yml`,
  });
}
