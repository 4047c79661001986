// Ansible itself runs our playbooks, with hosts that are folders on this machine.
import { afterAll, expect, test } from "bun:test";
import { chmod, mkdir, readdir, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { inspectHost } from "../../lib/release/inspect.ts";
import { expectNothingLeft, footprint } from "../support/leftovers.ts";
import { newSite, type Site } from "./site.ts";

const before = footprint();
afterAll(() => expectNothingLeft(before));

const PROJECT = join(import.meta.dir, "..", "..");

test("prepare.yml makes the folders for whoever deploys, and the second time changes nothing", async () => {
  await using site = await newSite();
  const inventory = await writeInventory(site);
  expect((await play("prepare.yml", inventory)).recap).toEqual({
    one: "changed=1 failed=0",
    two: "changed=1 failed=0",
  });
  expect((await play("prepare.yml", inventory)).recap).toEqual({
    one: "changed=0 failed=0",
    two: "changed=0 failed=0",
  });
  for (const host of ["one", "two"]) {
    expect((await readdir(join(site.root, host))).sort()).toEqual(["releases", "shared"]);
    expect((await stat(join(site.root, host, "shared"))).uid).toBe(process.getuid?.() ?? -1);
  }
}, 120_000);

test("prepare.yml makes them as root for the user a deploy becomes", async () => {
  await using site = await newSite();
  await chmod(site.root, 0o755);
  const becomeNobody = {
    ansible_become: "true",
    ansible_become_user: "nobody",
    ansible_remote_tmp: join(site.root, "tmp"),
  };
  const asRoot = { ansible_become_method: "su", ansible_become_flags: "-s /bin/sh", prepare_as_root: "true" };
  const inventory = await writeInventory(site, { ...becomeNobody, ...asRoot });
  expect((await play("prepare.yml", inventory, ["--limit", "one"])).recap).toEqual({
    one: "changed=1 failed=0",
  });
  const { uid, gid } = await stat(join(site.root, "one", "releases"));
  expect([uid, gid]).toEqual([65534, 65534]);
}, 120_000);

test("prepare.yml says which var is missing", async () => {
  await using site = await newSite();
  const inventory = await writeInventory(site, { rookery_deploy_to: "relative/path" });
  const { exitCode, stdout } = await play("prepare.yml", inventory);
  expect(exitCode).toBe(2);
  expect(stdout).toContain(
    "one: rookery_deploy_to is relative/path; set it in group_vars to an absolute path",
  );
}, 120_000);

test("deploy.yml deploys, tells changes from none, and hands failures on", async () => {
  await using site = await newSite();
  const source = join(site.root, "source");
  await mkdir(source);
  await writeFile(join(source, "hello"), "hello\n");
  const inventory = await writeInventory(site, { rookery_source: source, rookery_app: "demo" });
  expect((await play("deploy.yml", inventory, ["--check"])).recap).toEqual({ one: "changed=1 failed=0" });
  expect((await inspectHost(join(site.root, "one"))).releases).toEqual([]);

  expect((await play("deploy.yml", inventory)).recap).toEqual({ one: "changed=1 failed=0" });
  for (const host of ["one", "two"]) {
    const { current, releases, lock } = await inspectHost(join(site.root, host));
    expect(releases).toMatchObject([{ id: current, state: "good" }]);
    expect(lock).toBeUndefined();
  }
  expect((await play("deploy.yml", inventory)).recap).toEqual({ one: "changed=0 failed=0" });

  const nowhere = JSON.stringify({ rookery_args: ["--source", join(site.root, "nowhere")] });
  const failed = await play("deploy.yml", inventory, ["--limit", "two", "-e", nowhere]);
  expect(failed).toMatchObject({ exitCode: 2, recap: { two: "changed=0 failed=1" } });
  expect(failed.stdout).toContain("nowhere: no such file or folder");
}, 120_000);

async function writeInventory(site: Site, vars: Readonly<Record<string, string>> = {}): Promise<string> {
  const path = join(site.root, "inventory.json");
  const deployTo = join(site.root, "{{ inventory_hostname }}");
  const all = {
    ansible_connection: "local",
    ansible_python_interpreter: "auto_silent",
    rookery_deploy_to: deployTo,
    rookery_bun: process.execPath,
    ...vars,
  };
  await writeFile(path, JSON.stringify({ all: { hosts: { one: {}, two: {} }, vars: all } }));
  return path;
}

async function play(playbook: string, inventory: string, args: readonly string[] = []) {
  const argv = ["ansible-playbook", "-i", inventory, join(PROJECT, "playbooks", playbook), ...args];
  const child = Bun.spawn(argv, {
    cwd: dirname(inventory), // no ansible.cfg of somebody's
    env: {
      ...process.env,
      ANSIBLE_NOCOLOR: "1",
      ANSIBLE_RETRY_FILES_ENABLED: "0",
    },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  const [stdout, stderr] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
  ]);
  const rows = stdout.matchAll(/^(\w+) +: ok=\d+ +(changed=\d+) +unreachable=0 +(failed=\d+)/gm);
  const recap = Object.fromEntries(
    [...rows].map(([, host, changed, failed]) => [host, `${changed} ${failed}`]),
  );
  return { exitCode: await child.exited, stdout: stdout + stderr, recap };
}
