// `-e`: variables given on the command line, as Ansible takes them.
import { readFile } from "node:fs/promises";
import { OpsError } from "./errors.ts";
import { combine } from "./inventory/combine.ts";
import { joinFree, parseKeyValues, UnclosedError } from "./inventory/key-values.ts";
import { define } from "./inventory/keys.ts";
import { fullPath } from "./inventory/paths.ts";
import { isMapping } from "./inventory/scalars.ts";
import { masked, withoutText } from "./inventory/trouble.ts";
import type { Value, Vars } from "./inventory/types.ts";
import { isVault } from "./inventory/vault.ts";
import { parseYaml } from "./inventory/yaml.ts";

export interface ExtraVarsOptions {
  readonly hashBehaviour?: "replace" | "merge" | undefined;
  /** The text of an encrypted file. */
  readonly decrypt?: ((vaultText: string, where: string) => Promise<string>) | undefined;
  /** Words that set nothing become `_raw_params`, as in Ansible, instead of an error. */
  readonly keepFree?: boolean | undefined;
}

/**
 * Extra vars as ansible's `-e` takes them: `a=1 b='two words' c={{ x }}`, JSON or YAML text in braces, or `@FILE`. Later
 * ones win; with `hashBehaviour` merge, mappings of one name are merged.
 * @throws OpsError `usage` naming the one that can't be read, with its line
 * @see https://docs.ansible.com/ansible/latest/playbook_guide/playbooks_variables.html#defining-variables-at-runtime
 */
export async function extraVars(given: readonly string[], options: ExtraVarsOptions = {}): Promise<Vars> {
  let vars: Vars = {};
  for (const text of given)
    if (text !== "") vars = combine(vars, await readExtra(text, options), options.hashBehaviour ?? "replace");
  return vars;
}

async function readExtra(text: string, options: ExtraVarsOptions): Promise<Vars> {
  if (text.startsWith("@")) {
    const file = await readExtraFile(text, options);
    try {
      return mapping(file.text, text);
    } catch (error) {
      throw file.encrypted ? withoutText(error) : error;
    }
  }
  if (/^[{[]/.test(text)) return mapping(text, text);
  if (/^[./]/.test(text) && options.keepFree === true)
    throw new OpsError("usage", `-e ${text}: a file needs an @ before it`, { hint: `write -e @${text}` });
  const { values, free } = keyValues(text);
  // Ansible lets such a word pass; it is a value that was to be in quotes.
  if (free.length > 0 && options.keepFree !== true) {
    throw new OpsError("usage", `-e "${masked(text)}": "${free[0]}" sets nothing`, {
      hint: `write -e name=value, -e 'name="two words"', -e '{"name": [1, 2]}' or -e @FILE`,
    });
  }
  const vars: Record<string, Value> = {};
  for (const [name, value] of values) define(vars, name, value);
  if (free.length > 0) define(vars, "_raw_params", joinFree(free));
  return vars;
}

async function readExtraFile(
  given: string,
  { decrypt }: ExtraVarsOptions,
): Promise<{ text: string; encrypted: boolean }> {
  const text = await readFile(fullPath(given.slice(1)), "utf8").catch((cause: NodeJS.ErrnoException) => {
    const why = { ENOENT: "no such file", EISDIR: "that is a folder" }[cause.code ?? ""] ?? cause.message;
    throw new OpsError("usage", `-e ${given}: ${why}`, {
      hint: "give -e @FILE the path of a YAML or JSON file",
      cause,
    });
  });
  if (!isVault(text) || decrypt === undefined) return { text, encrypted: false };
  return { text: await decrypt(text, given.slice(1)), encrypted: true };
}

function keyValues(text: string) {
  try {
    return parseKeyValues(text);
  } catch (error) {
    if (!(error instanceof UnclosedError)) throw error;
    throw new OpsError("usage", `-e '${masked(text)}': ${error.message}`, {
      hint: "close it, or put the whole into one pair of quotes for your shell",
      cause: error,
    });
  }
}

function mapping(text: string, origin: string): Vars {
  const value = parsed(text, origin);
  if (isMapping(value)) return value;
  throw new OpsError("usage", `-e ${masked(origin)} holds no mapping of names to values`, {
    hint: "write name: value lines in the file, or -e name=value",
  });
}

function parsed(text: string, origin: string): Value {
  try {
    return parseYaml(text, { file: `-e ${masked(origin)}`, warn: () => {} });
  } catch (error) {
    if (!(error instanceof OpsError)) throw error;
    throw new OpsError("usage", error.message, { hint: error.hint, cause: error });
  }
}
