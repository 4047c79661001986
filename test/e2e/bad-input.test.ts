// What is wrong before anything has begun: one clear message, exit 1 (4 where a host can't be reached), nothing changed.
import { afterAll, afterEach, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { generateKey } from "../support/fleet.ts";
import { runScript } from "../support/run.ts";
import { type Stage, startStage } from "./stage.ts";

setDefaultTimeout(60_000);

let stage: Stage;
/** The test's deploy came so far that hosts have folders. */
let begun = false;
const hosts = ["web1", "web2", "web3"];

beforeAll(async () => {
  stage = await startStage();
});
afterEach(async () => {
  await stage.setVars({});
  await stage.expectTidy();
  const folders = hosts.map((host) => stage.fleet.folder(host));
  const left = await Promise.all(folders.map((folder) => readdir(folder)));
  // Folders of a deploy may be made before it is clear that it can't be; one test's must not be the next one's.
  for (const folder of folders) await rm(join(folder, "shop"), { recursive: true, force: true });
  expect(left.flat()).toEqual(begun ? expect.any(Array) : []);
  begun = false;
});
afterAll(() => stage[Symbol.asyncDispose]());

/** Exit 1, nothing on stdout, and a message on stderr that says all of `parts`. */
async function expectRefused(
  { exitCode, stdout, stderr }: Awaited<ReturnType<typeof runScript>>,
  ...parts: readonly string[]
): Promise<void> {
  for (const part of parts) expect(stderr).toContain(part);
  expect(stderr).not.toContain("    at ");
  expect(stderr.trimEnd().split("\n").length).toBeLessThan(6);
  expect([exitCode, stdout]).toEqual([1, ""]);
}

test("an inventory that isn't there: names those that are", async () => {
  await expectRefused(await runScript(["deploy", "prdo"]), "prdo", "local", "example");
  await expectRefused(await runScript(["deploy", "-i", "/nowhere/hosts"]), "/nowhere/hosts");
  await expectRefused(await runScript(["deploy"]), "which inventory?");
});

test("a pattern that matches nothing", async () => {
  await expectRefused(await stage.run("deploy", ["db"]), "db");
  await expectRefused(await stage.run("deploy", ["--limit", "web9*"]), "web9*");
});

test.each([
  [["--frks", "3"], "Unknown option '--frks'"],
  [["--forks", "none"], "--forks wants a whole number"],
  [["--forks", "0"], "at least 1"],
  [["--allow-failures", "120%"], "--allow-failures wants"],
  [["--allow-failures", "-1"], "--allow-failures"],
  [["web", "too", "many"], "one word too many"],
  [["--release", "../../etc"], "not a release id"],
  [["-e", "rookery_keep_releases"], "sets nothing"],
])("flags that make no sense: %p", async (words, message) => {
  await expectRefused(await stage.run("deploy", words as string[]), message);
});

test("a source that isn't there, is empty, or is a git reference nobody knows", async () => {
  const refused = async (source: string, ...parts: string[]) => {
    const { exitCode, stdout } = await stage.run("deploy", ["--source", source]);
    for (const part of parts) expect(stdout).toContain(part);
    expect(exitCode).toBe(1);
  };
  await refused("/nowhere/build", "/nowhere/build");
  const empty = join(stage.temporary, "..", "empty");
  await mkdir(empty);
  await refused(empty, empty, "empty");
  await writeFile(join(stage.temporary, "..", "broken.tar.gz"), "no archive");
  await refused(join(stage.temporary, "..", "broken.tar.gz"), "broken.tar.gz");
  await refused("git:no-such-branch", "no-such-branch");
});

const groupVars = "group_vars/all.yml";
test.each([
  [{ rookery_source: null }, ["rookery_source", "is not set", "web1"]],
  [{ rookery_keep_releases: "many" }, ["rookery_keep_releases", '"many"', groupVars, "web1"]],
  [{ rookery_deploy_to: "relative/path" }, ["rookery_deploy_to", "relative/path", groupVars, "web1"]],
  [{ rookery_deploy_to: "/srv" }, ["rookery_deploy_to", "two levels", groupVars]],
  [
    { rookery_deploy_to: "/srv/{{ nobody_set_this }}/shop" },
    ["rookery_deploy_to", "nobody_set_this", groupVars, "web1"],
  ],
  [{ rookery_shared_paths: ["../../etc"] }, ["rookery_shared_paths", "../../etc", groupVars]],
  [{ rookery_ports: "70000" }, ["rookery_ports", "70000", groupVars]],
  [{ rookery_before_activate: { not: "a list" } }, ["rookery_before_activate", "list", groupVars]],
  [{ rookery_source: "/srv/{{ inventory_hostname }}" }, ["different releases", "web1", "--limit"]],
  [{ ansible_connection: "winrm" }, ["ansible_connection", "winrm", "ssh or local"]],
])("a setting that can't be: %p", async (vars, parts) => {
  await stage.setVars(vars);
  await expectRefused(await stage.run("deploy"), ...(parts as string[]));
});

test("ports that are all taken on the control host", async () => {
  using listener = Bun.listen({ hostname: "0.0.0.0", port: 0, socket: { data: () => {} } });
  const { exitCode, stdout } = await stage.run("deploy", ["-e", `rookery_ports=${listener.port}`]);
  expect(stdout).toContain(`${listener.port}`);
  expect(stdout).toContain("rookery_ports");
  expect(exitCode).toBe(1);
  begun = true;
});

test("no key that is accepted: names user, address and what was tried", async () => {
  const key = join(stage.temporary, "..", "stranger");
  await generateKey(key);
  const { exitCode, stdout } = await stage.run("deploy", ["-e", `ansible_ssh_private_key_file=${key}`]);
  expect(stdout).toContain("no key was accepted");
  expect(stdout).toContain(`${stage.fleet.user}@127.0.0.1:${stage.fleet.port("web1")}`);
  expect(stdout).toContain(key);
  expect(stdout).toContain("nothing was done: no host could be looked at");
  expect(stdout).toContain("3 unreachable");
  expect(exitCode).toBe(4);
});

test("an unknown host key, and a changed one, which quotes the ssh-keygen line", async () => {
  const { knownHostsFile } = stage.fleet;
  const known = await readFile(knownHostsFile, "utf8");
  const lines = known.trimEnd().split("\n");
  try {
    // web1 is unknown, and web2 has the key of web3.
    const third = lines[2]?.split(" ").slice(1).join(" ");
    await writeFile(knownHostsFile, `${lines[1]?.split(" ")[0]} ${third}\n${lines[2]}\n`);
    const { exitCode, host } = await stage.json("deploy");
    expect(host("web1").status).toBe("unreachable");
    expect(`${host("web1").error} ${host("web1").hint}`).toMatch(/unknown|not known|not in/);
    expect(`${host("web1").error} ${host("web1").hint}`).toContain("known_hosts");
    expect(host("web2").status).toBe("unreachable");
    expect(`${host("web2").error} ${host("web2").hint}`).toContain(
      `ssh-keygen -f ${knownHostsFile} -R '[127.0.0.1]:${stage.fleet.port("web2")}'`,
    );
    expect(host("web3").status).toBe("skipped");
    expect(exitCode).toBe(4);
  } finally {
    await writeFile(knownHostsFile, known);
  }
  begun = true;
});

test("every script's --help opens with a line that can be pasted", async () => {
  const scripts = (await readdir(join(import.meta.dir, "../../scripts"))).filter((name) =>
    name.endsWith(".ts"),
  );
  expect(scripts.length).toBeGreaterThan(4);
  for (const script of scripts) {
    const { exitCode, stdout, stderr } = await runScript([script, "--help"]);
    expect(stdout.split("\n")[0]).toStartWith(`bun scripts/${script} `);
    expect([exitCode, stderr]).toEqual([0, ""]);
  }
});
