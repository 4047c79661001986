// How this room words its errors: file, line, and the line itself.

import { OpsError } from "../errors.ts";

export interface Place {
  readonly file: string;
  /** Counted from 1. */
  readonly line: number;
  /** The whole text the line is in. */
  readonly text: string;
}

/** What a line gives to a name that sounds like a secret: never shown. */
const SECRET =
  /([\w.-]*(?:pass|secret|token|credential|private|api_?key)[\w.-]*["']?\s*[=:]\s*)(?:"[^"]*"?|'[^']*'?|\S+)/gi;

/** `text` as it may be shown: without what it gives to names that sound like secrets. */
export function masked(text: string): string {
  return text.replace(SECRET, "$1…");
}

/** `error`, which is about a text that was encrypted: where it is and what is wrong, but nothing of the text. */
export function withoutText<T>(error: T): T | OpsError {
  if (!(error instanceof OpsError)) return error;
  const [first = ""] = error.message.split("\n");
  const bare = first
    .replace(/'[^']*'|"[^"]*"/g, (quoted) => (quoted.length <= 4 ? quoted : "'…'")) // signs may stay
    .replace(/put \S+ in quotes/, "put it in quotes");
  return new OpsError(error.code, bare, { hint: error.hint, cause: withoutText(error.cause) });
}

/** OpsError that shows the line it is about. */
export function badLine(
  problem: string,
  { file, line, text }: Place,
  hint?: string,
  code: "inventory" | "usage" = "inventory",
): OpsError {
  const shown = masked((text.split(/\r\n|\n|\r/)[line - 1] ?? "").trim());
  const quoted = shown === "" ? "" : `\n    ${shown.length > 160 ? `${shown.slice(0, 159)}…` : shown}`;
  return new OpsError(code, `${file}:${line}: ${problem}${quoted}`, { hint });
}

/** Up to three of `names` that look like `wanted`: a typo away, or one within the other. */
export function similar(wanted: string, names: Iterable<string>): string[] {
  const limit = Math.max(1, Math.floor(wanted.length / 3));
  const low = wanted.toLowerCase();
  const found: [number, string][] = [];
  for (const name of names) {
    const other = name.toLowerCase();
    const within = low.length > 2 && other.length > 2 && (other.includes(low) || low.includes(other));
    if (!within && Math.abs(name.length - wanted.length) > limit) continue;
    const distance = editDistance(low, other);
    if (distance <= limit || within) found.push([distance, name]);
  }
  return found
    .sort(([a], [b]) => a - b)
    .slice(0, 3)
    .map(([, name]) => name);
}

/** Letters to insert, drop, change or swap with their neighbour. */
function editDistance(a: string, b: string): number {
  const rows = [Array.from({ length: b.length + 1 }, (_, index) => index)];
  const at = (i: number, j: number) => rows[i]?.[j] ?? 0;
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    rows.push(row);
    for (let j = 1; j <= b.length; j++) {
      const change = at(i - 1, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const swap = swapped ? at(i - 2, j - 2) + 1 : change;
      row.push(Math.min(change, swap, at(i - 1, j) + 1, (row[j - 1] ?? 0) + 1));
    }
  }
  return at(a.length, b.length);
}
