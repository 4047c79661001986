// Functions that templates call: lookup('env' | 'file' | 'pipe' | 'vars'), query, range, dict.

import { readFileSync } from "node:fs";
import { pythonText } from "./python-text.ts";
import { type Callable, type Result, TemplateError, Undefined, value } from "./results.ts";
import type { Value } from "./types.ts";

export interface LookupWorld {
  /** Undefined when nobody gave one: then `lookup('env')` says so instead of finding nothing. */
  readonly environment: Readonly<Record<string, string | undefined>> | undefined;
  variable(name: string): Result;
}

/** Functions by name; those of an own var of the same name give way to it. */
export function functions(world: LookupWorld): Readonly<Record<string, Callable>> {
  const query: Callable = ([kind = "", ...terms], named) => {
    const find = LOOKUPS[pythonText(kind).replace(/^ansible\.builtin\./, "")];
    if (find === undefined)
      throw new TemplateError(`lookup('${pythonText(kind)}') is not supported in inventory values`);
    return terms.flat().map((term) => find(pythonText(term as Value), world, named));
  };
  return {
    query,
    q: query,
    lookup: (args, named) => {
      const found = query(args, named) as readonly Value[];
      if (named.wantlist === true) return found;
      return found.length === 1 ? (found[0] ?? null) : found.map(pythonText).join(",");
    },
    range: ([start = 0, stop, step = 1]) => {
      const [from, to, by] =
        stop === undefined ? [0, Number(start), 1] : [Number(start), Number(stop), Number(step)];
      if (by === 0 || Math.abs((to - from) / by) > 1e6)
        throw new TemplateError("range: the step is 0, or there are too many numbers");
      return Array.from(
        { length: Math.max(0, Math.ceil((to - from) / by)) },
        (_each, index) => from + index * by,
      );
    },
    dict: (_args, named) => ({ ...named }),
  };
}

type Lookup = (term: string, world: LookupWorld, named: Readonly<Record<string, Value>>) => Value;

const LOOKUPS: Readonly<Record<string, Lookup>> = {
  env: (term, { environment }, named) => {
    if (environment === undefined)
      throw new TemplateError("lookup('env'): no environment was given to loadInventory");
    return environment[term] ?? named.default ?? "";
  },
  file: (term) => {
    try {
      return readFileSync(term, "utf8").trimEnd();
    } catch (error) {
      throw new TemplateError(`lookup('file'): ${term} can't be read: ${(error as Error).message}`);
    }
  },
  pipe: (term, { environment }) => {
    // The value of a var may be what a command prints: Ansible runs it in a shell as well.
    const env = environment === undefined ? {} : { env: { ...environment } };
    const { stdout, stderr, exitCode } = Bun.spawnSync(["/bin/sh", "-c", term], { stdin: "ignore", ...env });
    if (exitCode === 0) return stdout.toString().trimEnd();
    throw new TemplateError(`lookup('pipe'): ${term} failed with ${exitCode}: ${stderr.toString().trim()}`);
  },
  vars: (term, { variable }, named) => {
    const found = variable(term);
    return found instanceof Undefined && named.default !== undefined ? named.default : value(found);
  },
};
