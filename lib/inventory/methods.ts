// Python's methods of texts, lists and mappings that templates call: `name.split('.')`, `cfg.get('port', 80)`.

import { itemTuples } from "./collection-filters.ts";
import { orderedKeys, originalKey, setEntry } from "./keys.ts";
import { jsonKey } from "./literal.ts";
import { equal } from "./operators.ts";
import { pythonText } from "./python-text.ts";
import { type Callable, itemsOf, keysOf, memberOf, TemplateError } from "./results.ts";
import { isMapping } from "./scalars.ts";
import { capital, justified, replaceText, splitText, strip } from "./texts.ts";
import { tuple, View, view } from "./tuple.ts";
import type { Value } from "./types.ts";

type Method<Target> = (
  target: Target,
  args: readonly Value[],
  named: Readonly<Record<string, Value>>,
) => Value;
type Methods<Target> = Readonly<Record<string, Method<Target>>>;

const words = (change: (word: string) => string) => (text: string) => text.replace(/\p{L}+/gu, change);
const only = (pattern: RegExp) => (text: string) => text !== "" && pattern.test(text);
/** `text.find('x', start, end)`, from the right where `last`. */
const find = (text: string, [part = "", start = 0, end = text.length]: readonly Value[], last = false) => {
  const piece = text.slice(0, Number(end) < 0 ? text.length + Number(end) : Number(end));
  const from = Number(start) < 0 ? Math.max(0, text.length + Number(start)) : Number(start);
  const at = last ? piece.lastIndexOf(pythonText(part)) : piece.indexOf(pythonText(part), from);
  return at < from ? -1 : at;
};
const textIndex =
  (last: boolean): Method<string> =>
  (text, args) => {
    const at = find(text, args, last);
    if (at === -1) throw new TemplateError(`'${text}' has no '${pythonText(args[0] ?? "")}'`);
    return at;
  };
const parted =
  (last: boolean): Method<string> =>
  (text, [separator = ""]) => {
    const by = pythonText(separator);
    const at = last ? text.lastIndexOf(by) : text.indexOf(by);
    if (at === -1) return tuple(last ? ["", "", text] : [text, "", ""]);
    return tuple([text.slice(0, at), by, text.slice(at + by.length)]);
  };
const count: Method<string> = (text, [part = ""]) => text.split(pythonText(part)).length - 1;

const TEXTS: Methods<string> = {
  upper: (text) => text.toUpperCase(),
  lower: (text) => text.toLowerCase(),
  casefold: (text) => text.toLowerCase(),
  capitalize: capital,
  title: words(capital),
  swapcase: (text) =>
    text.replace(/\p{L}/gu, (char) =>
      char === char.toUpperCase() ? char.toLowerCase() : char.toUpperCase(),
    ),
  strip: (text, [chars]) => strip(text, chars),
  lstrip: (text, [chars]) => strip(text, chars, { end: false }),
  rstrip: (text, [chars]) => strip(text, chars, { start: false }),
  split: (text, [separator, limit], named) =>
    splitText(text, named.sep ?? separator, named.maxsplit ?? limit),
  rsplit: (text, [separator, limit], named) =>
    splitText(text, named.sep ?? separator, named.maxsplit ?? limit, { right: true }),
  splitlines: (text) => (text === "" ? [] : text.replace(/(?:\r\n|\n|\r)$/, "").split(/\r\n|\n|\r/)),
  partition: parted(false),
  rpartition: parted(true),
  replace: (text, [from = "", to = "", most]) => replaceText(text, pythonText(from), pythonText(to), most),
  removeprefix: (text, [prefix = ""]) =>
    text.startsWith(pythonText(prefix)) ? text.slice(pythonText(prefix).length) : text,
  removesuffix: (text, [suffix = ""]) =>
    suffix !== "" && text.endsWith(pythonText(suffix)) ? text.slice(0, -pythonText(suffix).length) : text,
  startswith: (text, [prefix = ""]) => textsOf(prefix).some((each) => text.startsWith(each)),
  endswith: (text, [suffix = ""]) => textsOf(suffix).some((each) => text.endsWith(each)),
  find: (text, args) => find(text, args),
  rfind: (text, args) => find(text, args, true),
  index: textIndex(false),
  rindex: textIndex(true),
  count,
  join: (text, [items = []]) =>
    itemsOf(items)
      .map((item) => {
        if (typeof item === "string") return item;
        throw new TemplateError(`join: ${pythonText(item)} is no text`);
      })
      .join(text),
  ljust: (text, [width = 0, fill = " "]) => justified(text, Number(width), "left", pythonText(fill)),
  rjust: (text, [width = 0, fill = " "]) => justified(text, Number(width), "right", pythonText(fill)),
  center: (text, [width = 0, fill = " "]) => justified(text, Number(width), "center", pythonText(fill)),
  zfill: (text, [width = 0]) =>
    /^[-+]/.test(text)
      ? text.slice(0, 1) + text.slice(1).padStart(Number(width) - 1, "0")
      : text.padStart(Number(width), "0"),
  isdigit: only(/^\p{Nd}+$/u),
  isnumeric: only(/^\p{N}+$/u),
  isdecimal: only(/^\p{Nd}+$/u),
  isalpha: only(/^\p{L}+$/u),
  isalnum: only(/^[\p{L}\p{N}]+$/u),
  isspace: only(/^\s+$/),
  isupper: (text) => /\p{L}/u.test(text) && text === text.toUpperCase(),
  islower: (text) => /\p{L}/u.test(text) && text === text.toLowerCase(),
  format(text, args, named) {
    let next = 0;
    return text.replace(/\{\{|\}\}|\{([^{}]*)\}/g, (whole, field?: string) => {
      if (field === undefined) return whole.slice(0, 1);
      if (!/^\w*$/.test(field))
        throw new TemplateError(`format: '${whole}' is not supported in inventory values`);
      const found = /^\d*$/.test(field) ? args[field === "" ? next++ : Number(field)] : named[field];
      if (found === undefined) throw new TemplateError(`format: there is nothing for '${whole}'`);
      return pythonText(found);
    });
  },
};

/** Lists and mappings made in a template may be changed there: `{% set _ = found.append(x) %}`. */
const LISTS: Methods<Value[]> = {
  index(list, [item = null]) {
    const at = list.findIndex((each) => equal(each, item));
    if (at === -1) throw new TemplateError(`${pythonText(item)} is not in the list`);
    return at;
  },
  count: (list, [item = null]) => list.filter((each) => equal(each, item)).length,
  append(list, [item = null]) {
    list.push(item);
    return null;
  },
  extend(list, [items = []]) {
    list.push(...itemsOf(items));
    return null;
  },
  insert(list, [at = 0, item = null]) {
    list.splice(Number(at), 0, item);
    return null;
  },
  pop(list, [at = -1]) {
    const [item] = list.splice(Number(at), 1);
    if (item === undefined) throw new TemplateError("pop: there is no such item");
    return item;
  },
  copy: (list) => [...list],
};

const MAPPINGS: Methods<Record<string, Value>> = {
  keys: (mapping) => view("keys", keysOf(mapping)),
  values: (mapping) =>
    view(
      "values",
      orderedKeys(mapping).map((name) => mapping[name] as Value),
    ),
  items: (mapping) => view("items", itemTuples(mapping)),
  get: (mapping, [key = null, fallback = null]) => memberOf(mapping, key) ?? fallback,
  copy: (mapping) => ({ ...mapping }),
  update(mapping, [more = {}], named) {
    for (const from of [more, named])
      if (isMapping(from))
        for (const name of orderedKeys(from))
          setEntry(mapping, name, from[name] ?? null, originalKey(from, name));
    return null;
  },
  setdefault(mapping, [key = null, fallback = null]) {
    const found = memberOf(mapping, key);
    if (found === undefined) setEntry(mapping, jsonKey(key), fallback, key);
    return found ?? fallback;
  },
  pop(mapping, [key = null, fallback]) {
    const found = memberOf(mapping, key) ?? fallback;
    if (found === undefined) throw new TemplateError(`pop: there is no '${pythonText(key)}'`);
    delete mapping[jsonKey(key)];
    return found;
  },
};

/** The method `name` of `target`, as Python has it; undefined when it has none. */
export function methodOf(target: Value, name: string): Callable | undefined {
  const bound = <Target>(methods: Methods<Target>, on: Target): Callable | undefined => {
    const method = Object.hasOwn(methods, name) ? methods[name] : undefined;
    return method && ((args, named) => method(on, args, named));
  };
  if (typeof target === "string") return bound(TEXTS, target);
  if (Array.isArray(target)) return target instanceof View ? undefined : bound(LISTS, target as Value[]);
  return isMapping(target) ? bound(MAPPINGS, target) : undefined;
}

function textsOf(value: Value): string[] {
  return (Array.isArray(value) ? value : [value]).map(pythonText);
}
