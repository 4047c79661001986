// One run over hosts that each have another trouble: a row each, and Ansible's exit code.
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Fleet, generateKey, startFleet } from "../support/fleet.ts";
import { expectNothingLeft, footprint } from "../support/leftovers.ts";
import { temporaryFolder } from "../support/marker.ts";
import { freePort } from "../support/ports.ts";
import { runScript } from "../support/run.ts";

// Generous, for other work may share the machine.
setDefaultTimeout(60_000);

const before = footprint();
let fleet: Fleet;
let home: string;

beforeAll(async () => {
  home = await temporaryFolder("home");
  await generateKey(join(home, "stranger"));
  await generateKey(join(home, "another"));
  fleet = await startFleet({ hosts: 2, config: { web2: ["AllowTcpForwarding no"] } });
});
afterAll(async () => {
  await fleet[Symbol.asyncDispose]();
  await rm(home, { recursive: true });
  await expectNothingLeft(before);
});

test("every trouble has its own words, nobody waits for the others, and the code is 4", async () => {
  using silent = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data: () => {} } });
  const keys = (await Bun.file(fleet.knownHostsFile).text()).split("\n");
  const web1 = keys.find((line) => line.startsWith(`[127.0.0.1]:${fleet.port("web1")} `)) ?? "";
  const another = (await Bun.file(join(home, "another.pub")).text()).split(" ").slice(0, 2).join(" ");
  const name = `[127.0.0.1]:${fleet.port("web1")}`;
  const file = async (called: string, text: string) => {
    await writeFile(join(home, called), `${text}\n`);
    return `-o UserKnownHostsFile=${join(home, called)}`;
  };
  const hop = (port: number) =>
    `-o UserKnownHostsFile=${fleet.knownHostsFile} -J ${fleet.user}@127.0.0.1:${port}`;
  const closed = await freePort();
  const there = { ansible_host: "127.0.0.1", ansible_port: fleet.port("web1") };
  const hosts = {
    fine: there,
    refused: { ...there, ansible_port: closed },
    silent: { ...there, ansible_port: silent.port },
    nameless: { ...there, ansible_host: "nowhere.invalid" },
    stranger: { ...there, ansible_ssh_private_key_file: join(home, "stranger") },
    changed: { ...there, ansible_ssh_common_args: await file("changed", `${name} ${another}`) },
    unknown: { ...there, ansible_ssh_common_args: await file("unknown", "") },
    revoked: { ...there, ansible_ssh_common_args: await file("revoked", `${web1}\n@revoked ${web1}`) },
    behind: { ...there, ansible_ssh_common_args: hop(fleet.port("web2")) },
    cutoff: { ...there, ansible_ssh_common_args: hop(closed) },
  };
  const inventory = join(home, "inventory.json");
  const vars = {
    ansible_user: fleet.user,
    ansible_ssh_private_key_file: fleet.keyFile,
    ansible_ssh_common_args: `-o UserKnownHostsFile=${fleet.knownHostsFile}`,
    ansible_ssh_timeout: 3,
  };
  await writeFile(inventory, JSON.stringify({ all: { hosts, vars } }));
  const startedAtMs = performance.now();
  const { exitCode, stdout } = await runScript(
    ["run.ts", "-i", inventory, "--forks", "1", "all", "--", "echo", "hello"],
    { env: { HOME: home, SSH_AUTH_SOCK: undefined } },
  );
  const seconds = (performance.now() - startedAtMs) / 1000;
  expect(stdout).toStartWith("fine | rc=0 >>\nhello\n");
  expect(stdout).toContain("10 hosts: 1 ok, 9 unreachable");
  const unwrapped = stdout.replace(/\n {4,}/g, " ");
  const place = `127.0.0.1:${fleet.port("web1")}`;
  for (const [host, said] of Object.entries({
    refused: `127.0.0.1:${closed} refused the connection`,
    silent: `127.0.0.1:${silent.port} did not answer within 3 s (waited for its SSH greeting)`,
    nameless: "no address is known for nowhere.invalid",
    stranger: `no key was accepted for ${fleet.user}@${place} (tried ~/stranger)`,
    changed: `the host key of ${name} changed: it shows ssh-ed25519 SHA256:`,
    unknown: `the host key of ${name} is not known: it shows ssh-ed25519 SHA256:`,
    revoked: `the host key of ${name} is revoked`,
    behind: `jump host 127.0.0.1:${fleet.port("web2")} doesn't allow connections to ${place}`,
    cutoff: `jump host 127.0.0.1:${closed}: 127.0.0.1:${closed} refused the connection`,
  })) {
    expect(unwrapped).toContain(`! ${host}: ${said}`);
  }
  expect(exitCode).toBe(4);
  // Only the silent one takes its 3 s, however few forks there are; the rest is for slow machines.
  expect(seconds).toBeLessThan(30);
  silent.stop(true);
});

test("as Ansible's", async () => {
  const vars = {
    ansible_user: fleet.user,
    ansible_ssh_private_key_file: fleet.keyFile,
    ansible_host: "127.0.0.1",
  };
  const known = `-o UserKnownHostsFile=${fleet.knownHostsFile} -o BatchMode=yes`;
  const fine = { ansible_port: fleet.port("web1"), ansible_ssh_common_args: known };
  const inventory = join(home, "theirs.json");
  const stranger = { ...fine, ansible_ssh_private_key_file: join(home, "stranger") };
  const refused = { ...fine, ansible_port: await freePort() };
  const unknown = {
    ...fine,
    ansible_ssh_common_args: known.replace(fleet.knownHostsFile, join(home, "unknown")),
  };
  await writeFile(join(home, "unknown"), "");
  await writeFile(inventory, JSON.stringify({ all: { hosts: { fine, stranger, refused, unknown }, vars } }));
  for (const name of ["fine", "stranger", "refused", "unknown"]) {
    const env = {
      ...process.env,
      HOME: home,
      SSH_AUTH_SOCK: undefined,
      ANSIBLE_SSH_ARGS: "-o ControlMaster=no",
      LC_ALL: "C.UTF-8",
    };
    const argv = ["ansible", "-i", inventory, name, "-m", "raw", "-a", "true"];
    const theirs = Bun.spawn(argv, { env, cwd: home, stdin: "ignore", stdout: "pipe", stderr: "pipe" });
    const [code, ours] = await Promise.all([
      theirs.exited,
      runScript(["run.ts", "-i", inventory, name, "--", "true"], {
        env: { HOME: home, SSH_AUTH_SOCK: undefined },
      }),
    ]);
    expect([name, ours.exitCode]).toEqual([name, code]);
  }
});

describe("too few open files", () => {
  const run = async (limit: number, argv: readonly string[]) => {
    const words = ["-c", `ulimit -n ${limit}; exec "$@"`, "sh", process.execPath, ...argv];
    const env = { ...process.env, HOME: home, SSH_AUTH_SOCK: undefined };
    const child = Bun.spawn(["sh", ...words], { env, stdin: "ignore", stdout: "pipe", stderr: "pipe" });
    const [stdout, stderr, code] = await Promise.all([
      child.stdout.text(),
      child.stderr.text(),
      child.exited,
    ]);
    return { said: stdout + stderr, code };
  };

  test("a fleet that doesn't fit is refused before anything is begun", async () => {
    const many = Array.from({ length: 250 }, (_, index) => `10.255.255.${index + 1},`).join("");
    const script = join(import.meta.dir, "..", "..", "scripts", "run.ts");
    const { said, code } = await run(300, [script, "-i", many, "all", "--", "true"]);
    expect(said).toContain("250 hosts need up to 628 open files, and this process may have 300");
    expect(said).toMatch(/→ type: .*1024/);
    expect(code).toBe(1);
  });

  test("met all the same, it is called by its name", async () => {
    const ssh = join(import.meta.dir, "..", "..", "lib", "ssh");
    const program = `
      import { openSync } from "node:fs";
      import { connect } from ${JSON.stringify(join(ssh, "connect.ts"))};
      import { sshEnvironment } from ${JSON.stringify(join(ssh, "environment.ts"))};
      const env = sshEnvironment();
      const target = ${JSON.stringify(fleet.target("web1"))};
      // Bun may have had one to spare.
      for (let attempt = 0; attempt < 20; attempt += 1) {
        try { for (;;) openSync("/dev/null", "r"); } catch {}
        try {
          await using connection = await connect(target, { env });
        } catch (error) {
          console.log(error.message);
          process.exit();
        }
      }
    `;
    const { said } = await run(200, ["-e", program]);
    expect(said).toMatch(
      /web1: no connection to 127.0.0.1:\d+: this process may open no more files|too many open files/,
    );
  });
});
