// Inventories that a program prints: executable scripts, and Ansible's own inventory plugins.

import { access, constants, type FileHandle, open } from "node:fs/promises";
import { OpsError } from "../errors.ts";
import { addScriptGroups } from "./groups.ts";
import { parseJson } from "./json.ts";
import { orderedEntries } from "./keys.ts";
import { isMapping } from "./scalars.ts";
import { addHost, type Source, setHostVars, type Tree, TreeError } from "./tree.ts";
import type { Value } from "./types.ts";
import { parseYaml } from "./yaml.ts";

/** How many `--host` calls of a script without `_meta` run side by side. */
const SCRIPT_CALLS = 8;

/** Whether Ansible would take `path` for an inventory script: executable, or with a `#!` line. */
export async function isScript(path: string): Promise<boolean> {
  const executable = await access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
  if (executable) return true;
  let file: FileHandle | undefined;
  try {
    file = await open(path);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(2), 0, 2, 0);
    return bytesRead === 2 && buffer.toString("latin1") === "#!";
  } finally {
    await file?.close();
  }
}

/**
 * Runs the inventory script `source` with `--list` (and `--host NAME` for each host when it prints no `_meta`)
 * and reads its JSON into `tree`.
 * @throws OpsError `inventory` with what the script said on stderr
 */
export async function addScript(
  source: Source,
  tree: Tree,
  { signal }: { signal?: AbortSignal | undefined } = {},
): Promise<void> {
  const data = json(await run([source.path, "--list"], signal), `${source.shown} --list`);
  await addPrinted(data, source, tree, async (host) => {
    const text = await run([source.path, "--host", host], signal);
    return parseYaml(text, { file: `${source.shown} --host ${host}` });
  });
}

/**
 * Has `ansible-inventory` read `source`, a plugin's configuration such as aws_ec2.yml, after the sources before it
 * (a plugin like `constructed` builds on their hosts), and reads what it prints into `tree`.
 * @throws OpsError `tool` when ansible-inventory isn't installed, `inventory` with what it said on stderr
 */
export async function addPlugin(
  source: Source,
  before: readonly string[],
  tree: Tree,
  {
    signal,
    pluginArguments = [],
  }: {
    readonly signal?: AbortSignal | undefined;
    /** What ansible-inventory is told besides: where vault passwords are. */
    readonly pluginArguments?: readonly string[] | undefined;
  } = {},
): Promise<void> {
  if (Bun.which("ansible-inventory") === null) {
    throw new OpsError(
      "tool",
      `${source.shown} is for an Ansible inventory plugin, which ansible-inventory must run, and it is not installed`,
      {
        hint: "install ansible-core (apt-get install ansible-core, or pipx install ansible-core) and the plugin's collection",
      },
    );
  }
  const inventories = [...before, source.path].flatMap((path) => ["-i", path]);
  const command = ["ansible-inventory", ...inventories, "--list", "--export", ...pluginArguments];
  const { text, stderr } = await start(command, signal);
  const problem = stderr
    .split("\n")
    .find((line) => line.includes("Failed to parse") || line.includes("Unable to parse"));
  const missing = /unknown plugin '([\w.]+)'/.exec(stderr.replace(/\s+/g, " "))?.[1];
  if (problem !== undefined && missing?.includes(".")) {
    const collection = missing.split(".", 2).join(".");
    throw new OpsError(
      "inventory",
      `${source.shown}: the inventory plugin ${missing} is not installed: ansible-galaxy collection install ${collection}`,
    );
  }
  if (problem !== undefined) {
    throw new OpsError(
      "inventory",
      `${source.shown}: ansible-inventory could not read it:\n${stderr.trim()}`,
    );
  }
  await addPrinted(json(text, `ansible-inventory -i ${source.shown}`), source, tree, async () => ({}));
}

/** Where vault passwords are, for `addPlugin`; those that were asked for can't be handed on. */
export function vaultArguments(ids: readonly string[], files: readonly string[]): string[] {
  const named = ids.filter((id) => !/(?:^|@)prompt(?:_ask_vault_pass)?$/.test(id));
  return [...named.map((id) => `--vault-id=${id}`), ...files.map((file) => `--vault-password-file=${file}`)];
}

async function addPrinted(
  data: Value,
  source: Source,
  tree: Tree,
  ask: (host: string) => Promise<Value>,
): Promise<void> {
  try {
    const { hosts, hostvars } = addScriptGroups(data, tree, source);
    const names = [...hosts];
    for (let start = 0; start < names.length; start += SCRIPT_CALLS) {
      const some = names.slice(start, start + SCRIPT_CALLS);
      const found = await Promise.all(
        some.map((name) => (hostvars === undefined ? ask(name) : (hostvars[name] ?? {}))),
      );
      for (const [index, name] of some.entries()) {
        const vars = found[index] ?? null;
        if (!isMapping(vars)) throw new TreeError(`vars of host '${name}' must be an object`);
        const host = addHost(tree, name, undefined, source);
        setHostVars(tree, host, orderedEntries(vars), source);
      }
    }
  } catch (error) {
    if (!(error instanceof TreeError)) throw error;
    throw new OpsError("inventory", `${source.shown}: ${error.message}`);
  }
}

function json(text: string, what: string): Value {
  try {
    return parseJson(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new OpsError(
      "inventory",
      `${what} printed no JSON: ${error.message}\n    ${text.trim().slice(0, 160)}`,
    );
  }
}

async function run(command: readonly string[], signal: AbortSignal | undefined): Promise<string> {
  return (await start(command, signal)).text;
}

async function start(
  command: readonly string[],
  signal: AbortSignal | undefined,
): Promise<{ text: string; stderr: string }> {
  const shown = command.join(" ");
  let process: Bun.Subprocess<"ignore", "pipe", "pipe">;
  try {
    process = Bun.spawn([...command], {
      stdin: "ignore",
      stdout: "pipe",
      stderr: "pipe",
      ...(signal ? { signal } : {}),
    });
  } catch (error) {
    throw new OpsError("inventory", `${shown} can't be run: ${(error as Error).message}`, { cause: error });
  }
  const [text, stderr, code] = await Promise.all([
    new Response(process.stdout).text(),
    new Response(process.stderr).text(),
    process.exited,
  ]);
  signal?.throwIfAborted();
  if (code !== 0) throw new OpsError("inventory", `${shown} failed with ${code}: ${stderr.trim()}`);
  return { text, stderr };
}
