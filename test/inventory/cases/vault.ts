// Encrypted files and values, several passwords, programs, the prompt.
import { createCipheriv, createHmac, pbkdf2Sync } from "node:crypto";
import type { Case } from "../commands.ts";

/** `text` as ansible-vault would encrypt it with `password`, for vault id `id`. */
export function encrypted(text: string, password: string, id?: string): string {
  const salt = Buffer.from("0123456789abcdef0123456789abcdef");
  const keys = pbkdf2Sync(password, salt, 10_000, 80, "sha256");
  const missing = 16 - (Buffer.byteLength(text) % 16);
  const padded = Buffer.concat([Buffer.from(text), Buffer.alloc(missing, missing)]);
  const cipher = createCipheriv("aes-256-ctr", keys.subarray(0, 32), keys.subarray(64, 80));
  const data = Buffer.concat([cipher.update(padded), cipher.final()]);
  const mac = createHmac("sha256", keys.subarray(32, 64)).update(data).digest("hex");
  const body = Buffer.from([salt.toString("hex"), mac, data.toString("hex")].join("\n")).toString("hex");
  const head = `$ANSIBLE_VAULT;${id === undefined ? "1.1" : "1.2"};AES256${id === undefined ? "" : `;${id}`}`;
  return `${head}\n${body.replace(/.{80}/g, "$&\n")}\n`;
}

const value = (name: string, text: string, password: string, id?: string) =>
  `${name}: !vault |\n${encrypted(text, password, id).replace(/^/gm, "  ").trimEnd()}\n`;

const FILES = {
  hosts: "[web]\nh1\n",
  "group_vars/web.yml": encrypted("secret: from file\nlist: [1, 2]\n", "one"),
  pass: "one\n",
  wrong: "nope\n",
  "pass.sh*": "#!/bin/sh\necho one\n",
  "broken.sh*": "#!/bin/sh\necho trouble >&2\nexit 1\n",
  empty: "\n",
};
const IDS = {
  hosts: "[web]\nh1\n[db]\nh1\n",
  "group_vars/web.yml": encrypted("dev: 1\n", "one", "dev"),
  "group_vars/db.yml": encrypted("prod: 1\n", "two", "prod"),
  one: "one\n",
  two: "two\n",
  "keys-client.sh*": `#!/bin/sh\ncase "$2" in dev) echo one;; prod) echo two;; *) exit 2;; esac\n`,
};
const VALUES = {
  hosts: "[web]\nh1\n",
  "group_vars/web.yml": `plain: 1\n${value("secret", "s3cret", "one")}${value("other", "it's", "two", "prod")}nested:\n  - a\n`,
  pass: "one\n",
  two: "two\n",
};

const vault = (
  name: string,
  files: Readonly<Record<string, string>>,
  args: readonly string[] = [],
  more: Partial<Case> = {},
): Case => ({
  name: `vault: ${name}`,
  files,
  args: ["-i", "hosts", ...args],
  ...more,
});

export const VAULT_CASES: readonly Case[] = [
  vault("a file", FILES, ["--vault-password-file", "pass"]),
  vault("a file, without a password", FILES),
  vault("a file, with a wrong password", FILES, ["--vault-password-file", "wrong"]),
  vault("a file, with a wrong and a right password", FILES, [
    "--vault-password-file",
    "wrong",
    "--vault-password-file",
    "pass",
  ]),
  vault("a password program", FILES, ["--vault-password-file", "pass.sh"]),
  vault("a password program that fails", FILES, ["--vault-password-file", "broken.sh"]),
  vault("a password program that fails, and a good file", FILES, [
    "--vault-password-file",
    "broken.sh",
    "--vault-password-file",
    "pass",
  ]),
  vault("a password file that is not there", FILES, ["--vault-password-file", "none"]),
  vault("a password file that is empty", FILES, ["--vault-password-file", "empty"]),
  vault("a graph does not need the password", FILES, ["--graph"]),
  vault("two ids", IDS, ["--vault-id", "dev@one", "--vault-id", "prod@two"]),
  vault("two ids, crossed", IDS, ["--vault-id", "dev@two", "--vault-id", "prod@one"]),
  vault("an id without its label", IDS, ["--vault-id", "one", "--vault-id", "two"]),
  vault("one id is missing", IDS, ["--vault-id", "dev@one"]),
  vault("a client program", IDS, ["--vault-id", "dev@keys-client.sh", "--vault-id", "prod@keys-client.sh"]),
  vault("a client program that knows no such id", IDS, ["--vault-id", "test@keys-client.sh"]),
  vault("a client program for one, a file for the other", IDS, [
    "--vault-id",
    "prod@keys-client.sh",
    "--vault-password-file",
    "one",
  ]),
  vault("ids must match", { ...IDS, "ansible.cfg": "[defaults]\nvault_id_match = yes\n" }, [
    "--vault-id",
    "dev@one",
    "--vault-id",
    "prod@two",
  ]),
  vault("ids must match, crossed", { ...IDS, "ansible.cfg": "[defaults]\nvault_id_match = yes\n" }, [
    "--vault-id",
    "dev@two",
    "--vault-id",
    "prod@one",
  ]),
  vault("ids from ansible.cfg", {
    ...IDS,
    "ansible.cfg": "[defaults]\nvault_identity_list = dev@one, prod@two\n",
  }),
  vault("ids from the environment", IDS, [], { env: { ANSIBLE_VAULT_IDENTITY_LIST: "dev@one,prod@two" } }),
  vault("a password file from ansible.cfg", {
    ...FILES,
    "ansible.cfg": "[defaults]\nvault_password_file = pass\n",
  }),
  vault("a password file from the environment", FILES, [], {
    env: { ANSIBLE_VAULT_PASSWORD_FILE: "./pass" },
  }),
  vault(
    "ids must match, and a text without an id",
    {
      ...FILES,
      "ansible.cfg": "[defaults]\nvault_id_match = yes\n",
    },
    ["--vault-id", "dev@wrong", "--vault-id", "default@pass"],
  ),
  ...["me@pass", "default@pass", "pass"].map((id) =>
    vault(
      `ids must match, with another name for the usual one: ${id}`,
      {
        ...FILES,
        "ansible.cfg": "[defaults]\nvault_id_match = yes\nvault_identity = me\n",
      },
      ["--vault-id", id],
    ),
  ),
  vault(
    "a file of another version",
    { ...FILES, "group_vars/web.yml": FILES["group_vars/web.yml"].replace("1.1", "1.9") },
    ["--vault-id", "pass"],
  ),
  vault(
    "a file of another cipher",
    { ...FILES, "group_vars/web.yml": FILES["group_vars/web.yml"].replace("AES256", "AES") },
    ["--vault-id", "pass"],
  ),
  vault(
    "a file with indented lines",
    { ...FILES, "group_vars/web.yml": FILES["group_vars/web.yml"].replace(/\n(?=.)/g, "\n  ") },
    ["--vault-id", "pass"],
  ),
  vault(
    "a file that was cut off",
    { ...FILES, "group_vars/web.yml": FILES["group_vars/web.yml"].slice(0, -2) },
    ["--vault-id", "pass"],
  ),
  ...[["--list"], ["--graph", "--vars"]].map((args) =>
    vault(
      `a value that runs into the next: ${args.join(" ")}`,
      { ...VALUES, "group_vars/web.yml": VALUES["group_vars/web.yml"].replace("\nother", "other") },
      [...args, "--vault-id", "pass"],
    ),
  ),
  vault("values are not decrypted", VALUES),
  vault("values, with --host", VALUES, ["--host", "h1", "--vault-password-file", "pass"]),
  vault("values, as a graph", VALUES, [
    "--graph",
    "--vars",
    "--vault-password-file",
    "pass",
    "--vault-id",
    "prod@two",
  ]),
  vault("values, as a graph without a password", VALUES, ["--graph", "--vars"]),
  vault("values, as a graph with a wrong password", VALUES, [
    "--graph",
    "--vars",
    "--vault-password-file",
    "two",
  ]),
  vault("an encrypted inventory", { hosts: encrypted("[web]\nh1 a=1\n", "one"), pass: "one\n" }, [
    "--vault-password-file",
    "pass",
  ]),
  vault("an encrypted inventory without a password", { hosts: encrypted("[web]\nh1 a=1\n", "one") }),
  vault(
    "an encrypted password file",
    { ...FILES, second: encrypted("two", "one"), "host_vars/h1": encrypted("b: 1\n", "two") },
    ["--vault-password-file", "pass", "--vault-password-file", "second"],
  ),
  vault("a value inside a YAML inventory", {
    hosts: `web:\n  hosts:\n    h1:\n      a: !vault |\n${encrypted("x", "one").replace(/^/gm, "        ").trimEnd()}\n`,
  }),
];
