import { afterAll, describe, expect, test } from "bun:test";
import { appendFileSync, renameSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { readClientConfig } from "../../lib/ssh/client-config.ts";
import { fileCache } from "../../lib/ssh/file-cache.ts";
import { checkHostKey, readKnownHosts } from "../../lib/ssh/known-hosts.ts";
import { temporaryFolder } from "../support/marker.ts";
import { environmentAt } from "./support.ts";

const folder = await temporaryFolder("file-cache");
afterAll(() => rm(folder, { recursive: true }));

describe("a file that is read once", () => {
  const file = join(folder, "plain");
  const made: string[] = [];
  const read = fileCache((text) => {
    made.push(text);
    return text.length;
  });

  test("is read again after every change, however quick", () => {
    expect(read(file)).toBeUndefined();
    for (const [text, length] of [
      ["a", 1],
      ["b", 1],
      ["cc", 2],
    ] as const) {
      writeFileSync(file, text);
      expect([read(file), read(file), read(file)]).toEqual([length, length, length]);
    }
    expect(made).toEqual(["a", "b", "cc"]);
    rmSync(file);
    expect(read(file)).toBeUndefined();
  });

  test("another one put in its place is noticed, were it as old and as long", () => {
    const old = new Date(Date.now() - 60_000);
    for (const [name, text] of [
      ["one", "11"],
      ["two", "22"],
    ] as const) {
      writeFileSync(join(folder, name), text);
      utimesSync(join(folder, name), old, old);
    }
    const text = fileCache((content) => content);
    renameSync(join(folder, "one"), file);
    expect(text(file)).toBe("11");
    renameSync(join(folder, "two"), file);
    expect(text(file)).toBe("22");
  });

  test("a pipe, which can be read once, is", async () => {
    const pipe = join(folder, "pipe");
    Bun.spawnSync(["mkfifo", pipe]);
    await using writer = Bun.spawn(["sh", "-c", `printf secret > '${pipe}'`]);
    const text = fileCache((content) => content);
    expect([text(pipe), text(pipe), text(pipe)]).toEqual(["secret", "secret", "secret"]);
    expect(await writer.exited).toBe(0);
  });

  test("what can't be read is said each time", () => {
    expect(() => read(folder)).toThrow("EISDIR");
    expect(() => read(folder)).toThrow("EISDIR");
    expect(read(join(folder, "plain", "below"))).toBeUndefined();
  });
});

describe("known_hosts that grows", () => {
  const blob = (fill: number) =>
    Buffer.concat([Buffer.from([0, 0, 0, 11]), Buffer.from("ssh-ed25519"), Buffer.alloc(36, fill)]);
  const line = (name: string, fill: number) => `${name} ssh-ed25519 ${blob(fill).toString("base64")}\n`;
  const file = join(folder, "known_hosts");
  const ask = async (host: string, fill: number) =>
    checkHostKey(await readKnownHosts([file]), { host, port: 22, key: blob(fill) });

  test("is known from the next look on, with the right line", async () => {
    expect((await ask("web1", 1)).type).toBe("unknown");
    writeFileSync(file, `# ours\n${line("web1", 1)}`);
    expect((await ask("web1", 1)).type).toBe("known");
    expect((await ask("web2", 1)).type).toBe("unknown");
    appendFileSync(file, `${line("web2", 2)}${line("web*,!web1", 3)}`);
    expect((await ask("web2", 2)).type).toBe("known");
    expect(await ask("web2", 9)).toMatchObject({ type: "changed", expected: { line: 3 } });
    expect(await ask("web9", 9)).toMatchObject({ type: "changed", expected: { line: 4 } });
    expect((await ask("web1", 3)).type).toBe("changed");
    // Half a line, then the rest of it.
    appendFileSync(file, line("web5", 5).trimEnd().slice(0, 30));
    expect((await ask("db1", 5)).type).toBe("unknown");
    appendFileSync(file, `\n${line("db1", 5)}`);
    expect((await ask("db1", 5)).type).toBe("known");
    expect(await ask("db1", 6)).toMatchObject({ type: "changed", expected: { line: 6 } });
    // Begun anew, and shorter.
    writeFileSync(file, line("db1", 7));
    expect((await ask("db1", 7)).type).toBe("known");
    expect((await ask("web1", 1)).type).toBe("unknown");
  });
});

test("a section a host in ssh_config means what ssh says it means", async () => {
  const config = join(folder, "config");
  const sections = Array.from({ length: 300 }, (_, at) => `Host web${at} alias${at}\n  Port ${2000 + at}\n`);
  const rest =
    "Host web7,x web1*\n  User seven\nHost * !web9\n  User other\nMatch host web5\n  HostKeyAlias five\n";
  await Bun.write(
    config,
    `Port 1999\n${sections.slice(0, 150).join("")}${rest}${sections.slice(150).join("")}`,
  );
  const own = join(folder, "own");
  await Bun.write(own, `${sections.join("")}${rest}`);
  for (const file of [config, own]) {
    for (const name of ["web1", "web5", "web7", "web9", "web17", "alias299", "web300"]) {
      const asked = await readClientConfig(name, {
        user: undefined,
        environment: environmentAt(folder, { configFiles: [file], user: "me" }),
      });
      const said = Bun.spawnSync(["ssh", "-G", "-F", file, name]).stdout.toString();
      const of = (key: string) => new RegExp(`^${key} (.*)$`, "m").exec(said)?.[1];
      const me = Bun.spawnSync(["id", "-un"]).stdout.toString().trim();
      expect([name, asked.port ?? "22", asked.user ?? me, asked.hostKeyAlias]).toEqual([
        name,
        of("port") ?? "",
        of("user") ?? "",
        of("hostkeyalias"),
      ]);
    }
  }
});
