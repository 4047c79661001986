// Ansible Vault: reads files and `!vault` values, format 1.1 and 1.2 (AES256).

import { createDecipheriv, createHmac, pbkdf2Sync, timingSafeEqual } from "node:crypto";
import { access, constants, readFile } from "node:fs/promises";
import { OpsError } from "../errors.ts";

const HEADER = "$ANSIBLE_VAULT";
const ROUNDS = 10_000;

/** Turns vault text into what was encrypted. `where` is the file, or var and file, for messages. */
export type Decrypt = (vaultText: string, where: string) => string;

export function isVault(text: string): boolean {
  return text.startsWith(`${HEADER};`);
}

/**
 * A function that decrypts with the password in `passwordFile` (its output, when it is executable). Each text is
 * decrypted once: deriving a key takes milliseconds, and a group's secret is asked for on each of its hosts.
 * @throws OpsError `inventory` when the password file can't be read; the function, when the password is wrong
 * @see https://docs.ansible.com/ansible/latest/vault_guide/vault_using_encrypted_content.html#ansible-vault-payload-format-1-1-1-2
 */
export async function openVault(
  passwordFile: string | undefined,
  { signal }: { signal?: AbortSignal | undefined } = {},
): Promise<Decrypt> {
  const password = passwordFile === undefined ? undefined : await readPassword(passwordFile, signal);
  const known = new Map<string, string>();
  return (vaultText, where) => {
    const found = known.get(vaultText);
    if (found !== undefined) return found;
    const { id, body } = envelope(vaultText, where);
    if (password === undefined) {
      throw new OpsError(
        "inventory",
        `${where} is encrypted with Ansible Vault (${id}), and no password was given`,
        {
          hint: "give --vault-password-file FILE, or set ANSIBLE_VAULT_PASSWORD_FILE",
        },
      );
    }
    const text = open(body, password);
    if (text === undefined) {
      throw new OpsError(
        "inventory",
        `${where}: the vault password in ${passwordFile} does not open it (${id})`,
        {
          hint: "check that the password file is the one this secret was encrypted with",
        },
      );
    }
    known.set(vaultText, text);
    return text;
  };
}

function envelope(vaultText: string, where: string): { id: string; body: Buffer } {
  const [header = "", ...lines] = vaultText
    .trim()
    .split(/\r?\n/)
    .map((line) => line.trim());
  const [magic, version, cipher, id = "default"] = header.split(";").map((part) => part.trim());
  if (magic !== HEADER || (version !== "1.1" && version !== "1.2") || cipher !== "AES256") {
    throw new OpsError(
      "inventory",
      `${where}: not Ansible Vault 1.1 or 1.2 with AES256, but '${header.slice(0, 60)}'`,
    );
  }
  return { id: `vault id '${id}'`, body: Buffer.from(lines.join(""), "hex") };
}

/** Undefined when the password is wrong or the text was changed. */
function open(body: Buffer, password: Buffer): string | undefined {
  const [salt, mac, data] = body
    .toString("latin1")
    .split("\n")
    .map((part) => Buffer.from(part, "hex"));
  if (salt === undefined || mac === undefined || data === undefined) return undefined;
  const keys = pbkdf2Sync(password, salt, ROUNDS, 80, "sha256");
  const expected = createHmac("sha256", keys.subarray(32, 64)).update(data).digest();
  if (mac.length !== expected.length || !timingSafeEqual(mac, expected)) return undefined;
  const cipher = createDecipheriv("aes-256-ctr", keys.subarray(0, 32), keys.subarray(64, 80));
  const padded = Buffer.concat([cipher.update(data), cipher.final()]);
  return padded.subarray(0, padded.length - (padded.at(-1) ?? 0)).toString("utf8");
}

async function readPassword(file: string, signal: AbortSignal | undefined): Promise<Buffer> {
  try {
    const isProgram = await access(file, constants.X_OK).then(
      () => true,
      () => false,
    );
    const bytes = isProgram ? await output(file, signal) : await readFile(file);
    const password = Buffer.from(bytes.toString("utf8").trim(), "utf8");
    if (password.length > 0) return password;
  } catch (error) {
    if (error instanceof OpsError) throw error;
    throw new OpsError(
      "inventory",
      `the vault password file ${file} can't be read: ${(error as Error).message}`,
      { cause: error },
    );
  }
  throw new OpsError("inventory", `the vault password file ${file} is empty`);
}

async function output(file: string, signal: AbortSignal | undefined): Promise<Buffer> {
  const process = Bun.spawn([file], {
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
    ...(signal ? { signal } : {}),
  });
  const [stdout, stderr, code] = await Promise.all([
    new Response(process.stdout).arrayBuffer(),
    new Response(process.stderr).text(),
    process.exited,
  ]);
  if (code === 0) return Buffer.from(stdout);
  throw new OpsError("inventory", `the vault password program ${file} failed with ${code}: ${stderr.trim()}`);
}
