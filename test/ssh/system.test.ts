// What only the system's own ssh can do, on real servers.
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { chmod, copyFile, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { connect } from "../../lib/ssh/connect.ts";
import type { Target } from "../../lib/ssh/types.ts";
import { certify } from "../support/certificate.ts";
import { type Fleet, generateKey, startFleet } from "../support/fleet.ts";
import { expectNothingLeft, footprint } from "../support/leftovers.ts";
import { temporaryFolder } from "../support/marker.ts";
import { startAgent } from "../support/ssh-agent.ts";
import { environmentAt, failure } from "./support.ts";

// Generous, for other work may share the machine.
setDefaultTimeout(60_000);

const before = footprint();
let fleet: Fleet;
let home: string;
let authority: string;
let hostKey: string;
let key: string;

beforeAll(async () => {
  home = await temporaryFolder("system");
  await mkdir(join(home, ".ssh"), { mode: 0o700 });
  [authority, hostKey, key] = [join(home, "ca"), join(home, "host"), join(home, "user")];
  for (const path of [authority, hostKey, key]) await generateKey(path);
  await certify(hostKey, { authority, principals: ["127.0.0.1"], host: true });
  fleet = await startFleet({
    hosts: 3,
    config: {
      web2: [`TrustedUserCAKeys ${authority}.pub`, "AuthorizedKeysFile none"],
      web3: [`HostKey ${hostKey}`, `HostCertificate ${hostKey}-cert.pub`],
    },
  });
});
afterAll(async () => {
  await fleet[Symbol.asyncDispose]();
  await rm(home, { recursive: true });
  await expectNothingLeft(before);
});

/** Connects, runs a command, and says why the system's ssh was taken. */
async function reach(target: Target, more: Parameters<typeof environmentAt>[1] = {}) {
  let reason: string | undefined;
  const onSystem = (why: string) => {
    reason = why;
  };
  await using connection = await connect(target, { env: environmentAt(home, more), onSystem });
  const { stdout } = await connection.run(["sh", "-c", 'echo "$ROOKERY_TEST_HOST"']);
  const { remoteAddress, localAddress } = connection;
  return { host: stdout.trim().split("/").at(-1), reason, remoteAddress, localAddress };
}

describe("user certificates", () => {
  const certified = (): Target => ({ ...fleet.target("web2"), privateKeyFile: key });

  test("beside the key", async () => {
    await certify(key, { authority, principals: [fleet.user] });
    expect(await reach(certified())).toEqual({
      host: "web2",
      reason: `~/user-cert.pub is a certificate`,
      remoteAddress: "127.0.0.1",
      localAddress: "127.0.0.1",
    });
  });

  test("in ssh_config", async () => {
    const other = join(home, "elsewhere-cert.pub");
    await certify(key, { authority, principals: [fleet.user] });
    await copyFile(`${key}-cert.pub`, other);
    await rm(`${key}-cert.pub`);
    const config = join(home, "config");
    await writeFile(config, `Host 127.0.0.1\n  CertificateFile ${other}\n`);
    const { host, reason } = await reach(certified(), { configFiles: [config] });
    expect([host, reason]).toEqual(["web2", "ssh_config has CertificateFile"]);
  });

  test("in ssh-agent", async () => {
    await certify(key, { authority, principals: [fleet.user] });
    await using agent = await startAgent();
    await agent.add(key);
    await rm(`${key}-cert.pub`);
    const target = { ...certified(), privateKeyFile: undefined };
    const { host, reason } = await reach(target, { agentSocket: agent.socket });
    expect([host, reason]).toEqual(["web2", "ssh-agent holds a certificate"]);
  });

  test("expired, not yet valid, for somebody else: says so", async () => {
    const cases: [validity: string, principals: string[], said: RegExp][] = [
      ["-2h:-1h", [fleet.user], /; ~?\S*\/user-cert\.pub expired on \d{4}-\d\d-\d\d \d\d:\d\d UTC\)/],
      ["+1h:+2h", [fleet.user], /user-cert\.pub is not valid before \d{4}-/],
      ["-1h:+1h", ["alice", "bob"], new RegExp(`user-cert.pub is for alice, bob, not for ${fleet.user}`)],
    ];
    for (const [validity, principals, said] of cases) {
      await certify(key, { authority, principals, validity });
      const error = await failure(reach(certified()));
      expect(error).toMatchObject({ code: "auth", host: "web2" });
      const place = `${fleet.user}@127.0.0.1:${fleet.port("web2")}`;
      expect(error.message).toStartWith(`web2: no key was accepted for ${place} (tried `);
      expect(error.message).toMatch(said);
      expect(error.hint).toContain("have the certificate signed anew");
    }
    await rm(`${key}-cert.pub`);
  });
});

describe("host certificates", () => {
  const known = async (text: string): Promise<Target> => {
    const file = join(home, `known_hosts_${Bun.randomUUIDv7()}`);
    await writeFile(file, text);
    return { ...fleet.target("web3"), knownHostsFiles: [file] };
  };
  const lineOf = async (path: string) =>
    (await readFile(`${path}.pub`, "utf8")).split(" ").slice(0, 2).join(" ");

  test("by an authority we trust", async () => {
    const target = await known(`@cert-authority 127.0.0.1,[127.0.0.1]:* ${await lineOf(authority)}\n`);
    const { host, reason } = await reach(target);
    expect(host).toBe("web3");
    expect(reason).toBe(`${target.knownHostsFiles?.[0]}:1 has a certificate authority for host keys`);
  });

  test("a host whose key is known needs no certificate", async () => {
    const place = `[127.0.0.1]:${fleet.port("web3")}`;
    const text = `@cert-authority * ${await lineOf(authority)}\n${place} ${await lineOf(hostKey)}\n`;
    expect(await reach(await known(text))).toMatchObject({ host: "web3", reason: undefined });
  });

  test("by another authority, or for another name", async () => {
    const stranger = await failure(reach(await known(`@cert-authority * ${await lineOf(key)}\n`)));
    expect(stranger).toMatchObject({ code: "host-key", host: "web3" });
    expect(stranger.message).toMatch(
      /is not known: it shows ssh-ed25519-cert\S+ SHA256:\S+, signed by ssh-ed25519 SHA256:/,
    );
    await certify(hostKey, { authority, principals: ["db.example.net"], host: true });
    const trusted = await known(`@cert-authority * ${await lineOf(authority)}\n`);
    await using wrong = await startFleet({
      hosts: 1,
      prefix: "db",
      config: { db1: [`HostKey ${hostKey}`, `HostCertificate ${hostKey}-cert.pub`] },
    });
    const target = { ...wrong.target("db1"), knownHostsFiles: trusted.knownHostsFiles };
    const error = await failure(reach(target));
    expect(error).toMatchObject({ code: "host-key", host: "db1" });
    const place = `[127.0.0.1]:${wrong.port("db1")}`;
    expect(error.message).toStartWith(
      `db1: the host certificate of ${place} is refused: Certificate invalid: name is`,
    );
    expect(error.hint).toContain("signed anew");
  });
});

describe("a way there", () => {
  const through = (host: string) =>
    `ssh -F none -i ${fleet.keyFile} -o UserKnownHostsFile=${fleet.knownHostsFile} -p ${fleet.port(host)} -W %h:%p ${fleet.user}@127.0.0.1`;

  test("ProxyCommand in arguments: ssh -W", async () => {
    const after = [
      "-o",
      `ProxyCommand=${through("web3")}`,
      "-o",
      `UserKnownHostsFile=${fleet.knownHostsFile}`,
    ];
    const needs = "ansible_ssh_common_args has ProxyCommand";
    // web3's key is another than the fleet's own of that name.
    const files = [join(home, "with-web3")];
    const line = (await readFile(`${hostKey}.pub`, "utf8")).split(" ").slice(0, 2).join(" ");
    const text = await readFile(fleet.knownHostsFile, "utf8");
    await writeFile(files[0] as string, `${text}[127.0.0.1]:${fleet.port("web3")} ${line}\n`);
    const words = after.map((word) => word.replaceAll(fleet.knownHostsFile, files[0] as string));
    const target: Target = {
      ...fleet.target("web1"),
      needs,
      sshArguments: { before: ["-C", "-v"], after: words },
    };
    expect(await reach(target)).toEqual({
      host: "web1",
      reason: needs,
      remoteAddress: "127.0.0.1",
      localAddress: "127.0.0.1",
    });
  });

  test("ProxyCommand in ssh_config, by a program of one's own", async () => {
    const program = join(home, "proxy");
    await writeFile(program, '#!/bin/bash\nexec 3<> "/dev/tcp/$1/$2"; cat <&3 & cat >&3\n');
    await chmod(program, 0o700);
    const config = join(home, "proxied");
    await writeFile(
      config,
      `Match host 127.0.0.1 exec "test %p = 1"\n  User x\nHost *\n  ProxyCommand ${program} %h %p\n`,
    );
    const { host, reason } = await reach(fleet.target("web1"), { configFiles: [config] });
    expect([host, reason]).toEqual(["web1", "ssh_config has Match exec"]);
  });

  test("the proxy fails", async () => {
    const needs = "ansible_ssh_common_args has ProxyCommand";
    const after = ["-o", "ProxyCommand=sh -c 'echo no way >&2; exit 1'"];
    const error = await failure(
      reach({ ...fleet.target("web1"), needs, sshArguments: { before: [], after } }),
    );
    expect(error.code).toBe("unreachable");
    expect(error.message).toContain("no way");
  });

  test("jump hosts: with a key of their own, without, and with an unknown host key", async () => {
    const jumps = [`${fleet.user}@127.0.0.1:${fleet.port("web2")}`];
    const config = join(home, "jumping");
    const known = `  UserKnownHostsFile ${fleet.knownHostsFile}\n`;
    await certify(key, { authority, principals: [fleet.user] });
    await writeFile(config, `Host *\n  IdentityFile ${key}\n${known}`);
    const target: Target = { ...fleet.target("web1"), jumps, needs: "a test wants it" };
    expect(await reach(target, { configFiles: [config] })).toMatchObject({ host: "web1" });
    await rm(`${key}-cert.pub`);
    const refused = await failure(reach(target, { configFiles: [config] }));
    expect(refused.code).toBe("auth");
    expect(refused.message).toContain(
      `a host on the way let nobody in: ${fleet.user}@127.0.0.1: Permission denied`,
    );
    await writeFile(config, `Host *\n  StrictHostKeyChecking yes\n  UserKnownHostsFile ${home}/none\n`);
    const unknown = await failure(reach(target, { configFiles: [config] }));
    expect(unknown.code).toBe("host-key");
    expect(unknown.message).toContain(`the host key of [127.0.0.1]:${fleet.port("web2")} is not known`);
    expect(unknown.hint).toContain(`ssh-keyscan -p ${fleet.port("web2")} 127.0.0.1 `);
  });
});
