// Where in a YAML text a key stands: looked up only when there is something to say about it.

import { EVENT_ID, parseEvents } from "js-yaml";

/** Line (from 1) of the key at `path` in `text`, or of the last part of the path that is there; undefined for none. */
export function lineOfKey(text: string, path: readonly string[]): number | undefined {
  let best: { depth: number; line: number } | undefined;
  walk(text, (keys, line) => {
    const fits = keys.length <= path.length && keys.every((key, index) => key === path[index]);
    if (fits && keys.length > (best?.depth ?? 0)) best = { depth: keys.length, line };
  });
  return best?.line;
}

/** Keys that stand twice in one mapping, with the line of the second. */
export function duplicateKeys(text: string): readonly { readonly key: string; readonly line: number }[] {
  const found: { key: string; line: number }[] = [];
  walk(text, (keys, line, seen) => {
    const key = keys.at(-1) ?? "";
    if (key !== "<<" && seen.has(key)) found.push({ key, line });
  });
  return found;
}

type Visit = (keys: readonly string[], line: number, seen: ReadonlySet<string>) => void;
interface Frame {
  /** Keys so far; undefined in a list. */
  readonly seen: Set<string> | undefined;
  /** The key whose value comes next. */
  key: string | undefined;
}

/** Calls `visit` for each mapping key that is a plain or quoted scalar, with the keys that lead to it. */
function walk(text: string, visit: Visit): void {
  const frames: Frame[] = [];
  const lines = new LineCounter(text);
  const path = () => frames.flatMap((frame) => frame.key ?? (frame.seen === undefined ? ["-"] : []));
  /** A node begins: a key where one is due, else the value of the key before it. */
  const node = (key: string | undefined, at: number): void => {
    const frame = frames.at(-1);
    if (frame?.seen === undefined) return;
    if (frame.key !== undefined) frame.key = undefined;
    else {
      frame.key = key ?? "?";
      if (key === undefined) return;
      visit(path(), lines.at(at), frame.seen);
      frame.seen.add(key);
    }
  };
  for (const event of parseEvents(text, {})) {
    if (event.type === EVENT_ID.SCALAR) node(text.slice(event.valueStart, event.valueEnd), event.valueStart);
    else if (event.type === EVENT_ID.ALIAS) node(undefined, event.anchorStart);
    else if (event.type === EVENT_ID.MAPPING) frames.push({ seen: new Set(), key: undefined });
    else if (event.type === EVENT_ID.SEQUENCE) frames.push({ seen: undefined, key: undefined });
    else if (event.type === EVENT_ID.POP) {
      frames.pop();
      node(undefined, 0);
    }
  }
}

/** Lines of positions that only grow. */
class LineCounter {
  readonly #text: string;
  #position = 0;
  #line = 1;
  constructor(text: string) {
    this.#text = text;
  }
  at(position: number): number {
    for (; this.#position < position; this.#position++) if (this.#text[this.#position] === "\n") this.#line++;
    return this.#line;
  }
}
