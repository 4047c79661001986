// Where vault passwords come from: files, programs that print one, a prompt; each for an id.

import { readFile, stat } from "node:fs/promises";
import { extname } from "node:path";
import { OpsError } from "../errors.ts";
import { fullPath } from "./paths.ts";
import { createDecrypt, isVault, type VaultSecret } from "./vault.ts";

/** The id a client program answers with when it knows none of that name. */
const UNKNOWN_ID = 2;

export interface VaultOptions {
  /** `label@source` or `source`, as `--vault-id` takes them; a source is a file, a program, or `prompt`. */
  readonly ids?: readonly string[] | undefined;
  /** Sources for the default id, as `--vault-password-file` takes them; tried after `ids`. */
  readonly passwordFiles?: readonly string[] | undefined;
  /** Prompt for the default id's password, last of all. */
  readonly ask?: boolean | undefined;
  /** The default id: `default` unless configured. */
  readonly identity?: string | undefined;
  readonly idMatch?: boolean | undefined;
  /** Asks the operator, without echo. */
  readonly prompt?: ((question: string) => Promise<string>) | undefined;
  readonly warn?: ((message: string) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * All passwords that can be had. A source that fails is a warning while another gives a password, as in Ansible.
 * @throws OpsError `inventory` naming the source when there are sources and none gives a password
 */
export async function readVaultSecrets(options: VaultOptions): Promise<readonly VaultSecret[]> {
  const { ids = [], passwordFiles = [], ask = false, identity = "default", warn } = options;
  const wanted = [
    ...ids.map((each) => splitId(each)),
    ...passwordFiles.map((source) => ({ label: identity, source })),
    ...(ask ? [{ label: identity, source: "prompt_ask_vault_pass" }] : []),
  ];
  const secrets: VaultSecret[] = [];
  let failure: OpsError | undefined;
  for (const { label, source } of wanted) {
    const id = label ?? identity;
    if (source === "prompt" || source === "prompt_ask_vault_pass") {
      secrets.push({ id, password: await prompted(id, source, options), source: "the prompt" });
      continue;
    }
    try {
      secrets.push({ id, password: await readSecret(source, label, secrets, options), source });
    } catch (error) {
      if (!(error instanceof OpsError) || error.code !== "inventory") throw error;
      failure = error;
      warn?.(error.message);
    }
  }
  if (failure !== undefined && secrets.length === 0) throw failure;
  return secrets;
}

function splitId(text: string): { label: string | undefined; source: string } {
  const at = text.indexOf("@");
  return at === -1
    ? { label: undefined, source: text }
    : { label: text.slice(0, at), source: text.slice(at + 1) };
}

async function prompted(id: string, source: string, { prompt }: VaultOptions): Promise<Buffer> {
  const question = source === "prompt" ? `Vault password (${id}): ` : "Vault password: ";
  if (prompt === undefined)
    throw new OpsError("inventory", `nobody can be asked for the vault password of '${id}'`);
  const password = Buffer.from((await prompt(question)).trim(), "utf8");
  if (password.length > 0) return password;
  throw new OpsError("inventory", `the vault password given for '${id}' is empty`);
}

async function readSecret(
  source: string,
  label: string | undefined,
  before: readonly VaultSecret[],
  { idMatch = false, identity, signal }: VaultOptions,
): Promise<Buffer> {
  const path = fullPath(source);
  const unreadable = (error: Error) =>
    new OpsError("inventory", `the vault password file ${source} can't be read: ${error.message}`, {
      cause: error,
    });
  const { mode } = await stat(path).catch((error: Error) => {
    throw unreadable(error);
  });
  let text: string;
  if ((mode & 0o111) !== 0) {
    text = await output(path, source, label, signal);
  } else {
    text = await readFile(path, "utf8").catch((error: Error) => {
      throw unreadable(error);
    });
    // A password file may be a vault itself, opened with the passwords before it.
    if (isVault(text)) text = createDecrypt(before, { idMatch, identity })(text, source);
    text = text.trim();
  }
  const password = Buffer.from(text.replace(/^[\r\n]+|[\r\n]+$/g, ""), "utf8");
  if (password.length > 0) return password;
  throw new OpsError("inventory", `the vault password file ${source} is empty`);
}

/** What a password program prints; one called `…-client` is told for which id. */
async function output(
  path: string,
  source: string,
  label: string | undefined,
  signal: AbortSignal | undefined,
): Promise<string> {
  const isClient = path.slice(0, path.length - extname(path).length).endsWith("-client");
  const command = [path, ...(isClient && label !== undefined ? ["--vault-id", label] : [])];
  let child: Bun.Subprocess<"ignore", "pipe", "pipe">;
  try {
    child = Bun.spawn(command, {
      stdin: "ignore",
      stdout: "pipe",
      stderr: "pipe",
      ...(signal ? { signal } : {}),
    });
  } catch (error) {
    throw new OpsError(
      "inventory",
      `the vault password program ${source} can't be run: ${(error as Error).message}`,
      {
        hint: "if it is a plain file with a password, take away its executable bit",
        cause: error,
      },
    );
  }
  const [stdout, stderr, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  signal?.throwIfAborted();
  if (code === 0) return stdout;
  const what = isClient && code === UNKNOWN_ID ? `knows no vault id '${label}'` : `failed with ${code}`;
  throw new OpsError("inventory", `the vault password program ${source} ${what}: ${stderr.trim()}`);
}
