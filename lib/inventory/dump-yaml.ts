// Values as Ansible writes them in YAML: PyYAML's document with AnsibleDumper, to the byte.

import { hasOddKeys, orderedEntries, originalKey } from "./keys.ts";
import { compareText, floatText } from "./python-text.ts";
import { isFloat, isMapping, Timestamp, unsafeText, vaultText } from "./scalars.ts";
import type { Value } from "./types.ts";
import { createEmitter, type Emitter } from "./yaml-emitter.ts";
import { booleanOf, floatOf, intOf, timestampOf } from "./yaml-scalars.ts";

/** A key longer than this (in bytes, with its anchor) gets a line of its own, after `?`. */
const LONGEST_KEY = 128;
const STEP = 2;

interface Document {
  readonly emitter: Emitter;
  /** Names of what occurs more than once. */
  readonly anchors: ReadonlyMap<object, string>;
  readonly written: Set<object>;
}

/**
 * `value`, a mapping, as a YAML document in block style: keys sorted, lists and mappings that occur twice written once,
 * encrypted texts as `!vault |`.
 * @see https://pyyaml.org/wiki/PyYAMLDocumentation
 */
export function dumpYaml(value: Readonly<Record<string, Value>>): string {
  const emitter = createEmitter();
  const document = { emitter, anchors: anchorsOf(value), written: new Set<object>() };
  writeNode(value, -STEP, document, "root");
  emitter.newLine(0);
  return emitter.text();
}

function anchorsOf(top: Value): Map<object, string> {
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
    else if (isMapping(value) && !isText(value)) for (const [, item] of sortedEntries(value)) visit(item);
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

type Place = "root" | "sequence" | "mapping";

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
  if (Array.isArray(value)) writeList(value, indent, document, place);
  else if (isMapping(value) && !isText(value)) writeMapping(value, indent, document);
  else writeScalar(value, indent, document, false);
}

function writeList(items: readonly Value[], indent: number, document: Document, place: Place): void {
  const { emitter } = document;
  if (items.length === 0) {
    emitter.indicator("[", true, true);
    emitter.indicator("]", false);
    return;
  }
  const inner = place === "mapping" && !emitter.atLineStart() ? indent : indent + STEP;
  for (const item of items) {
    emitter.newLine(inner);
    emitter.indicator("-", true, false, true);
    writeNode(item, inner, document, "sequence");
  }
}

function writeMapping(mapping: Readonly<Record<string, Value>>, indent: number, document: Document): void {
  const { emitter } = document;
  const entries = sortedEntries(mapping);
  if (entries.length === 0) {
    emitter.indicator("{", true, true);
    emitter.indicator("}", false);
    return;
  }
  const inner = indent + STEP;
  for (const [name, item] of entries) {
    const key = originalKey(mapping, name);
    emitter.newLine(inner);
    const text = scalarText(key);
    if (text.includes("\n") || Buffer.byteLength(text) > LONGEST_KEY) {
      emitter.indicator("?", true, false, true);
      writeScalar(key, inner, document, false);
      emitter.newLine(inner);
      emitter.indicator(":", true, false, true);
    } else {
      writeScalar(key, inner, document, true);
      emitter.indicator(":", false);
    }
    writeNode(item, inner, document, "mapping");
  }
}

function writeScalar(value: Value, indent: number, { emitter }: Document, isKey: boolean): void {
  const tag = vaultText(value) === undefined ? undefined : "!vault";
  const text = scalarText(value);
  const isString = typeof value === "string" || unsafeText(value) !== undefined;
  emitter.scalar(text, indent, { tag, plain: !isString || isPlainText(text), isKey });
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
