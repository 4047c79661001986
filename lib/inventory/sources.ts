// From what `-i` names to the tree: which reader fits a file, and which files of a folder count.

import { readdir, readFile, stat } from "node:fs/promises";
import { dirname, extname, join } from "node:path";
import { OpsError } from "../errors.ts";
import type { InventoryRules } from "./ansible-config.ts";
import { addTomlGroups, addYamlGroups } from "./groups.ts";
import { parseHostList, parseIni } from "./ini.ts";
import { fullPath } from "./paths.ts";
import { addPlugin, addScript, isScript } from "./programs.ts";
import { pythonRegExp } from "./regex.ts";
import { isMapping } from "./scalars.ts";
import { parseToml, TomlError } from "./toml.ts";
import { type Source, type Tree, TreeError } from "./tree.ts";
import { badLine, withoutText } from "./trouble.ts";
import type { Value } from "./types.ts";
import { type Decrypt, isVault } from "./vault.ts";
import { parseYaml } from "./yaml.ts";

/** Names in an inventory folder that are never one, and endings that aren't unless `ignore_extensions` says otherwise. */
const IGNORED = /^\.|^(?:host_vars|group_vars|vars_plugins)$/;
const IGNORED_ENDINGS = [
  ...[".pyc", ".pyo", ".swp", ".bak", "~", ".rpm", ".md", ".txt", ".rst"],
  ...[".orig", ".ini", ".cfg", ".retry"],
];

export interface Reading {
  readonly tree: Tree;
  readonly rules: InventoryRules;
  readonly decrypt: Decrypt;
  readonly signal?: AbortSignal | undefined;
  /** What ansible-inventory is told where a plugin needs it, besides sources. */
  readonly pluginArguments?: readonly string[] | undefined;
  /** Absolute paths that were read, in order: plugins such as `constructed` build on them. */
  readonly read: string[];
  /** What kept sources from being read, the most telling of each. */
  readonly failures: OpsError[];
}

/**
 * Reads `given` (file, folder, or `host1,host2,` list) into the tree; false when nothing in it could be read, which is a
 * warning, as in Ansible, unless `any_unparsed_is_failed`.
 * @throws OpsError `inventory` then; `tool` when a plugin's configuration needs Ansible, and it isn't there
 */
export async function addSource(given: string, reading: Reading): Promise<boolean> {
  const path = given.includes(",") ? given : fullPath(given);
  return addPath(path, given, reading);
}

async function addPath(path: string, shown: string, reading: Reading): Promise<boolean> {
  reading.signal?.throwIfAborted();
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => error);
  const problems: OpsError[] = [];
  let parsed = false;
  if (!(found instanceof Error) && found.isDirectory()) {
    for (const name of (await readdir(path)).sort()) {
      if (isIgnored(name, reading.rules)) continue;
      if (await addPath(join(path, name), join(shown, name), reading)) parsed = true;
    }
    if (!parsed && reading.failures.length === 0)
      problems.push(new OpsError("inventory", `the folder ${shown} holds no inventory`));
  } else if (found instanceof Error && !path.includes(",")) {
    problems.push(unreadable(shown, found));
  } else {
    const source = { path, folder: found instanceof Error ? null : dirname(path), shown };
    parsed = await addFile(source, found instanceof Error, problems, reading);
  }
  if (parsed || problems.length === 0) return parsed;
  reading.failures.push(...problems.slice(0, 1));
  const [problem] = problems;
  if (reading.rules.anyUnparsedFailed && problem !== undefined) throw problem;
  reading.tree.warnings.push(`not read as inventory: ${problem?.message}`);
  return false;
}

function isIgnored(name: string, { ignoreExtensions, ignorePatterns }: InventoryRules): boolean {
  return (
    IGNORED.test(name) ||
    (ignoreExtensions ?? IGNORED_ENDINGS).some((ending) => name.endsWith(ending)) ||
    ignorePatterns.some((pattern) => pythonRegExp(pattern).test(name))
  );
}

/** What a source is, read once and tried by several readers. */
interface Attempt {
  readonly source: Source;
  readonly reading: Reading;
  text(): Promise<string>;
  data(): Promise<Value>;
}
/** A reader by Ansible's name: false when it doesn't fit. */
type Reader = (attempt: Attempt) => boolean | Promise<boolean>;

/** Tries the enabled readers in order; the first that succeeds counts. What others read before they failed stays. */
async function addFile(
  source: Source,
  isList: boolean,
  problems: OpsError[],
  reading: Reading,
): Promise<boolean> {
  const file = once(() => readText(source, reading.decrypt));
  const text = async () => (await file()).text;
  const warn = (message: string) => reading.tree.warnings.push(message);
  const attempt: Attempt = {
    source,
    reading,
    text,
    data: once(async () =>
      parseYaml(await text(), { file: source.shown, warn, duplicates: reading.rules.duplicateKeys }),
    ),
  };
  const failures = new Map<string, OpsError>();
  for (const plugin of reading.rules.enabledPlugins) {
    const name = plugin.replace(/^ansible\.builtin\./, "");
    const read = isList
      ? LIST_READERS[name]
      : (FILE_READERS[name] ?? (name in LIST_READERS ? undefined : readerOf(name)));
    try {
      if ((await read?.(attempt)) !== true) continue;
      if (!isList) reading.read.push(source.path);
      return true;
    } catch (error) {
      const failure = await readFailure(error, attempt);
      const read = await file().catch(() => undefined); // failure says why
      failures.set(name, read?.encrypted === true ? withoutText(failure) : failure);
    }
  }
  problems.push(likeliest(failures, source, await text().catch(() => "")));
  return false;
}

const LIST_READERS: Readonly<Record<string, Reader>> = {
  host_list: ({ source, reading }) => parseHostList(source.path, reading.tree, source, { ranges: false }),
  advanced_host_list: ({ source, reading }) =>
    parseHostList(source.path, reading.tree, source, { ranges: true }),
};

const FILE_READERS: Readonly<Record<string, Reader>> = {
  async script({ source, reading }) {
    if (!(await isScript(source.path))) return false;
    await addScript(source, reading.tree, reading);
    return true;
  },
  async auto({ source, reading, data }) {
    if (!/\.ya?ml$/.test(source.path)) return false;
    const config = await data();
    if (!isMapping(config) || typeof config.plugin !== "string") return false;
    await addPlugin(source, reading.read, reading.tree, reading);
    return true;
  },
  async yaml({ source, reading, text, data }) {
    const ending = extname(source.path);
    if (ending !== "" && !reading.rules.yamlExtensions.includes(ending)) return false;
    // To YAML, an INI file is one long text, and it takes long to find out that it isn't.
    if (ending === "" && isPlainlyIni(await text())) return false;
    addYamlGroups(await data(), reading.tree, source);
    return true;
  },
  async ini({ source, reading, text }) {
    parseIni(await text(), reading.tree, source);
    return true;
  },
  async toml({ source, reading, text }) {
    if (extname(source.path) !== ".toml") return false;
    addTomlGroups(parseToml(await text()), reading.tree, source);
    return true;
  },
};

/** The reader of a plugin that is enabled by name: for files that say they are its configuration. */
function readerOf(plugin: string): Reader {
  return async ({ source, reading, text, data }) => {
    if (!["", ".config", ...reading.rules.yamlExtensions].includes(extname(source.path))) return false;
    if (!(await text()).includes("plugin")) return false; // no large file is read as YAML to learn that
    const config = await data();
    if (!isMapping(config) || typeof config.plugin !== "string") return false;
    if (config.plugin.replace(/^ansible\.builtin\./, "") !== plugin) return false;
    await addPlugin(source, reading.read, reading.tree, reading);
    return true;
  };
}

/** Has a `[section]`, and does not begin as YAML would. */
function isPlainlyIni(text: string): boolean {
  return /^\[[^\]\s]+\][ \t]*$/m.test(text) && !/^(?:\s*(?:#.*)?\n)*(?:---|[^\s=[]*:\s|\{)/.test(text);
}

/** Which complaint helps depends on what the file most likely is: by its ending, or by its first lines. */
function likeliest(failures: ReadonlyMap<string, OpsError>, { path, shown }: Source, text: string): OpsError {
  const ending = extname(path);
  const yaml = /^\.(?:ya?ml|json)$/.test(ending) || /^\s*(?:---|\{|[\w.-]+:\s*$)/m.test(text);
  const order = [...(yaml ? ["auto", "yaml"] : []), ...(ending === ".toml" ? ["toml"] : []), "ini"];
  const name = ["script", ...order].find((each) => failures.has(each));
  const found = name === undefined ? [...failures.values()].at(-1) : failures.get(name);
  return found ?? new OpsError("inventory", `${shown}: no enabled inventory plugin reads it`);
}

async function readFailure(error: unknown, { source, text }: Attempt): Promise<OpsError> {
  if (error instanceof OpsError && error.code === "inventory") return error;
  const expected = error instanceof TreeError || error instanceof RangeError || error instanceof SyntaxError;
  if (!expected) throw error;
  if (error instanceof TomlError)
    return badLine(error.message, { file: source.shown, line: error.line, text: await text() });
  const path = error instanceof TreeError ? error.path : undefined;
  const line =
    path === undefined ? undefined : (await import("./yaml-lines.ts")).lineOfKey(await text(), path);
  if (line !== undefined) return badLine(error.message, { file: source.shown, line, text: await text() });
  return new OpsError("inventory", `${source.shown}: ${error.message}`);
}

async function readText(source: Source, decrypt: Decrypt): Promise<{ text: string; encrypted: boolean }> {
  const text = await readFile(source.path, "utf8").catch((error: Error) => {
    throw unreadable(source.shown, error);
  });
  const encrypted = isVault(text);
  return { text: encrypted ? decrypt(text, source.shown) : text, encrypted };
}

function unreadable(shown: string, cause: NodeJS.ErrnoException): OpsError {
  const why = cause.code === "ENOENT" ? "there is no such file or folder" : cause.message;
  return new OpsError("inventory", `the inventory ${shown} can't be read: ${why}`, { cause });
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
