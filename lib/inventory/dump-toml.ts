// Values as Python's toml library writes them, with its ways: what Ansible prints for --toml.

import { OpsError } from "../errors.ts";
import { hasOddKeys, orderedEntries, orderedKeys, originalKey } from "./keys.ts";
import { floatText, pythonRepr } from "./python-text.ts";
import { isFloat, isMapping, Timestamp, unsafeText, vaultText } from "./scalars.ts";
import type { Value } from "./types.ts";

type Table = Readonly<Record<string, Value>>;
type Sections = (readonly [name: string, table: Table])[];
type Open = (vault: string) => string;

/**
 * `table` as toml.dumps writes it: tables level by level, `null` left out. `open` decrypts.
 * @see https://github.com/uiri/toml, encoder.py of 0.10.2
 */
export function dumpToml(table: Table, { open }: { readonly open: Open }): string {
  let [text, sections] = dumpSection(table, "", open);
  while (sections.length > 0) {
    const deeper: Sections = [];
    for (const [name, section] of sections) {
      const [lines, below] = dumpSection(section, name, open);
      if (lines !== "" || below.length === 0) {
        if (text !== "" && !text.endsWith("\n\n")) text += "\n";
        text += `[${name}]\n${lines}`;
      }
      for (const [each, inner] of below) deeper.push([`${name}.${each}`, inner]);
    }
    sections = deeper;
  }
  return text;
}

/** The lines of one table, and the tables in it, which come later. */
function dumpSection(table: Table, above: string, open: Open): [lines: string, sections: Sections] {
  const prefix = above === "" || above.endsWith(".") ? above : `${above}.`;
  const sections: Sections = [];
  let lines = "";
  let arrays = "";
  const odd =
    hasOddKeys(table) && orderedKeys(table).find((each) => typeof originalKey(table, each) !== "string");
  if (typeof odd === "string")
    throw new OpsError("setting", `TOML can't hold the key ${odd}, which is no text: put it in quotes`);
  for (const [name, value] of orderedEntries(table)) {
    const key = /^[A-Za-z0-9_-]+$/.test(name) ? name : dumpText(name);
    if (isTable(value)) sections.push([key, value]);
    else if (Array.isArray(value) && value.some(isTable))
      arrays += value.map((each) => arrayTable(each, prefix + key, open)).join("");
    else if (value !== null) lines += `${key} = ${dumpValue(value, open)}\n`;
  }
  return [lines + arrays, sections];
}

function arrayTable(table: Value, name: string, open: Open): string {
  if (!isTable(table)) {
    // The library goes through what it takes for a table, and only finds out when there is something in it.
    if (table === "" || (Array.isArray(table) && table.length === 0)) return `[[${name}]]\n\n`;
    throw new OpsError(
      "setting",
      `TOML can't hold the list ${name}: mappings and other things are mixed in it`,
    );
  }
  const [lines, sections] = dumpSection(table, name, open);
  const nested = lines.startsWith("[");
  let below = nested ? `\n${lines}` : "\n";
  let level = sections;
  while (level.length > 0) {
    const deeper: Sections = [];
    for (const [each, section] of level) {
      const [inner, more] = dumpSection(section, `${name}.${each}`, open);
      if (inner !== "") below += `[${name}.${each}]\n${inner}`;
      for (const [last, table] of more) deeper.push([`${each}.${last}`, table]);
    }
    level = deeper;
  }
  return `[[${name}]]\n${nested ? "" : lines}${below}`;
}

function isTable(value: Value): value is Table {
  return isMapping(value) && vaultText(value) === undefined && unsafeText(value) === undefined;
}

function dumpValue(value: Value, open: Open): string {
  const vault = vaultText(value);
  if (vault !== undefined) return dumpList([...open(vault)], open); // a sequence of characters, to that library
  const text = unsafeText(value) ?? value;
  if (typeof text === "boolean") return String(text);
  if (text instanceof Timestamp) return text.iso.replace("+00:00", "Z");
  if (isFloat(text)) return floatText(Number(text)).replace("e+0", "e+").replace("e-0", "e-");
  if (Array.isArray(text)) return dumpList(text, open);
  if (isMapping(text)) return dumpList(Object.keys(text), open);
  return typeof text === "number" || typeof text === "bigint"
    ? String(text)
    : dumpText(text as string | null);
}

function dumpList(items: readonly Value[], open: Open): string {
  return `[${items.map((item) => ` ${dumpValue(item, open)},`).join("")}]`;
}

/** Python's repr between double quotes; of control characters the library keeps what follows their backslash. */
function dumpText(value: string | null): string {
  let text = pythonRepr(value);
  const single = text.startsWith("'");
  if (single || text.startsWith('"')) text = text.slice(1, -1);
  if (single) text = text.replaceAll("\\'", "'").replaceAll('"', '\\"');
  let [first = "", ...parts] = text.split("\\x");
  while (parts.length > 0) {
    if (first === "") first = parts.shift() ?? "";
    first = first.replaceAll("\\\\", "\\") + (isOpen(first.replaceAll("\\\\", "\\")) ? "u00" : "x");
    first += parts.shift() ?? "";
  }
  return `"${first}"`;
}

/** Whether the library would write `\u00` after `text`: by how many backslashes it ends with, not counting a first character. */
function isOpen(text: string): boolean {
  let joined = !text.endsWith("\\");
  for (let at = text.length - 1; at > 0 && text[at] === "\\"; at--) joined = !joined;
  return !joined;
}
