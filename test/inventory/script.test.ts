// scripts/inventory.ts as a program: prompts, files, exit codes, and a machine without Ansible.
import { expect, test } from "bun:test";
import { readFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { version } from "../../package.json";
import { ANSIBLE_TIMEOUT_MS, type Folder, folderOf, run } from "./ansible.ts";
import { encrypted } from "./cases/vault.ts";

const SCRIPT = resolve(import.meta.dir, "../../scripts/inventory.ts");
const FILES = {
  hosts: "[web]\nh1 role=front\n",
  "group_vars/web.yml": encrypted("secret: yes it is\n", "open"),
  "plugged/01-hosts": "[web]\nh1 role=front\n",
  "plugged/02-constructed.yml":
    "plugin: constructed\ngroups: {fronts: role == 'front', open: secret is defined}\nuse_vars_plugins: true\n",
  "plugged/group_vars/web.yml": encrypted("secret: yes it is\n", "open"),
  pass: "open\n",
  "my.aws_ec2.yml": "plugin: amazon.aws.aws_ec2\n",
  "extra.yml": encrypted("more: 1\n", "open"),
};

function ours(folder: Folder, args: readonly string[], more: Parameters<typeof run>[1] = {}) {
  return run([process.execPath, SCRIPT, ...args], { cwd: folder.path, ...more });
}
function theirs(folder: Folder, args: readonly string[]) {
  return run(["ansible-inventory", ...args], { cwd: folder.path });
}

test(
  "a password that is asked for opens the same as one in a file",
  async () => {
    await using folder = await folderOf(FILES);
    const [asked, byId, inFile] = await Promise.all([
      ours(folder, ["-i", "hosts", "--list", "-J", "-e", "@extra.yml"], { stdin: "open\n" }),
      ours(folder, ["-i", "hosts", "--list", "--vault-id", "x@prompt"], { stdin: "open\n" }),
      theirs(folder, ["-i", "hosts", "--list", "--vault-password-file", "pass", "-e", "@extra.yml"]),
    ]);
    expect(asked).toMatchObject({ stdout: inFile.stdout, stderr: "Vault password: \n", code: 0 });
    expect(byId.stderr).toBe("Vault password (x): \n");
    expect(JSON.parse(byId.stdout)._meta.hostvars.h1).toEqual({ role: "front", secret: "yes it is" });
  },
  ANSIBLE_TIMEOUT_MS,
);

test(
  "--output writes what would be shown",
  async () => {
    await using folder = await folderOf(FILES);
    const args = ["-i", "plugged", "--vault-password-file", "pass"];
    for (const format of [["--list"], ["--list", "--yaml"], ["--graph"], ["--list", "--toml"]]) {
      const [we, they] = [
        await ours(folder, [...args, ...format, "--output", "ours"]),
        await theirs(folder, [...args, ...format, "--output", "theirs"]),
      ];
      expect([we.stdout, we.code]).toEqual([they.stdout, they.code]);
      const [left, right] = await Promise.all(
        ["ours", "theirs"].map((name) => readFile(join(folder.path, name), "utf8")),
      );
      expect(left).toBe(right ?? "");
    }
    const failed = await ours(folder, ["-i", "h,", "--list", "--output", "no/such/place"]);
    expect([failed.code, failed.stderr]).toEqual([
      1,
      expect.stringContaining("no/such/place can't be written"),
    ]);
  },
  ANSIBLE_TIMEOUT_MS,
);

test("flags end with argparse's exit code, wishes with Ansible's", async () => {
  await using folder = await folderOf(FILES);
  const codes = await Promise.all(
    [
      ["--frob"],
      ["--list", "--graph", "-i", "h,"],
      ["-i", "h,"],
      ["--help"],
      ["--version"],
      ["-i", "h,", "--host", "nope"],
    ].map(async (args) => (await ours(folder, args)).code),
  );
  expect(codes).toEqual([2, 5, 5, 0, 0, 5]);
  expect((await ours(folder, ["--version"])).stdout).toBe(`rookery ${version}\n`);
  expect((await ours(folder, ["-i", "h,", "--list", "-v"])).stderr).toContain("ansible.cfg: ");
});

test("without Ansible, plugins are what can't be read, and it is said what to install", async () => {
  await using folder = await folderOf(FILES);
  const env = { PATH: dirname(process.execPath) };
  const refused = await ours(folder, ["-i", "plugged", "--list", "--vault-password-file", "pass"], { env });
  expect(refused.code).toBe(1);
  expect(refused.stderr).toContain("plugged/02-constructed.yml is for an Ansible inventory plugin");
  expect(refused.stderr).toContain("install ansible-core");
  const missing = await ours(folder, ["-i", "my.aws_ec2.yml", "--list"]);
  expect(missing.stderr).toContain("ansible-galaxy collection install amazon.aws\n");
  const rest = await ours(folder, ["-i", "plugged/01-hosts", "--graph"], { env });
  expect([rest.code, rest.stdout]).toEqual([0, expect.stringContaining("h1")]);
});
