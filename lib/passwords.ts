// Passwords for hosts that aren't in the inventory: asked for once, before anything starts, or read from a file.
import { accessSync, constants, existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { OpsError } from "./errors.ts";
import type { PasswordSources } from "./inventory/become-config.ts";
import { fullPath } from "./inventory/paths.ts";

/** Asks the operator, without echo; `hint` is what to do where nobody is there. */
type Ask = (question: string, options: { readonly hint: string }) => Promise<string>;

/** What flags say; a question or a file, for each of the two passwords. */
export type PasswordFlags = Partial<PasswordSources>;

export interface Passwords {
  readonly password: string | undefined;
  readonly becomePassword: string | undefined;
}

/**
 * Passwords as `ansible-playbook` gets them, in its order and with its questions; flags come before the settings of
 * ansible.cfg. No answer to the second means the same as the first.
 * @throws OpsError `usage` when nobody answers, or for a file that can't be read or holds nothing
 */
export async function readPasswords(
  flags: PasswordFlags,
  settings: PasswordSources,
  { ask, signal }: { readonly ask: Ask; readonly signal?: AbortSignal | undefined },
): Promise<Passwords> {
  const asksPass = flags.askPass || (settings.askPass && flags.connectionPasswordFile === undefined);
  const asksBecome =
    flags.askBecomePass || (settings.askBecomePass && flags.becomePasswordFile === undefined);
  const connectionFile = flags.connectionPasswordFile ?? settings.connectionPasswordFile;
  const becomeFile = flags.becomePasswordFile ?? settings.becomePasswordFile;
  let password: string | undefined;
  let becomePassword: string | undefined;
  if (asksPass)
    password = await ask("SSH password: ", {
      hint: "type it, or give it with --connection-password-file FILE",
    });
  else if (connectionFile !== undefined) password = await readPasswordFile(connectionFile, signal);
  if (asksBecome) {
    const question = asksPass ? "BECOME password[defaults to SSH password]: " : "BECOME password: ";
    const typed = await ask(question, { hint: "type it, or give it with --become-password-file FILE" });
    becomePassword = typed === "" && asksPass ? password : typed;
  } else if (becomeFile !== undefined) becomePassword = await readPasswordFile(becomeFile, signal);
  return { password: password || undefined, becomePassword: becomePassword || undefined };
}

/** @throws OpsError `usage` naming the file, never what it holds */
async function readPasswordFile(source: string, signal: AbortSignal | undefined): Promise<string> {
  const wrong = (what: string, hint?: string, cause?: unknown) =>
    new OpsError("usage", `the password file ${source} ${what}`, { hint, cause });
  const path = source === "-" ? source : fullPath(source);
  let text: string;
  try {
    if (source === "-") text = await Bun.stdin.text();
    else text = isExecutable(path) ? await output(path, signal) : (await readFile(path, "utf8")).trim();
  } catch (error) {
    signal?.throwIfAborted();
    const hint = existsSync(path) ? "a plain file with a password must not be executable" : undefined;
    throw wrong(`can't be ${isExecutable(path) ? "run" : "read"}: ${(error as Error).message}`, hint, error);
  }
  const password = text.replace(/^[\r\n]+|[\r\n]+$/g, "");
  if (password === "") throw wrong("is empty");
  if (/[\r\n\0]/.test(password)) throw wrong("holds more than one line", "leave only the password in it");
  return password;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false; // reading it tells what is wrong
  }
}

async function output(path: string, signal: AbortSignal | undefined): Promise<string> {
  const child = Bun.spawn([path], {
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
    ...(signal ? { signal } : {}),
  });
  const [stdout, stderr, code] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  if (code !== 0) throw new Error(`it failed with ${code}: ${stderr.trim()}`);
  return stdout;
}
