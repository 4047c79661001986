// The YAML that most vars files are: `name: value` lines with plain values, lists and mappings in a line. Read ten times
// faster than by the whole grammar; whatever is not plainly that is left to it.

import { define } from "./keys.ts";
import type { Value } from "./types.ts";
import { booleanOf, floatOf, intOf, timestampOf } from "./yaml-scalars.ts";

const LINE = /^([A-Za-z_]\w*):[ ]+(\S.*?)[ ]*$/;
/** Words that mean only themselves, wherever they stand: no quotes, colons, commas, brackets, signs or blanks. */
const WORD = /^(?:[A-Za-z0-9_/][\w./+-]*|-[0-9][\w.]*)$/;
const QUOTED = /^(?:"([^"\\]*)"|'([^']*)')$/;
const NULL = /^(?:null|Null|NULL)$/;

/** What `text` holds; undefined when it needs the whole grammar. */
export function parseSimpleYaml(text: string): Value | undefined {
  if (!/^(?:---\n)?[A-Za-z_]/.test(text) || !/^[ -~\n]*$/.test(text)) return undefined;
  const found: Record<string, Value> = {};
  for (const line of text.split("\n")) {
    if (line === "" || line === "---" || line.startsWith("#")) continue;
    const [, name = "", given = ""] = LINE.exec(line) ?? [];
    const value = name === "" || !isName(name) ? undefined : parseValue(given);
    if (value === undefined || Object.hasOwn(found, name)) return undefined;
    define(found, name, value);
  }
  return text.lastIndexOf("---") > 0 ? undefined : found;
}

function isName(text: string): boolean {
  return !NULL.test(text) && booleanOf(text) === undefined;
}

function parseValue(text: string): Value | undefined {
  const inner = text.slice(1, -1);
  if (text.startsWith("[")) return text.endsWith("]") ? items(inner) : undefined;
  if (text.startsWith("{")) return text.endsWith("}") ? entries(inner) : undefined;
  return scalarOf(text);
}

function items(text: string): Value[] | undefined {
  const found: Value[] = [];
  for (const part of text.split(",")) {
    const value = scalarOf(part.trim());
    if (value === undefined) return undefined;
    found.push(value);
  }
  return found;
}

function entries(text: string): Value | undefined {
  const found: Record<string, Value> = {};
  for (const part of text.split(",")) {
    const [, name = "", given = ""] = LINE.exec(part.trim()) ?? [];
    const value = name === "" || !isName(name) ? undefined : scalarOf(given);
    if (value === undefined || Object.hasOwn(found, name)) return undefined;
    define(found, name, value);
  }
  return found;
}

function scalarOf(text: string): Value | undefined {
  if (WORD.test(text)) {
    if (/^[-0-9]/.test(text)) return intOf(text) ?? floatOf(text) ?? timestampOf(text) ?? text;
    return NULL.test(text) ? null : (booleanOf(text) ?? text);
  }
  const quoted = QUOTED.exec(text);
  return quoted === null ? undefined : (quoted[1] ?? quoted[2]);
}
