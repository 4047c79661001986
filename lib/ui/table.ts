// Rows → aligned text for stdout: what scripts print that have no screen.
import { cut, fit, widthOf } from "./text.ts";

export interface Column<Row> {
  readonly title: string;
  readonly value: (row: Row) => string;
  /** `right` for numbers; default `left`. */
  readonly align?: "left" | "right";
}

/**
 * `rows` as lines with a title line, columns two spaces apart and as wide as their widest cell; "" without rows.
 * `width` cuts lines to a terminal's, titles are left out when every one is empty.
 */
export function table<Row>(
  rows: readonly Row[],
  columns: readonly Column<Row>[],
  { width = Number.POSITIVE_INFINITY }: { readonly width?: number } = {},
): string {
  if (rows.length === 0) return "";
  const body = rows.map((row) => columns.map((column) => column.value(row)));
  const titles = columns.map((column) => column.title);
  const lines = titles.some((title) => title !== "") ? [titles, ...body] : body;
  const widths = columns.map((_, index) =>
    lines.reduce((most, line) => Math.max(most, widthOf(line[index] ?? "")), 0),
  );
  const text = lines.map((line) => {
    const cells = line.map((cell, index) => fit(cell, widths[index] ?? 0, columns[index]?.align));
    return cut(cells.join("  ").trimEnd(), width);
  });
  return `${text.join("\n")}\n`;
}
