// Servers on a bad day: each has its own message, and none takes another with it.
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { connect as connectSocket, createServer, type Server as TcpServer } from "node:net";
import { join } from "node:path";
import { connect } from "../../lib/ssh/connect.ts";
import type { SshEnvironment } from "../../lib/ssh/environment.ts";
import type { Target } from "../../lib/ssh/types.ts";
import { type Fleet, generateKey, startFleet } from "../support/fleet.ts";
import { expectNothingLeft, footprint } from "../support/leftovers.ts";
import { temporaryFolder } from "../support/marker.ts";
import { environmentAt, failure } from "./support.ts";

// Generous, for other work may share the machine.
setDefaultTimeout(60_000);

const before = footprint();
let fleet: Fleet;
let home: string;
let env: SshEnvironment;

beforeAll(async () => {
  home = await temporaryFolder("home");
  await mkdir(join(home, ".ssh"), { mode: 0o700 });
  env = environmentAt(home);
  await generateKey(join(home, "revoked"));
  fleet = await startFleet({
    hosts: 3,
    config: {
      web2: ["MaxStartups 2:100:2"],
      web3: [`RevokedKeys ${home}/revoked.pub`, `AuthorizedKeysFile ${home}/revoked.pub`],
    },
  });
});
afterAll(async () => {
  await fleet[Symbol.asyncDispose]();
  await rm(home, { recursive: true });
  await expectNothingLeft(before);
});

/** A port of `address` that leads to `to`, or resets the connection when `drops` says so. */
async function startDoor(
  to: number,
  { address = "127.0.0.1", drops = () => false }: { address?: string; drops?: () => boolean } = {},
): Promise<{ readonly port: number } & AsyncDisposable> {
  const server: TcpServer = createServer((socket) => {
    socket.on("error", () => {});
    if (drops()) return void socket.resetAndDestroy();
    const inner = connectSocket({ port: to, host: "127.0.0.1" });
    inner.on("error", () => socket.destroy());
    socket.pipe(inner).pipe(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, address, resolve));
  const { port } = server.address() as { port: number };
  return { port, [Symbol.asyncDispose]: async () => void server.close() };
}

/** `target` at another port or address, whose key is known there too. */
async function at(target: Target, { port, address = "127.0.0.1" }: { port: number; address?: string }) {
  const keys = (await Bun.file(fleet.knownHostsFile).text()).split("\n");
  const line = keys.find((each) => each.startsWith(`[127.0.0.1]:${target.port} `)) ?? "";
  const file = join(home, `known_hosts_${address.replaceAll(":", "_")}_${port}`);
  await writeFile(file, line.replace(/^\S+/, `[${address}]:${port}`));
  return { ...target, address, port, knownHostsFiles: [file] };
}

async function outcomes(targets: readonly Target[]): Promise<readonly unknown[]> {
  const results = targets.map(async (target) => {
    await using connection = await connect(target, { env });
    return (await connection.run(["true"])).exitCode;
  });
  return (await Promise.allSettled(results)).map((result) =>
    result.status === "fulfilled" ? result.value : `${result.reason}`,
  );
}

describe("busy ones", () => {
  test("24 hosts behind an sshd that bears two logins at a time: all get in", async () => {
    const targets = Array.from({ length: 24 }, (_, index) => ({
      ...fleet.target("web2"),
      name: `h${index}`,
    }));
    expect(await outcomes(targets)).toEqual(targets.map(() => 0));
  });

  test("twenty that drop half of the first attempts: all get in", async () => {
    await using stack = new AsyncDisposableStack();
    const targets: Target[] = [];
    for (let index = 0; index < 20; index += 1) {
      let dropped = index % 2 === 0;
      const drops = () => {
        const now = !dropped;
        dropped = true;
        return now;
      };
      const door = stack.use(await startDoor(fleet.port("web1"), { drops }));
      targets.push({ ...(await at(fleet.target("web1"), door)), name: `h${index}` });
    }
    expect(await outcomes(targets)).toEqual(targets.map(() => 0));
  });

  test("one that drops everybody is given up in the end", async () => {
    let attempts = 0;
    const drops = () => {
      attempts += 1;
      return true;
    };
    await using door = await startDoor(fleet.port("web1"), { drops });
    const error = await failure(connect({ ...fleet.target("web1"), port: door.port }, { env }));
    expect(error.code).toBe("unreachable");
    expect(error.message).toStartWith(`web1: 127.0.0.1:${door.port} hung up (waited for its SSH greeting)`);
    expect(error.message).toEndWith(", 6 times");
    expect(error.hint).toContain("MaxStartups");
    expect(attempts).toBe(6);
  });

  test("a refused login is not tried again", async () => {
    const target = { ...fleet.target("web3"), privateKeyFile: join(home, "revoked") };
    const error = await failure(connect(target, { env }));
    expect(error).toMatchObject({ code: "auth", host: "web3" });
    expect(error.message).toContain(
      `no key was accepted for ${fleet.user}@127.0.0.1:${target.port} (tried ~/revoked)`,
    );
    const { length } = fleet.log("web3").split("revoked by file");
    expect(length - 1).toBe(1);
  });

  test("an sshd that shuts us out for a while is left alone", async () => {
    let attempts = 0;
    using door = Bun.listen({
      hostname: "127.0.0.1",
      port: 0,
      socket: {
        data: () => {},
        open: (socket) => {
          attempts += 1;
          socket.end("Not allowed at this time\r\n");
        },
      },
    });
    const error = await failure(connect({ ...fleet.target("web1"), port: door.port }, { env }));
    expect(error.message).toBe(
      `web1: 127.0.0.1:${door.port} has shut us out for a while (PerSourcePenalties)`,
    );
    expect(attempts).toBe(1);
    door.stop(true);
  });

  test("what is no SSH server is quoted", async () => {
    using web = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: () => new Response("hello") });
    const error = await failure(connect({ ...fleet.target("web1"), port: web.port as number }, { env }));
    expect(error.message).toBe(
      `web1: 127.0.0.1:${web.port} is no SSH server: it said "HTTP/1.1 400 Bad Request"`,
    );
    expect(error.hint).toBe("check ansible_port of web1");
  });
});

test("IPv6, as a host and as a jump host", async () => {
  await using door = await startDoor(fleet.port("web1"), { address: "::1" });
  const target = await at(fleet.target("web1"), { ...door, address: "::1" });
  {
    await using connection = await connect(target, { env });
    expect((await connection.run(["true"])).exitCode).toBe(0);
    expect([connection.remoteAddress, connection.localAddress]).toEqual(["::1", "::1"]);
  }
  const keys = await Promise.all(
    [target.knownHostsFiles[0] ?? "", fleet.knownHostsFile].map((file) => Bun.file(file).text()),
  );
  await writeFile(join(home, "both"), keys.join("\n"));
  const behind = {
    ...fleet.target("web2"),
    jumps: [`${fleet.user}@[::1]:${door.port}`],
    knownHostsFiles: [join(home, "both")],
  };
  await using connection = await connect(behind, { env });
  expect((await connection.run(["true"])).exitCode).toBe(0);
  const stranger = { ...target, privateKeyFile: join(home, "revoked") };
  const error = await failure(connect(stranger, { env }));
  expect(error.message).toContain(`no key was accepted for ${fleet.user}@[::1]:${door.port}`);
});
