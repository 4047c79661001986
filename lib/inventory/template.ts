// Jinja in inventory values: a var is rendered when it is asked for, and with it only what it refers to.

import { OpsError } from "../errors.ts";
import { collectionFilters } from "./collection-filters.ts";
import { FILTERS, type Filter } from "./filters.ts";
import { literal } from "./literal.ts";
import { functions } from "./lookups.ts";
import {
  isLazy,
  type Lazy,
  memberOf,
  OMIT,
  type Result,
  type Scope,
  TemplateError,
  truthy,
  Undefined,
  UndefinedError,
  value,
} from "./results.ts";
import { isMapping, plain, unsafeText, vaultText } from "./scalars.ts";
import { evaluateTemplate, type Program, parseTemplate } from "./statements.ts";
import { methodOf, runTest } from "./tests-and-methods.ts";
import { similar } from "./trouble.ts";
import type { Host, Value, Vars } from "./types.ts";
import type { Decrypt } from "./vault.ts";

/** What templates can reach. */
export interface TemplateWorld {
  readonly hosts: ReadonlyMap<string, Host>;
  /** All vars of a host, magic ones and extra vars included, unrendered. */
  vars(host: Host): Vars;
  /** Names of all groups, and of the hosts in one. */
  groups(): readonly string[];
  members(group: string): readonly Host[] | undefined;
  origin(host: Host, name: string): string | undefined;
  readonly decrypt: Decrypt;
  readonly environment: Readonly<Record<string, string | undefined>> | undefined;
}

/** Renders vars of the hosts of one inventory; what is rendered once is kept. */
export interface Templates {
  /** @throws OpsError `setting` naming var, host and the chain of vars that led to the trouble */
  value(host: Host, name: string): Value | undefined;
}

const PROBABLY_TEMPLATE = /\{[{%#]/;

export function createTemplates(world: TemplateWorld): Templates {
  const programs = new Map<string, Program>();
  const known = new Map<Host, Map<string, Result>>();
  /** Vars being rendered, outermost first: to name them in errors, and to notice one that refers to itself. */
  const chain: string[] = [];
  const lists = collectionFilters({
    filter: (name, input, args, named) => filterOf(name)(input, args, named),
    test: runTest,
  });

  const filterOf = (name: string): Filter => {
    const filter = FILTERS[name] ?? lists[name];
    if (filter === undefined)
      throw new TemplateError(`the filter '${name}' is not supported in inventory values`);
    return filter;
  };

  const within = <T>(host: Host, path: string, run: () => T): T => {
    const link = `${host.name}\0${path}`;
    if (chain.includes(link)) throw new TemplateError(`'${path}' refers to itself`);
    chain.push(link);
    const result = run(); // not popped when it throws: the chain is what the error tells
    chain.pop();
    return result;
  };

  /** A raw value as a template sees it: texts rendered, lists and mappings when something in them is asked for. */
  const wrap = (host: Host, raw: Value, path: string): Result => {
    if (typeof raw === "string")
      return PROBABLY_TEMPLATE.test(raw) ? within(host, path, () => renderText(host, raw)) : raw;
    if (raw === null || typeof raw !== "object" || raw instanceof Date || raw instanceof Number) return raw;
    const secret = vaultText(raw);
    if (secret !== undefined) return world.decrypt(secret, `${path} of ${host.name}${from(host, path)}`);
    return unsafeText(raw) ?? lazy(host, raw, path);
  };

  const lazy = (host: Host, raw: Value, path: string): Lazy => ({
    lazy: true,
    member(key) {
      const found = memberOf(raw, key);
      const below = `${path}.${key}`;
      if (found !== undefined) return wrap(host, found, below);
      if (methodOf(Array.isArray(raw) ? [] : {}, String(key)) === undefined) return new Undefined(below);
      return methodOf(force(host, raw, path), String(key)) ?? new Undefined(below);
    },
    force: () => force(host, raw, path),
  });

  const force = (host: Host, raw: Value, path: string): Value => {
    const items = (entries: readonly (readonly [string, Value])[]) =>
      entries
        .map(([key, item]) => [key, wrap(host, item, `${path}.${key}`)] as const)
        .filter(([, item]) => !(item instanceof Undefined));
    if (Array.isArray(raw)) return items(Object.entries(raw)).map(([, item]) => value(item));
    if (!isMapping(raw)) return value(wrap(host, raw, path));
    return Object.fromEntries(items(Object.entries(raw)).map(([key, item]) => [key, value(item)]));
  };

  const renderText = (host: Host, text: string): Value | Undefined => {
    let program = programs.get(text);
    if (program === undefined) {
      program = parseTemplate(text);
      programs.set(text, program);
    }
    const result = evaluateTemplate(program, scopeOf(host));
    if (typeof result !== "string") return result;
    const lone = program.length === 1 && program[0]?.type !== "If" && program[0]?.type !== "For";
    // Text that was put together to look like a list, a mapping or a boolean becomes one; Jinja drops a last newline.
    if (!lone && /^(?:[[{]|(?:True|False)$)/.test(result)) return literal(result);
    return text.endsWith("\n") && !result.endsWith("\n") ? `${result}\n` : result;
  };

  const variable = (host: Host, name: string): Result => {
    let results = known.get(host);
    if (results === undefined) {
      results = new Map();
      known.set(host, results);
    }
    const found = results.get(name);
    if (found !== undefined) return found;
    const vars = world.vars(host);
    if (!Object.hasOwn(vars, name)) return builtIn(host, name);
    const result = wrap(host, vars[name] ?? null, name);
    results.set(name, result);
    return result;
  };

  const builtIn = (host: Host, name: string): Result => {
    if (name === "omit") return OMIT;
    if (name === "groups") {
      return members(
        world.groups,
        (group) => world.members(group)?.map((each) => each.name) ?? new Undefined(`groups.${group}`),
      );
    }
    if (name === "hostvars" || name === "vars") {
      const varsOf = (each: Host) =>
        members(
          () => Object.keys(world.vars(each)),
          (key) => variable(each, key),
        );
      if (name === "vars") return varsOf(host);
      return members(
        () => [...world.hosts.keys()],
        (key) => {
          const other = world.hosts.get(key);
          return other === undefined ? new Undefined(`hostvars.${key}`) : varsOf(other);
        },
      );
    }
    const tools = functions({ environment: world.environment, variable: (key) => variable(host, key) });
    return tools[name] ?? new Undefined(name);
  };

  const members = (names: () => readonly string[], member: (key: string) => Result): Lazy => {
    const force = () => Object.fromEntries(names().map((key) => [key, value(member(key))]));
    return {
      lazy: true,
      member(key) {
        const found = member(String(key));
        // `groups.keys()`: only what is no member can be a method.
        if (!(found instanceof Undefined) || methodOf({}, String(key)) === undefined) return found;
        return methodOf(force(), String(key)) ?? found;
      },
      force,
    };
  };

  const scopeOf = (host: Host): Scope => ({
    variable: (name) => variable(host, name),
    method: methodOf,
    filter: (name, input, args, named) => applyFilter(name, input, args, named),
    test(name, input, args) {
      if (name === "defined") return !(input instanceof Undefined);
      if (name === "undefined") return input instanceof Undefined;
      return runTest(name, value(input), args);
    },
  });

  const applyFilter = (name: string, input: Result, args: readonly Value[], named: Vars): Result => {
    if (name !== "default" && name !== "d") return filterOf(name)(value(input), args, named);
    const orFalse = truthy(args[1] ?? named.boolean ?? false);
    if (!(input instanceof Undefined) && !(orFalse && !truthy(value(input)))) return input;
    return args[0] ?? named.default_value ?? "";
  };

  const from = (host: Host, path: string): string => {
    const origin = world.origin(host, path.split(".")[0] ?? path);
    return origin === undefined ? "" : ` (${origin})`;
  };

  const explain = (error: unknown, host: Host, name: string): unknown => {
    const links = chain.splice(0).map((link) => link.split("\0") as [string, string]);
    if (!(error instanceof UndefinedError || error instanceof TemplateError)) return error;
    const names = links.map(([owner, path]) => (owner === host.name ? path : `${path} of ${owner}`));
    if (error instanceof UndefinedError) names.push(error.path);
    // One step from the var to what is missing is what the message says anyway.
    const direct =
      names.length < 2 || (names.length === 2 && names[0] === name && error instanceof UndefinedError);
    const via = direct ? "" : ` (${names.join(" → ")})`;
    const missing = error instanceof UndefinedError ? error.path : undefined;
    const close = missing === undefined ? [] : similar(missing, Object.keys(world.vars(host)));
    const meant = close.length > 0 ? `did you mean ${close.join(", ")}? ` : "";
    const hint =
      missing === undefined
        ? undefined
        : `${meant}set ${missing} for ${host.name}, or give it a default: {{ ${missing} | default('…') }}`;
    return new OpsError("setting", `${name} of ${host.name}${from(host, name)}: ${error.message}${via}`, {
      hint,
      host: host.name,
    });
  };

  return {
    value(host, name) {
      try {
        const result = variable(host, name);
        if (result instanceof Undefined || typeof result === "function") return undefined;
        return plain(isLazy(result) ? result.force() : result);
      } catch (error) {
        throw explain(error, host, name);
      }
    },
  };
}
