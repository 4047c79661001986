// What YAML's tags mean to Ansible: PyYAML's YAML 1.1 with !vault and !unsafe, written with js-yaml's tags.

import {
  defineMappingTag,
  defineScalarTag,
  defineSequenceTag,
  FAILSAFE_SCHEMA,
  NOT_RESOLVED,
  type Schema,
  YAMLException,
} from "js-yaml";
import { orderedEntries, originalKey, setEntry } from "./keys.ts";
import { jsonKey } from "./literal.ts";
import { isMapping, isPlainMapping } from "./scalars.ts";
import { tuple } from "./tuple.ts";
import type { Value } from "./types.ts";
import { explicitFloat, explicitInt } from "./yaml-explicit.ts";
import { booleanOf, floatOf, intOf, timestampOf } from "./yaml-scalars.ts";

/** What building the values of a text has come upon. */
export interface Findings {
  /** Keys that stand twice, or override one that `<<` brings: their names, and which mapping of the text, by its end. */
  readonly duplicates: { readonly key: string; readonly mapping: number }[];
  /** Mappings built. */
  mappings: number;
}

/** js-yaml's schema for PyYAML's values; what it comes upon goes into `findings`, which the caller resets. */
export function createSchema(findings: Findings): Schema {
  const mappings = [...["map", "python/dict"].map(standard), "!unsafe"];
  return FAILSAFE_SCHEMA.withTags([...SCALARS, ...LISTS, ...mappings.map((tag) => mapping(tag, findings))]);
}

const never = () => false;
const standard = (name: string) => `tag:yaml.org,2002:${name}`;
const DIGITS = [..."-+0123456789"];

/** What a plain `<<` and a plain `=` are: keys, and nowhere else anything. */
const MERGE = Object.freeze({});
const EQUALS = Object.freeze({});

/** What is wrong with a `<<` or `=` as a value; "" for all else. */
export function lone(value: unknown): string {
  if (value !== MERGE && value !== EQUALS) return "";
  return "a lone `=` or `<<` is no value to PyYAML: put it in quotes";
}

/** Thrown for a text that PyYAML takes for a number or date and then can't read. */
export class BadText extends Error {
  readonly text: string;
  constructor(text: string, problem: string) {
    super(`${problem}: put ${text} in quotes`);
    this.text = text;
  }
}

const SCALARS = [
  // Neither by its own name, by which js-yaml would merge in its own way.
  defineScalarTag("!<<", {
    implicit: true,
    implicitFirstChars: ["<"],
    resolve: (text) => (text === "<<" ? MERGE : NOT_RESOLVED),
    identify: never,
  }),
  defineScalarTag(standard("merg"), {
    matchByTagPrefix: true,
    resolve: (_text, _explicit, name) => (name === standard("merge") ? MERGE : NOT_RESOLVED),
    identify: never,
  }),
  defineScalarTag(standard("value"), {
    implicit: true,
    implicitFirstChars: ["="],
    resolve: (text, explicit) => (text === "=" || explicit ? EQUALS : NOT_RESOLVED),
    identify: never,
  }),
  defineScalarTag(standard("null"), {
    implicit: true,
    implicitFirstChars: ["~", "n", "N", ""],
    resolve: (text, explicit) => (explicit || /^(?:~|null|Null|NULL|)$/.test(text) ? null : NOT_RESOLVED),
    identify: never,
  }),
  defineScalarTag(standard("bool"), {
    implicit: true,
    implicitFirstChars: [..."yYnNtTfFoO"],
    resolve: (text, explicit) => booleanOf(explicit ? text.toLowerCase() : text) ?? NOT_RESOLVED,
    identify: never,
  }),
  defineScalarTag(standard("float"), {
    implicit: true,
    implicitFirstChars: [...DIGITS, "."],
    resolve: (text, explicit) => (explicit ? explicitFloat(text) : floatOf(text)) ?? NOT_RESOLVED,
    identify: never,
  }),
  defineScalarTag(standard("int"), {
    implicit: true,
    implicitFirstChars: DIGITS,
    resolve: (text, explicit) => {
      const value = explicit ? explicitInt(text) : intOf(text);
      if (Number.isNaN(value)) throw new BadText(text, "a number without digits");
      return value ?? NOT_RESOLVED;
    },
    identify: never,
  }),
  defineScalarTag(standard("timestamp"), {
    implicit: true,
    implicitFirstChars: [..."0123456789"],
    resolve: (text, explicit) => {
      const value = timestampOf(text, { loose: explicit });
      if (Number.isNaN(value?.getTime())) throw new BadText(text, "a date or time that there isn't");
      return value ?? NOT_RESOLVED;
    },
    identify: never,
  }),
  defineScalarTag(standard("python/unicode"), { resolve: (text) => text, identify: never }),
  // js-yaml takes `!!map` in front of nothing for an empty mapping.
  ...["map", "seq", "omap", "pairs", "python/dict"].map((name) =>
    defineScalarTag(standard(name), { resolve: () => NOT_RESOLVED, identify: never }),
  ),
  defineScalarTag("!vault", { resolve: (text) => ({ __ansible_vault: text }), identify: never }),
  defineScalarTag("!vault-encrypted", { resolve: (text) => ({ __ansible_vault: text }), identify: never }),
  defineScalarTag("!unsafe", { resolve: (text) => ({ __ansible_unsafe: text }), identify: never }),
];

const LISTS = [
  list(standard("seq"), (value) => value),
  list("!unsafe", unsafe),
  ...["omap", "pairs"].map((name) =>
    defineSequenceTag<Value[]>(standard(name), {
      create: () => [],
      addItem: (items, item) => {
        const [entry, ...more] = isMapping(item) ? orderedEntries(item) : [];
        if (entry === undefined || more.length > 0)
          throw new YAMLException(`!!${name} is a list of mappings with one entry each`);
        items.push(tuple([originalKey(item as object, entry[0]), entry[1]]));
      },
      identify: never,
    }),
  ),
];

function list(tag: string, change: (value: Value) => Value) {
  return defineSequenceTag<Value[]>(tag, {
    create: () => [],
    addItem: (items, item) => {
      items.push(change(item as Value));
      return lone(item);
    },
    identify: never,
  });
}

/** A mapping's pairs as they come; they are put together at its end, for what `<<` brings comes first. */
interface Pairs {
  readonly merged: (readonly [key: Value, value: Value])[];
  readonly own: (readonly [key: Value, value: Value])[];
}

function mapping(tag: string, findings: Findings) {
  return defineMappingTag<Pairs, Record<string, Value>>(tag, {
    create: () => ({ merged: [], own: [] }),
    addPair: ({ merged, own }, key, value) => {
      if (key === MERGE) return merge(merged, value as Value);
      const name = key === EQUALS ? "=" : isUnsafe(key) ? key.__ansible_unsafe : (key as Value);
      if (Array.isArray(name) || isMapping(name))
        return "a mapping's key can't be a list, a mapping or encrypted";
      own.push([name, tag === "!unsafe" ? unsafe(value as Value) : (value as Value)]);
      return lone(value);
    },
    finalize: ({ merged, own }) => {
      const mapping = findings.mappings++;
      return together(merged.length === 0 ? own : [...merged, ...own], (key) =>
        findings.duplicates.push({ key, mapping }),
      );
    },
    has: never,
    keys: Object.keys,
    get: (target, key) => target[String(key)],
    identify: never,
  });
}

/** Adds what `<<` brings, of a list the first last, so that it wins. */
function merge(merged: Pairs["merged"], value: Value): string {
  for (const source of Array.isArray(value) ? value.toReversed() : [value]) {
    if (source === MERGE || source === EQUALS || !isPlainMapping(source))
      return "`<<` takes a mapping, or a list of mappings";
    for (const [name, item] of orderedEntries(source)) merged.push([originalKey(source, name), item]);
  }
  return "";
}

/** As Python's dict: a key keeps its first place and its last value, and 1, 1.0 and true are one key. */
function together(pairs: Pairs["own"], twice: (name: string) => void): Record<string, Value> {
  const found: Record<string, Value> = {};
  const names = new Map<Value, string>();
  for (const [key, value] of pairs) {
    const same = typeof key === "string" ? key : sameKey(key);
    const known = names.get(same);
    if (known !== undefined) {
      twice(known);
      setEntry(found, known, value, originalKey(found, known));
    } else {
      const name = jsonKey(key);
      names.set(same, name);
      setEntry(found, name, value, key);
    }
  }
  return found;
}

/** One value for all keys that Python takes for the same. */
function sameKey(key: Value): Value {
  if (key instanceof Date) return `date ${key.toJSON()}`;
  if (key === null || typeof key === "bigint") return key;
  const number = Number(key);
  return Number.isInteger(number) && !Number.isSafeInteger(number) ? BigInt(number) : number;
}

function isUnsafe(value: unknown): value is { readonly __ansible_unsafe: string } {
  return isMapping(value) && typeof value.__ansible_unsafe === "string";
}

/** Ansible marks what is directly in an `!unsafe` list or mapping; of lists and mappings in it nothing is left. */
function unsafe(value: Value): Value {
  if (typeof value === "string") return { __ansible_unsafe: value };
  if (Array.isArray(value)) return [];
  return isMapping(value) && !("__ansible_unsafe" in value || "__ansible_vault" in value) ? {} : value;
}
