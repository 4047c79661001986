// The whole grammar of YAML, by js-yaml, with what PyYAML's YAML 1.1 makes of it.

import {
  CHOMPING_MODE,
  defineMappingTag,
  defineScalarTag,
  defineSequenceTag,
  EVENT_ID,
  FAILSAFE_SCHEMA,
  load,
  NOT_RESOLVED,
  parseEvents,
  SCALAR_STYLE,
  type Schema,
  YAMLException,
} from "js-yaml";
import type { OpsError } from "../errors.ts";
import { mapValues, orderedEntries, originalKey, setEntry } from "./keys.ts";
import { jsonKey } from "./literal.ts";
import { float, isMapping } from "./scalars.ts";
import { badLine } from "./trouble.ts";
import type { Value } from "./types.ts";
import type { YamlOptions } from "./yaml.ts";
import { refusedColon } from "./yaml-colons.ts";
import { duplicateKeys } from "./yaml-lines.ts";
import { booleanOf, floatOf, intOf, timestampOf } from "./yaml-scalars.ts";

const DIGITS = [..."-+0123456789"];

/**
 * The one document in `text`, which is neither JSON nor empty.
 * @throws OpsError `inventory` with file, line and the line itself
 */
export function parseByGrammar(text: string, { file, warn, duplicates: whenTwice }: YamlOptions): Value {
  duplicates.length = 0;
  schema ??= createSchema();
  try {
    const value = load(chompLast(text), {
      schema,
      json: true,
      filename: file,
      maxTotalMergeKeys: -1,
    });
    if (LONE.test(text) && holdsLone(value))
      throw new YAMLException("PyYAML takes a lone `=` or `<<` for no value: put it in quotes");
    const colon = refusedColon(text);
    if (colon !== undefined) {
      const line = text.slice(0, colon).split("\n").length;
      throw badLine(
        "a colon that PyYAML refuses within [] or {}",
        { file, line, text },
        "put the text in quotes",
      );
    }
    if (duplicates.length > 0 && whenTwice !== "ignore") {
      for (const { key, line } of duplicateKeys(text)) {
        if (whenTwice === "error") throw badLine(`there is a key '${key}' already`, { file, line, text });
        warn?.(`${file}:${line}: duplicate key '${key}', the last one counts`);
      }
    }
    return value as Value;
  } catch (error) {
    if (error instanceof YAMLException) throw yamlError(error, text, file);
    throw error;
  }
}

/**
 * A block scalar at the end of a file without a last newline has none either in PyYAML; js-yaml adds one. Marking the
 * scalar as stripped (`|-`) gives it PyYAML's meaning.
 */
function chompLast(text: string): string {
  if (text.endsWith("\n") || !/[|>][-+\d]*[ \t]*(?:#.*)?\n/.test(text)) return text;
  const last = parseEvents(text, {}).findLast((event) => event.type === EVENT_ID.SCALAR);
  if (last?.type !== EVENT_ID.SCALAR || last.chomping === CHOMPING_MODE.STRIP) return text;
  if (last.style !== SCALAR_STYLE.LITERAL_BLOCK && last.style !== SCALAR_STYLE.FOLDED_BLOCK) return text;
  const before = text.slice(0, last.valueStart);
  const header = Math.max(before.lastIndexOf("|"), before.lastIndexOf(">"));
  return `${text.slice(0, header + 1)}-${text.slice(header + 1).replace(/^(\d?)\+/, "$1")}`;
}

function yamlError(error: YAMLException, text: string, file: string): OpsError {
  const line = (error.mark?.line ?? 0) + 1;
  // Unquoted Jinja is a mapping in a mapping to YAML, an error that points anywhere but at the braces.
  const braces = text.split("\n").findIndex((each) => /^[^#'"]*(?::|-)\s+\{\{/.test(each)) + 1;
  if (braces === 0) return badLine(error.reason, { file, line, text });
  return badLine(error.reason, { file, line: braces, text }, "put a value that begins with {{ in quotes");
}

/** `!!float`: what Python's float() takes. */
function explicitFloat(text: string): number | typeof NOT_RESOLVED {
  const bare = text.replaceAll("_", "").trim();
  return bare === "" || Number.isNaN(Number(bare)) ? NOT_RESOLVED : float(Number(bare));
}

let schema: Schema | undefined;
/** Keys that stood twice in the text being parsed. Shared by all texts, for making a schema takes longer than most of them. */
const duplicates: string[] = [];

function createSchema(): Schema {
  return FAILSAFE_SCHEMA.withTags([...SCALARS, mapping("tag:yaml.org,2002:map"), mapping("!unsafe")]);
}

const never = () => false;

/** What a plain `<<` and a plain `=` are: keys, and nowhere else anything. */
const MERGE = Object.freeze({});
const EQUALS = Object.freeze({});
/** Only texts with one of them need a closer look. */
const LONE = /(?:^|[\s,[{])(?:=|<<)(?=[\s,\]}]|$)/;

/** Whether a `<<` or `=` stands in `value` where no key is. */
function holdsLone(value: unknown): boolean {
  if (value === MERGE || value === EQUALS) return true;
  if (Array.isArray(value)) return value.some(holdsLone);
  return isMapping(value) && Object.values(value).some(holdsLone);
}

const SCALARS = [
  // Not by its own name, by which js-yaml would merge in its own way.
  defineScalarTag("!<<", {
    implicit: true,
    implicitFirstChars: ["<"],
    resolve: (text) => (text === "<<" ? MERGE : NOT_RESOLVED),
    identify: never,
  }),
  defineScalarTag("tag:yaml.org,2002:value", {
    implicit: true,
    implicitFirstChars: ["="],
    resolve: (text) => (text === "=" ? EQUALS : NOT_RESOLVED),
    identify: never,
  }),
  defineScalarTag("tag:yaml.org,2002:null", {
    implicit: true,
    implicitFirstChars: ["~", "n", "N", ""],
    resolve: (text) => (/^(?:~|null|Null|NULL|)$/.test(text) ? null : NOT_RESOLVED),
    identify: never,
  }),
  defineScalarTag("tag:yaml.org,2002:bool", {
    implicit: true,
    implicitFirstChars: [..."yYnNtTfFoO"],
    resolve: (text) => booleanOf(text) ?? NOT_RESOLVED,
    identify: never,
  }),
  defineScalarTag("tag:yaml.org,2002:float", {
    implicit: true,
    implicitFirstChars: [...DIGITS, "."],
    resolve: (text, explicit) => floatOf(text) ?? (explicit ? explicitFloat(text) : NOT_RESOLVED),
    identify: never,
  }),
  defineScalarTag("tag:yaml.org,2002:int", {
    implicit: true,
    implicitFirstChars: DIGITS,
    resolve: (text) => intOf(text) ?? NOT_RESOLVED,
    identify: never,
  }),
  defineScalarTag("tag:yaml.org,2002:timestamp", {
    implicit: true,
    implicitFirstChars: [..."0123456789"],
    resolve: (text) => timestampOf(text) ?? NOT_RESOLVED,
    identify: never,
  }),
  defineScalarTag("!vault", { resolve: (text) => ({ __ansible_vault: text }), identify: never }),
  defineScalarTag("!vault-encrypted", { resolve: (text) => ({ __ansible_vault: text }), identify: never }),
  defineScalarTag("!unsafe", { resolve: (text) => ({ __ansible_unsafe: text }), identify: never }),
  ...["omap", "pairs"].map((name) =>
    defineSequenceTag<Value[]>(`tag:yaml.org,2002:${name}`, {
      create: () => [],
      addItem: (items, item) => {
        if (!isMapping(item)) throw new YAMLException(`!!${name} is a list of mappings with one entry each`);
        items.push(...Object.entries(item).map(([key, value]) => [key, value]));
      },
      identify: never,
    }),
  ),
  defineSequenceTag<Value[]>("!unsafe", {
    create: () => [],
    addItem: (items, item) => void items.push(unsafe(item as Value)),
    identify: never,
  }),
];

function mapping(tag: string) {
  const own = new WeakMap<object, Set<string>>();
  return defineMappingTag<Record<string, Value>>(tag, {
    create: () => ({}),
    has: () => false, // merging is done here, as PyYAML does it
    addPair: (target, key, value) => {
      if (key === MERGE) return merge(target, value as Value, own.get(target) ?? new Set());
      if (key !== EQUALS && (Array.isArray(key) || isMapping(key)))
        return "a mapping key can't be a list or a mapping";
      const name = key === EQUALS ? "=" : jsonKey(key as Value);
      const names = own.get(target) ?? new Set();
      if (names.has(name)) duplicates.push(name);
      own.set(target, names.add(name));
      setEntry(
        target,
        name,
        tag === "!unsafe" ? unsafe(value as Value) : (value as Value),
        key === EQUALS ? name : (key as Value),
      );
      return "";
    },
    keys: (target) => Object.keys(target),
    get: (target, key) => target[String(key)],
    identify: never,
  });
}

/** Adds what `<<` brings, of a list the first most strongly; the mapping's own entries win wherever they stand. */
function merge(target: Record<string, Value>, value: Value, own: ReadonlySet<string>): string {
  const sources = Array.isArray(value) ? value.toReversed() : [value];
  for (const source of sources as readonly Value[]) {
    if (!isMapping(source)) return "`<<` takes a mapping, or a list of mappings";
    for (const [name, item] of orderedEntries(source))
      if (!own.has(name)) setEntry(target, name, item, originalKey(source, name));
  }
  return "";
}

function unsafe(value: Value): Value {
  if (typeof value === "string") return { __ansible_unsafe: value };
  if (Array.isArray(value)) return value.map(unsafe);
  if (!isMapping(value) || "__ansible_unsafe" in value) return value;
  return mapValues(value, unsafe);
}
