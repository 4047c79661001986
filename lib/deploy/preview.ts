// What a deploy would do to each host, for `--check`.
import { lockPhrase } from "../release/lock-text.ts";
import { planPrune } from "../release/prune.ts";
import type { HostReport } from "../release/types.ts";
import { batchesOf } from "../serial.ts";
import type { HostSettings } from "../settings.ts";
import type { PreviewRow } from "../swarm/events.ts";
import type { Fleet, Member } from "../swarm/fleet.ts";
import type { Choice } from "./choose.ts";
import type { PlannedHost } from "./hosts.ts";
import type { Release } from "./open-release.ts";
import { type Playbooks, rehearsePlaybooks } from "./playbooks.ts";
import type { Rolling } from "./rolling.ts";
import { lackOfRoom } from "./room.ts";
import { expectedReuse } from "./stage.ts";
import { uplinkFor, wayFor } from "./transfer.ts";
import type { Via } from "./via.ts";

const LISTED_BATCHES = 20;

/** Emits the preview of all hosts that could be looked at. Changes nothing anywhere. */
export async function previewDeploy(
  fleet: Fleet<PlannedHost>,
  release: Release,
  choice: Choice,
  {
    via = "auto",
    playbooks,
    serial = [],
    canary = [],
  }: { readonly via?: Via; readonly playbooks?: Playbooks } & Partial<
    Pick<Rolling, "serial" | "canary">
  > = {},
): Promise<string> {
  const { payload, torrent, tree } = release;
  if (playbooks !== undefined) await rehearsePlaybooks(fleet, choice, { playbooks });
  const members = fleet.alive.filter(({ name }) => !choice.holding.has(name));
  if (members.length > 0) {
    const reused = (member: Member<PlannedHost>) => expectedReuse(member, release);
    const question = { via, members, limits: ({ settings }: PlannedHost) => settings, reused };
    const uplink = await uplinkFor(fleet, torrent, { ...question, always: true });
    fleet.note(wayFor(fleet, torrent, { ...question, uplink }).reason);
  }
  const batches = batchesOf(fleet.members, serial, { canary }).map((batch) => namesOf(batch));
  if (batches.length > 1) {
    const more = batches.length > LISTED_BATCHES ? "; …" : "";
    fleet.note(`in ${batches.length} batches: ${batches.slice(0, LISTED_BATCHES).join("; ")}${more}`);
  }
  const rows = fleet.members.flatMap((member): PreviewRow[] => {
    const { name, settings, survey } = member;
    const report = survey?.report;
    if (report === undefined) return [];
    const { current, freeBytes } = report;
    const action = choice.running.has(name) ? "nothing" : choice.holding.has(name) ? "switch" : "fetch";
    const reusesBytes = action === "fetch" ? expectedReuse(member, release) : 0;
    const lack = action === "fetch" ? lackOfRoom(report, payload.manifest, { reusesBytes }) : undefined;
    const obstacle =
      report.lock !== undefined
        ? lockPhrase(report.lock)
        : lack === undefined
          ? undefined
          : `no room: ${lack}`;
    return [
      {
        ...{ host: name, current, release: choice.id, action, deployTo: settings.deployTo, freeBytes },
        settings: describeSettings(settings),
        removes:
          action === "nothing" ? [] : prunedBy(report, { id: choice.id, tree, keep: settings.keepReleases }),
        ...(reusesBytes === 0 ? {} : { reusesBytes }),
        ...(obstacle === undefined ? {} : { obstacle }),
      },
    ];
  });
  fleet.emit({ type: "preview", rows, totalBytes: torrent.totalBytes });
  const changes = rows.filter(({ action }) => action !== "nothing").length;
  return `checked, nothing was changed: ${choice.id} would be switched to on ${changes} of ${fleet.members.length} hosts`;
}

/** `web1 web2 web3`, or the first few of many. */
function namesOf(hosts: readonly { readonly name: string }[]): string {
  const names = hosts.slice(0, 5).map(({ name }) => name);
  return hosts.length > names.length ? `${names.join(" ")} … (${hosts.length})` : names.join(" ");
}

function describeSettings(settings: HostSettings): string {
  const { keepReleases, sharedPaths, sharedFiles, exclude, beforeActivate, afterActivate, address, ports } =
    settings;
  const shared = [...sharedPaths.map((path) => `${path}/`), ...sharedFiles];
  const parts = [
    keepReleases === 0 ? "keeps all releases" : `keeps ${keepReleases}`,
    shared.length > 0 ? `shared ${shared.join(" ")}` : "",
    exclude.length > 0 ? `without ${exclude.join(" ")}` : "",
    beforeActivate.length > 0 ? `before-activate commands: ${beforeActivate.length}` : "",
    afterActivate.length > 0 ? `after-activate commands: ${afterActivate.length}` : "",
    address === undefined ? "" : `reached by others at ${address}`,
    ports === undefined ? "" : `ports ${ports.from}-${ports.to}`,
  ];
  return parts.filter((part) => part !== "").join(", ");
}

/** Ids that would go once this release is current and good. */
function prunedBy(
  report: HostReport,
  { id, tree, keep }: { readonly id: string; readonly tree: string; readonly keep: number },
): readonly string[] {
  if (keep === 0) return [];
  const others = report.releases.filter((release) => release.id !== id);
  const activated = {
    id,
    tree,
    infohash: undefined,
    state: "good" as const,
    activatedAt: new Date().toISOString(),
    revision: undefined,
  };
  return planPrune(
    { ...report, current: id, previous: report.current, releases: [...others, activated] },
    keep,
  );
}
