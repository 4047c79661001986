import { afterAll, expect, setDefaultTimeout, test } from "bun:test";
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Server } from "ssh2";
import { connect } from "../../lib/ssh/connect.ts";
import type { Target } from "../../lib/ssh/types.ts";
import { generateKey } from "../support/fleet.ts";
import { temporaryFolder } from "../support/marker.ts";
import { environmentAt, failure } from "./support.ts";

// Generous, for other work may share the machine.
setDefaultTimeout(30_000);

// OpenSSH takes passwords only of real accounts, so ssh2's own server stands in here.
const home = await temporaryFolder("password");
const keyFile = join(home, "host_key");
await generateKey(keyFile);
const hostKey = await Bun.file(keyFile).text();
afterAll(() => rm(home, { recursive: true }));

type Method = "password" | "keyboard-interactive";

/** A server that lets `deploy` in with "open sesame" by one method; `offered` collects what it was shown. */
async function startServer(method: Method) {
  const offered: string[] = [];
  const server = new Server({ hostKeys: [hostKey] }, (client) => {
    client.on("error", () => undefined);
    client.on("authentication", (context) => {
      if (context.method === "password" && method === "password") {
        offered.push(context.password);
        if (context.password === "open sesame") return context.accept();
      }
      if (context.method === "keyboard-interactive" && method === "keyboard-interactive") {
        return context.prompt([{ prompt: "Password: ", echo: false }], (answers) => {
          offered.push(answers[0] ?? "");
          if (answers[0] === "open sesame") context.accept();
          else context.reject([method]);
        });
      }
      context.reject([method]);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  const file = join(home, `known_hosts_${port}`);
  const key = (await Bun.file(`${keyFile}.pub`).text()).split(" ").slice(0, 2).join(" ");
  await writeFile(file, `[127.0.0.1]:${port} ${key}\n`);
  const target: Target = {
    name: "web1",
    via: "ssh",
    address: "127.0.0.1",
    port,
    user: "deploy",
    password: "open sesame",
    hostKeyChecking: "yes",
    knownHostsFiles: [file],
  };
  return { target, offered, file, [Symbol.dispose]: () => void server.close() };
}

for (const method of ["password", "keyboard-interactive"] as const) {
  test(`by ${method}`, async () => {
    using server = await startServer(method);
    await using connection = await connect(server.target, { env: environmentAt(home) });
    expect(connection.target.name).toBe("web1");
    expect(server.offered).toEqual(["open sesame"]);
  });

  test(`a wrong one, by ${method}: an error without it`, async () => {
    using server = await startServer(method);
    const target = { ...server.target, password: "xyzzy" };
    const error = await failure(connect(target, { env: environmentAt(home) }));
    expect(error.code).toBe("auth");
    expect(error.message).toContain(`deploy@127.0.0.1:${target.port}`);
    expect(JSON.stringify(error) + error.message + error.hint).not.toContain("xyzzy");
  });
}

test("never to a host whose key has changed, even where checking is off", async () => {
  using server = await startServer("password");
  await generateKey(join(home, "another"));
  const another = (await Bun.file(join(home, "another.pub")).text()).split(" ").slice(0, 2).join(" ");
  await writeFile(server.file, `[127.0.0.1]:${server.target.port} ${another}\n`);
  const target: Target = { ...server.target, hostKeyChecking: "no" };
  const error = await failure(connect(target, { env: environmentAt(home) }));
  expect(error.code).toBe("auth");
  expect(server.offered).toEqual([]);
});
