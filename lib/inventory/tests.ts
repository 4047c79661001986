// Jinja's and Ansible's tests: `is match('^web')`, `is version('1.2', '>=')`. `defined` is answered before.

import { lstatSync, type Stats, statSync } from "node:fs";
import { matching } from "./filters.ts";
import { contains, equal, keyOf, ordering } from "./operators.ts";
import { pythonText } from "./python-text.ts";
import { itemsOf, memberOf, TemplateError, truthy } from "./results.ts";
import { isFloat, isMapping } from "./scalars.ts";
import { type Tool, tool } from "./signatures.ts";
import { View } from "./tuple.ts";
import type { Value } from "./types.ts";
import { urlParts } from "./urls.ts";
import { versionTest } from "./versions.ts";

type Tests = Readonly<Record<string, Tool<boolean>>>;

const number = (input: Value) =>
  typeof input === "number" ||
  typeof input === "bigint" ||
  typeof input === "boolean" ||
  input instanceof Number;
const sequence = (input: Value) => typeof input === "string" || Array.isArray(input) || isMapping(input);
const is = (test: (input: Value) => boolean): Tool<boolean> => tool("", test);
const versus = (test: (input: Value, other: Value) => boolean): Tool<boolean> =>
  tool("other!", (input, other = null) => test(input, other));
const regExp = (signature: string, usual: string): Tool<boolean> =>
  tool(signature, (input, pattern = "", ignoreCase, multiline, kind = usual) => {
    const [, flags = "", rest = ""] = /^(\(\?[a-zL]+\))?([\s\S]*)$/.exec(pythonText(pattern)) ?? [];
    const end = kind === "fullmatch" ? "\\Z" : "";
    const whole = kind === "search" ? rest : `\\A(?:${rest})${end}`;
    return matching(flags + whole, { ignoreCase, multiline }, (found) => found.test(pythonText(input)));
  });
const remainder = (input: Value, by: number) => {
  if (!number(input)) throw new TemplateError(`${pythonText(input)} is no number`);
  return ((Number(input) % by) + by) % by;
};
const path = (test: (stats: Stats) => boolean, { link = false } = {}) =>
  is((input) => {
    const stats = (link ? lstatSync : statSync)(pythonText(input), { throwIfNoEntry: false });
    return stats !== undefined && test(stats);
  });
const conversion = (wanted: boolean) =>
  tool<boolean>("convert_bool", (input, convert = false) => {
    const word = pythonText(input).toLowerCase().trim();
    if (truthy(convert) && /^(?:y|yes|on|1|true|t|1\.0)$/.test(word)) return wanted;
    if (truthy(convert) && /^(?:n|no|off|0|false|f|0\.0)$/.test(word)) return !wanted;
    return truthy(input) === wanted;
  });
const version: Tool<boolean> = tool(
  "version! operator strict version_type",
  (input, other = "", sign = "==", strict = null, kind = null) => {
    if (strict !== null && truthy(strict))
      throw new TemplateError("version: 'strict' is not supported in inventory values");
    return versionTest(pythonText(input), pythonText(other), {
      sign: pythonText(sign),
      kind: kind === null ? "loose" : pythonText(kind),
    });
  },
);
const keys = (input: Value) => itemsOf(input).map(keyOf);
const subset = versus((input, other) => keys(input).every((item) => contains(keys(other), item)));
const superset = versus((input, other) => keys(other).every((item) => contains(keys(input), item)));
const result = (name: string, wanted: boolean) =>
  is((input) => {
    if (!isMapping(input)) throw new TemplateError(`the test '${name}' wants the result of a task`);
    return truthy(memberOf(input, name) ?? false) === wanted;
  });
const eq = versus(equal);
const ne = versus((input, other) => !equal(input, other));
const lt = versus((input, other) => ordering(input, other) < 0);
const le = versus((input, other) => ordering(input, other) <= 0);
const gt = versus((input, other) => ordering(input, other) > 0);
const ge = versus((input, other) => ordering(input, other) >= 0);
const directory = path((stats) => stats.isDirectory());
const file = path((stats) => stats.isFile());
const link = path((stats) => stats.isSymbolicLink(), { link: true });
const absolute = is((input) => pythonText(input).startsWith("/"));

export const TESTS: Tests = {
  none: is((input) => input === null),
  string: is((input) => typeof input === "string"),
  number: is(number),
  integer: is((input) => number(input) && typeof input !== "boolean" && !isFloat(input)),
  float: is(isFloat),
  boolean: is((input) => typeof input === "boolean"),
  mapping: is(isMapping),
  sequence: is((input) => sequence(input) && !(input instanceof View)),
  iterable: is(sequence),
  true: is((input) => input === true),
  false: is((input) => input === false),
  truthy: conversion(true),
  falsy: conversion(false),
  even: is((input) => remainder(input, 2) === 0),
  odd: is((input) => remainder(input, 2) === 1),
  divisibleby: tool("num!", (input, by = 1) => {
    if (Number(by) === 0) throw new TemplateError("division by zero");
    return remainder(input, Number(by)) === 0;
  }),
  lower: is(
    (input) => pythonText(input) === pythonText(input).toLowerCase() && /\p{L}/u.test(pythonText(input)),
  ),
  upper: is(
    (input) => pythonText(input) === pythonText(input).toUpperCase() && /\p{L}/u.test(pythonText(input)),
  ),
  in: versus((input, other) => contains(other, input)),
  contains: versus((input, other) => contains(input, other)),
  sameas: versus(
    (input, other) =>
      input === other ||
      (input !== null && typeof input !== "object" && equal(input, other) && typeof input === typeof other),
  ),
  ...{ eq, equalto: eq, "==": eq, ne, "!=": ne, lt, lessthan: lt, "<": lt, le, "<=": le },
  ...{ gt, greaterthan: gt, ">": gt, ge, ">=": ge },
  match: regExp("pattern ignorecase multiline", "match"),
  search: regExp("pattern ignorecase multiline", "search"),
  regex: regExp("pattern ignorecase multiline match_type", "search"),
  ...{ subset, issubset: subset, superset, issuperset: superset },
  any: is((input) => itemsOf(input).some(truthy)),
  all: is((input) => itemsOf(input).every(truthy)),
  ...{ nan: is((input) => number(input) && Number.isNaN(Number(input))) },
  ...{ version, version_compare: version },
  ...{
    directory,
    is_dir: directory,
    file,
    is_file: file,
    link,
    is_link: link,
    abs: absolute,
    is_abs: absolute,
  },
  exists: path(() => true),
  link_exists: path(() => true, { link: true }),
  url: is((input) => {
    const { netloc, scheme } = urlParts(pythonText(input));
    return netloc !== "" || scheme === "file";
  }),
  ...{ failed: result("failed", true), succeeded: result("failed", false), success: result("failed", false) },
};
