// A real ssh-agent, and hundreds who want its signature.
import { afterAll, expect, setDefaultTimeout, test } from "bun:test";
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { type ParsedKey, utils } from "ssh2";
import { LimitedAgent } from "../../lib/ssh/agent.ts";
import { connect } from "../../lib/ssh/connect.ts";
import { generateKey, startFleet } from "../support/fleet.ts";
import { temporaryFolder } from "../support/marker.ts";
import { startAgent } from "../support/ssh-agent.ts";
import { environmentAt } from "./support.ts";

// Generous, for other work may share the machine.
setDefaultTimeout(60_000);

const folder = await temporaryFolder("agent-test");
afterAll(() => rm(folder, { recursive: true }));

const signed = (agent: LimitedAgent, key: ParsedKey, data: Buffer) =>
  new Promise<Buffer>((resolve, reject) =>
    agent.sign(key, data, {}, (error, signature) =>
      signature === undefined ? reject(error) : resolve(signature as Buffer),
    ),
  );

test("an agent that is busy for a while turns nobody away", async () => {
  await generateKey(join(folder, "key"));
  await using agent = await startAgent();
  await agent.add(join(folder, "key"));
  process.kill(agent.pid, "SIGSTOP");
  const everybody = Array.from({ length: 400 }, async (_, index) => {
    const own = new LimitedAgent(agent.socket);
    const [key] = await own.keys();
    const data = Buffer.from(`challenge ${index}`);
    return key?.verify(data, await signed(own, key, data));
  });
  await Bun.sleep(500);
  process.kill(agent.pid, "SIGCONT");
  const results = await Promise.all(everybody);
  expect(results.filter((right) => right === true)).toHaveLength(400);
});

test("only the keys that may be shown", async () => {
  await generateKey(join(folder, "one"));
  await generateKey(join(folder, "two"));
  await using agent = await startAgent();
  const gone = new LimitedAgent(join(folder, "nobody"));
  await expect(gone.keys()).rejects.toThrow("agent");
  await agent.add(join(folder, "one"));
  await agent.add(join(folder, "two"));
  const half = utils.parseKey(await Bun.file(join(folder, "two.pub")).text());
  if (half instanceof Error) throw half;
  expect(await new LimitedAgent(agent.socket).keys()).toHaveLength(2);
  const shown = await new LimitedAgent(agent.socket, [half.getPublicSSH()]).keys();
  expect(shown.map((key) => key.getPublicSSH())).toEqual([half.getPublicSSH()]);
});

test("a token that takes its time doesn't make the host late", async () => {
  await using agent = await startAgent();
  await using fleet = await startFleet({ hosts: 1 });
  await agent.add(fleet.keyFile);
  const home = join(folder, "home");
  await mkdir(home, { recursive: true });
  process.kill(agent.pid, "SIGSTOP");
  const env = environmentAt(home, { agentSocket: agent.socket });
  const target = { ...fleet.target("web1"), privateKeyFile: undefined };
  const connecting = connect(target, { env, timeoutMs: 2000 });
  await Bun.sleep(2500);
  process.kill(agent.pid, "SIGCONT");
  await using connection = await connecting;
  expect((await connection.run(["true"])).exitCode).toBe(0);
});
