import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdir, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { freeLock, takeLock } from "../../lib/release/lock.ts";
import { type Fleet, startFleet } from "../support/fleet.ts";
import { expectNothingLeft, footprint } from "../support/leftovers.ts";
import { temporaryFolder } from "../support/marker.ts";
import { runScript } from "../support/run.ts";

interface Found {
  readonly host: string | null;
  readonly level: string;
  readonly check: string;
  readonly text: string;
  readonly hint?: string;
}

const before = footprint();
let source: string;
let oldBun: string;
let fleet: Fleet;

/** Every host deploys below its own folder. */
const VARS = { rookery_deploy_to: "{{ inventory_dir }}/../{{ inventory_hostname }}/files/app" };

beforeAll(async () => {
  source = await temporaryFolder("source");
  await writeFile(join(source, "index.html"), "hello\n");
  // Whatever this machine has installed, web1 has a Bun that is too old.
  oldBun = await temporaryFolder("old-bun");
  await writeFile(join(oldBun, "bun"), "#!/bin/sh\necho 1.0.0\n", { mode: 0o755 });
  const force = `ForceCommand PATH=${oldBun}:$PATH; export PATH; exec /bin/sh -c "$SSH_ORIGINAL_COMMAND"`;
  fleet = await startFleet({
    hosts: 3,
    config: { web1: [force] },
    vars: { ...VARS, rookery_source: source },
  });
});
afterAll(async () => {
  await fleet[Symbol.asyncDispose]();
  for (const folder of [source, oldBun]) await rm(folder, { recursive: true });
  await expectNothingLeft(before);
});

async function doctor(...args: readonly string[]) {
  const { exitCode, stdout, stderr } = await runScript(["doctor", "-i", fleet.inventory, "--json", ...args]);
  const objects = stdout.split("\n").flatMap((line) => (line === "" ? [] : [JSON.parse(line)]));
  const findings = objects.filter(({ type }) => type === "finding") as Found[];
  const bad = findings.filter(({ level }) => level !== "ok");
  return { exitCode, stderr, findings, bad, summary: objects.at(-1) };
}

/** A tmpfs at `path` while it is not disposed of. */
async function mounted(path: string, options: string): Promise<AsyncDisposable> {
  await mkdir(path, { recursive: true });
  await Bun.$`mount -t tmpfs -o ${options} tmpfs ${path}`.quiet();
  return { [Symbol.asyncDispose]: async () => void (await Bun.$`umount ${path}`.quiet()) };
}

describe("a good fleet", () => {
  test("has nothing that would stop a deploy, and nothing is changed on it", async () => {
    const { exitCode, stderr, findings, bad, summary } = await doctor();
    expect({ exitCode, stderr, bad }).toEqual({ exitCode: 0, stderr: "", bad: [] });
    expect(summary).toMatchObject({
      type: "summary",
      hosts: 3,
      warn: 0,
      fail: 0,
      unreachable: 0,
      exitCode: 0,
    });
    const checks = findings.flatMap(({ host, check }) => (host === "web2" ? [check] : []));
    expect(checks).toEqual([
      ...["settings", "ssh", "platform", "runtime", "cache", "deploy_to", "current", "disk", "lock", "clock"],
      ...["ports", "reach", "reach"],
    ]);
    const here = findings.flatMap(({ host, check }) => (host === null ? [check] : []));
    expect(here).toEqual(["source", "ports", "disk", "files"]);
    for (const name of fleet.names) {
      expect(await readdir(fleet.folder(name))).toEqual([]);
      expect(await readdir(fleet.home(name))).toEqual([]);
    }
  });

  test("is told in a line a host, and in a line a finding with -v", async () => {
    const short = await runScript(["doctor", "-i", fleet.inventory]);
    expect(short.stdout.split("\n")).toHaveLength(4 + 3);
    expect(short.stdout).toContain("✓ nothing would stop a deploy (looked at 3 hosts, changed nothing)");
    const long = await runScript(["doctor", "-i", fleet.inventory, "-v"]);
    expect(long.stdout).toMatch(
      /^ok {4}web1 {2}runtime {4}Bun [\d.]+ is to be sent once, \d+\.?\d* MiB; its own is 1\.0\.0$/m,
    );
    expect(long.stdout).toMatch(/^ok {4}web3 {2}reach {6}it reaches web1 \(127\.0\.0\.1 port \d+\)$/m);
  });
});

describe("what would stop a deploy", () => {
  test("a deploy_to nobody may write to, by file system", async () => {
    await using _disk = await mounted(fleet.folder("web1"), "ro,size=1m");
    const { exitCode, bad } = await doctor();
    expect({ exitCode, bad }).toMatchObject({
      exitCode: 2,
      bad: [{ host: "web1", level: "fail", check: "deploy_to", hint: expect.stringContaining("remount") }],
    });
    expect(bad[0]?.text).toContain(`can't be made: ${fleet.folder("web1")} is on a read-only file system`);
  });

  test("a deploy_to nobody may write to, by rights", async () => {
    const as = ["-e", "ansible_become=true", "-e", "ansible_become_user=nobody"];
    const { exitCode, bad, findings } = await doctor("-l", "web1", ...as);
    expect(exitCode).toBe(2);
    expect(bad).toMatchObject([{ host: "web1", level: "fail", check: "deploy_to" }]);
    expect(bad[0]?.text).toMatch(/is not writable by nobody \(drwx/);
    expect(findings).toContainEqual(expect.objectContaining({ check: "sudo", level: "ok", host: "web1" }));
  });

  test("sudo that refuses", async () => {
    const as = ["-e", "ansible_become=true", "-e", "ansible_become_user=nosuchuser"];
    const { bad } = await doctor("-l", "web1", ...as);
    expect(bad).toMatchObject([{ host: "web1", check: "sudo", text: expect.stringContaining("sudo:") }]);
  });

  test("current that is a folder, current that leads elsewhere", async () => {
    await mkdir(join(fleet.folder("web1"), "app", "current"), { recursive: true });
    await mkdir(join(fleet.folder("web2"), "app", "releases"), { recursive: true });
    await symlink(source, join(fleet.folder("web2"), "app", "current"));
    const { exitCode, bad } = await doctor();
    for (const name of ["web1", "web2"]) await rm(join(fleet.folder(name), "app"), { recursive: true });
    expect(exitCode).toBe(2);
    expect(bad).toMatchObject([
      { host: "web1", check: "current", text: expect.stringContaining("is a folder, not a link") },
      { host: "web2", check: "current", text: expect.stringContaining(`points to ${source}`) },
    ]);
  });

  test("a lock that is held, a stale one, a damaged one", async () => {
    const [held, stale, damaged] = fleet.names.map((name) => join(fleet.folder(name), "app")) as [
      string,
      string,
      string,
    ];
    const { token } = await takeLock(held, { app: "shop", owner: "ann@laptop", ownerPid: 1 });
    const module = join(import.meta.dir, "..", "..", "lib", "release", "lock.ts");
    const take = `const { takeLock } = await import(process.argv[1]);
      await takeLock(process.argv[2], { app: "shop", owner: "bob@desk", ownerPid: 2 });`;
    await Bun.$`${process.execPath} -e ${take} ${module} ${stale}`.quiet();
    await mkdir(join(damaged, ".rookery"), { recursive: true });
    await writeFile(join(damaged, ".rookery", "lock"), "{");
    const { exitCode, bad } = await doctor();
    await freeLock(held, token);
    for (const folder of [held, stale, damaged]) await rm(folder, { recursive: true });
    expect(exitCode).toBe(2);
    expect(bad.map(({ host, check, text }) => ({ host, check, text }))).toEqual([
      {
        host: "web1",
        check: "lock",
        text: expect.stringMatching(
          /^locked by ann@laptop since .*, until .* unless renewed; that deploy still runs$/,
        ),
      },
      {
        host: "web2",
        check: "lock",
        text: expect.stringMatching(
          /^locked by bob@desk since .*stale: its peer no longer runs there, .*the next deploy takes it over\)$/,
        ),
      },
      { host: "web3", check: "lock", text: expect.stringContaining("the lock file is damaged") },
    ]);
  });

  test("a port range that is taken, on hosts and here", async () => {
    using listener = Bun.listen({ hostname: "0.0.0.0", port: 0, socket: { data: () => {} } });
    const { exitCode, bad } = await doctor("-l", "web1", "-e", `rookery_ports=${listener.port}`);
    expect(exitCode).toBe(2);
    expect(bad).toMatchObject([
      { host: null, check: "ports" },
      {
        host: "web1",
        check: "ports",
        text: `TCP port ${listener.port} is taken`,
        hint: expect.stringContaining("rookery_ports"),
      },
    ]);
  });

  test("a cache folder on a noexec mount, a disk that is too small", async () => {
    await writeFile(join(source, "large"), new Uint8Array(3 * 1024 * 1024));
    const { exitCode, bad } = await (async () => {
      await using _cache = await mounted(join(fleet.home("web1"), ".cache"), "noexec");
      await using _disk = await mounted(fleet.folder("web2"), "size=1m,nr_inodes=2");
      return await doctor();
    })();
    await rm(join(source, "large"));
    await rm(join(fleet.home("web1"), ".cache"), { recursive: true });
    expect(exitCode).toBe(2);
    expect(bad).toMatchObject([
      { host: "web1", level: "fail", check: "cache", text: expect.stringContaining("mounted noexec") },
      {
        host: "web2",
        level: "fail",
        check: "disk",
        text: expect.stringContaining("1.0 MiB free, but the release takes 3.0 MiB"),
      },
      { host: "web2", level: "fail", check: "disk", text: expect.stringContaining("1 inodes free") },
    ]);
  });

  test("a source that isn't there", async () => {
    const { exitCode, bad } = await doctor("--source", "/nonexistent/app");
    expect({ exitCode, bad }).toMatchObject({
      exitCode: 2,
      bad: [{ host: null, check: "source", level: "fail" }],
    });
  });

  test("every bad setting of every host, not only the first", async () => {
    const folder = join(fleet.root, "inventory", "host_vars");
    await mkdir(folder);
    await writeFile(
      join(folder, "web2.yml"),
      "rookery_keep_releases: some\nrookery_shared_paths: [../etc]\nrookery_ports: '{{ no_such_var }}'\n",
    );
    const { exitCode, bad, findings } = await doctor();
    await rm(folder, { recursive: true });
    expect(exitCode).toBe(2);
    expect(bad).toHaveLength(3);
    for (const name of ["rookery_keep_releases", "rookery_shared_paths", "rookery_ports"]) {
      const finding = bad.find(({ text }) => text.includes(name));
      expect(finding).toMatchObject({ host: "web2", check: "settings", level: "fail" });
    }
    expect(bad.find(({ text }) => text.includes("some"))?.text).toContain("web2.yml");
    // The host is looked at all the same.
    expect(findings).toContainEqual(expect.objectContaining({ host: "web2", check: "disk", level: "ok" }));
  });

  test("a shared file that isn't there", async () => {
    const shared = join(fleet.folder("web1"), "app", "shared");
    await mkdir(shared, { recursive: true });
    await writeFile(join(shared, ".env"), "");
    const { exitCode, bad } = await doctor("-l", "web1:web2", "-e", '{"rookery_shared_files": [".env"]}');
    await rm(join(fleet.folder("web1"), "app"), { recursive: true });
    expect(exitCode).toBe(2);
    expect(bad).toMatchObject([
      { host: "web2", check: "shared", text: expect.stringContaining("/shared/.env is missing") },
    ]);
  });

  test("hosts that want different releases", async () => {
    const folder = join(fleet.root, "inventory", "host_vars");
    await mkdir(folder);
    await writeFile(join(folder, "web2.yml"), "rookery_app: blog\n");
    const { exitCode, bad } = await doctor();
    await rm(folder, { recursive: true });
    expect(exitCode).toBe(2);
    expect(bad).toMatchObject([
      { host: null, check: "settings", text: expect.stringContaining("different releases") },
    ]);
  });

  test("Ctrl+C while a host hangs ends it at once", async () => {
    fleet.freeze("web3");
    const controller = new AbortController();
    const { exitCode, stderr } = await runScript(["doctor", "-i", fleet.inventory], {
      signal: controller.signal,
      onOutput: (_, text) => text.includes("looking at") && controller.abort(),
      timeoutMs: 5000,
    });
    expect({ exitCode, stderr }).toEqual({ exitCode: 130, stderr: expect.stringContaining("interrupted") });
  });

  test("a host that is down, and the others are looked at all the same", async () => {
    await fleet.kill("web3");
    const { exitCode, bad, findings, summary } = await doctor();
    expect({ exitCode, summary }).toMatchObject({ exitCode: 4, summary: { fail: 1, unreachable: 1 } });
    expect(bad).toMatchObject([{ host: "web3", check: "ssh", level: "fail" }]);
    expect(findings).toContainEqual(expect.objectContaining({ host: "web2", check: "reach", level: "ok" }));
  });
});
