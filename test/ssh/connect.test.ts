import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { copyFile, mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { connect } from "../../lib/ssh/connect.ts";
import { eachLimited } from "../../lib/ssh/pool.ts";
import type { Target } from "../../lib/ssh/types.ts";
import { type Fleet, generateKey, startFleet } from "../support/fleet.ts";
import { expectNothingLeft, footprint } from "../support/leftovers.ts";
import { temporaryFolder } from "../support/marker.ts";
import { freePort } from "../support/ports.ts";
import { startAgent } from "../support/ssh-agent.ts";
import { environmentAt, failure } from "./support.ts";

// Generous, for other work may share the machine.
setDefaultTimeout(30_000);

const before = footprint();
let fleet: Fleet;
let home: string;

beforeAll(async () => {
  home = await temporaryFolder("home");
  await mkdir(join(home, ".ssh"), { mode: 0o700 });
  fleet = await startFleet({
    hosts: 3,
    config: { web2: ["MaxStartups 1:100:1"], web3: ["MaxAuthTries 2"] },
  });
});
afterAll(async () => {
  await fleet[Symbol.asyncDispose]();
  await rm(home, { recursive: true });
  await expectNothingLeft(before);
});

/** web1 without the key the fleet's target names. */
function keyless(more: Partial<Target> = {}): Target {
  return { ...fleet.target("web1"), privateKeyFile: undefined, ...more };
}

describe("logging in", () => {
  test("with the key file the inventory names; both addresses are known", async () => {
    const env = environmentAt(home);
    await using connection = await connect(fleet.target("web1"), { env });
    expect([connection.remoteAddress, connection.localAddress]).toEqual(["127.0.0.1", "127.0.0.1"]);
    expect(await connection.run(["echo", "hello"])).toEqual({ exitCode: 0, stdout: "hello\n", stderr: "" });
  });

  test("with a key the agent holds", async () => {
    await using agent = await startAgent();
    await agent.add(fleet.keyFile);
    await using connection = await connect(keyless(), {
      env: environmentAt(home, { agentSocket: agent.socket }),
    });
    expect((await connection.run(["true"])).exitCode).toBe(0);
  });

  test("with the agent's copy of a key file that is encrypted", async () => {
    await using agent = await startAgent();
    await agent.add(fleet.keyFile);
    const locked = join(home, "locked");
    await generateKey(locked, { passphrase: "not today" });
    await copyFile(`${fleet.keyFile}.pub`, `${locked}.pub`);
    const env = environmentAt(home, { agentSocket: agent.socket });
    const target = keyless({ privateKeyFile: locked, identitiesOnly: true });
    await using connection = await connect(target, { env });
    expect((await connection.run(["true"])).exitCode).toBe(0);
  });

  test("with a usual key in ~/.ssh", async () => {
    const other = await temporaryFolder("home");
    await mkdir(join(other, ".ssh"));
    await copyFile(fleet.keyFile, join(other, ".ssh", "id_ed25519"));
    await using connection = await connect(keyless(), { env: environmentAt(other) });
    expect((await connection.run(["true"])).exitCode).toBe(0);
    await rm(other, { recursive: true });
  });

  test("with what ~/.ssh/config says", async () => {
    const other = await temporaryFolder("home");
    await mkdir(join(other, ".ssh"));
    const lines = [
      "Host somewhere",
      "  HostName 127.0.0.1",
      `  Port ${fleet.port("web1")}`,
      `  User ${fleet.user}`,
      `  IdentityFile ${fleet.keyFile}`,
      `  UserKnownHostsFile ${fleet.knownHostsFile}`,
    ];
    await writeFile(join(other, ".ssh", "config"), lines.join("\n"));
    const unset = ["port", "hostKeyChecking"] as const;
    const target: Target = {
      name: "web1",
      via: "ssh",
      address: "somewhere",
      port: 22,
      hostKeyChecking: "yes",
      unset,
    };
    await using connection = await connect(target, { env: environmentAt(other) });
    expect((await connection.run(["true"])).exitCode).toBe(0);
    await rm(other, { recursive: true });
  });

  test("no key is accepted: says which were tried and which were not", async () => {
    await using agent = await startAgent();
    const other = await temporaryFolder("home");
    await mkdir(join(other, ".ssh"));
    await generateKey(join(other, ".ssh", "id_ed25519"));
    await generateKey(join(other, ".ssh", "id_rsa"), { type: "rsa", passphrase: "secret words" });
    const env = environmentAt(other, { agentSocket: agent.socket });
    const error = await failure(connect(keyless(), { env }));
    const place = `${fleet.user}@127.0.0.1:${fleet.port("web1")}`;
    expect(error).toMatchObject({ code: "auth", host: "web1" });
    expect(error.message).toBe(
      `web1: no key was accepted for ${place} (tried ssh-agent, ~/.ssh/id_ed25519; ` +
        "skipped ~/.ssh/id_rsa (encrypted: add it to ssh-agent))",
    );
    expect(error.hint).toContain("ansible_ssh_private_key_file");
    await rm(other, { recursive: true });
  });

  test("the named key is missing, the agent is dead", async () => {
    const env = environmentAt(home, { agentSocket: join(home, "no-agent") });
    const error = await failure(
      connect(keyless({ privateKeyFile: "~/.ssh/gone", password: "hunter2" }), { env }),
    );
    expect(error.code).toBe("auth");
    expect(error.message).toMatch(/skipped ~\/\.ssh\/gone \(no such file\), ssh-agent \(.+\)/);
    expect(error.message).not.toContain("hunter2");
  });

  test("more keys in the agent than the server will look at", async () => {
    await using agent = await startAgent();
    for (const name of ["k1", "k2", "k3", "k4"]) {
      await generateKey(join(home, name));
      await agent.add(join(home, name));
    }
    const target = { ...fleet.target("web3"), privateKeyFile: undefined };
    const error = await failure(connect(target, { env: environmentAt(home, { agentSocket: agent.socket }) }));
    expect(error.code).toBe("auth");
    expect(error.hint).toContain("more keys than the server will look at");
  });
});

describe("no connection", () => {
  const nowhere = async (more: Partial<Target>): Promise<Target> => ({ ...fleet.target("web1"), ...more });

  test("refused", async () => {
    const port = await freePort();
    const error = await failure(connect(await nowhere({ port }), { env: environmentAt(home) }));
    expect(error).toMatchObject({
      code: "unreachable",
      message: `web1: 127.0.0.1:${port} refused the connection`,
    });
  });

  test("no such name", async () => {
    const error = await failure(
      connect(await nowhere({ address: "web1.invalid" }), { env: environmentAt(home) }),
    );
    expect(error.code).toBe("unreachable");
    expect(error.message).toBe("web1: no address is known for web1.invalid (waited for DNS)");
  });

  test("a server that accepts and says nothing", async () => {
    using silent = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data: () => {} } });
    const { port } = silent;
    const error = await failure(
      connect(await nowhere({ port }), { env: environmentAt(home), timeoutMs: 150 }),
    );
    expect(error.code).toBe("unreachable");
    expect(error.message).toBe(
      `web1: 127.0.0.1:${port} did not answer within 0.15 s (waited for its SSH greeting)`,
    );
    silent.stop(true);
  });

  test("interrupted while waiting", async () => {
    using silent = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data: () => {} } });
    const controller = new AbortController();
    const target = await nowhere({ port: silent.port });
    const connecting = failure(connect(target, { env: environmentAt(home), signal: controller.signal }));
    controller.abort();
    expect((await connecting).code).toBe("interrupted");
    silent.stop(true);
  });

  test("a server too busy for all of us at once gets another try", async () => {
    // web2 turns away whoever comes while somebody else logs in.
    const env = environmentAt(home);
    const ids = [1, 2, 3, 4];
    const results = await eachLimited(ids, { limit: 4 }, async () => {
      await using connection = await connect(fleet.target("web2"), { env });
      return (await connection.run(["true"])).exitCode;
    });
    const outcomes = results.map((result) =>
      result.status === "fulfilled" ? result.value : `${result.reason}`,
    );
    expect(fleet.log("web2")).toMatch(/MaxStartups|drop connection/);
    expect(outcomes).toEqual([0, 0, 0, 0]);
  });
});

describe("jump hosts", () => {
  test("through one and through two, each checked by its own name", async () => {
    const hop = (name: string) => `${fleet.user}@127.0.0.1:${fleet.port(name)}`;
    const env = environmentAt(home);
    for (const jumps of [[hop("web3")], [hop("web3"), hop("web2")]]) {
      await using connection = await connect({ ...fleet.target("web1"), jumps }, { env });
      const { stdout } = await connection.run(["sh", "-c", 'echo "$ROOKERY_TEST_HOST $SSH_CONNECTION"']);
      expect(stdout).toStartWith(`${fleet.root}/web1 127.0.0.1 `);
      expect([connection.localAddress, connection.remoteAddress]).toEqual(["127.0.0.1", "127.0.0.1"]);
    }
  });

  test("the jump host can't reach the target", async () => {
    const port = await freePort();
    const target = {
      ...fleet.target("web1"),
      port,
      jumps: [`${fleet.user}@127.0.0.1:${fleet.port("web3")}`],
    };
    const error = await failure(connect(target, { env: environmentAt(home) }));
    expect(error.code).toBe("unreachable");
    expect(error.message).toMatch(
      new RegExp(
        `^web1: jump host 127.0.0.1:${fleet.port("web3")} can't reach 127.0.0.1:${port}: .*refused`,
        "i",
      ),
    );
  });

  test("the jump host's key is unknown", async () => {
    const file = join(home, "only-web1");
    const keys = await Bun.file(fleet.knownHostsFile).text();
    await writeFile(
      file,
      keys
        .split("\n")
        .filter((line) => line.includes(`:${fleet.port("web1")} `))
        .join("\n"),
    );
    const jumps = [`${fleet.user}@127.0.0.1:${fleet.port("web3")}`];
    const target = { ...fleet.target("web1"), jumps, knownHostsFiles: [file] };
    const error = await failure(connect(target, { env: environmentAt(home) }));
    expect(error).toMatchObject({ code: "host-key", host: "web1" });
    expect(error.message).toContain(`[127.0.0.1]:${fleet.port("web3")}`);
  });
});
