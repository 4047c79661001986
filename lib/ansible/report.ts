// What our callback plugin wrote down of one run of ansible-playbook. Pure.

/** How a host fared: what failed there last, in which task. */
export interface PlayedHost {
  readonly status: "ok" | "failed" | "unreachable";
  readonly changed: number;
  readonly task?: string | undefined;
  readonly message?: string | undefined;
}

/** What a playbook did, a row a host. */
export interface PlayReport {
  /** Hosts that were part of a play, by name. */
  readonly hosts: ReadonlyMap<string, PlayedHost>;
  /** False when it ended early, so that hosts without a failure of their own did not get everything either. */
  readonly through: boolean;
}

type Row =
  | {
      readonly type: "failed" | "unreachable";
      readonly host: string;
      readonly task: string;
      readonly message: string;
    }
  | {
      readonly type: "stats";
      readonly through: boolean;
      readonly hosts: Readonly<
        Record<string, { readonly changed: number; readonly failures: number; readonly unreachable: number }>
      >;
    };

/** The report in `text`, JSON lines; undefined when the run ended before it had one. */
export function parseReport(text: string): PlayReport | undefined {
  const rows = text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Row);
  const stats = rows.findLast((row) => row.type === "stats");
  if (stats?.type !== "stats") return undefined;
  const hosts = new Map<string, PlayedHost>();
  for (const [host, { changed, failures, unreachable }] of Object.entries(stats.hosts)) {
    // A failure that was rescued is none: the recap decides, the rows say why.
    const status = unreachable > 0 ? "unreachable" : failures > 0 ? "failed" : "ok";
    const why = rows.findLast((row) => row.type === status && row.host === host);
    const said = why === undefined || why.type === "stats" ? {} : { task: why.task, message: why.message };
    hosts.set(host, { status, changed, ...said });
  }
  return { hosts, through: stats.through };
}
