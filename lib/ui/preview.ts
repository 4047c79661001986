// What a run would do, as a table: the result of `--check`.
import type { FleetEvent, PreviewRow } from "../swarm/events.ts";
import { formatBytes, plural } from "./format.ts";
import { type Column, table } from "./table.ts";
import { clean, wrap } from "./text.ts";
import type { Theme } from "./theme.ts";

const ACTIONS: Record<PreviewRow["action"], string> = {
  fetch: "fetch, switch",
  switch: "switch",
  nothing: "nothing",
};

const COLUMNS: readonly Column<PreviewRow>[] = [
  { title: "host", value: ({ host }) => clean(host) },
  { title: "would", value: ({ action }) => ACTIONS[action] },
  { title: "runs", value: ({ current }) => clean(current ?? "nothing yet") },
  { title: "would run", value: ({ release }) => clean(release) },
  { title: "free", align: "right", value: ({ freeBytes }) => formatBytes(freeBytes) },
  { title: "in", value: ({ deployTo }) => clean(deployTo) },
];

/** The rows of a preview as a table, then what stands in the way and what would go, host by host. */
export function previewText(
  { rows, totalBytes }: Extract<FleetEvent, { type: "preview" }>,
  { theme, width }: { readonly theme: Theme; readonly width: number },
): string {
  // Hosts that have nothing fetch all of it, those that have an earlier release what it lacks.
  const fetching = Map.groupBy(
    rows.filter(({ action }) => action === "fetch"),
    ({ reusesBytes = 0 }) => reusesBytes,
  );
  if (fetching.size === 0) fetching.set(0, []);
  const sizes = [...fetching].map(([reused, hosts]) => {
    const size = formatBytes(Math.max(0, totalBytes - reused));
    const kept = reused === 0 ? "" : `, ${formatBytes(reused)} are there already`;
    return `${size} would travel to ${plural(hosts.length, "host")}${kept}`;
  });
  const obstacles = rows.flatMap(({ host, obstacle }) =>
    obstacle === undefined
      ? []
      : wrap(`${theme.sign("failed")} ${clean(host)}: ${clean(obstacle)}`, width, 4).map((line) =>
          theme.paint("red", line),
        ),
  );
  // Fleets mostly hold the same releases: one line for all hosts that would lose the same ones.
  const removals = Map.groupBy(
    rows.filter(({ removes }) => removes.length > 0),
    ({ removes }) => removes.map(clean).join(" "),
  );
  const removed = [...removals].flatMap(([ids, losing]) =>
    wrap(`would remove ${ids} from ${names(losing)}`, width, 2),
  );
  // As with removals: most hosts share their settings, and `reached by others at` is the rare exception.
  const settings = [...Map.groupBy(rows, (row) => clean(row.settings))].flatMap(([text, sharing]) =>
    wrap(`${names(sharing)}: ${text}`, width, 2),
  );
  const after = [...sizes, ...settings, ...removed, ...obstacles];
  return `${table(rows, COLUMNS)}${rows.length === 0 ? "" : "\n"}${after.join("\n")}\n\n`;
}

function names(rows: readonly PreviewRow[]): string {
  return rows.length > 8 ? plural(rows.length, "host") : rows.map(({ host }) => clean(host)).join(", ");
}
