// What Python's texts can do, for filters and methods alike.

import { pythonText } from "./python-text.ts";
import type { Value } from "./types.ts";

export function capital(word: string): string {
  return word.slice(0, 1).toUpperCase() + word.slice(1).toLowerCase();
}

/** Without the white space, or the characters of `chars`, at either end. */
export function strip(input: string, chars: Value | undefined, { start = true, end = true } = {}): string {
  const set = chars === undefined || chars === null ? undefined : new Set(pythonText(chars));
  const goes = (char: string | undefined) =>
    char !== undefined && (set === undefined ? /\s/.test(char) : set.has(char));
  let [from, to] = [0, input.length];
  while (start && from < to && goes(input[from])) from++;
  while (end && to > from && goes(input[to - 1])) to--;
  return input.slice(from, to);
}

/** All occurrences of `from`, or the first `count`. */
export function replaceText(input: string, from: string, to: string, count: Value | undefined): string {
  if (count === undefined || count === null || Number(count) < 0) return input.replaceAll(from, () => to);
  let out = input;
  for (let done = 0, at = 0; done < Number(count); done++) {
    const found = out.indexOf(from, at);
    if (found === -1) break;
    out = out.slice(0, found) + to + out.slice(found + from.length);
    at = found + to.length;
  }
  return out;
}

/** Parts between `separator`, or between white space; no more than `limit` splits, from the right where `right`. */
export function splitText(
  input: string,
  separator: Value | undefined,
  limit: Value | undefined,
  { right = false } = {},
): string[] {
  const most = limit === undefined || limit === null ? -1 : Number(limit);
  const parts: string[] = [];
  if (separator === undefined || separator === null) {
    let rest = right ? input.trimEnd() : input.trimStart();
    while (rest !== "" && (most < 0 || parts.length < most)) {
      const found = right ? /^([\s\S]*?)\s+(\S+)$/.exec(rest) : /^(\S+)\s+([\s\S]*)$/.exec(rest);
      if (found === null) break;
      const [head = "", tail = ""] = right ? [found[2], found[1]] : [found[1], found[2]];
      parts.push(head);
      rest = right ? tail.trimEnd() : tail;
    }
    // What is left after the last split keeps its own white space, but for that at its far end.
    if (rest.trim() !== "") parts.push(most >= 0 && parts.length >= most ? rest : rest.trim());
    return right ? parts.reverse() : parts;
  }
  const all = input.split(pythonText(separator));
  if (most < 0 || all.length <= most + 1) return all;
  const by = pythonText(separator);
  return right
    ? [all.slice(0, all.length - most).join(by), ...all.slice(all.length - most)]
    : [...all.slice(0, most), all.slice(most).join(by)];
}

/** `width` characters wide, filled up on the other side. */
export function justified(input: string, width: number, to: "left" | "right" | "center", fill = " "): string {
  const missing = Math.max(0, width - [...input].length);
  if (to === "left") return input + fill.repeat(missing);
  if (to === "right") return fill.repeat(missing) + input;
  // Python puts the odd one to the left only where the width is odd.
  const left = Math.floor(missing / 2) + (missing & width & 1);
  return fill.repeat(left) + input + fill.repeat(missing - left);
}
