// From what `-i` names to the tree: which reader fits a file, and which files of a folder count.

import { readdir, readFile, stat } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, extname, join, resolve } from "node:path";
import { OpsError } from "../errors.ts";
import { addTomlGroups, addYamlGroups } from "./groups.ts";
import { parseHostList, parseIni } from "./ini.ts";
import { addPlugin, addScript, isScript } from "./programs.ts";
import { parseAddress } from "./range.ts";
import { isMapping } from "./scalars.ts";
import { type Source, type Tree, TreeError } from "./tree.ts";
import type { Value } from "./types.ts";
import { type Decrypt, isVault } from "./vault.ts";
import { parseYaml } from "./yaml.ts";

/** Names in an inventory folder that are no inventory: hidden files, vars folders, backups, notes, other formats. */
const IGNORED =
  /^\.|^(?:host_vars|group_vars|vars_plugins)$|(?:\.(?:pyc|pyo|swp|bak|rpm|md|txt|rst|orig|ini|cfg|retry)|~)$/;
const YAML_ENDINGS = ["", ".yml", ".yaml", ".json"];

export interface ReadOptions {
  readonly decrypt: Decrypt;
  readonly signal?: AbortSignal | undefined;
}

/** A path as typed: `~` is the home folder, relative to the working folder. */
export function fullPath(path: string): string {
  return resolve(path.replace(/^~(?=\/|$)/, homedir()));
}

/**
 * Reads `given` (file, folder, or `host1,host2,` list) into `tree`; returns the absolute paths it read.
 * @param before absolute paths read before this one
 * @throws OpsError `inventory` with file, line and the line itself
 */
export async function addSource(
  given: string,
  before: readonly string[],
  tree: Tree,
  options: ReadOptions,
): Promise<string[]> {
  const path = fullPath(given);
  const kind = await stat(path).catch((error: NodeJS.ErrnoException) => error);
  if (kind instanceof Error) {
    if (!given.includes(",")) throw unreadable(given, kind);
    addHostList(given, tree);
    return [given];
  }
  if (!kind.isDirectory()) {
    await addFile({ path, folder: dirname(path), shown: given }, before, tree, options);
    return [path];
  }
  return addFolder(path, given, before, tree, options);
}

async function addFolder(
  path: string,
  shown: string,
  before: readonly string[],
  tree: Tree,
  options: ReadOptions,
): Promise<string[]> {
  const read: string[] = [];
  const failures: OpsError[] = [];
  for (const name of (await readdir(path)).sort()) {
    if (IGNORED.test(name)) continue;
    const [inner, innerShown] = [join(path, name), join(shown, name)];
    try {
      if ((await stat(inner)).isDirectory())
        read.push(...(await addFolder(inner, innerShown, [...before, ...read], tree, options)));
      else {
        await addFile({ path: inner, folder: path, shown: innerShown }, [...before, ...read], tree, options);
        read.push(inner);
      }
    } catch (error) {
      // Ansible warns of a file in a folder that it can't read and goes on with the others.
      if (!(error instanceof OpsError) || error.code !== "inventory") throw error;
      failures.push(error);
    }
  }
  if (read.length === 0 && failures[0] !== undefined) throw failures[0];
  tree.warnings.push(...failures.map((failure) => `not read as inventory: ${failure.message}`));
  return read;
}

function addHostList(list: string, tree: Tree): void {
  const parse = (name: string) => parseAddress(name, { ranges: false }) ?? { host: name, port: undefined };
  parseHostList(list, parse, tree, { path: list, folder: null, shown: list });
}

/** Tries the readers in Ansible's order: script, plugin, YAML, INI, TOML; the first that succeeds counts. */
async function addFile(
  source: Source,
  before: readonly string[],
  tree: Tree,
  options: ReadOptions,
): Promise<void> {
  const failures: OpsError[] = [];
  const attempt = async (read: () => void | Promise<void>): Promise<boolean> => {
    try {
      await read();
      return true;
    } catch (error) {
      failures.push(readFailure(error, source));
      return false;
    }
  };
  const script = await isScript(source.path).catch((error: Error) => {
    throw unreadable(source.shown, error);
  });
  if (script && (await attempt(() => addScript(source, tree, options)))) return;
  const text = await readText(source, options.decrypt);
  const ending = extname(source.path);
  if (YAML_ENDINGS.includes(ending)) {
    let data: Value = null;
    const parsed = await attempt(() => {
      data = parseYaml(text, { file: source.shown, warn: (message) => tree.warnings.push(message) });
    });
    if (parsed && isPlugin(data, ending)) return addPlugin(source, before, tree, options);
    if (parsed && (await attempt(() => addYamlGroups(data, tree, source)))) return;
  }
  if (await attempt(() => parseIni(text, tree, source))) return;
  if (ending === ".toml" && (await attempt(() => addTomlGroups(Bun.TOML.parse(text) as Value, tree, source))))
    return;
  // What the file most likely is decides which complaint helps: by its ending, or by its first line.
  const looksYaml = ending !== "" && YAML_ENDINGS.includes(ending);
  const best =
    looksYaml || /^\s*(?:---|\{|[\w.-]+:\s*$)/m.test(text) || script ? failures[0] : failures.at(-1);
  throw best ?? new OpsError("inventory", `${source.shown} can't be read as an inventory`);
}

function isPlugin(data: Value, ending: string): boolean {
  return (ending === ".yml" || ending === ".yaml") && isMapping(data) && typeof data.plugin === "string";
}

function readFailure(error: unknown, source: Source): OpsError {
  if (error instanceof OpsError && error.code === "inventory") return error;
  const expected =
    error instanceof TreeError ||
    error instanceof RangeError ||
    (error instanceof Error && error.name === "SyntaxError");
  // Bun's TOML reader throws its own kind of error, with the reason in the message.
  const toml = source.path.endsWith(".toml") && error instanceof Error && !(error instanceof TypeError);
  if (expected || toml) return new OpsError("inventory", `${source.shown}: ${(error as Error).message}`);
  throw error;
}

async function readText(source: Source, decrypt: Decrypt): Promise<string> {
  const text = await readFile(source.path, "utf8").catch((error: Error) => {
    throw unreadable(source.shown, error);
  });
  return isVault(text) ? decrypt(text, source.shown) : text;
}

function unreadable(shown: string, cause: NodeJS.ErrnoException): OpsError {
  const why = cause.code === "ENOENT" ? "there is no such file or folder" : cause.message;
  return new OpsError("inventory", `the inventory ${shown} can't be read: ${why}`, { cause });
}
