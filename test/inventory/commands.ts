// The same command line, answered by Ansible's own ansible-inventory and by us.

import { join } from "node:path";
import { inventoryConfig } from "../../lib/config.ts";
import { OpsError } from "../../lib/errors.ts";
import { ansibleExitCode } from "../../lib/inventory/exit-code.ts";
import { showInventory, writeShown } from "../../lib/inventory/show.ts";
import { inventoryOptions } from "../../lib/inventory-flags.ts";
import { ansiblePython, environment, run } from "./ansible.ts";

/** One inventory and what is asked of it. */
export interface Case {
  readonly name: string;
  /** Path → text; a path ending in `*` is executable. */
  readonly files: Readonly<Record<string, string>>;
  /** Arguments; `--list` when none is an action. */
  readonly args: readonly string[];
  /** Variables that only this case has; an ansible.cfg among the files counts as well. */
  readonly env?: Readonly<Record<string, string>>;
  readonly stdin?: string;
}

/** A command line in its folder. */
export interface CommandLine {
  readonly cwd: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string | null>> | undefined;
  readonly stdin?: string | undefined;
}

export interface CommandAnswer {
  readonly stdout: string;
  readonly stderr: string;
  readonly code: number;
}

/** `case` with its files in `cwd`. */
export function commandLine({ args, files, env, stdin }: Case, cwd: string): CommandLine {
  const action = args.some((each) => /^--(?:list|host|graph)$/.test(each));
  const config = files["ansible.cfg"] !== undefined;
  return {
    cwd,
    args: action ? args : [...args, "--list"],
    env: env === undefined && !config ? undefined : { ...(config && { ANSIBLE_CONFIG: null }), ...env },
    stdin,
  };
}

/** What Ansible answers, in order; `batch` runs all in one process, `fork` each in its own. */
export async function ansibleAnswers(
  how: "fork" | "batch",
  lines: readonly CommandLine[],
): Promise<readonly CommandAnswer[]> {
  const python = [await ansiblePython(), join(import.meta.dir, "commands.py")];
  const { stdout, stderr, code } = await run(python, { stdin: JSON.stringify([how, lines]) });
  if (code !== 0) throw new Error(`commands.py failed with ${code}:\n${stderr}`);
  return JSON.parse(stdout) as CommandAnswer[];
}

/** What we answer, in this process: what scripts/inventory.ts does, without the start of a process for each. */
export async function ourAnswer({ cwd, args, env }: CommandLine): Promise<CommandAnswer> {
  const before = process.cwd();
  process.chdir(cwd);
  let stage: "flags" | "loading" | "open" = "flags";
  try {
    const options = inventoryOptions(args);
    stage = "loading";
    const known = { ...environment(), ...env } as Record<string, string | undefined>;
    for (const [name, value] of Object.entries(env ?? {})) if (value === null) delete known[name];
    const { inventory, words, asSet } = await inventoryConfig(options, { environment: known });
    stage = "open";
    const text = showInventory(inventory, { ...options, group: words[0], asSet });
    if (options.output !== undefined) writeShown(text, options.output);
    const stdout = options.output !== undefined ? "" : text.endsWith("\n") ? text : `${text}\n`;
    return { stdout, stderr: inventory.warnings.join("\n"), code: text === "" ? 1 : 0 };
  } catch (error) {
    if (!(error instanceof OpsError)) throw error;
    return {
      stdout: "",
      stderr: `${error.message}\n${error.hint ?? ""}`,
      code: stage === "flags" ? 2 : ansibleExitCode(error, { open: stage === "open" }),
    };
  } finally {
    process.chdir(before);
  }
}
