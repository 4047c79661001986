import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { readClientConfig } from "../../lib/ssh/client-config.ts";
import { routeTo } from "../../lib/ssh/endpoint.ts";
import type { SshEnvironment } from "../../lib/ssh/environment.ts";
import type { Target } from "../../lib/ssh/types.ts";
import { temporaryFolder } from "../support/marker.ts";

let home: string;
let environment: SshEnvironment;

beforeAll(async () => {
  home = await temporaryFolder("ssh-config");
  await mkdir(join(home, ".ssh", "conf.d"), { recursive: true });
  await writeFile(
    join(home, ".ssh", "config"),
    `Include conf.d/*.conf
IdentityAgent none
Host web* !web9
  HostName %h.example.net
  IdentityFile "~/keys/%r at %h"
  User alice
  Port=2222
  ProxyJump bastion
Host circle
  ProxyJump circle
Host command
  ProxyCommand nc %h %p
Host bastion
  HostName 10.0.0.1
  User jump
  HostKeyAlias the-bastion
Match user bob
  UserKnownHostsFile ~/.ssh/bob /dev/null
`,
  );
  await writeFile(join(home, ".ssh", "conf.d", "db.conf"), "Host db1\n  Port 7\n");
  await writeFile(join(home, "system"), "StrictHostKeyChecking accept-new\nUser everyone\n");
  environment = {
    home,
    agentSocket: "/agent",
    user: "me",
    configFiles: [join(home, ".ssh", "config"), join(home, "system")],
    globalKnownHostsFiles: [],
    variables: {},
  };
});
afterAll(() => rm(home, { recursive: true }));

/** What the real client makes of the same files. */
function sshG(name: string): ReadonlyMap<string, string> {
  const config = `Include ${home}/.ssh/config\nInclude ${home}/system\n`;
  const child = Bun.spawnSync(["ssh", "-G", "-F", "/dev/stdin", name], { stdin: Buffer.from(config) });
  const lines = child.stdout.toString().trim().split("\n");
  return new Map(lines.map((line) => [line.split(" ")[0] ?? "", line.slice(line.indexOf(" ") + 1)]));
}

describe("ssh_config", () => {
  test("sections, tokens and quotes", async () => {
    const config = await readClientConfig("web1", { user: undefined, environment });
    expect(config).toMatchObject({
      hostName: "web1.example.net",
      user: "alice",
      port: "2222",
      proxyJump: "bastion",
      identityFiles: [`${home}/keys/alice at web1.example.net`],
      identityAgent: "none",
      strictHostKeyChecking: "accept-new",
    });
  });

  test("an included file ends with its own section", async () => {
    const db = await readClientConfig("db1", { user: undefined, environment });
    expect(db).toMatchObject({ port: "7", identityAgent: "none", user: "everyone" });
    const other = await readClientConfig("other", { user: undefined, environment });
    expect(other).toMatchObject({ port: undefined, identityAgent: "none", user: "everyone" });
  });

  test("Match by the user the inventory names", async () => {
    const config = await readClientConfig("other", { user: "bob", environment });
    expect(config.userKnownHostsFiles).toEqual([`${home}/.ssh/bob`, "/dev/null"]);
  });

  test("no files, no settings", async () => {
    const nowhere = { ...environment, configFiles: [join(home, "missing")] };
    const config = await readClientConfig("web1", { user: undefined, environment: nowhere });
    expect(config).toMatchObject({ hostName: undefined, port: undefined, identityFiles: [] });
  });

  test("the same as ssh -G says", async () => {
    for (const name of ["web1", "web9", "bastion"]) {
      const theirs = sshG(name);
      const ours = await readClientConfig(name, { user: undefined, environment });
      expect(theirs.get("hostname")).toBe(ours.hostName ?? name);
      expect(theirs.get("user")).toBe(ours.user);
      expect(theirs.get("port")).toBe(ours.port ?? "22");
      expect(theirs.get("stricthostkeychecking")).toBe(ours.strictHostKeyChecking);
    }
  });
});

describe("Match, as ssh -G has it", () => {
  for (const [text, user] of [
    ["Host w\n HostName real.example.net\nMatch host *.example.net\n Port 2201\n User h\n"],
    ["Host w\n hostname=real.example.net\nMatch host *.example.net\n Port 2201\n User h\n"],
    ["Match originalhost w\n Port 2202\n"],
    ["Match originalhost w user bob\n Port 2203\n", "bob"],
    ["Match user bob\n Port 2204\nHost w\n User bob\n"],
    ["Host w\n user bob\nMatch user bob\n Port 2205\n"],
    ["Host w\n Port 2206\nMatch all\n Port 2207\n User all\n"],
    ["Match final host real.example.net\n Port 2208\nHost w\n HostName real.example.net\n"],
    ["Match final all\n Port 2209\nHost w\n Port 2210\n"],
    ["Match host other,w,!x\n Port 2211\n"],
    ["Match host !w,*\n Port 2212\n"],
  ] as const) {
    test(JSON.stringify(text), async () => {
      const file = join(home, "matching");
      await writeFile(file, text);
      const child = Bun.spawnSync([
        "ssh",
        "-G",
        "-F",
        file,
        ...(user === undefined ? [] : ["-l", user]),
        "w",
      ]);
      const lines = child.stdout.toString().split("\n");
      const theirs = (key: string) =>
        lines.find((line) => line.startsWith(`${key} `))?.slice(key.length + 1) ?? "";
      const ours = await readClientConfig("w", {
        user,
        environment: { ...environment, configFiles: [file] },
      });
      const me = Bun.spawnSync(["id", "-un"]).stdout.toString().trim();
      expect([ours.hostName ?? "w", ours.port ?? "22", user ?? ours.user ?? me]).toEqual(
        ["hostname", "port", "user"].map(theirs),
      );
    });
  }

  test("waits and signs of life", async () => {
    const file = join(home, "waits");
    await writeFile(file, "Host w\n ConnectTimeout 1m\n ServerAliveInterval 7\nServerAliveCountMax 2\n");
    const ours = await readClientConfig("w", {
      user: undefined,
      environment: { ...environment, configFiles: [file] },
    });
    expect(ours).toMatchObject({ connectTimeoutMs: 60_000, keepalive: { seconds: 7, count: 2 } });
  });
});

describe("the route to a host", () => {
  const target = (address: string, more: Partial<Target> = {}): Target => ({
    name: "inventory-name",
    via: "ssh",
    address,
    port: 22,
    hostKeyChecking: "yes",
    unset: ["port", "hostKeyChecking"],
    ...more,
  });

  test("goes through the hops, each by its own settings", async () => {
    const route = await routeTo(target("web1"), environment);
    expect(route).toMatchObject([
      { address: "10.0.0.1", port: 22, user: "jump", keyName: "the-bastion", hostKeyChecking: "accept-new" },
      { address: "web1.example.net", port: 2222, user: "alice", agentSocket: undefined },
    ]);
  });

  test("what the inventory says comes first", async () => {
    const more = { port: 99, user: "deploy", privateKeyFile: "~/k", jumps: ["x@[::1]:23", "y"], unset: [] };
    const route = await routeTo(target("web1", more), environment);
    expect(route).toMatchObject([
      { address: "::1", port: 23, user: "x", hostKeyChecking: "yes" },
      { address: "y", port: 22, user: "everyone" },
      { address: "web1.example.net", port: 99, user: "deploy", identityFiles: [`${home}/k`] },
    ]);
  });

  test("circles and nonsense are refused, a command is left to the system's ssh", async () => {
    await expect(routeTo(target("circle"), environment)).rejects.toThrow(/more than 8 jump hosts/);
    const [last] = await routeTo(target("command"), environment);
    expect(last?.needs).toBe("ssh_config has ProxyCommand");
    await expect(routeTo(target("a", { jumps: ["b:c:d"] }), environment)).rejects.toThrow(
      /not a jump host: "b:c:d"/,
    );
  });
});
