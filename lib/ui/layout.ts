// How the lines of a terminal are shared out between the parts of the screen.

export interface Layout {
  /** Title, phases, health and keys are left out where lines are dear. */
  readonly roomy: "no" | "yes" | "very";
  /** Lines for hosts, one each. */
  readonly hostRows: number;
  /** What stands for the hosts without a row: a cell each, by group or in one flow, or a bar for each group. */
  readonly overflow: "none" | "grouped" | "flow" | "bars";
  readonly overflowRows: number;
  readonly logRows: number;
}

export interface LayoutInput {
  readonly columns: number;
  readonly rows: number;
  readonly hosts: number;
  /** Size and label width of each group. */
  readonly groupSizes: readonly number[];
  readonly labelWidth: number;
  /** Lines the log would like. */
  readonly logLines: number;
}

/** Hosts get at least this many rows beside their cells: the slowest and the failed. */
const LEAST_HOST_ROWS = 3;

/** Columns left of the cells of a group, and at the right end. */
export function cellColumns(columns: number, labelWidth: number): number {
  return Math.max(8, columns - labelWidth - 3);
}

/**
 * Shares `rows` out. All parts together stay below `rows`, for Ink clears the whole terminal on each frame that
 * fills it.
 * @see https://github.com/vadimdemedes/ink/issues/450
 */
export function layout(input: LayoutInput): Layout {
  const { columns, rows, hosts, groupSizes, labelWidth, logLines } = input;
  const height = Math.max(1, rows - 1);
  // bar and counts always; title, phases, health and keys from 12 rows; blank lines between the parts from 24.
  const roomy = rows < 12 ? "no" : rows < 24 ? "yes" : "very";
  const fixed = { no: 2, yes: 6, very: 8 }[roomy];
  const free = Math.max(0, height - fixed);
  const leastLog = Math.min(logLines, roomy === "no" ? 0 : Math.max(1, Math.floor(free / 5)));
  const space = free - leastLog;
  if (hosts <= space) {
    // Rows nobody needs go to the log, up to a third of the screen.
    const logRows = Math.min(logLines, Math.max(leastLog, Math.min(free - hosts, Math.floor(rows / 3))));
    return {
      roomy,
      hostRows: hosts,
      overflow: "none",
      overflowRows: 0,
      logRows: roomy === "no" ? 0 : logRows,
    };
  }
  const gap = roomy === "very" ? 1 : 0;
  const most = space - gap - LEAST_HOST_ROWS;
  const perRow = cellColumns(columns, labelWidth);
  const grouped = groupSizes.reduce((sum, size) => sum + Math.ceil(size / perRow), 0);
  const flow = Math.ceil(hosts / cellColumns(columns, 0));
  const [overflow, overflowRows] =
    roomy === "no" || most < 1
      ? (["none", 0] as const)
      : grouped <= most
        ? (["grouped", grouped] as const)
        : flow <= most
          ? (["flow", flow] as const)
          : (["bars", Math.min(groupSizes.length, Math.max(1, Math.floor(space / 2)))] as const);
  const hostRows = Math.max(0, space - overflowRows - (overflowRows > 0 ? gap : 0));
  return { roomy, hostRows, overflow, overflowRows, logRows: leastLog };
}
