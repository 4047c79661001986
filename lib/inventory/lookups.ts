// What `lookup` and `query` find: variables of the environment, files, output of commands, vars, lists.

import { readFileSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { resolve } from "node:path";
import { itemTuples, mappingOf } from "./collection-filters.ts";
import { needText } from "./filters.ts";
import { pythonText } from "./python-text.ts";
import { pythonRegExp } from "./regex.ts";
import { itemsOf, type Result, TemplateError, truthy, Undefined, value } from "./results.ts";
import { isMapping } from "./scalars.ts";
import { sequence } from "./sequence.ts";
import { SEQUENCE_FILTERS } from "./sequence-filters.ts";
import { tuple } from "./tuple.ts";
import type { Value } from "./types.ts";

export interface LookupWorld {
  /** Undefined when nobody gave one: then `lookup('env')` says so instead of finding nothing. */
  readonly environment: Readonly<Record<string, string | undefined>> | undefined;
  /** Where relative paths start, and commands run: the working folder unless given. */
  readonly playbookDir: string | undefined;
  variable(name: string): Result;
  names(): readonly string[];
}

type Options = Readonly<Record<string, Value>>;
type Lookup = (terms: readonly Value[], world: LookupWorld, options: Options) => readonly Value[];

const each =
  (find: (term: string, world: LookupWorld, options: Options) => Value): Lookup =>
  (terms, world, options) =>
    terms.map((term) => find(needText(term), world, options));

export const LOOKUPS: Readonly<Record<string, Lookup>> = {
  env: each((term, { environment }, named) => {
    if (environment === undefined)
      throw new TemplateError("lookup('env'): no environment was given to loadInventory");
    const [name = ""] = term.trim().split(/\s+/);
    return environment[name] ?? value(named.default ?? "");
  }),
  file: each((term, world, { lstrip = false, rstrip = true }) => {
    const path = located(term, world);
    if (path === undefined) throw new TemplateError(`lookup('file'): there is no file ${term}`);
    let text: string;
    try {
      text = readFileSync(path, "utf8");
    } catch (error) {
      throw new TemplateError(`lookup('file'): ${term} can't be read: ${(error as Error).message}`);
    }
    if (text.startsWith("$ANSIBLE_VAULT;"))
      throw new TemplateError(
        `lookup('file'): ${term} is encrypted, which is not supported in inventory values`,
      );
    if (truthy(lstrip)) text = text.trimStart();
    return truthy(rstrip) ? text.trimEnd() : text;
  }),
  pipe: each((term, world) => output("pipe", term, world).trimEnd()),
  lines: (terms, world) =>
    terms.flatMap((term) => {
      const text = output("lines", pythonText(term), world).replace(/\n$/, "");
      return text === "" ? [] : text.split(/\r?\n/);
    }),
  vars: each((term, { variable }, named) => {
    const found = variable(term);
    return found instanceof Undefined && named.default !== undefined ? named.default : value(found);
  }),
  varnames: (terms, { names }) =>
    terms.flatMap((term) => {
      const pattern = pythonRegExp(pythonText(term));
      return names().filter((name) => pattern.test(name));
    }),
  dict: (terms) =>
    terms
      .flatMap((term) => (isMapping(term) ? [term] : (term as Value[])))
      .flatMap((term) =>
        itemTuples(mappingOf(term, "lookup('dict')")).map(([key, item]) => ({
          key: key ?? null,
          value: item ?? null,
        })),
      ),
  items: (terms) => terms.flatMap((term): Value[] => (Array.isArray(term) ? [...term] : [term])),
  list: (terms) => terms,
  sequence: (terms) => terms.flatMap((term) => sequence(needText(term))),
  indexed_items: (terms) =>
    terms
      .flatMap((term): Value[] => (Array.isArray(term) ? [...term] : [term]))
      .map((item, index) => tuple([index, item])),
  nested: (terms) => {
    const [first = [], ...others] = terms.map((term) => (Array.isArray(term) ? term : [term]));
    return itemsOf(SEQUENCE_FILTERS.product?.run(first, others) as Value).map((item) => flat(itemsOf(item)));
  },
  together: (terms) => {
    const [first = [], ...others] = terms.map((term) => (Array.isArray(term) ? term : [term]));
    return itemsOf(SEQUENCE_FILTERS.zip_longest?.run(first, others) as Value).map((item) =>
      flat(itemsOf(item)),
    );
  },
  fileglob: (terms, world) => terms.flatMap((term) => globbed(pythonText(term), world)),
  first_found: (terms, world, options) => {
    const { names, skip } = searched(terms, options);
    for (const name of names) {
      const path = located(name, world);
      if (path !== undefined) return [path];
    }
    if (skip) return [];
    throw new TemplateError(`lookup('first_found'): there is none of ${names.join(", ")}`);
  },
};

function flat(items: readonly Value[]): Value[] {
  return items.flatMap((item): Value[] => (Array.isArray(item) ? [...item] : [item]));
}

function folder({ playbookDir }: LookupWorld): string {
  return resolve(playbookDir ?? ".");
}

/** Where Ansible looks: in files/ of the playbook's folder, then in the folder itself. */
function located(term: string, world: LookupWorld): string | undefined {
  const path = term.replace(/^~(?=\/|$)/, homedir());
  const places = [resolve(folder(world), "files", path), resolve(folder(world), path)];
  return places.find((place) => statSync(place, { throwIfNoEntry: false }) !== undefined);
}

function globbed(term: string, world: LookupWorld): string[] {
  const at = term.lastIndexOf("/") + 1;
  for (const start of [
    resolve(folder(world), "files", term.slice(0, at)),
    resolve(folder(world), term.slice(0, at)),
  ]) {
    if (statSync(start, { throwIfNoEntry: false })?.isDirectory() !== true) continue;
    const names = [...new Bun.Glob(term.slice(at)).scanSync({ cwd: start, onlyFiles: true, absolute: true })];
    if (names.length > 0) return names;
  }
  return [];
}

/** Names that `first_found` tries: terms themselves, or every file in every path. */
function searched(terms: readonly Value[], options: Options): { names: string[]; skip: boolean } {
  const list = (given: Value | undefined, by: RegExp): string[] =>
    (given === undefined || given === null ? [] : Array.isArray(given) ? given : [given]).flatMap(
      (item: Value) => pythonText(item).split(by),
    );
  let skip = truthy(options.skip ?? false);
  const names = terms.flatMap((term): string[] => {
    if (Array.isArray(term)) {
      const inner = searched(term, options);
      skip = inner.skip;
      return inner.names;
    }
    const given = isMapping(term) ? term : options;
    if (isMapping(term)) skip = truthy(term.skip ?? false);
    const [files, paths] = [list(given.files, /[,;]/), list(given.paths, /[,:;]/)];
    if (paths.length > 0)
      return paths.flatMap((path) => files.map((file) => `${path.replace(/\/$/, "")}/${file}`));
    return files.length > 0 ? files : isMapping(term) ? [] : [pythonText(term)];
  });
  return { names, skip };
}

function output(lookup: string, command: string, world: LookupWorld): string {
  const { environment } = world;
  // The value of a var may be what a command prints: Ansible runs it in a shell as well.
  const env = environment === undefined ? {} : { env: { ...environment } };
  const cwd = folder(world);
  const { stdout, stderr, exitCode } = Bun.spawnSync(["/bin/sh", "-c", command], {
    stdin: "ignore",
    cwd,
    ...env,
  });
  if (exitCode === 0) return stdout.toString();
  throw new TemplateError(
    `lookup('${lookup}'): ${command} failed with ${exitCode}: ${stderr.toString().trim()}`,
  );
}
