// ssh2 or the system's own ssh: what decides, without connecting anywhere.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { certificateTrouble, parseCertificate } from "../../lib/ssh/certificate.ts";
import type { Target } from "../../lib/ssh/types.ts";
import { wayTo } from "../../lib/ssh/way.ts";
import { certify } from "../support/certificate.ts";
import { generateKey } from "../support/fleet.ts";
import { temporaryFolder } from "../support/marker.ts";
import { environmentAt } from "./support.ts";

let home: string;
beforeAll(async () => {
  home = await temporaryFolder("way");
  await mkdir(join(home, ".ssh"));
});
afterAll(() => rm(home, { recursive: true }));

const target = (more: Partial<Target> = {}): Target => ({
  name: "web1",
  via: "ssh",
  address: "web1.example.net",
  port: 22,
  hostKeyChecking: "yes",
  unset: ["port"],
  ...more,
});

async function needs(config: string, more: Partial<Target> = {}): Promise<string | undefined> {
  await writeFile(join(home, ".ssh", "config"), config);
  return (await wayTo(target(more), environmentAt(home))).needs;
}

describe("ssh_config", () => {
  const cases: [config: string, reason: string | undefined][] = [
    ["Host *\n  Ciphers aes256-ctr\n  ForwardAgent yes\n  ServerAliveInterval 5", undefined],
    ["ProxyCommand nc %h %p", "ssh_config has ProxyCommand"],
    ["ProxyCommand none", undefined],
    ["Host db*\n  ProxyCommand nc %h %p", undefined],
    [
      "Host web*\n  ProxyJump bastion\nHost bastion\n  ProxyCommand cloud-ssh %h",
      "ssh_config has ProxyCommand",
    ],
    ["CertificateFile ~/.ssh/cert.pub", "ssh_config has CertificateFile"],
    ["PKCS11Provider /usr/lib/opensc-pkcs11.so", "ssh_config has PKCS11Provider"],
    ["PKCS11Provider none", undefined],
    ["GSSAPIAuthentication yes", "ssh_config has GSSAPIAuthentication"],
    ["GSSAPIAuthentication no", undefined],
    ["Host *\n  KnownHostsCommand /bin/known %H", "ssh_config has KnownHostsCommand"],
    ["RevokedHostKeys /etc/ssh/revoked", "ssh_config has RevokedHostKeys"],
    ["BindAddress 10.0.0.1", "ssh_config has BindAddress"],
    ["HostbasedAuthentication yes", "ssh_config has HostbasedAuthentication"],
    ['Match exec "test -e /x"\n  User x', "ssh_config has Match exec"],
    ['Match host web* exec "test -e /x"\n  User x', "ssh_config has Match exec"],
    ['Match host db* exec "test -e /x"\n  User x', undefined],
    ["Match host web* localnetwork 10.0.0.0/8\n  User x", "ssh_config has Match localnetwork"],
    ["Match host web*\n  User exec", undefined],
  ];
  for (const [config, reason] of cases) {
    test(JSON.stringify(config), async () => expect(await needs(config)).toBe(reason));
  }

  test("a ProxyCommand that a jump host of the inventory comes before", async () => {
    expect(await needs("ProxyCommand nc %h %p", { jumps: ["j"] })).toBe("ssh_config has ProxyCommand");
    expect(await needs("Host web*\n  ProxyCommand nc %h %p", { jumps: ["j"] })).toBeUndefined();
  });

  test("what Debian switches on for everybody says nothing", async () => {
    const env = { ...environmentAt(home), configFiles: ["/etc/ssh/ssh_config"] };
    expect((await wayTo(target(), env)).needs).toBeUndefined();
  });
});

describe("keys", () => {
  test("a certificate beside a key that would be used, and only then", async () => {
    const [authority, key] = [join(home, "ca"), join(home, ".ssh", "id_ed25519")];
    for (const path of [authority, key]) await generateKey(path);
    expect(await needs("")).toBeUndefined();
    await writeFile(`${key}-cert.pub`, "nonsense\n");
    expect(await needs("")).toBeUndefined();
    await certify(key, { authority, principals: ["deploy"], validity: "20260101000000Z:20260102000000Z" });
    expect(await needs("")).toBe("~/.ssh/id_ed25519-cert.pub is a certificate");
    expect(await needs("", { privateKeyFile: join(home, "ca") })).toBeUndefined();
    await rm(`${key}-cert.pub`);
  });

  test("until when a certificate is good, and for whom", async () => {
    for (const type of ["ed25519", "rsa", "ecdsa"]) {
      const [authority, key] = [join(home, `ca-${type}`), join(home, `key-${type}`)];
      for (const path of [authority, key]) await generateKey(path, { type });
      await certify(key, {
        authority,
        principals: ["deploy", "root"],
        validity: "20260101000000Z:20260102000000Z",
      });
      const certificate = parseCertificate(await Bun.file(`${key}-cert.pub`).text());
      expect(certificate?.type).toContain(type);
      expect(certificate).toMatchObject({
        principals: ["deploy", "root"],
        fromMs: Date.UTC(2026, 0, 1),
        untilMs: Date.UTC(2026, 0, 2),
      });
    }
    const certificate = {
      type: "",
      principals: ["deploy"],
      fromMs: Date.UTC(2026, 0, 1),
      untilMs: Date.UTC(2026, 0, 2),
    };
    const at = (nowMs: number, user = "deploy") => certificateTrouble(certificate, { user, nowMs });
    expect(at(Date.UTC(2026, 0, 1, 12))).toBeUndefined();
    expect(at(Date.UTC(2026, 0, 3))).toBe("expired on 2026-01-02 00:00 UTC");
    expect(at(0)).toBe("is not valid before 2026-01-01 00:00 UTC");
    expect(at(Date.UTC(2026, 0, 1, 12), "root")).toBe("is for deploy, not for root");
  });

  test("a security key the inventory names (there is no such device to log in with here)", async () => {
    const key = join(home, "id_sk");
    await writeFile(`${key}.pub`, "sk-ssh-ed25519@openssh.com AAAA someone\n");
    expect(await needs("", { privateKeyFile: key })).toBe("~/id_sk is a security key");
  });

  test("what ssh-agent holds", async () => {
    const string = (text: string) => Buffer.concat([Buffer.from([0, 0, 0, text.length]), Buffer.from(text)]);
    const answered = async (types: readonly string[], more: Partial<Target> = {}) => {
      // Only a device makes security keys, so the list is made by hand.
      const keys = types.map((type) => Buffer.concat([string(string(type).toString()), string("comment")]));
      const body = Buffer.concat([Buffer.from([12, 0, 0, 0, types.length]), ...keys]);
      const socket = join(home, `agent-${Bun.randomUUIDv7()}`);
      const data = (client: { write(bytes: Uint8Array): number }) =>
        void client.write(Buffer.concat([Buffer.from([0, 0, 0, body.length]), body]));
      using agent = Bun.listen({ unix: socket, socket: { data } });
      const way = await wayTo(target(more), environmentAt(home, { agentSocket: socket }));
      agent.stop(true);
      return way.needs;
    };
    await rm(join(home, ".ssh", "config"));
    expect(await answered([])).toBeUndefined();
    expect(await answered(["ssh-ed25519", "sk-ssh-ed25519@openssh.com"])).toBeUndefined();
    expect(await answered(["sk-ssh-ed25519@openssh.com"])).toBe("ssh-agent holds only security keys");
    const certificate = ["ssh-ed25519", "ssh-ed25519-cert-v01@openssh.com"];
    expect(await answered(certificate)).toBe("ssh-agent holds a certificate");
    expect(await answered(certificate, { identitiesOnly: true })).toBeUndefined();
    const nobody = environmentAt(home, { agentSocket: join(home, "no-agent") });
    expect((await wayTo(target(), nobody)).needs).toBeUndefined();
  });

  test("a certificate authority for host keys, where no key is known", async () => {
    const file = join(home, "known_hosts");
    const key = (await Bun.file(join(home, "ca.pub")).text()).split(" ").slice(0, 2).join(" ");
    const reason = `${file}:1 has a certificate authority for host keys`;
    await writeFile(file, `@cert-authority *.example.net ${key}\n`);
    expect(await needs("", { knownHostsFiles: [file] })).toBe(reason);
    expect(await needs("", { knownHostsFiles: [file], address: "10.0.0.1" })).toBeUndefined();
    expect(await needs("", { knownHostsFiles: [file], hostKeyChecking: "no" })).toBeUndefined();
    await writeFile(file, `@cert-authority * ${key}\nweb1.example.net ${key}\n`);
    expect(await needs("", { knownHostsFiles: [file] })).toBeUndefined();
  });
});
