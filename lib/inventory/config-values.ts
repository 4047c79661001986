// Single settings of Ansible, from the environment or from ansible.cfg, in the types they have there.

import { homedir } from "node:os";
import { dirname, resolve } from "node:path";
import { OpsError } from "../errors.ts";
import type { ConfigFile } from "./config-file.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

interface ConfigSources {
  readonly environment: Environment;
  readonly folder: string;
  readonly file: ConfigFile | undefined;
  readonly path: string | undefined;
}
export type ConfigValues = ReturnType<typeof configValues>;

/** Settings by variable name(s) and by `section.key`, of which the last that is set counts. */
export function configValues({ environment, folder, file, path }: ConfigSources) {
  const find = (names: string | readonly string[], ...keys: readonly string[]) => {
    const name = [names].flat().findLast((each) => environment[each] !== undefined);
    if (name !== undefined) return { name, value: environment[name] ?? "", base: folder };
    const key = keys.findLast((each) => file?.has(each));
    if (key === undefined || path === undefined) return undefined;
    return { name: `${key} in ${path}`, value: file?.get(key) ?? "", base: dirname(path) };
  };
  const bad = (name: string, value: string, wanted: string) =>
    new OpsError("usage", `${name} is "${value}"`, { hint: `set it to ${wanted}, or unset it` });
  type Find = Parameters<typeof find>;
  return {
    /** As it stands there, and what it is called. */
    setting(...where: Find): { readonly name: string; readonly value: string } | undefined {
      return find(...where);
    },
    text(...where: Find): string | undefined {
      const found = find(...where);
      return found === undefined ? undefined : unquote(found.value);
    },
    list(...where: Find): string[] | undefined {
      return find(...where)
        ?.value.split(",")
        .map((part) => unquote(part.trim()));
    },
    /** What isn't true is false, as Ansible has it. */
    flag(...where: Find): boolean | undefined {
      const found = find(...where);
      return found && ["y", "yes", "on", "1", "true", "t", "1.0"].includes(found.value.trim().toLowerCase());
    },
    whole(...where: Find): number | undefined {
      const found = find(...where);
      if (found === undefined) return undefined;
      if (!/^\s*[-+]?\d+(?:_\d+)*\s*$/.test(found.value))
        throw bad(found.name, found.value, "a whole number");
      return Number(found.value.replaceAll("_", ""));
    },
    choice<const T extends string>(choices: readonly T[], ...where: Find): T | undefined {
      const found = find(...where);
      if (found === undefined) return undefined;
      const chosen = choices.find((each) => each === unquote(found.value));
      if (chosen === undefined) throw bad(found.name, found.value, `one of ${choices.join(", ")}`);
      return chosen;
    },
    /** Several paths between commas; those of a file are beside it, those of variables begin in the working folder. */
    paths(variable: string, key: string): string[] | undefined {
      return find(variable, key)
        ?.value.split(",")
        .map((part) => this.place(variable)(part.trim()));
    },
    /** Several folders between colons. */
    folders(variable: string, key: string): string[] | undefined {
      return find(variable, key)
        ?.value.split(":")
        .map((part) => this.place(variable)(part.trim()));
    },
    place(variable: string) {
      const inFile = environment[variable] === undefined && path !== undefined;
      return (value: string) =>
        expandPath(value.replaceAll("{{CWD}}", folder), inFile ? dirname(path) : folder, environment);
    },
    path(name: string, key: string): string | undefined {
      const found = find(name, key);
      return found === undefined || found.value === "" ? undefined : this.place(name)(found.value);
    },
  };
}

/** `path` from `base` on, with `~` and `$NAME` filled in. */
export function expandPath(path: string, base: string, environment: Environment): string {
  const filled = path
    .replace(/^~(?=\/|$)/, environment.HOME ?? homedir())
    .replace(
      /\$(?:(\w+)|\{(\w+)\})/g,
      (all, name?: string, braced?: string) => environment[name ?? braced ?? ""] ?? all,
    );
  return resolve(base, filled);
}

function unquote(text: string): string {
  const quote = text[0] ?? "";
  const quoted = text.length > 1 && `"'`.includes(quote) && text.endsWith(quote) && text.at(-2) !== "\\";
  return quoted ? text.slice(1, -1) : text;
}
