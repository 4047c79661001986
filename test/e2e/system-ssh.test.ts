// Deploys where only the system's own ssh gets through: a ProxyCommand in the inventory.
import { afterAll, beforeAll, beforeEach, expect, setDefaultTimeout, test } from "bun:test";
import { randomBytes } from "node:crypto";
import { readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { killAll, listProcesses } from "../support/processes.ts";
import { type Stage, startStage, textAt } from "./stage.ts";

setDefaultTimeout(90_000);

const MiB = 1024 * 1024;
const REASON = "ansible_ssh_extra_args has ProxyCommand";
const hosts = ["web1", "web2"];
let stage: Stage;

beforeAll(async () => {
  // web3 is the way to the others.
  stage = await startStage({ hosts: 3 });
});
afterAll(() => stage[Symbol.asyncDispose]());

beforeEach(async () => {
  const { keyFile, knownHostsFile, user, port } = stage.fleet;
  const options = `-F none -o BatchMode=yes -i ${keyFile} -o UserKnownHostsFile=${knownHostsFile}`;
  await stage.setVars({
    ansible_ssh_extra_args: `-o 'ProxyCommand=ssh ${options} -p ${port("web3")} -W %h:%p ${user}@127.0.0.1'`,
  });
});

const limit = ["--limit", hosts.join(",")];
/** ssh processes of this machine that belong to the stage. */
const sshs = () => listProcesses().filter(({ command }) => /^ssh .*rookery-ssh-/.test(command));
const folders = async () =>
  (await readdir(stage.temporary)).filter((name) => name.startsWith("rookery-ssh-"));

test("two hosts get a release through it, by swarm and over SSH; -v says why, once", async () => {
  for (const via of ["swarm", "ssh"]) {
    await stage.write({ "index.html": `${via}\n` });
    const { exitCode, stdout, stderr } = await stage.run("deploy", ["-r", via, "--via", via, "-v", ...limit]);
    expect([exitCode, stderr]).toEqual([0, expect.not.stringContaining("Error")]);
    for (const host of hosts) expect(await textAt(stage, host, "current/index.html")).toBe(`${via}\n`);
    const said = `${stdout}${stderr}`.split("\n").filter((line) => line.includes("the system's own ssh"));
    expect(said).toHaveLength(1);
    expect(said[0]).toMatch(/(?:web1, web2|web2, web1): by the system's own ssh, for /);
    expect(said[0]).toContain(REASON);
    await stage.expectTidy();
  }
});

test("Ansible says the same of such hosts: reached, and unreachable", async () => {
  const ansible = async (...words: string[]) => {
    const argv = [
      "ansible",
      "-i",
      stage.fleet.inventory,
      hosts.join(","),
      "-m",
      "raw",
      "-a",
      "echo $HOME",
      ...words,
    ];
    const env = { ...process.env, HOME: stage.home, ANSIBLE_NOCOLOR: "1" };
    const child = Bun.spawn(argv, { env, stdin: "ignore", stdout: "pipe", stderr: "pipe" });
    const [said, exitCode] = await Promise.all([child.stdout.text(), child.exited]);
    return { said, exitCode };
  };
  const run = () => stage.run("run", [hosts.join(","), "--", "echo $HOME"]);
  const [theirs, ours] = [await ansible(), await run()];
  expect([theirs.exitCode, ours.exitCode]).toEqual([0, 0]);
  for (const host of hosts) {
    expect(theirs.said).toContain(stage.fleet.home(host));
    expect(ours.stdout).toContain(stage.fleet.home(host));
  }
  // In a shell of its own: `exec`, which ssh puts before it, would close the connection before anything was said.
  const proxy = `sh -c "echo no way >&2; false"`;
  await stage.setVars({ ansible_ssh_extra_args: `-o ProxyCommand='${proxy}'` });
  const [unreached, failed] = [await ansible(), await run()];
  expect([unreached.exitCode, failed.exitCode]).toEqual([4, 4]);
  expect(failed.stdout).toContain("no way");
  await stage.expectTidy();
});

test("interrupted, it takes everything along", async () => {
  const controller = new AbortController();
  const { exitCode } = await stage.json("run", [hosts.join(","), "--", "sh", "-c", "echo up; sleep 63.7"], {
    signal: controller.signal,
    onOutput: (_, text) => {
      if (text.includes("up")) controller.abort();
    },
  });
  expect(exitCode).toBe(130);
  await stage.expectTidy();
  expect(listProcesses().filter(({ command }) => command.includes("sleep 63.7"))).toEqual([]);
});

test("killed with -9, it leaves neither ssh nor sockets behind", async () => {
  await writeFile(join(stage.source, "large.bin"), randomBytes(24 * MiB));
  let killed = false;
  const { exitCode } = await stage.json("deploy", ["-r", "killed", "--via", "ssh", ...limit], {
    onEvent: (event, pid) => {
      if (killed || event.type !== "progress" || event.verifiedBytes === 0) return;
      killed = true;
      expect(sshs().length).toBeGreaterThanOrEqual(4);
      killAll([pid]);
    },
  });
  expect([killed, exitCode]).toEqual([true, 128 + 9]);
  await stage.expectTidy({ killed: true });
  expect(sshs()).toEqual([]);
  expect(await folders()).toEqual([]);
});
