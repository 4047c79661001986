import { afterAll, describe, expect, setDefaultTimeout, test } from "bun:test";
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

/** A server that takes a key and then asks `prompts`, as AuthenticationMethods publickey,keyboard-interactive does. */
async function startStrict(prompts: readonly { readonly prompt: string; readonly echo?: boolean }[]) {
  const answers: string[] = [];
  let rounds = 0;
  const server = new Server({ hostKeys: [hostKey] }, (client) => {
    client.on("error", () => undefined);
    client.on("authentication", (context) => {
      if (context.method === "publickey") {
        if (context.signature === undefined) return context.accept();
        return context.reject(["keyboard-interactive"], true);
      }
      if (context.method !== "keyboard-interactive") return context.reject(["publickey"]);
      rounds += 1;
      const asked = prompts.map(({ prompt, echo = false }) => ({ prompt, echo }));
      context.prompt(asked, (given) => {
        answers.push(...given);
        if (given.length > 0 && given.every((answer) => answer === "open sesame")) context.accept();
        else context.reject(["keyboard-interactive"]);
      });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  const target: Target = {
    name: "web1",
    via: "ssh",
    address: "127.0.0.1",
    port,
    user: "deploy",
    privateKeyFile: keyFile,
    hostKeyChecking: "no",
    knownHostsFiles: [],
  };
  return { target, answers, rounds: () => rounds, [Symbol.dispose]: () => void server.close() };
}

describe("a key and an answer", () => {
  test("the password is the answer", async () => {
    using server = await startStrict([{ prompt: "Password: " }]);
    const target = { ...server.target, password: "open sesame" };
    await using connection = await connect(target, { env: environmentAt(home) });
    expect(connection.target.name).toBe("web1");
    expect(server.answers).toEqual(["open sesame"]);
  });

  test("a one-time code is for people: it is quoted, and the password kept", async () => {
    using server = await startStrict([{ prompt: "Password: " }, { prompt: "Verification code: " }]);
    const target = { ...server.target, password: "open sesame" };
    const error = await failure(connect(target, { env: environmentAt(home) }));
    expect(error.code).toBe("auth");
    expect(error.message).toBe(
      `web1: deploy@127.0.0.1:${target.port} wants keyboard-interactive as well (tried ~/host_key, keyboard-interactive; ` +
        'skipped keyboard-interactive (it asks for "Verification code:"))',
    );
    expect(error.hint).toContain("AuthenticationMethods");
    expect(server.answers).toEqual([]);
  });

  test("nothing to answer with", async () => {
    using server = await startStrict([{ prompt: "Password: " }]);
    const error = await failure(connect(server.target, { env: environmentAt(home) }));
    expect(error.message).toBe(
      `web1: deploy@127.0.0.1:${server.target.port} wants keyboard-interactive as well (tried ~/host_key)`,
    );
    expect(server.rounds()).toBe(0);
  });
});
