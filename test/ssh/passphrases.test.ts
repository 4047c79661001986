// Encrypted keys: asked for once, on the terminal, before anything is connected.
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { copyFile, mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { unlockKeys } from "../../lib/ssh/passphrases.ts";
import type { Target } from "../../lib/ssh/types.ts";
import { type Fleet, generateKey, startFleet } from "../support/fleet.ts";
import { expectNothingLeft, footprint } from "../support/leftovers.ts";
import { temporaryFolder } from "../support/marker.ts";
import { startAgent } from "../support/ssh-agent.ts";
import { environmentAt, failure } from "./support.ts";
import { onTerminal } from "./terminal.ts";

// Generous, for other work may share the machine.
setDefaultTimeout(60_000);

const RUN = join(import.meta.dir, "..", "..", "scripts", "run.ts");
const PASSPHRASE = "correct horse";

const before = footprint();
let home: string;
let key: string;
let fleet: Fleet;

beforeAll(async () => {
  home = await temporaryFolder("home");
  await mkdir(join(home, ".ssh"), { mode: 0o700 });
  key = join(home, ".ssh", "deploy");
  await generateKey(key, { passphrase: PASSPHRASE });
  const only = [`AuthorizedKeysFile ${key}.pub`];
  fleet = await startFleet({
    hosts: 3,
    config: { web1: only, web2: only, web3: only },
    vars: { ansible_ssh_private_key_file: "~/.ssh/deploy" },
  });
});
afterAll(async () => {
  await fleet[Symbol.asyncDispose]();
  await rm(home, { recursive: true });
  await expectNothingLeft(before);
});

const command = () => [process.execPath, RUN, "-i", fleet.inventory, "all", "--", "echo", "hello there"];
const surroundings = (more: Record<string, string> = {}) => ({ HOME: home, SSH_AUTH_SOCK: "", ...more });
const count = (text: string, part: string) => text.split(part).length - 1;

test("one question for all hosts; a wrong answer is asked for again", async () => {
  const { screen, code } = await onTerminal(
    command(),
    [
      ["Enter passphrase for ~/.ssh/deploy: ", "wr0ng\n"],
      ["Bad passphrase, try again for ~/.ssh/deploy: ", `${PASSPHRASE}\n`],
    ],
    surroundings(),
  );
  expect(count(screen, "hello there")).toBe(3);
  expect(count(screen, "passphrase")).toBe(2);
  for (const secret of ["wr0ng", "correct", "horse"]) expect(screen).not.toContain(secret);
  expect(code).toBe(0);
});

test("three wrong answers end it before anything is begun", async () => {
  const { screen, code } = await onTerminal(
    command(),
    [
      ["Enter passphrase for ~/.ssh/deploy: ", "one\n"],
      ["try again for ~/.ssh/deploy: ", "two\n"],
      ["try again for ~/.ssh/deploy: ", "three\n"],
    ],
    surroundings(),
  );
  expect(screen).toContain("none of 3 passphrases opens ~/.ssh/deploy");
  expect(code).toBe(1);
});

test("no answer, or no terminal: the key is left to the agent", async () => {
  const { screen, code } = await onTerminal(
    command(),
    [["Enter passphrase for ~/.ssh/deploy: ", "\n"]],
    surroundings(),
  );
  expect(screen).toContain("skipped ~/.ssh/deploy (encrypted: add it to ssh-agent)");
  expect(code).toBe(4);
  const child = Bun.spawn(["setsid", "--wait", ...command()], {
    env: { ...process.env, ...surroundings() },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  const [said, exitCode] = await Promise.all([child.stderr.text(), child.exited]);
  expect(count(said, "skipped ~/.ssh/deploy (encrypted: add it to ssh-agent)")).toBe(3);
  expect(exitCode).toBe(4);
});

test("a key the agent holds is not asked for", async () => {
  await using agent = await startAgent();
  await copyFile(key, join(home, "open"));
  const open = Bun.spawnSync([
    "ssh-keygen",
    "-q",
    "-p",
    "-P",
    PASSPHRASE,
    "-N",
    "",
    "-f",
    join(home, "open"),
  ]);
  expect(open.exitCode).toBe(0);
  await agent.add(join(home, "open"));
  const { screen, code } = await onTerminal(command(), [], surroundings({ SSH_AUTH_SOCK: agent.socket }));
  expect(screen).not.toContain("passphrase");
  expect(count(screen, "hello there")).toBe(3);
  expect(code).toBe(0);
});

test("which keys are asked for", async () => {
  const other = await temporaryFolder("home");
  await mkdir(join(other, ".ssh"));
  const usual = (name: string) => join(other, ".ssh", name);
  await generateKey(usual("id_rsa"), { type: "rsa", passphrase: "rsa words" });
  const target: Target = { name: "web1", via: "ssh", address: "10.0.0.1", port: 22, hostKeyChecking: "yes" };
  const asked: string[] = [];
  const questionsFor = async (targets: readonly Target[], answer?: string, socket?: string) => {
    asked.length = 0;
    const ask = (question: string) => {
      asked.push(question);
      return answer === undefined ? undefined : Promise.resolve(answer);
    };
    const env = environmentAt(other, { agentSocket: socket });
    return { keys: [...(await unlockKeys(targets, { ask, env })).keys()], asked: [...asked] };
  };
  const question = "Enter passphrase for ~/.ssh/id_rsa: ";
  // A usual key is all there is to try.
  expect(await questionsFor([target])).toEqual({ keys: [], asked: [question] });
  // With a password or another key there is something else.
  expect((await questionsFor([{ ...target, password: "x" }])).asked).toEqual([]);
  await generateKey(usual("id_ed25519"));
  expect((await questionsFor([target])).asked).toEqual([]);
  await rm(usual("id_ed25519"));
  // An agent whose copy can be told without the .pub file beside it.
  await using agent = await startAgent();
  await copyFile(key, usual("named"));
  await agent.add(join(home, "open"));
  const named = { ...target, privateKeyFile: "~/.ssh/named" };
  expect((await questionsFor([named], undefined, agent.socket)).asked).toEqual([]);
  expect((await questionsFor([named])).asked).toEqual(["Enter passphrase for ~/.ssh/named: "]);
  // An inventory that is wrong elsewhere is told elsewhere.
  expect((await questionsFor([{ ...named, jumps: ["no:such:hop"] }])).asked).toEqual([]);
  // Opened once, it is not asked for again.
  expect(await questionsFor([target, { ...target, name: "web2" }], "rsa words")).toEqual({
    keys: [usual("id_rsa")],
    asked: [question],
  });
  expect((await questionsFor([target])).asked).toEqual([]);
  const error = await failure(questionsFor([named], "wrong"));
  expect(error).toMatchObject({ code: "auth" });
  expect(error.message).toBe("none of 3 passphrases opens ~/.ssh/named");
  await rm(other, { recursive: true });
});
