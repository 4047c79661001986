// Values as Ansible writes them in YAML: PyYAML's document with AnsibleDumper, to the byte.

import { hasOddKeys, orderedEntries, originalKey } from "./keys.ts";
import { compareText, floatText } from "./python-text.ts";
import { isFloat, isMapping, Timestamp, unsafeText, vaultText } from "./scalars.ts";
import type { Value } from "./types.ts";
import { createEmitter, type Emitter } from "./yaml-emitter.ts";
import { scalarLook } from "./yaml-look.ts";
import { booleanOf, floatOf, intOf, timestampOf } from "./yaml-scalars.ts";

/** A key longer than this (in bytes, with its anchor) gets a line of its own, after `?`. */
const LONGEST_KEY = 128;

export interface YamlStyle {
  /** Columns a level stands right of the one it is in; 2 where it is not 2 to 9, as in libyaml. */
  readonly indent?: number | undefined;
  /** Lines are folded after so many columns. */
  readonly width?: number | undefined;
  /** Which lists and mappings stand in brackets: those that hold only scalars, all, or (the default) empty ones. */
  readonly brackets?: "leaves" | "all" | undefined;
  readonly sortKeys?: boolean | undefined;
  /** Whether it begins with `---`. */
  readonly explicitStart?: boolean | undefined;
}

interface Document {
  readonly emitter: Emitter;
  readonly step: number;
  readonly brackets: YamlStyle["brackets"];
  readonly entries: (mapping: Readonly<Record<string, Value>>) => [string, Value][];
  /** Names of what occurs more than once. */
  readonly anchors: ReadonlyMap<object, string>;
  readonly written: Set<object>;
}

/**
 * `value` as a YAML document in block style: keys sorted, lists and mappings that occur twice written once, encrypted
 * texts as `!vault |`.
 * @see https://pyyaml.org/wiki/PyYAMLDocumentation
 */
export function dumpYaml(value: Value, style: YamlStyle = {}): string {
  const { indent = 2, width = 80, brackets, sortKeys = true, explicitStart = false } = style;
  const step = indent >= 2 && indent <= 9 ? indent : 2;
  const emitter = createEmitter({ step, width });
  const entries = sortKeys ? sortedEntries : orderedEntries;
  const anchors = anchorsOf(value, entries);
  const document = { emitter, step, brackets, entries, anchors, written: new Set<object>() };
  if (explicitStart) emitter.indicator("---", true);
  writeNode(value, -step, document, "root");
  emitter.newLine(0);
  return emitter.text();
}

function anchorsOf(top: Value, entries: Document["entries"]): Map<object, string> {
  const seen = new Set<object>();
  const anchors = new Map<object, string>();
  const visit = (value: Value) => {
    const shared = sharedObject(value);
    if (shared !== undefined) {
      if (seen.has(shared)) {
        if (!anchors.has(shared)) anchors.set(shared, `id${String(anchors.size + 1).padStart(3, "0")}`);
        return;
      }
      seen.add(shared);
    }
    if (Array.isArray(value)) value.forEach(visit);
    else if (isMapping(value) && !isText(value)) for (const [, item] of entries(value)) visit(item);
  };
  visit(top);
  return anchors;
}

/** What PyYAML would write once and refer to later: all but plain scalars. */
function sharedObject(value: Value): object | undefined {
  if (value === null || typeof value !== "object" || value instanceof Number) return undefined;
  return unsafeText(value) === undefined ? value : undefined;
}

function isText(value: Value): boolean {
  return vaultText(value) !== undefined || unsafeText(value) !== undefined;
}

type Place = "root" | "sequence" | "mapping" | "flow";

function writeNode(value: Value, indent: number, document: Document, place: Place): void {
  const { emitter, anchors, written } = document;
  const shared = sharedObject(value);
  const anchor = shared && anchors.get(shared);
  if (shared !== undefined && anchor !== undefined) {
    if (written.has(shared)) {
      emitter.anchor(`*${anchor}`);
      return;
    }
    written.add(shared);
    emitter.anchor(`&${anchor}`);
  }
  const flow = place === "flow" || standsInBrackets(value, document);
  if (Array.isArray(value)) {
    if (flow) writeFlowList(value, indent, document);
    else writeList(value, indent, document, place);
  } else if (isMapping(value) && !isText(value)) {
    if (flow) writeFlowMapping(value, indent, document);
    else writeMapping(value, indent, document);
  } else writeScalar(value, indent, document, { flow });
}

function standsInBrackets(value: Value, { brackets }: Document): boolean {
  if (isScalar(value)) return false;
  const items = Object.values(value as readonly Value[] | Readonly<Record<string, Value>>);
  if (items.length === 0 || brackets === "all") return true;
  return brackets === "leaves" && items.every((item) => isScalar(item) && vaultText(item) === undefined);
}

function isScalar(value: Value): boolean {
  return !Array.isArray(value) && (!isMapping(value) || isText(value));
}

function writeFlowList(items: readonly Value[], indent: number, document: Document): void {
  const { emitter } = document;
  const inner = Math.max(0, indent) + document.step;
  emitter.indicator("[", true, true);
  for (const [index, item] of items.entries()) {
    if (index > 0) emitter.indicator(",", false);
    if (emitter.lineIsFull()) emitter.newLine(inner);
    writeNode(item, inner, document, "flow");
  }
  emitter.indicator("]", false);
}

function writeFlowMapping(
  mapping: Readonly<Record<string, Value>>,
  indent: number,
  document: Document,
): void {
  const { emitter } = document;
  const inner = Math.max(0, indent) + document.step;
  emitter.indicator("{", true, true);
  for (const [index, [name, item]] of document.entries(mapping).entries()) {
    const key = originalKey(mapping, name);
    if (index > 0) emitter.indicator(",", false);
    if (emitter.lineIsFull()) emitter.newLine(inner);
    const long = isLongKey(key);
    if (long) emitter.indicator("?", true);
    writeScalar(key, inner, document, { isKey: !long, flow: true });
    if (long && emitter.lineIsFull()) emitter.newLine(inner);
    emitter.indicator(":", long);
    writeNode(item, inner, document, "flow");
  }
  emitter.indicator("}", false);
}

function isLongKey(key: Value): boolean {
  const text = scalarText(key);
  return text.includes("\n") || Buffer.byteLength(text) > LONGEST_KEY;
}

function writeList(items: readonly Value[], indent: number, document: Document, place: Place): void {
  const { emitter, step } = document;
  const inner = place === "mapping" && !emitter.atLineStart() ? indent : indent + step;
  for (const item of items) {
    emitter.newLine(inner);
    emitter.indicator("-", true, false, true);
    writeNode(item, inner, document, "sequence");
  }
}

function writeMapping(mapping: Readonly<Record<string, Value>>, indent: number, document: Document): void {
  const { emitter } = document;
  const inner = indent + document.step;
  for (const [name, item] of document.entries(mapping)) {
    const key = originalKey(mapping, name);
    emitter.newLine(inner);
    if (isLongKey(key)) {
      emitter.indicator("?", true, false, true);
      writeScalar(key, inner, document, {});
      emitter.newLine(inner);
      emitter.indicator(":", true, false, true);
    } else {
      writeScalar(key, inner, document, { isKey: true });
      emitter.indicator(":", false);
    }
    writeNode(item, inner, document, "mapping");
  }
}

function writeScalar(
  value: Value,
  indent: number,
  { emitter }: Document,
  { isKey = false, flow = false },
): void {
  const tag = vaultText(value) === undefined ? undefined : "!vault";
  const text = scalarText(value);
  const isString = typeof value === "string" || unsafeText(value) !== undefined;
  // A time holds colons, which want quotes here; the sign says that it is no text all the same.
  if (flow && !isString && tag === undefined && !scalarLook(text).flowPlainAllowed)
    emitter.indicator("!", true);
  emitter.scalar(text, indent, { tag, plain: !isString || isPlainText(text), isKey, flow });
}

function scalarText(value: Value): string {
  if (value === null) return "null";
  if (value instanceof Timestamp) return value.text;
  if (isFloat(value)) return floatYaml(Number(value));
  return vaultText(value) ?? unsafeText(value) ?? String(value);
}

function floatYaml(value: number): string {
  if (Number.isNaN(value)) return ".nan";
  if (!Number.isFinite(value)) return value > 0 ? ".inf" : "-.inf";
  const text = floatText(value);
  return text.includes(".") ? text : text.replace("e", ".0e");
}

/** Whether PyYAML reads `text` without quotes as text. */
function isPlainText(text: string): boolean {
  if (/^(?:|~|null|Null|NULL|=|<<|[!&*])$/.test(text)) return false;
  return (
    booleanOf(text) === undefined &&
    intOf(text) === undefined &&
    floatOf(text) === undefined &&
    timestampOf(text) === undefined
  );
}

/** Sorted where Python can: keys that are text and numbers at once stay as they are. */
function sortedEntries(mapping: Readonly<Record<string, Value>>): [string, Value][] {
  const entries = orderedEntries(mapping);
  if (!hasOddKeys(mapping)) return entries.sort(([a], [b]) => compareText(a, b));
  const keys = new Map(entries.map(([name]) => [name, originalKey(mapping, name)]));
  const kinds = new Set([...keys.values()].map(kindOf));
  if (kinds.size > 1 || (kinds.has("null") && keys.size > 1)) return entries;
  const order = (a: Value, b: Value) =>
    a instanceof Date || typeof a === "string"
      ? compareText(scalarText(a), scalarText(b ?? null))
      : Number(a) - Number(b);
  return entries.sort(([a], [b]) => order(keys.get(a) ?? null, keys.get(b) ?? null));
}

function kindOf(key: Value): string {
  if (key === null) return "null";
  if (key instanceof Timestamp) return key.iso.includes("T") ? "moment" : "date";
  return typeof key === "string" ? "text" : "number";
}
