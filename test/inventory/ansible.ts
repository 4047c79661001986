// What real Ansible says an inventory means.

import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

/** A clean Ansible: nobody's ansible.cfg, no colours, no vault password of the person who runs the tests. */
export function environment(extra: Readonly<Record<string, string>> = {}): Record<string, string> {
  const { PATH = "", HOME = "/" } = process.env;
  return {
    PATH,
    HOME,
    LC_ALL: "C.UTF-8",
    ANSIBLE_CONFIG: join(import.meta.dir, "ansible.cfg"),
    ANSIBLE_NOCOLOR: "1",
    ...extra,
  };
}

/** Ansible takes its time to start, more so on a busy machine. */
export const ANSIBLE_TIMEOUT_MS = 60_000;

export interface Answer {
  readonly stdout: string;
  readonly stderr: string;
  readonly code: number;
}

export async function run(
  command: readonly string[],
  { cwd, env = {}, stdin }: { cwd?: string; env?: Record<string, string>; stdin?: string } = {},
): Promise<Answer> {
  const child = Bun.spawn([...command], {
    env: environment(env),
    stdin: stdin === undefined ? "ignore" : new TextEncoder().encode(stdin),
    stdout: "pipe",
    stderr: "pipe",
    ...(cwd === undefined ? {} : { cwd }),
  });
  const [stdout, stderr, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  return { stdout, stderr, code };
}

/** Output of `ansible-inventory ARGS` in folder `cwd`. */
export async function ansibleInventory(args: readonly string[], cwd: string): Promise<string> {
  const { stdout, stderr, code } = await run(["ansible-inventory", ...args], { cwd });
  if (code !== 0) throw new Error(`ansible-inventory ${args.join(" ")} failed with ${code}:\n${stderr}`);
  return stdout.replace(/\n$/, "");
}

export type OracleAnswer =
  | { readonly value: unknown; readonly error?: undefined }
  | { readonly error: string; readonly value?: undefined };

export interface Question {
  readonly ask: string;
  readonly cases: readonly unknown[];
  readonly [more: string]: unknown;
}

/** The Python that Ansible is installed for. */
export async function ansiblePython(): Promise<string> {
  const ansible = Bun.which("ansible-inventory");
  if (ansible === null) throw new Error("ansible-inventory is not installed: apt-get install ansible-core");
  return /^#!\s*(\S+)/.exec(await readFile(ansible, "utf8"))?.[1] ?? "python3";
}

/** Asks oracle.py, which runs Ansible's own code; answers to each question's cases, in order. */
export async function oracle(
  ...questions: readonly Question[]
): Promise<readonly (readonly OracleAnswer[])[]> {
  const python = await ansiblePython();
  const stdin = JSON.stringify(questions);
  const { stdout, stderr, code } = await run([python, join(import.meta.dir, "oracle.py")], { stdin });
  if (code !== 0) throw new Error(`oracle.py failed with ${code}:\n${stderr}`);
  return JSON.parse(stdout) as OracleAnswer[][];
}

export interface Folder extends AsyncDisposable {
  readonly path: string;
}

/** A folder with `files` (path → text; a path ending in `*` is executable), removed when disposed. */
export async function folderOf(files: Readonly<Record<string, string>>): Promise<Folder> {
  const path = await mkdtemp(join(tmpdir(), "rookery-inventory-"));
  for (const [name, text] of Object.entries(files)) {
    const file = join(path, name.replace(/\*$/, ""));
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text, { mode: name.endsWith("*") ? 0o755 : 0o644 });
  }
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}
