// Anchors and tags in front of a YAML value, and where js-yaml finds what they and the value are.

import { YamlProblem } from "./yaml-cursor.ts";
import type { Tokens } from "./yaml-scanner.ts";
import type { Tag } from "./yaml-tags.ts";

export type Range = readonly [start: number, end: number];

/** Ranges of the source; -1 where there is none. */
export interface Properties {
  readonly anchorStart: number;
  readonly anchorEnd: number;
  readonly tagStart: number;
  readonly tagEnd: number;
}
export const NO_PROPERTIES: Properties = { anchorStart: -1, anchorEnd: -1, tagStart: -1, tagEnd: -1 };

/** A text, and behind it what stands there in other words: with escapes, folded, abbreviated. */
export interface Pool {
  readonly text: string;
  /** Where in the source `value` now is; `at` is where it is from. */
  readonly add: (value: string, at: number) => Range;
  readonly source: () => string;
  /** Where in the text a position of the source is from. */
  readonly textPosition: (position: number) => number;
}

export function createPool(text: string): Pool {
  let more = "";
  const starts: number[] = [];
  const places: number[] = [];
  return {
    text,
    add: (value, at) => {
      const start = text.length + more.length;
      starts.push(start);
      places.push(at);
      more += value;
      return [start, start + value.length];
    },
    source: () => text + more,
    textPosition: (position) => places[starts.findLastIndex((start) => start <= position)] ?? position,
  };
}

export interface Names {
  readonly pool: Pool;
  /** Those given so far, and whether their value is complete: PyYAML refuses a second one of the name. */
  readonly anchors: Map<string, boolean>;
  /** What the handles of tags stand for, as %TAG says. */
  readonly handles: Map<string, string>;
}

/** Anchor and tag, in any order. */
export function takeProperties(tokens: Tokens, names: Names): Properties {
  const { text } = names.pool;
  let found = NO_PROPERTIES;
  for (;;) {
    const token = tokens.peek();
    if (token.type === "anchor" && found.anchorStart === -1) {
      const name = text.slice(token.at + 1, token.end);
      if (names.anchors.has(name)) throw new YamlProblem(`there is an anchor &${name} already`, token.at);
      names.anchors.set(name, false);
      found = { ...found, anchorStart: token.at + 1, anchorEnd: token.end };
    } else if (token.type === "tag" && found.tagStart === -1) {
      const [tagStart, tagEnd] = tagRange(token.tag, [token.at, token.end], names);
      found = { ...found, tagStart, tagEnd };
    } else return found;
    tokens.take();
  }
}

/** @throws YamlProblem when there is no such anchor, or it is of what the alias is in */
export function checkAlias(name: string, at: number, { anchors }: Names): void {
  const complete = anchors.get(name);
  if (complete === undefined) throw new YamlProblem(`there is no anchor &${name} above *${name}`, at);
  // Ansible can't show such values either.
  if (!complete) throw new YamlProblem(`*${name} is within &${name}: no value can hold itself`, at);
}

/** Where in the source a tag's name stands in a way js-yaml knows. */
function tagRange({ handle, suffix }: Tag, [at, end]: Range, { handles, pool }: Names): Range {
  if (handle === "" && suffix === "!") return [at, at + 1];
  const standard = { "": "", "!": "!", "!!": "tag:yaml.org,2002:" }[handle];
  const prefix = handles.get(handle) ?? standard;
  if (prefix === undefined) throw new YamlProblem(`no %TAG says what ${handle} stands for`, at);
  if (prefix === standard && handle !== "" && /^[\w-]+$/.test(suffix)) return [at, end];
  return pool.add(`!<${(prefix + suffix).replaceAll("%", "%25")}>`, at);
}
