// Where in a YAML text a key stands: looked up only when there is something to say about it.

import { EVENT_ID } from "js-yaml";
import { yamlEvents } from "./yaml-events.ts";

/** Line (from 1) of the key at `path` in `text`, or of the last part of the path that is there; undefined for none. */
export function lineOfKey(text: string, path: readonly string[]): number | undefined {
  let best: { depth: number; line: number } | undefined;
  walk(text, (keys, line) => {
    const fits = keys.length <= path.length && keys.every((key, index) => key === path[index]);
    if (fits && keys.length > (best?.depth ?? 0)) best = { depth: keys.length, line };
  });
  return best?.line;
}

/** A key of the mapping that ends as the text's `mapping`th, counted from 0. */
interface MappingKey {
  readonly key: string;
  readonly mapping: number;
}

/** Where each of `keys` stands: the second of a name, or the mapping in which it overrides what `<<` brings. */
export function duplicateKeys(
  text: string,
  keys: readonly MappingKey[],
): readonly { readonly key: string; readonly line: number }[] {
  const found: { key: string; line: number }[] = [];
  let mapping = 0;
  walk(
    text,
    () => {},
    ({ start, seen }) => {
      for (const { key, mapping: wanted } of keys)
        if (wanted === mapping) found.push({ key, line: lineAt(text, seen?.get(key) ?? start) });
      mapping++;
    },
  );
  return found;
}

type Visit = (keys: readonly string[], line: number) => void;
interface Frame {
  readonly start: number;
  /** Positions of the keys so far; undefined in a list. */
  readonly seen: Map<string, number> | undefined;
  /** The key whose value comes next. */
  key: string | undefined;
}

/** Calls `visit` for each mapping key that is a plain or quoted scalar, with the keys that lead to it; `leave` at a mapping's end. */
function walk(text: string, visit: Visit, leave: (mapping: Frame) => void = () => {}): void {
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
      visit(path(), lines.at(at));
      frame.seen.set(key, at);
    }
  };
  const { events, source, textPosition } = yamlEvents(text);
  for (const event of events) {
    if (event.type === EVENT_ID.SCALAR)
      node(source.slice(event.valueStart, event.valueEnd), textPosition(event.valueStart));
    else if (event.type === EVENT_ID.ALIAS) node(undefined, event.anchorStart);
    else if (event.type === EVENT_ID.MAPPING)
      frames.push({ start: event.start, seen: new Map(), key: undefined });
    else if (event.type === EVENT_ID.SEQUENCE)
      frames.push({ start: event.start, seen: undefined, key: undefined });
    else if (event.type === EVENT_ID.POP) {
      const left = frames.pop();
      if (left?.seen !== undefined) leave(left);
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

/** Line (from 1) of a position. */
export function lineAt(text: string, position: number): number {
  return text.slice(0, position).split(/\r\n|\n|\r/).length;
}
