// group_vars/ and host_vars/ beside an inventory: which files belong to whom; each is read when first asked for.

import { type Dirent, readdirSync, readFileSync, statSync } from "node:fs";
import { readdir, realpath, stat } from "node:fs/promises";
import { extname, join } from "node:path";
import { OpsError } from "../errors.ts";
import type { InventoryRules } from "./ansible-config.ts";
import { isMapping } from "./scalars.ts";
import { withoutText } from "./trouble.ts";
import type { Value, Vars } from "./types.ts";
import { type Decrypt, isVault } from "./vault.ts";
import { parseYaml } from "./yaml.ts";

export interface VarsFile {
  /** Path for messages: as the inventory was given, plus what is below it. */
  readonly shown: string;
  readonly vars: Vars;
}

/**
 * The vars files of a group or host in the order they are merged, read (and decrypted) at the first call for it: of ten
 * thousand hosts, a run with a limit needs few.
 * @throws OpsError `inventory` with file, line and the line
 */
export type VarsFiles = (name: string) => readonly VarsFile[];

export interface VarsFilesOptions {
  readonly decrypt: Decrypt;
  readonly warn: (message: string) => void;
  readonly rules: InventoryRules;
}

const NONE: readonly VarsFile[] = [];

/**
 * The files in `folder`/`part` (`group_vars` or `host_vars`) by name: `NAME/` with everything below it, or else `NAME`,
 * `NAME.yml`, `NAME.yaml`, `NAME.json`, whichever is found first.
 * @see https://docs.ansible.com/ansible/latest/collections/ansible/builtin/host_group_vars_vars.html
 */
export async function openVarsFiles(
  folder: string,
  part: string,
  shown: string,
  options: VarsFilesOptions,
): Promise<VarsFiles> {
  // In the order they are looked for; a folder has none.
  const endings = ["", ...options.rules.yamlExtensions];
  const root = await realpath(join(folder, part)).catch(missing);
  const shownRoot = join(shown, part);
  if (root === undefined) return () => NONE;
  if (!(await stat(root)).isDirectory()) {
    options.warn(`${shownRoot} is not a folder, so it is skipped`);
    return () => NONE;
  }
  const entries = await readdir(root);
  const read = (file: string) => readVarsFile(`${root}/${file}`, `${shownRoot}/${file}`, options);
  /** By name: what is there, and once that was asked for, the files. */
  const known = new Map<string, string | readonly VarsFile[]>();
  for (const ending of endings.toReversed())
    for (const entry of entries)
      if (entry.endsWith(ending)) known.set(entry.slice(0, entry.length - ending.length), entry);
  return (name) => {
    const entry = known.get(name);
    if (typeof entry !== "string") return entry ?? NONE;
    const file = read(entry);
    const found =
      file === undefined ? filesBelow(root, entry, endings).flatMap((each) => read(each) ?? []) : [file];
    known.set(name, found);
    return found;
  };
}

/** Files below `root`/`folder`, sorted; hidden ones, backups and other endings are skipped, as are folders with a dot. */
function filesBelow(root: string, folder: string, endings: readonly string[]): string[] {
  const found: string[] = [];
  const entries = readdirSync(join(root, folder), { withFileTypes: true });
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    if (entry.name.startsWith(".") || entry.name.endsWith("~")) continue;
    const path = join(folder, entry.name);
    const ending = extname(entry.name);
    if (isFolder(join(root, folder), entry)) {
      if (ending === "") found.push(...filesBelow(root, path, endings));
    } else if (endings.includes(ending)) found.push(path);
  }
  return found;
}

function isFolder(parent: string, entry: Dirent): boolean {
  if (!entry.isSymbolicLink()) return entry.isDirectory();
  return statSync(join(parent, entry.name), { throwIfNoEntry: false })?.isDirectory() ?? false;
}

/** Undefined when it is a folder. */
function readVarsFile(path: string, shown: string, options: VarsFilesOptions): VarsFile | undefined {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    // Told by reading it: asking of ten thousand files first takes as long again.
    if ((error as NodeJS.ErrnoException).code === "EISDIR") return undefined;
    throw new OpsError("inventory", `the vars file ${shown} can't be read: ${(error as Error).message}`, {
      cause: error,
    });
  }
  return { shown, vars: parseVars(text, shown, options) };
}

function parseVars(text: string, shown: string, { decrypt, warn, rules }: VarsFilesOptions): Vars {
  const encrypted = isVault(text);
  const plain = encrypted ? decrypt(text, shown) : text;
  let value: Value;
  try {
    value = parseYaml(plain, { file: shown, warn, duplicates: rules.duplicateKeys });
  } catch (error) {
    throw encrypted ? withoutText(error) : error;
  }
  if (isMapping(value)) return value;
  // Empty in Ansible's sense: an empty list or text is passed over as well.
  if (
    value === null ||
    value === false ||
    value === 0 ||
    value === "" ||
    (Array.isArray(value) && value.length === 0)
  )
    return {};
  throw new OpsError("inventory", `${shown}: a vars file is a mapping of names to values`, {
    hint: "write each var as `name: value`",
  });
}

function missing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== "ENOENT" && error.code !== "ENOTDIR") throw error;
}
