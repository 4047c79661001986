// Filters and tests by name. Here are those that may be given what is undefined or unrendered; the others get values.

import { COLLECTION_FILTERS } from "./collection-filters.ts";
import { DATA_FILTERS } from "./data-filters.ts";
import { FILTERS } from "./filters.ts";
import { attributeOf, itemFilters, itemsIn } from "./item-filters.ts";
import { NUMBER_FILTERS } from "./number-filters.ts";
import { pythonText } from "./python-text.ts";
import {
  exactText,
  held,
  isLazy,
  memberOf,
  type Named,
  type Result,
  type Scope,
  TemplateError,
  truthy,
  Undefined,
  value,
} from "./results.ts";
import { SEQUENCE_FILTERS } from "./sequence-filters.ts";
import { bind } from "./signatures.ts";
import { TESTS } from "./tests.ts";
import { typeName } from "./type-names.ts";
import type { Value } from "./types.ts";
import { YAML_FILTERS } from "./yaml-filters.ts";

/** What these give stays text: Ansible's STRING_TYPE_FILTERS. */
const EXACT = new Set(["string", "to_json", "to_nice_json", "to_yaml", "to_nice_yaml"]);
/** Tests that ask for a type; what is undefined has none. */
const TYPE_TESTS = new Set(
  "none string mapping number integer float boolean true false sequence sameas callable".split(" "),
);

/** Filters to which a mapping is the list of its keys: what hostvars has in it needs not be rendered. */
const KEYS_ONLY = new Set("length count list join sort first last select reject".split(" "));

function keysIn(input: Result): readonly Value[] | undefined {
  return isLazy(input) ? input.keys?.() : undefined;
}

type Lenient = (input: Result, args: readonly Result[], named: Named) => Result;

export function applier(): Pick<Scope, "filter" | "test"> {
  const test: Scope["test"] = (name, input, args, named) => {
    if (name === "defined" || name === "undefined")
      return input instanceof Undefined === (name === "undefined");
    if (name === "callable") return typeof input === "function";
    const found = TESTS[name];
    if (found === undefined)
      throw new TemplateError(`the test 'is ${name}' is not supported in inventory values`);
    if (input instanceof Undefined && TYPE_TESTS.has(name)) return false;
    const bound = bind(`the test '${name}'`, found.signature, args.map(value), values(named));
    return found.run(value(input), ...bound);
  };

  const items = itemFilters((name, input, args) => test(name, input, args, {}));

  const filter: Scope["filter"] = (name, input, args, named) => {
    const lenient = LENIENT[name];
    if (lenient !== undefined) return lenient(input, args, named);
    const found =
      FILTERS[name] ??
      COLLECTION_FILTERS[name] ??
      items[name] ??
      NUMBER_FILTERS[name] ??
      DATA_FILTERS[name] ??
      YAML_FILTERS[name] ??
      SEQUENCE_FILTERS[name];
    if (found === undefined)
      throw new TemplateError(`the filter '${name}' is not supported in inventory values`);
    const bound = bind(`the filter '${name}'`, found.signature, args.map(value), values(named));
    const result = found.run(KEYS_ONLY.has(name) ? (keysIn(input) ?? value(input)) : value(input), ...bound);
    return EXACT.has(name) && typeof result === "string" ? exactText(result) : result;
  };

  const byDefault: Lenient = (input, args, named) => {
    const bound = bind("the filter 'default'", "default_value boolean", args, named);
    const [fallback = "", orFalse = false] = bound;
    if (!(input instanceof Undefined) && !(truthy(value(orFalse)) && !truthy(value(input)))) return input;
    return fallback;
  };

  const LENIENT: Readonly<Record<string, Lenient>> = {
    default: byDefault,
    d: byDefault,
    mandatory(input, args, named) {
      const [message] = bind("the filter 'mandatory'", "msg", args, named);
      if (!(input instanceof Undefined) || message === undefined) return input;
      throw new TemplateError(pythonText(value(message)));
    },
    type_debug: typeName,
    ternary(input, args, named) {
      const bound = bind("the filter 'ternary'", "true_val! false_val! none_val", args, named);
      const [yes = null, no = null, none = null] = bound;
      const asked = value(input);
      if (asked === null && none !== null) return none;
      return truthy(asked) ? yes : no;
    },
    /** `'web1' | extract(hostvars, 'app_port')` renders that var only. */
    extract(input, args, named) {
      const [container = null, more = null] = bind(
        "the filter 'extract'",
        "container! morekeys",
        args,
        named,
      );
      const after = more === null ? [] : value(more);
      const keys = [value(input), ...(Array.isArray(after) ? (after as Value[]) : [after])];
      return keys.reduce<Result>((found, key) => {
        if (found instanceof Undefined) return found;
        if (isLazy(found)) return found.member(key);
        return memberOf(value(found), key) ?? new Undefined(pythonText(key));
      }, container);
    },
    map(input, [name, ...args], named) {
      const each = keysIn(input) ?? itemsIn(value(input));
      const { attribute, default: fallback, ...others } = named;
      if (name === undefined && attribute !== undefined) {
        if (Object.keys(others).length > 0)
          throw new TemplateError(`the filter 'map' takes no argument '${Object.keys(others)[0]}'`);
        return each.map((item) => {
          const found = attributeOf(item, value(attribute));
          return (found as Result) instanceof Undefined && fallback !== undefined ? held(fallback) : found;
        });
      }
      if (name === undefined) throw new TemplateError("the filter 'map' wants a filter or an attribute");
      const called = pythonText(value(name)).replace(/^ansible\.builtin\./, "");
      return each.map((item) => held(filter(called, item, args, named)));
    },
  };
  return { filter, test };
}

function values(named: Named): Record<string, Value> {
  return Object.fromEntries(Object.entries(named).map(([name, each]) => [name, value(each)]));
}
