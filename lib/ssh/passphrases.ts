// Encrypted private keys: opened once for all hosts, before anything is connected.
import { readFile } from "node:fs/promises";
import { type ParsedKey, utils } from "ssh2";
import { OpsError } from "../errors.ts";
import { LimitedAgent } from "./agent.ts";
import { ENCRYPTED, readKey } from "./auth.ts";
import { namedIdentities } from "./client-config.ts";
import { atHome, defaultIdentities, type Endpoint, routeTo } from "./endpoint.ts";
import { type SshEnvironment, sshEnvironment } from "./environment.ts";
import type { Target } from "./types.ts";

/** Asks for a passphrase; undefined where there is nobody to ask. */
export type AskPassphrase = (question: string) => Promise<string> | undefined;

const TRIES = 3;
const OPENSSH_MAGIC = "openssh-key-v1\0";

/** What was opened stays so, however often a script plans. */
const opened = new Map<string, ParsedKey>();

/**
 * The encrypted keys that logins on `targets` would want, opened, by path. Asked for are keys that somebody named (in
 * the inventory or ssh_config) and the agent doesn't hold; the usual ones only where nothing else could be tried. No
 * answer leaves a key closed, as ssh does.
 * @throws OpsError `auth` when three passphrases were wrong
 */
export async function unlockKeys(
  targets: readonly Target[],
  { ask, env = sshEnvironment() }: { readonly ask: AskPassphrase; readonly env?: SshEnvironment },
): Promise<ReadonlyMap<string, ParsedKey>> {
  if (!(await anyLocked(targets, env))) return new Map();
  const agents = new Map<string | undefined, Promise<readonly Buffer[]>>();
  const wanted = new Set<string>();
  for (const endpoint of await endpointsOf(targets, env)) {
    const { agentSocket } = endpoint;
    const held = agents.get(agentSocket) ?? agentKeys(agentSocket);
    agents.set(agentSocket, held);
    for (const file of await lockedFiles(endpoint, await held)) wanted.add(file);
  }
  for (const file of wanted) {
    const key = opened.get(file) ?? (await openKey(file, { ask, home: env.home }));
    if (key !== undefined) opened.set(file, key);
  }
  return new Map([...opened].filter(([file]) => wanted.has(file)));
}

/** Whether a key is closed at all: asking ssh_config about a thousand hosts takes half a second. */
async function anyLocked(targets: readonly Target[], env: SshEnvironment): Promise<boolean> {
  const reached = targets.filter(({ via }) => via === "ssh");
  const own = reached.flatMap(({ privateKeyFile }) => privateKeyFile ?? []);
  const files = new Set(own.map((file) => atHome(file, env.home)));
  if (own.length < reached.length) {
    const [named] = await Promise.allSettled([namedIdentities(env)]);
    // What can't be read is said in each host's row.
    if (named.status === "rejected" || named.value === undefined) return true;
    for (const file of [...named.value, ...defaultIdentities(env.home)]) files.add(file);
  }
  const held = await agentKeys(env.agentSocket);
  const closed = [...files].map(async (file) => (await closedKey(file, held)) !== undefined);
  return (await Promise.all(closed)).includes(true);
}

/** `file`, where it holds an encrypted key that none of `held` is. */
async function closedKey(file: string, held: readonly Buffer[]): Promise<string | undefined> {
  const { problem, publicKey } = await readKey(file, true);
  if (problem !== ENCRYPTED) return undefined;
  const half = publicKey ?? publicHalf(await readFile(file, "latin1"));
  return half !== undefined && held.some((key) => key.equals(half)) ? undefined : file;
}

/** Every server on the way to `targets`, once for each way of logging in. */
async function endpointsOf(targets: readonly Target[], env: SshEnvironment): Promise<readonly Endpoint[]> {
  const found = new Map<string, Endpoint>();
  for (const target of targets) {
    if (target.via !== "ssh") continue;
    const [route] = await Promise.allSettled([routeTo(target, env)]);
    // What is wrong with the way to one host is said in its row.
    if (route.status === "rejected") {
      if (!(route.reason instanceof OpsError)) throw route.reason;
      continue;
    }
    for (const endpoint of route.value) {
      const { identityFiles, explicitIdentities, agentSocket, password } = endpoint;
      const way = [identityFiles, explicitIdentities, agentSocket, password !== undefined];
      found.set(JSON.stringify(way), endpoint);
    }
  }
  return [...found.values()];
}

async function lockedFiles(
  { identityFiles, explicitIdentities, password }: Endpoint,
  held: readonly Buffer[],
): Promise<readonly string[]> {
  const closed = await Promise.all(identityFiles.map((file) => closedKey(file, held)));
  const locked = closed.flatMap((file) => file ?? []);
  if (explicitIdentities || locked.length === 0) return locked;
  const others = await Promise.all(identityFiles.map((file) => readKey(file, false)));
  const elsewise = held.length > 0 || password !== undefined || others.some(({ key }) => key !== undefined);
  return elsewise ? [] : locked.slice(0, 1);
}

async function openKey(
  file: string,
  { ask, home }: { readonly ask: AskPassphrase; readonly home: string },
): Promise<ParsedKey | undefined> {
  const text = await readFile(file, "utf8");
  const name = file.startsWith(`${home}/`) ? `~${file.slice(home.length)}` : file;
  for (let attempt = 0; attempt < TRIES; attempt += 1) {
    const again = attempt === 0 ? "Enter passphrase for" : "Bad passphrase, try again for";
    const passphrase = await ask(`${again} ${name}: `);
    if (passphrase === undefined || passphrase === "") return undefined;
    const key = utils.parseKey(text, passphrase);
    if (!(key instanceof Error)) return key;
    if (!/passphrase|decrypt|integrity/i.test(key.message))
      throw new OpsError("auth", `can't open ${name}: ${key.message}`, { hint: "add it to ssh-agent" });
  }
  throw new OpsError("auth", `none of ${TRIES} passphrases opens ${name}`, {
    hint: `try it with: ssh-keygen -y -f ${name}; or add the key to ssh-agent`,
  });
}

/** The public keys an agent holds; none when it can't be asked, which each login says itself. */
async function agentKeys(socket: string | undefined): Promise<readonly Buffer[]> {
  if (socket === undefined) return [];
  const [keys] = await Promise.allSettled([new LimitedAgent(socket).keys()]);
  return keys.status === "rejected" ? [] : keys.value.map((key) => key.getPublicSSH());
}

/** The public half of a private key in OpenSSH's own format, which is not encrypted (PROTOCOL.key). */
function publicHalf(text: string): Buffer | undefined {
  const body = /BEGIN OPENSSH PRIVATE KEY-----([^-]+)-----END/.exec(text)?.[1];
  if (body === undefined) return undefined;
  const bytes = Buffer.from(body, "base64");
  if (bytes.toString("latin1", 0, OPENSSH_MAGIC.length) !== OPENSSH_MAGIC) return undefined;
  let at = OPENSSH_MAGIC.length;
  const part = () => {
    const end = at + 4 + (at + 4 <= bytes.length ? bytes.readUInt32BE(at) : bytes.length);
    const found = bytes.subarray(at + 4, end);
    at = end;
    return found;
  };
  // Cipher, how the passphrase becomes a key, and with what; then the number of keys, which is 1.
  for (let skipped = 0; skipped < 3; skipped += 1) part();
  at += 4;
  const half = part();
  return half.length === 0 ? undefined : Buffer.from(half);
}
