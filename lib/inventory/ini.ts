// INI inventories: [group], [group:children], [group:vars] and host lines.

import { literal } from "./literal.ts";
import { expandHosts, parseAddress } from "./range.ts";
import {
  addChild,
  addGroup,
  addHost,
  type GroupNode,
  groupName,
  type HostNode,
  joinGroup,
  type Source,
  setHostVars,
  setVar,
  type Tree,
  TreeError,
} from "./tree.ts";
import { badLine } from "./trouble.ts";
import type { Value } from "./types.ts";
import { splitWords } from "./words.ts";

/** Where Python's `splitlines` ends a line. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are line ends to Python
const LINE_END = /\r\n|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]/;
/** Few files have any other line ends, or blanks that Python and JavaScript don't agree on. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are blanks to Python
const UNUSUAL = /[\r\v\f\x1c-\x1f\x85\u2028\u2029\ufeff]/;
const SECTION = /^\[([^:\]\s]+)(?::([\p{L}\p{N}_]+))?\]\s*(?:#.*)?$/u;
const PLAIN_NAME = /^[a-z][a-z\d]*(?:[.-][a-z\d]+)*$/i;
/** Values that are plainly whole numbers, and those that plainly are none for all their digits: addresses, versions. */
const WHOLE = /^(?:0|[1-9]\d{0,14})$/;
const DOTTED = /^\d+\.\d+\./;
const GROUP_NAME = /^([^:\]\s]+)\s*(?:#.*)?$/;

/** A group that was named before the section which makes it. */
interface Pending {
  readonly line: number;
  readonly state: "children" | "vars";
  readonly parents: string[];
}

/** A line that can't be read; the reader adds where it is. */
class IniError extends Error {}

/**
 * Reads INI `text` into `tree`.
 * @throws OpsError `inventory` with file, line and the line itself
 * @see https://docs.ansible.com/ansible/latest/collections/ansible/builtin/ini_inventory.html
 */
export function parseIni(text: string, tree: Tree, source: Source): void {
  const file = source.shown;
  const pending = new Map<string, Pending>();
  const literals = new Map<string, Value>();
  /** Lists and mappings that many hosts have are read once, and are the same one. */
  const read = (text: string): Value => {
    if (WHOLE.test(text)) return Number(text);
    if (!/^[[{(]/.test(text)) return DOTTED.test(text) ? text : literal(text);
    const known = literals.get(text);
    if (known !== undefined) return known;
    const value = literal(text);
    literals.set(text, value);
    return value;
  };
  let group = addGroup(tree, "ungrouped");
  let state: "hosts" | "children" | "vars" = "hosts";
  /** Hosts by the lines that are nothing but their name: most lines of a large inventory. */
  const named = new Map<string, HostNode>();
  const lines = text.split(UNUSUAL.test(text) ? LINE_END : "\n");
  let number = 0;
  for (const raw of lines) {
    number++;
    const known = state === "hosts" ? named.get(raw) : undefined;
    if (known !== undefined) {
      joinGroup(known, group);
      continue;
    }
    const line = strip(raw);
    if (line === "" || line.startsWith("#") || line.startsWith(";")) continue;
    try {
      if (state === "hosts" && PLAIN_NAME.test(line)) {
        named.set(raw, addHost(tree, line, group, source));
        continue;
      }
      const section = line.startsWith("[") ? SECTION.exec(line) : null;
      if (section !== null) {
        [group, state] = openSection(tree, section, number, pending);
      } else if (line.startsWith("[") && line.endsWith("]")) {
        throw new IniError("invalid section: spaces and other special characters can't be in its name");
      } else if (state === "hosts") {
        if (/^\[[^\]]*$/.test(line)) throw new IniError("this section is never closed: ']' is missing");
        addHosts(tree, line, group, source, read);
      } else if (state === "vars") {
        const [name, value] = assignment(line);
        setVar(group, strip(name), read(strip(value)), source);
      } else {
        addPending(tree, line, group.name, number, pending);
      }
    } catch (error) {
      if (!(error instanceof IniError || error instanceof TreeError || error instanceof RangeError))
        throw error;
      throw badLine(error.message, { file, line: number, text: lines.join("\n") });
    }
  }
  for (const [name, { line, state: part, parents }] of pending) {
    const problem =
      part === "vars"
        ? `[${name}:vars] is for a group that is nowhere defined: ${name}`
        : `[${parents.at(-1)}:children] names a group that is nowhere defined: ${name}`;
    throw badLine(problem, { file, line, text: lines.join("\n") }, `add a section [${name}]`);
  }
}

/** Python's `strip`, which knows blanks that JavaScript's `trim` doesn't, and leaves a byte order mark. */
function strip(text: string): string {
  if (!UNUSUAL.test(text)) return text.trim();
  const isBlank = (char: string | undefined) =>
    char !== undefined && char !== "\ufeff" && (char.trim() === "" || UNUSUAL.test(char));
  let [start, end] = [0, text.length];
  while (isBlank(text[start])) start++;
  while (end > start && isBlank(text[end - 1])) end--;
  return text.slice(start, end);
}

function openSection(tree: Tree, section: RegExpExecArray, line: number, pending: Map<string, Pending>) {
  const [, given = "", state = "hosts"] = section;
  const name = groupName(tree, given);
  if (state !== "hosts" && state !== "children" && state !== "vars") {
    throw new IniError(`section [${name}:${state}] is neither :children nor :vars`);
  }
  // [x:vars] alone doesn't make a group; it must be declared elsewhere in this file or an earlier source.
  if (!tree.groups.has(name) && state === "vars" && !pending.has(name)) {
    pending.set(name, { line, state: "vars", parents: [] });
  }
  const group: GroupNode = addGroup(tree, name);
  if (state !== "vars" && pending.has(name)) settlePending(tree, name, pending);
  return [group, state] as const;
}

function settlePending(tree: Tree, name: string, pending: Map<string, Pending>): void {
  const waiting = pending.get(name);
  pending.delete(name);
  for (const parent of waiting?.parents ?? []) addChild(tree, parent, name);
}

function addPending(
  tree: Tree,
  line: string,
  parent: string,
  number: number,
  pending: Map<string, Pending>,
): void {
  const name = GROUP_NAME.exec(line)?.[1];
  if (name === undefined) throw new IniError("expected the name of a group");
  const waiting = pending.get(name);
  if (tree.groups.has(name)) addChild(tree, parent, name);
  else if (waiting === undefined) pending.set(name, { line: number, state: "children", parents: [parent] });
  else waiting.parents.push(parent);
}

function addHosts(
  tree: Tree,
  line: string,
  group: GroupNode,
  source: Source,
  read: (text: string) => Value,
): void {
  const [pattern = "", ...rest] = wordsOf(line);
  const { names, port } = expandHosts(pattern);
  if (strip(pattern).endsWith(":") && port === undefined) {
    throw new IniError(`'${pattern}' ends in ':', which stands before a port`);
  }
  if (names.some((name) => strip(name) === "---"))
    throw new IniError("'---' starts a YAML file, and this is read as INI");
  const vars: [string, Value][] = [];
  for (const word of rest) {
    const [name, value] = assignment(word);
    vars.push([name, read(value)]);
  }
  for (const name of names) {
    setHostVars(tree, addHost(tree, name, group, source, port), vars, source);
  }
}

function assignment(text: string): [name: string, value: string] {
  const cut = text.indexOf("=");
  if (cut === -1) throw new IniError(`expected name=value, not '${text}'`);
  return [text.slice(0, cut), text.slice(cut + 1)];
}

function wordsOf(line: string): string[] {
  try {
    return splitWords(line);
  } catch (error) {
    if (error instanceof SyntaxError) throw new IniError(`${error.message}`);
    throw error;
  }
}

/** Host list `web1,web2:2222,` as given to `-i`; with `ranges`, `web[1:3]` in it is three hosts. */
export function parseHostList(
  list: string,
  tree: Tree,
  source: Source,
  { ranges }: { readonly ranges: boolean },
): true {
  const ungrouped = addGroup(tree, "ungrouped");
  for (const item of list.split(",").map((part) => part.trim())) {
    if (item === "") continue;
    const { host = item, port } = ranges ? {} : (parseAddress(item, { ranges: false }) ?? {});
    const expanded = ranges ? expandHosts(item) : { names: [host], port };
    for (const name of expanded.names)
      if (!tree.hosts.has(name)) addHost(tree, name, ungrouped, source, expanded.port);
  }
  return true;
}
