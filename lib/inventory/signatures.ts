// What filters and tests take: arguments in order or by name, as Python gives them to parameters.

import { type Result, TemplateError } from "./results.ts";
import type { Value } from "./types.ts";

/**
 * Parameters by name, in order: `pattern! ignorecase` must have a pattern; `*groups` takes all that is left in order,
 * what follows it is given by name only; `**more` takes all other names.
 */
export type Signature = string;

/** A filter or a test: input, then an argument for each parameter, undefined where there is none. */
export interface Tool<Out> {
  readonly signature: Signature;
  readonly run: (input: Value, ...args: (Value | undefined)[]) => Out;
}

export function tool<Out>(
  signature: Signature,
  run: (input: Value, ...args: (Value | undefined)[]) => Out,
): Tool<Out> {
  return { signature, run };
}

/**
 * Arguments in the order of the signature.
 * @throws TemplateError naming `what` when one is missing, or there is one too many
 */
export function bind<T extends Result>(
  what: string,
  signature: Signature,
  args: readonly T[],
  named: Readonly<Record<string, T>>,
): (T | undefined)[] {
  const rest = new Map(Object.entries(named));
  const given = [...args];
  let inOrder = true;
  const bound = signature
    .split(" ")
    .filter((part) => part !== "")
    .map((part): T | undefined => {
      if (part.startsWith("**")) {
        const others = Object.fromEntries(rest);
        rest.clear();
        return others as unknown as T;
      }
      if (part.startsWith("*")) {
        inOrder = false;
        return given.splice(0) as unknown as T;
      }
      const name = part.replace("!", "");
      const byName = rest.get(name);
      rest.delete(name);
      if (inOrder && given.length > 0 && byName === undefined) return given.shift();
      if (byName === undefined && part.endsWith("!"))
        throw new TemplateError(`${what}: the argument ${name} is missing`);
      return byName;
    });
  if (given.length > 0) throw new TemplateError(`${what} takes not that many arguments`);
  const [unknown] = rest.keys();
  if (unknown !== undefined) throw new TemplateError(`${what} takes no argument '${unknown}'`);
  return bound;
}
