// The bad days of hosts behind the system's own ssh: each with its own words, as without it.
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { mkdir, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect } from "../../lib/ssh/connect.ts";
import type { Target } from "../../lib/ssh/types.ts";
import { type Fleet, generateKey, startFleet } from "../support/fleet.ts";
import { expectNothingLeft, footprint } from "../support/leftovers.ts";
import { temporaryFolder } from "../support/marker.ts";
import { freePort } from "../support/ports.ts";
import { by, environmentAt, failure } from "./support.ts";

// Generous, for other work may share the machine.
setDefaultTimeout(60_000);

const before = footprint();
const PASSWORD = 'it\'s "open" $sesame\\n';
let fleet: Fleet;
let home: string;

beforeAll(async () => {
  home = await temporaryFolder("faults");
  const hash = Bun.spawnSync(["openssl", "passwd", "-6", "-stdin"], { stdin: Buffer.from(PASSWORD) });
  const shadow = join(home, "shadow");
  await writeFile(shadow, `root:${hash.stdout.toString().trim()}:19000:0:99999:7:::\n`, { mode: 0o600 });
  const accounts = ["unshare", "--mount", "sh", "-ec", 'mount --bind "$0" /etc/shadow; exec "$@"', shadow];
  fleet = await startFleet({
    hosts: 3,
    config: {
      web2: ["PasswordAuthentication yes", "AuthorizedKeysFile none"],
      web3: ["MaxStartups 1:100:1"],
    },
    around: { web2: accounts },
  });
});
afterAll(async () => {
  await fleet[Symbol.asyncDispose]();
  await rm(home, { recursive: true });
  await expectNothingLeft(before);
  expect((await readdir(tmpdir())).filter((name) => name.startsWith(`rookery-ssh-${process.pid}-`))).toEqual(
    [],
  );
});

const reach = async (target: Target, timeoutMs?: number) => {
  await using connection = await connect(by("system", target), { env: environmentAt(home), timeoutMs });
  return (await connection.run(["true"])).exitCode;
};
const nowhere = (more: Partial<Target>): Target => ({ ...fleet.target("web1"), ...more });

describe("no connection", () => {
  test("refused, no such name", async () => {
    const port = await freePort();
    expect(await failure(reach(nowhere({ port })))).toMatchObject({
      code: "unreachable",
      message: `web1: 127.0.0.1:${port} refused the connection`,
    });
    const error = await failure(reach(nowhere({ address: "web1.invalid" })));
    expect(error.code).toBe("unreachable");
    expect(error.message).toStartWith("web1: no address is known for web1.invalid (waited for DNS)");
  });

  test("a server that accepts and says nothing", async () => {
    using silent = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data: () => {} } });
    const { port } = silent;
    for (const timeoutMs of [1500, 2000]) {
      const error = await failure(reach(nowhere({ port }), timeoutMs));
      expect(error.code).toBe("unreachable");
      expect(error.message).toBe(
        `web1: 127.0.0.1:${port} did not answer within ${timeoutMs / 1000} s (waited for its SSH greeting and host key)`,
      );
    }
    silent.stop(true);
  });

  test("interrupted while waiting", async () => {
    using silent = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data: () => {} } });
    const controller = new AbortController();
    const target = by("system", nowhere({ port: silent.port }));
    const connecting = failure(connect(target, { env: environmentAt(home), signal: controller.signal }));
    setTimeout(() => controller.abort(), 50);
    expect((await connecting).code).toBe("interrupted");
    silent.stop(true);
  });

  test("something that is not an SSH server, and a server that hangs up", async () => {
    using web = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: () => new Response("hello") });
    const error = await failure(reach(nowhere({ port: web.port as number }), 2000));
    expect(error.code).toBe("unreachable");
    let calls = 0;
    const open = (socket: { end(): void }) => {
      calls += 1;
      socket.end();
    };
    using rude = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { open, data: () => {} } });
    const hungUp = await failure(reach(nowhere({ port: rude.port })));
    expect(hungUp.code).toBe("unreachable");
    expect(hungUp.message).toStartWith(`web1: 127.0.0.1:${rude.port} hung up (waited for its SSH greeting`);
    expect(calls).toBe(6);
    rude.stop(true);
  });

  test("a server too busy for all of us at once gets another try", async () => {
    expect(await Promise.all([1, 2, 3].map(() => reach(fleet.target("web3"))))).toEqual([0, 0, 0]);
  });

  test("arguments ssh itself doesn't know", async () => {
    const sshArguments = { before: [], after: ["-o", "Tunnell=yes"] };
    const error = await failure(reach(nowhere({ sshArguments })));
    expect(error.code).toBe("setting");
    expect(error.message).toMatch(/^web1: ssh can't go by its settings: .*Bad configuration option: tunnell/);
  });

  test("no such program", async () => {
    const error = await failure(reach(nowhere({ sshProgram: "/opt/no/such/ssh" })));
    expect(error).toMatchObject({ code: "tool", message: "web1: there is no program /opt/no/such/ssh here" });
    const bin = join(home, "bin");
    await mkdir(bin);
    for (const name of ["sh", "rm"]) await symlink(Bun.which(name) as string, join(bin, name));
    const env = environmentAt(home, { variables: { PATH: bin } });
    const missing = await failure(connect(by("system", fleet.target("web1")), { env }));
    expect(missing).toMatchObject({ code: "tool", message: "web1: there is no program ssh here" });
    expect(missing.hint).toContain("openssh-client");
  });
});

describe("host keys", () => {
  const known = async (text: string, more: Partial<Target> = {}) => {
    const file = join(home, `known_hosts_${Bun.randomUUIDv7()}`);
    await writeFile(file, text);
    return { file, target: nowhere({ knownHostsFiles: [file], ...more }) };
  };
  const place = () => `[127.0.0.1]:${fleet.port("web1")}`;
  const lines = async () => (await readFile(fleet.knownHostsFile, "utf8")).split("\n");
  const keyOf = async (port: number) => {
    const line = (await lines()).find((text) => text.includes(`:${port} `)) ?? "";
    return line.split(" ").slice(1).join(" ");
  };

  test("unknown, changed, revoked", async () => {
    const own = await keyOf(fleet.port("web1"));
    const print = Bun.spawnSync(["ssh-keygen", "-lf", join(fleet.root, "web1", "host_key.pub")]);
    const shown = `ssh-ed25519 ${print.stdout.toString().split(" ")[1]}`;
    const unknown = await failure(reach((await known("")).target));
    expect(unknown).toMatchObject({
      code: "host-key",
      host: "web1",
      message: `web1: the host key of ${place()} is not known: it shows ${shown}`,
    });
    const { file, target } = await known(`# one\n${place()} ${await keyOf(fleet.port("web2"))}\n`);
    const changed = await failure(reach(target));
    expect(changed.code).toBe("host-key");
    expect(changed.message).toBe(
      `web1: the host key of ${place()} changed: it shows ${shown}, ${file}:2 has another`,
    );
    expect(changed.hint).toContain(`ssh-keygen -f ${file} -R '${place()}'`);
    const revoked = await failure(reach((await known(`${place()} ${own}\n@revoked * ${own}\n`)).target));
    expect(revoked).toMatchObject({ code: "host-key" });
    expect(revoked.message).toBe(`web1: the host key of ${place()} is revoked (${shown})`);
  });

  test("accept-new adds it, no asks nothing", async () => {
    const { file, target } = await known("", { hostKeyChecking: "accept-new" });
    expect(await reach(target)).toBe(0);
    expect(await readFile(file, "utf8")).toContain(`${place()} ${await keyOf(fleet.port("web1"))}`);
    expect(await reach((await known("", { hostKeyChecking: "no" })).target)).toBe(0);
  });
});

describe("logging in", () => {
  const noKey = (more: Partial<Target>): Target => ({
    ...fleet.target("web2"),
    privateKeyFile: undefined,
    ...more,
  });

  test("with a password, which nobody sees on the way", async () => {
    const env = environmentAt(home);
    await using connection = await connect(by("system", noKey({ password: PASSWORD })), { env });
    expect((await connection.run(["true"])).exitCode).toBe(0);
    const { stdout } = await connection.run([
      "sh",
      "-c",
      "cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ 2> /dev/null",
    ]);
    expect(stdout.includes(PASSWORD)).toBe(false);
    const folders = (await readdir(tmpdir())).filter((name) =>
      name.startsWith(`rookery-ssh-${process.pid}-`),
    );
    expect(folders).toHaveLength(1);
    const kept = Bun.spawnSync([
      "grep",
      "-rlF",
      "--devices=skip",
      "sesame",
      join(tmpdir(), folders[0] ?? ""),
    ]);
    expect(kept.stdout.toString()).toBe("");
  });

  test("with a wrong one, and without a key: says what was tried", async () => {
    const wrong = await failure(reach(noKey({ password: "xyzzy" })));
    expect(wrong).toMatchObject({ code: "auth", host: "web2" });
    expect(wrong.message).toMatch(
      /no key was accepted for \S+@127\.0\.0\.1:\d+ \(tried .*password.*Permission denied/,
    );
    expect(`${wrong.message}${wrong.hint}${wrong.cause}`).not.toContain("xyzzy");
    await generateKey(join(home, "stranger"));
    const error = await failure(reach(nowhere({ privateKeyFile: join(home, "stranger") })));
    expect(error.code).toBe("auth");
    expect(error.message).toContain("stranger");
    expect(error.hint).toContain("ansible_ssh_private_key_file");
  });

  test("with a password, nobody says yes to an unknown host", async () => {
    const unset = ["hostKeyChecking"] as const;
    const target = noKey({ password: PASSWORD, knownHostsFiles: [join(home, "empty")], unset });
    const error = await failure(reach(target));
    expect(error.code).toBe("host-key");
    expect(error.message).toContain("is not known: it shows ssh-ed25519 SHA256:");
  });

  test("never a password to a host whose key has changed", async () => {
    const file = join(home, "changed");
    const text = await readFile(fleet.knownHostsFile, "utf8");
    const other = text
      .split("\n")
      .find((line) => line.includes(`:${fleet.port("web1")} `))
      ?.split(" ")
      .slice(1);
    await writeFile(file, `[127.0.0.1]:${fleet.port("web2")} ${other?.join(" ")}\n`);
    const target = noKey({ password: PASSWORD, hostKeyChecking: "no", knownHostsFiles: [file] });
    expect(["auth", "host-key"]).toContain((await failure(reach(target))).code);
    expect(fleet.log("web2").match(/Accepted password/g)).toHaveLength(1);
  });

  test("a password is for its host, not for a jump host before it", async () => {
    const accepted = () => fleet.log("web2").match(/Accepted password/g)?.length;
    const jumps = [`${fleet.user}@127.0.0.1:${fleet.port("web2")}`];
    const before = accepted();
    await mkdir(join(home, ".ssh"));
    await writeFile(join(home, ".ssh", "config"), `UserKnownHostsFile ${fleet.knownHostsFile}\n`);
    const error = await failure(reach(nowhere({ privateKeyFile: undefined, password: PASSWORD, jumps })));
    expect([error.code, accepted()]).toEqual(["auth", before]);
    expect(error.message).toContain("a host on the way let nobody in");
  });
});
