// A YAML text as js-yaml's events, found by libyaml's grammar: what is built of them then is what Ansible builds.

import { CHOMPING_MODE, COLLECTION_STYLE, EVENT_ID, type Event, SCALAR_STYLE } from "js-yaml";
import { controlCharacter, YamlProblem } from "./yaml-cursor.ts";
import { type Token, tokenName } from "./yaml-layout.ts";
import {
  checkAlias,
  createPool,
  type Names,
  NO_PROPERTIES,
  type Properties,
  takeProperties,
} from "./yaml-properties.ts";
import { expectToken, nextItem, scan, type Tokens } from "./yaml-scanner.ts";

export interface YamlEvents {
  readonly events: Event[];
  /** What the events' positions are of: the text, and behind it what stands there in other words, with escapes or folded. */
  readonly source: string;
  /** Where in the text a position of `source` is from. */
  readonly textPosition: (position: number) => number;
}

/**
 * The events of `text`, of one document or none.
 * @throws YamlProblem where PyYAML refuses it
 */
export function yamlEvents(text: string): YamlEvents {
  const strange = controlCharacter(text);
  if (strange !== -1) throw new YamlProblem("a control character, which YAML doesn't allow", strange);
  const pool = createPool(text);
  const events: Event[] = [];
  const tokens = scan(text);
  document({ tokens, events, pool, anchors: new Map(), handles: new Map() });
  return { events, source: pool.source(), textPosition: pool.textPosition };
}

/** What parsing a document shares. */
interface Parse extends Names {
  readonly tokens: Tokens;
  readonly events: Event[];
}

function document(parse: Parse): void {
  const { tokens, events } = parse;
  const explicit = directives(parse);
  if (!explicit && tokens.peek().type === "end") return;
  events.push({ type: EVENT_ID.DOCUMENT, explicitStart: explicit, explicitEnd: false, directives: [] });
  if (explicit && DOCUMENT_ENDS.includes(tokens.peek().type)) empty(parse);
  else node(parse, IN_BLOCK);
  while (tokens.peek().type === "...") tokens.take();
  if (tokens.peek().type !== "end")
    throw new YamlProblem("here the document ends, for what follows is no part of it", tokens.peek().at);
  events.push({ type: EVENT_ID.POP });
}

/** Reads what comes before a document; whether it begins with `---`. */
function directives({ tokens, handles }: Parse): boolean {
  let version: string | undefined;
  let token = tokens.peek();
  const any = token.type === "directive";
  for (; token.type === "directive"; token = tokens.peek()) {
    const { directive, at } = token;
    if (directive.kind === "yaml") {
      if (version !== undefined) throw new YamlProblem("a second %YAML", at);
      version = directive.version;
    } else if (handles.has(directive.handle)) {
      throw new YamlProblem(`a second %TAG ${directive.handle}`, at);
    } else handles.set(directive.handle, directive.prefix);
    tokens.take();
  }
  if (token.type === "---") tokens.take();
  else if (any) throw new YamlProblem("expected --- behind the directives", token.at);
  return token.type === "---";
}

interface Context {
  readonly block: boolean;
  /** Whether a list may begin here that is indented no more than the key it belongs to. */
  readonly indentless: boolean;
}
const IN_BLOCK: Context = { block: true, indentless: false };
const AFTER_KEY: Context = { block: true, indentless: true };
const IN_FLOW: Context = { block: false, indentless: false };

function node(parse: Parse, { block, indentless }: Context): void {
  const { tokens } = parse;
  const start = tokens.peek();
  if (start.type === "alias") {
    tokens.take();
    checkAlias(parse.pool.text.slice(start.at + 1, start.end), start.at, parse);
    parse.events.push({ type: EVENT_ID.ALIAS, anchorStart: start.at + 1, anchorEnd: start.end });
    return;
  }
  const given =
    start.type === "anchor" || start.type === "tag" ? takeProperties(tokens, parse) : NO_PROPERTIES;
  const token = tokens.peek();
  const { type } = token;
  if (type === "scalar") {
    tokens.take();
    scalar(parse, token, given);
  } else if (type === "[") collection(parse, EVENT_ID.SEQUENCE, given, flowItems);
  else if (type === "{") collection(parse, EVENT_ID.MAPPING, given, flowEntries);
  else if (type === "map" && block) collection(parse, EVENT_ID.MAPPING, given, blockEntries);
  else if (type === "list" && block) collection(parse, EVENT_ID.SEQUENCE, given, blockItems);
  else if (type === "-" && indentless) collection(parse, EVENT_ID.SEQUENCE, given, indentlessItems);
  else if (given !== NO_PROPERTIES) empty(parse, given);
  else throw new YamlProblem(`expected a value, not ${tokenName(token)}`, token.at);
  if (given.anchorStart !== -1)
    parse.anchors.set(parse.pool.text.slice(given.anchorStart, given.anchorEnd), true);
}

function scalar({ events, pool }: Parse, token: Token & { type: "scalar" }, given: Properties): void {
  const { value, start, end } = token.scalar;
  const [valueStart, valueEnd] = value === undefined ? [start, end] : pool.add(value, token.at);
  // A tag of nothing but `!` has even a quoted text resolved as a plain one, in libyaml.
  const lone = given.tagStart !== -1 && pool.text.slice(given.tagStart, given.tagEnd) === "!";
  events.push({
    type: EVENT_ID.SCALAR,
    valueStart,
    valueEnd,
    anchorStart: given.anchorStart,
    anchorEnd: given.anchorEnd,
    tagStart: lone ? -1 : given.tagStart,
    tagEnd: lone ? -1 : given.tagEnd,
    style: token.plain || lone ? SCALAR_STYLE.PLAIN : SCALAR_STYLE.DOUBLE_QUOTED,
    chomping: CHOMPING_MODE.CLIP,
    indent: -1,
    fast: true,
  });
}

function empty({ events }: Parse, given = NO_PROPERTIES): void {
  const [chomping, style] = [CHOMPING_MODE.CLIP, SCALAR_STYLE.PLAIN];
  const value = { valueStart: -1, valueEnd: -1, chomping, style, indent: -1, fast: false };
  events.push({ type: EVENT_ID.SCALAR, ...value, ...given });
}

/** Whether a collection is told by brackets or by indentation means nothing to what is built of it. */
function collection(
  parse: Parse,
  type: typeof EVENT_ID.SEQUENCE | typeof EVENT_ID.MAPPING,
  { anchorStart, anchorEnd, tagStart, tagEnd }: Properties,
  readItems: (parse: Parse) => void,
): void {
  const start = parse.tokens.peek().at;
  const style = COLLECTION_STYLE.BLOCK;
  parse.events.push({ type, start, anchorStart, anchorEnd, tagStart, tagEnd, style });
  readItems(parse);
  const end = { type: EVENT_ID.POP, start }; // for js-yaml's errors to have a place
  parse.events.push(end);
}

type Types = readonly Token["type"][];
const DOCUMENT_ENDS: Types = ["directive", "---", "...", "end"];
const LIST_ENDS: Types = ["-", "out"];
const INDENTLESS_ENDS: Types = ["-", "?", ":", "out"];
const ENTRY_ENDS: Types = ["?", ":", "out"];
const PAIR_ENDS: Types = [":", ",", "]"];
const KEY_ENDS: Types = [":", ",", "}"];
const ITEM_VALUE_ENDS: Types = [",", "]"];
const VALUE_ENDS: Types = [",", "}"];

/** A node, or nothing where one of `ends` comes. */
function nodeUnless(parse: Parse, ends: Types, context: Context): void {
  if (ends.includes(parse.tokens.peek().type)) empty(parse);
  else node(parse, context);
}

function blockItems(parse: Parse): void {
  parse.tokens.take();
  items(parse, LIST_ENDS);
  expectToken(parse.tokens, "out", "expected a '-' like those above");
}

function indentlessItems(parse: Parse): void {
  items(parse, INDENTLESS_ENDS);
}

function items(parse: Parse, ends: Types): void {
  const { tokens } = parse;
  while (tokens.peek().type === "-") {
    tokens.take();
    nodeUnless(parse, ends, IN_BLOCK);
  }
}

function blockEntries(parse: Parse): void {
  const { tokens } = parse;
  tokens.take();
  while (tokens.peek().type === "?") {
    tokens.take();
    nodeUnless(parse, ENTRY_ENDS, AFTER_KEY);
    valueBehind(parse, ENTRY_ENDS, AFTER_KEY);
  }
  expectToken(tokens, "out", "expected 'key:' as above");
}

function flowItems(parse: Parse): void {
  const { tokens } = parse;
  const bracket = tokens.take();
  for (let first = true; tokens.peek().type !== "]"; first = false) {
    nextItem(tokens, bracket, first);
    const { type } = tokens.peek();
    if (type === "?") collection(parse, EVENT_ID.MAPPING, NO_PROPERTIES, flowPair);
    else if (type !== "]") node(parse, IN_FLOW);
  }
  tokens.take();
}

/** `key: value` as an item of a list: a mapping of its own. */
function flowPair(parse: Parse): void {
  const { tokens } = parse;
  tokens.take();
  if (PAIR_ENDS.includes(tokens.peek().type)) {
    tokens.take(); // libyaml too takes what may be the colon, and then misses it
    empty(parse);
  } else node(parse, IN_FLOW);
  valueBehind(parse, ITEM_VALUE_ENDS, IN_FLOW);
}

/** What follows a key: a value behind a colon, or nothing. */
function valueBehind(parse: Parse, ends: Types, context: Context): void {
  if (parse.tokens.peek().type !== ":") empty(parse);
  else {
    parse.tokens.take();
    nodeUnless(parse, ends, context);
  }
}

function flowEntries(parse: Parse): void {
  const { tokens } = parse;
  const bracket = tokens.take();
  for (let first = true; tokens.peek().type !== "}"; first = false) {
    nextItem(tokens, bracket, first);
    const { type } = tokens.peek();
    if (type === "?") {
      tokens.take();
      nodeUnless(parse, KEY_ENDS, IN_FLOW);
      valueBehind(parse, VALUE_ENDS, IN_FLOW);
    } else if (type !== "}") {
      node(parse, IN_FLOW);
      empty(parse);
    }
  }
  tokens.take();
}
