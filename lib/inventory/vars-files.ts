// group_vars/ and host_vars/ beside an inventory: which files belong to whom; each is read when first asked for.

import { type Dirent, readFileSync } from "node:fs";
import { readdir, realpath, stat } from "node:fs/promises";
import { extname, join } from "node:path";
import { OpsError } from "../errors.ts";
import type { InventoryRules } from "./ansible-config.ts";
import { isMapping } from "./scalars.ts";
import type { Vars } from "./types.ts";
import { type Decrypt, isVault } from "./vault.ts";
import { parseYaml } from "./yaml.ts";

export interface VarsFile {
  /** Path for messages: as the inventory was given, plus what is below it. */
  readonly shown: string;
  /** Its vars, parsed (and decrypted) at the first call. @throws OpsError `inventory` with file, line and the line */
  vars(): Vars;
}

/** Vars files by the name of their group or host, in the order they are merged. */
export type VarsFiles = ReadonlyMap<string, readonly VarsFile[]>;

export interface VarsFilesOptions {
  readonly decrypt: Decrypt;
  readonly warn: (message: string) => void;
  readonly rules: InventoryRules;
}

/**
 * The files in `folder`/`part` (`group_vars` or `host_vars`) for each of `names`: `NAME/` with everything below it,
 * or else `NAME`, `NAME.yml`, `NAME.yaml`, `NAME.json`, whichever is found first.
 * @see https://docs.ansible.com/ansible/latest/collections/ansible/builtin/host_group_vars_vars.html
 */
export async function readVarsFiles(
  folder: string,
  part: string,
  shown: string,
  names: Iterable<string>,
  options: VarsFilesOptions,
): Promise<VarsFiles> {
  // In the order they are looked for; a folder has none.
  const endings = ["", ...options.rules.yamlExtensions];
  const root = await realpath(join(folder, part)).catch(missing);
  const found = new Map<string, readonly VarsFile[]>();
  if (root === undefined) return found;
  if (!(await stat(root)).isDirectory()) {
    options.warn(`${join(shown, part)} is not a folder, so it is skipped`);
    return found;
  }
  const entries = new Map((await readdir(root, { withFileTypes: true })).map((entry) => [entry.name, entry]));
  const wanted: [name: string, files: string[]][] = [];
  for (const name of names) {
    if (name.startsWith("/")) continue; // hosts of chroot connections are paths
    const ending = endings.find((each) => entries.has(name + each));
    const entry = ending === undefined ? undefined : entries.get(name + ending);
    if (entry !== undefined)
      wanted.push([
        name,
        entry.isFile() || !(await isFolder(root, entry))
          ? [entry.name]
          : await filesBelow(root, entry.name, endings),
      ]);
  }
  for (const [name, files] of wanted) {
    const read = (file: string) => varsFile(join(root, file), join(shown, part, file), options);
    found.set(name, files.map(read));
  }
  return found;
}

/** Files below `root`/`folder`, sorted; hidden ones, backups and other endings are skipped, as are folders with a dot. */
async function filesBelow(root: string, folder: string, endings: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  const entries = await readdir(join(root, folder), { withFileTypes: true });
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    if (entry.name.startsWith(".") || entry.name.endsWith("~")) continue;
    const path = join(folder, entry.name);
    const ending = extname(entry.name);
    if (await isFolder(join(root, folder), entry)) {
      if (ending === "") found.push(...(await filesBelow(root, path, endings)));
    } else if (endings.includes(ending)) found.push(path);
  }
  return found;
}

async function isFolder(parent: string, entry: Dirent): Promise<boolean> {
  if (!entry.isSymbolicLink()) return entry.isDirectory();
  const target = await stat(join(parent, entry.name)).catch(missing);
  return target?.isDirectory() ?? false;
}

/** Read when it is asked for: of ten thousand hosts, a run with a limit needs few. */
function varsFile(path: string, shown: string, { decrypt, warn, rules }: VarsFilesOptions): VarsFile {
  const read = (): string => {
    try {
      return readFileSync(path, "utf8");
    } catch (error) {
      throw new OpsError("inventory", `the vars file ${shown} can't be read: ${(error as Error).message}`, {
        cause: error,
      });
    }
  };
  const parse = (): Vars => {
    const text = read();
    const value = parseYaml(isVault(text) ? decrypt(text, shown) : text, {
      file: shown,
      warn,
      duplicates: rules.duplicateKeys,
    });
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
  };
  let vars: Vars | undefined;
  return {
    shown,
    vars() {
      vars ??= parse();
      return vars;
    },
  };
}

function missing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== "ENOENT" && error.code !== "ENOTDIR") throw error;
}
