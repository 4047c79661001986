// Ansible Vault: reads files and `!vault` values, format 1.1 and 1.2 (AES256).

import { OpsError } from "../errors.ts";

const HEADER = "$ANSIBLE_VAULT";
const ROUNDS = 10_000;

/** A vault password with the id it is for. */
export interface VaultSecret {
  readonly id: string;
  readonly password: Buffer;
  /** Where it is from, for messages: never the password. */
  readonly source: string;
}

/** Turns vault text into what was encrypted. `where` is the file, or var and file, for messages. */
export type Decrypt = (vaultText: string, where: string) => string;

export function isVault(text: string): boolean {
  return text.startsWith(`${HEADER};`);
}

/**
 * A function that decrypts with `secrets`: first those of the text's own id (`identity` where it names none), then,
 * unless `idMatch`, the others. Each text is decrypted once: deriving a key takes milliseconds, and a group's secret is asked for on each of its hosts.
 * The function throws OpsError `inventory` naming place and id when there is no password, or none opens it.
 * @see https://docs.ansible.com/ansible/latest/vault_guide/vault_using_encrypted_content.html#ansible-vault-payload-format-1-1-1-2
 */
export function createDecrypt(
  secrets: readonly VaultSecret[],
  { idMatch = false, identity = "default" } = {},
): Decrypt {
  const known = new Map<string, string>();
  return (vaultText, where) => {
    const found = known.get(vaultText);
    if (found !== undefined) return found;
    const { id = identity, body } = envelope(vaultText, where);
    if (secrets.length === 0) {
      throw new OpsError(
        "inventory",
        `${where} is encrypted with Ansible Vault (vault id '${id}'), and no password was given`,
        { hint: "give --vault-password-file FILE, or set ANSIBLE_VAULT_PASSWORD_FILE" },
      );
    }
    const own = secrets.filter((secret) => secret.id === id);
    const others = idMatch ? [] : secrets.filter((secret) => secret.id !== id);
    for (const { password } of [...own, ...others]) {
      const text = open(body, password, where);
      if (text === undefined) continue;
      known.set(vaultText, text);
      return text;
    }
    throw closed(where, id, secrets, idMatch && own.length === 0);
  };
}

function closed(where: string, id: string, secrets: readonly VaultSecret[], noneFits: boolean): OpsError {
  const names = secrets.map(({ source }) => source).join(", ");
  if (noneFits) {
    return new OpsError("inventory", `${where}: there is no vault password for the vault id '${id}'`, {
      hint: `give --vault-id ${id}@FILE; the passwords given are for ${secrets.map((each) => each.id).join(", ")}`,
    });
  }
  const [passwords, hint] =
    secrets.length === 1
      ? [`the vault password in ${names} does not open it`, "check that the password file is the one"]
      : [
          `none of the vault passwords in ${names} opens it`,
          "check that one of the password files is the one",
        ];
  return new OpsError("inventory", `${where}: ${passwords} (vault id '${id}')`, {
    hint: `${hint} this secret was encrypted with`,
  });
}

function envelope(vaultText: string, where: string): { id: string | undefined; body: string } {
  const [header = "", ...lines] = vaultText.split(/\r\n|\n|\r/);
  const [, version, cipher, id] = header.split(";").map((part) => part.trim());
  if (!header.startsWith(HEADER) || version === undefined || cipher !== "AES256") {
    throw new OpsError(
      "inventory",
      `${where}: not Ansible Vault with AES256, but '${header.trim().slice(0, 60)}'`,
    );
  }
  return { id, body: lines.join("") };
}

/** Node stops at the first sign that is no hexadecimal digit, and would take what comes before for the whole. */
function fromHex(text: string, where: string): Buffer {
  if (/^(?:[\da-f]{2})*$/i.test(text)) return Buffer.from(text, "hex");
  throw new OpsError(
    "inventory",
    `${where}: not what Ansible Vault writes: there is more than hexadecimal digits`,
    {
      hint: "encrypt it again, or look for lines that were joined, indented or cut off",
    },
  );
}

/** Undefined when the password is wrong or the text was changed. */
function open(body: string, password: Buffer, where: string): string | undefined {
  const [salt, mac, data] = fromHex(body, where)
    .toString("latin1")
    .split("\n")
    .map((part) => fromHex(part, where));
  if (salt === undefined || mac === undefined || data === undefined) return undefined;
  // Loaded for the first secret: most inventories have none.
  const { createDecipheriv, createHmac, pbkdf2Sync, timingSafeEqual } =
    require("node:crypto") as typeof import("node:crypto");
  const keys = pbkdf2Sync(password, salt, ROUNDS, 80, "sha256");
  const expected = createHmac("sha256", keys.subarray(32, 64)).update(data).digest();
  if (mac.length !== expected.length || !timingSafeEqual(mac, expected)) return undefined;
  const cipher = createDecipheriv("aes-256-ctr", keys.subarray(0, 32), keys.subarray(64, 80));
  const padded = Buffer.concat([cipher.update(data), cipher.final()]);
  return padded.subarray(0, padded.length - (padded.at(-1) ?? 0)).toString("utf8");
}
