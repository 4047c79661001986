// Jinja in inventory values: a var is rendered when it is asked for, and with it only what it refers to.

import { resolve } from "node:path";
import { applier } from "./apply.ts";
import { explained } from "./explained.ts";
import { globals } from "./globals.ts";
import { orderedKeys, originalKey, setEntry } from "./keys.ts";
import { methodOf } from "./methods.ts";
import type { Program } from "./nodes.ts";
import { parseTemplate } from "./parse-template.ts";
import {
  exactText,
  finished,
  held,
  isLazy,
  keysOf,
  type Lazy,
  Members,
  memberOf,
  OMIT,
  type Result,
  type Scope,
  TemplateError,
  Undefined,
  UndefinedError,
  value,
} from "./results.ts";
import { isFloat, isMapping, plain, unsafeText, vaultText } from "./scalars.ts";
import { evaluateTemplate } from "./statements.ts";
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
  /** `playbook_dir`, where lookups look for files: the working folder unless given. */
  readonly playbookDir?: string | undefined;
}

/** Renders vars of the hosts of one inventory; what is rendered once is kept. */
export interface Templates {
  /** @throws OpsError `setting` naming var, host and the chain of vars that led to the trouble */
  value(host: Host, name: string): Value | undefined;
}

const PROBABLY_TEMPLATE = /\{[{%#]/;
/** A template that is one var gives numbers and booleans as they are; all else becomes text first. */
const SINGLE_VAR = /^\{\{\s*(\w*)\s*\}\}\n?$/;

export function createTemplates(world: TemplateWorld): Templates {
  const programs = new Map<string, Program>();
  const known = new Map<Host, { readonly vars: Vars; readonly results: Map<string, Result> }>();
  const rosters = new Map<string, readonly string[]>();
  /** Vars being rendered, outermost first: to notice one that refers to itself. */
  const chain: string[] = [];
  const apply = applier();

  const of = (host: Host) => {
    let found = known.get(host);
    if (found === undefined) {
      found = { vars: world.vars(host), results: new Map() };
      known.set(host, found);
    }
    return found;
  };

  const within = (host: Host, path: string, run: () => Result): Result => {
    const link = `${host.name}\0${path}`;
    if (chain.includes(link)) throw new TemplateError(`'${path}' refers to itself`);
    chain.push(link);
    try {
      return run();
    } catch (error) {
      if (error instanceof TemplateError) error.links = [link, ...error.links];
      // A var whose template needs what is undefined is undefined itself: `default` may still help.
      if (!(error instanceof UndefinedError)) throw error;
      return new Undefined(error.path, { links: [link, ...error.links] });
    } finally {
      chain.pop();
    }
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
      const below = `${path}.${String(key)}`;
      if (found !== undefined) return wrap(host, found, below);
      const isMethod = typeof key === "string" && methodOf(Array.isArray(raw) ? [] : {}, key) !== undefined;
      if (!isMethod) return new Undefined(below);
      return methodOf(force(host, raw, path), key) ?? new Undefined(below);
    },
    ...(isMapping(raw) && { dict: true, keys: () => keysOf(raw) }),
    force: () => force(host, raw, path),
  });

  const force = (host: Host, raw: Value, path: string): Value => {
    const kept = (item: Result) => !(item instanceof Undefined && item.omit);
    if (Array.isArray(raw)) {
      const items = raw.map((item, index) => wrap(host, item as Value, `${path}.${index}`)).filter(kept);
      return items.map(held);
    }
    if (!isMapping(raw)) return value(wrap(host, raw, path));
    const made: Record<string, Value> = {};
    for (const name of orderedKeys(raw)) {
      const item = wrap(host, raw[name] ?? null, `${path}.${name}`);
      if (kept(item)) setEntry(made, name, held(item), originalKey(raw, name));
    }
    return made;
  };

  const renderText = (host: Host, text: string): Result => {
    const single = SINGLE_VAR.exec(text)?.[1];
    const vars = of(host).vars;
    if (single !== undefined && Object.hasOwn(vars, single)) {
      const raw = vars[single] ?? null;
      if (raw === null || /^(?:number|bigint|boolean)$/.test(typeof raw) || isFloat(raw)) return raw;
    }
    let program = programs.get(text);
    if (program === undefined) {
      program = parseTemplate(text);
      programs.set(text, program);
    }
    const result = evaluateTemplate(program, scopeOf(host));
    const exact = isLazy(result) && result.exact === true;
    const made = exact ? result.force() : result;
    if (typeof made !== "string") return result;
    // Jinja drops the last newlines of a template; Ansible puts them back.
    const newlines = (each: string) => /\n*$/.exec(each)?.[0].length ?? 0;
    const missing = "\n".repeat(Math.max(0, newlines(text) - newlines(made)));
    return exact ? exactText(made + missing) : made + missing;
  };

  const variable = (host: Host, name: string): Result => {
    const { vars, results } = of(host);
    const found = results.get(name);
    if (found !== undefined) return found;
    if (!Object.hasOwn(vars, name)) return builtIn(host, name);
    const result = wrap(host, vars[name] ?? null, name);
    results.set(name, result);
    return result;
  };

  /** Hosts of a group, in a list of the caller's own: a template may add to it. */
  const namesIn = (group: string): Result => {
    const found = rosters.get(group) ?? world.members(group)?.map((each) => each.name);
    if (found === undefined) return new Undefined(`groups.${group}`);
    rosters.set(group, found);
    return [...found];
  };

  const builtIn = (host: Host, name: string): Result => {
    if (name === "omit") return OMIT;
    if (name === "playbook_dir") return resolve(world.playbookDir ?? ".");
    if (name === "groups") return new Members(world.groups, namesIn);
    if (name === "hostvars" || name === "vars") {
      const varsOf = (each: Host, path: string) =>
        new Members(
          () => Object.keys(of(each).vars),
          (key) => {
            const found = variable(each, key);
            return found instanceof Undefined && found.links.length === 0
              ? new Undefined(`${path}.${key}`)
              : found;
          },
          "HostVarsVars",
        );
      if (name === "vars") return varsOf(host, "vars");
      return new Members(
        () => [...world.hosts.keys()],
        (key) => {
          const other = world.hosts.get(key);
          return other === undefined ? new Undefined(`hostvars.${key}`) : varsOf(other, `hostvars.${key}`);
        },
        "HostVars",
      );
    }
    const { environment, playbookDir } = world;
    const names = () => Object.keys(of(host).vars);
    const tools = globals({ environment, playbookDir, names, variable: (key) => variable(host, key) });
    return tools[name] ?? new Undefined(name);
  };

  const scopeOf = (host: Host): Scope => ({
    variable: (name) => variable(host, name),
    method: methodOf,
    ...apply,
  });

  const from = (host: Host, path: string): string => {
    const origin = world.origin(host, path.split(".")[0] ?? path);
    return origin === undefined ? "" : ` (${origin})`;
  };

  return {
    value(host, name) {
      try {
        const result = variable(host, name);
        const missing = result instanceof Undefined && (result.omit || result.links.length === 0);
        return missing || typeof result === "function" ? undefined : plain(finished(value(result)));
      } catch (error) {
        throw explained(error, { host, name, from: from(host, name), names: Object.keys(of(host).vars) });
      }
    },
  };
}
