// Functions that templates call: lookup, query, range, dict, namespace, now.

import { LOOKUPS, type LookupWorld } from "./lookups.ts";
import { pythonText } from "./python-text.ts";
import { type Callable, held, type Lazy, type Result, TemplateError, Undefined } from "./results.ts";
import { isMapping } from "./scalars.ts";
import { moment, strftime } from "./times.ts";
import type { Value } from "./types.ts";

const lenient = (run: Callable): Callable => Object.assign(run, { lenient: true as const });

/** Functions by name; those of an own var of the same name give way to it. */
export function globals(world: LookupWorld): Readonly<Record<string, Callable>> {
  const found = (args: readonly Value[], named: Readonly<Record<string, Value>>): Value[] => {
    const [kind = "", ...terms] = args;
    const name = pythonText(kind).replace(/^ansible\.(?:builtin|legacy)\./, "");
    const find = Object.hasOwn(LOOKUPS, name) ? LOOKUPS[name] : undefined;
    if (find === undefined)
      throw new TemplateError(`lookup('${pythonText(kind)}') is not supported in inventory values`);
    const { wantlist: _list, errors = "strict", allow_unsafe: _unsafe, ...options } = named;
    try {
      return [...find(terms, world, options)];
    } catch (error) {
      if (!(error instanceof TemplateError) || errors === "strict") throw error;
      return [];
    }
  };
  const query: Callable = (args, named) => found(args, named);
  return {
    query,
    q: query,
    lookup(args, named) {
      const items = found(args, named);
      if (named.wantlist === true) return items;
      if (items.length === 0) return named.errors === undefined ? [] : null;
      if (items.every((item) => typeof item === "string")) return items.join(",");
      return items.length === 1 ? (items[0] ?? null) : items;
    },
    range: ([start = 0, stop, step = 1]) => {
      const [from, to, by] =
        stop === undefined ? [0, Number(start), 1] : [Number(start), Number(stop), Number(step)];
      if (by === 0 || Math.abs((to - from) / by) > 1e6 || ![from, to, by].every(Number.isInteger))
        throw new TemplateError("range: not whole numbers, a step of 0, or too many");
      return Array.from(
        { length: Math.max(0, Math.ceil((to - from) / by)) },
        (_each, index) => from + index * by,
      );
    },
    dict: ([first = {}], named) => {
      const pairs = isMapping(first)
        ? first
        : Object.fromEntries(first as readonly (readonly [string, Value])[]);
      return { ...pairs, ...named };
    },
    namespace: lenient((args, named) => {
      const members = new Map<string, Result>(
        Object.entries({ ...(isMapping(args[0] ?? null) ? (args[0] as object) : {}), ...named }),
      );
      return namespace(members);
    }),
    cycler: (items) => cycler(items),
    joiner: ([separator = ", "]) => {
      let used = false;
      return () => {
        const before = used;
        used = true;
        return before ? separator : "";
      };
    },
    undef: (args, named) => new Undefined(pythonText(named.hint ?? args[0] ?? "a mandatory variable")),
    now: (args, named) => {
      const [utc, format] = [named.utc ?? args[0] ?? false, named.fmt ?? args[1]];
      if (format === undefined) return moment(new Date(), { utc: utc === true });
      return strftime(pythonText(format), new Date(), { utc: utc === true });
    },
  };
}

function namespace(members: Map<string, Result>): Lazy {
  return {
    lazy: true,
    member: (key) => {
      const found = members.get(String(key));
      return found === undefined ? new Undefined(String(key)) : found;
    },
    set: (name, value) => {
      members.set(name, value);
    },
    force: () => Object.fromEntries([...members].map(([name, member]) => [name, held(member)])),
  };
}

function cycler(items: readonly Value[]): Lazy {
  let at = 0;
  const current = () => items[at] ?? null;
  const methods: Readonly<Record<string, () => Result>> = {
    current,
    next: () => () => {
      const now = current();
      at = (at + 1) % items.length;
      return now;
    },
    reset: () => () => {
      at = 0;
      return null;
    },
  };
  return {
    lazy: true,
    member: (key) => methods[String(key)]?.() ?? new Undefined(`cycler.${String(key)}`),
    force: () => {
      throw new TemplateError("a cycler is used as a value");
    },
  };
}
