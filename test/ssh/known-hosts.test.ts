import { afterAll, describe, expect, test } from "bun:test";
import { createHmac } from "node:crypto";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import {
  checkHostKey,
  fingerprint,
  keyType,
  knownHostName,
  knownKeyTypes,
  parseKnownHosts,
} from "../../lib/ssh/known-hosts.ts";
import { generateKey } from "../support/fleet.ts";
import { temporaryFolder } from "../support/marker.ts";

const folder = await temporaryFolder("known-hosts");
afterAll(() => rm(folder, { recursive: true }));
const keys: Record<string, { text: string; blob: Buffer; fingerprint: string }> = {};
for (const [name, type] of [
  ["a", "ed25519"],
  ["b", "ed25519"],
  ["rsa", "rsa"],
] as const) {
  const path = join(folder, name);
  await generateKey(path, { type });
  const text = (await Bun.file(`${path}.pub`).text()).split(" ").slice(0, 2).join(" ");
  const listed = Bun.spawnSync(["ssh-keygen", "-lf", `${path}.pub`]).stdout.toString();
  keys[name] = {
    text,
    blob: Buffer.from(text.split(" ")[1] ?? "", "base64"),
    fingerprint: listed.split(" ")[1] ?? "",
  };
}
const { a, b, rsa } = keys as Record<"a" | "b" | "rsa", { text: string; blob: Buffer; fingerprint: string }>;

function verdict(text: string, { host = "web1", port = 22, key = a.blob } = {}) {
  return checkHostKey(parseKnownHosts(text, "known_hosts"), { host, port, key });
}

describe("a key", () => {
  test("has ssh-keygen's fingerprint and type", () => {
    expect(fingerprint(a.blob)).toBe(a.fingerprint);
    expect([keyType(a.blob), keyType(rsa.blob), keyType(Buffer.alloc(2))]).toEqual([
      "ssh-ed25519",
      "ssh-rsa",
      "",
    ]);
  });
});

describe("which names a line is about", () => {
  const cases: [names: string, host: string, port: number, known: boolean][] = [
    ["web1", "web1", 22, true],
    ["web1", "WEB1", 22, true],
    ["web1", "web2", 22, false],
    ["web1,10.0.0.1", "10.0.0.1", 22, true],
    ["web*", "web17", 22, true],
    ["web?", "web17", 22, false],
    ["web*,!web9", "web9", 22, false],
    ["!web9,web*", "web9", 22, false],
    ["web*,!web9", "web8", 22, true],
    ["web.1", "webx1", 22, false],
    ["[web1]:2222", "web1", 2222, true],
    ["[web1]:2222", "web1", 22, false],
    ["[web1]:*", "web1", 2222, true],
    ["web1", "web1", 2222, true], // as ssh: known without the port is known
    ["[::1]:2222", "::1", 2222, true],
  ];
  for (const [names, host, port, known] of cases) {
    test(`${names} ${known ? "names" : "does not name"} ${knownHostName(host, port)}`, () => {
      expect(verdict(`${names} ${a.text} comment here\n`, { host, port }).type).toBe(
        known ? "known" : "unknown",
      );
    });
  }

  test("a name hashed by ssh-keygen -H", async () => {
    const file = join(folder, "hashed");
    await Bun.write(file, `web1 ${a.text}\n[web2]:2222 ${b.text}\n`);
    Bun.spawnSync(["ssh-keygen", "-H", "-f", file]);
    const text = await Bun.file(file).text();
    expect(text).toContain("|1|");
    expect(verdict(text).type).toBe("known");
    expect(verdict(text, { host: "web2", port: 2222, key: b.blob }).type).toBe("known");
    expect(verdict(text, { host: "web3" }).type).toBe("unknown");
    expect(verdict(text, { key: b.blob }).type).toBe("changed");
  });

  test("a hash of another kind names nobody", () => {
    const salt = Buffer.alloc(20, 1);
    const hash = createHmac("sha1", salt).update("web1").digest("base64");
    expect(verdict(`|1|${salt.toString("base64")}|${hash} ${a.text}`).type).toBe("known");
    expect(verdict(`|2|${salt.toString("base64")}|${hash} ${a.text}`).type).toBe("unknown");
    expect(verdict(`|1|${salt.toString("base64")} ${a.text}`).type).toBe("unknown");
  });
});

describe("what follows from it", () => {
  test("another key of the same type is a change, with its place", () => {
    const text = `# comment\n\nweb1 ${rsa.text}\nweb1 ${b.text}\n`;
    expect(verdict(text)).toMatchObject({ type: "changed", expected: { line: 4, file: "known_hosts" } });
  });

  test("several keys of one host may all be shown", () => {
    const text = `web1 ${a.text}\nweb1 ${rsa.text}\n`;
    expect([verdict(text).type, verdict(text, { key: rsa.blob }).type]).toEqual(["known", "known"]);
  });

  test("a key of a type we have none of, from a host we know, is a change", () => {
    expect(verdict(`web1 ${rsa.text}\n`)).toMatchObject({ type: "changed", expected: { type: "ssh-rsa" } });
  });

  test("a different key without the port says nothing about the one with it", () => {
    expect(verdict(`web1 ${b.text}\n`, { port: 2222 }).type).toBe("unknown");
  });

  test("revoked wins, wherever it stands", () => {
    const text = `web1 ${a.text}\n@revoked * ${a.text}\n`;
    expect(verdict(text)).toMatchObject({ type: "revoked", by: { line: 2 } });
    expect(verdict(text, { key: b.blob }).type).toBe("changed");
  });

  test("a certificate authority does not vouch for a plain key", () => {
    const text = `@cert-authority *.example.net ${a.text}\n`;
    expect(verdict(text, { host: "web1.example.net" })).toMatchObject({
      type: "unknown",
      authority: { line: 1 },
    });
  });

  test("lines that are damaged are skipped", () => {
    expect(parseKnownHosts("web1\nweb1 ssh-ed25519\nweb1 ssh-rsa AAAA\n@odd web1 x y\n", "f")).toEqual([]);
  });

  test("the types to ask for first", () => {
    const hosts = parseKnownHosts(`web1 ${rsa.text}\nweb* ${a.text}\n@revoked * ${b.text}\n`, "f");
    expect(knownKeyTypes(hosts, { host: "web1", port: 22 })).toEqual(["ssh-rsa", "ssh-ed25519"]);
    expect(knownKeyTypes(hosts, { host: "db1", port: 22 })).toEqual([]);
  });
});
