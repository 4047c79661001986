// Which keys and passwords to offer a server, in which order, and what to say when none will do.
import { type AnyAuthMethod, OpenSSHAgent, type ParsedKey, utils } from "ssh2";
import { OpsError } from "../errors.ts";
import type { Endpoint } from "./endpoint.ts";
import { fileCache } from "./file-cache.ts";

export interface Attempt {
  /** What messages call it: `ssh-agent`, `~/.ssh/id_ed25519`. */
  readonly label: string;
  /** What the server must allow: `publickey`, `password`, `keyboard-interactive`. */
  readonly needs: string;
  readonly method: AnyAuthMethod;
}

export interface Attempts {
  readonly list: readonly Attempt[];
  /** Keys that can't be used, with the reason in brackets. */
  readonly skipped: readonly string[];
}

/**
 * What to offer: a key file that was named, then the agent; without one the agent, then the usual key files; then
 * the password. Encrypted keys are left to the agent.
 */
export async function authAttempts(endpoint: Endpoint, { home }: { home: string }): Promise<Attempts> {
  const {
    user: username,
    identityFiles,
    explicitIdentities,
    identitiesOnly,
    agentSocket,
    password,
  } = endpoint;
  const keys = await Promise.all(identityFiles.map((file) => readKey(file, explicitIdentities)));
  const tilde = (file: string) => (file.startsWith(`${home}/`) ? `~${file.slice(home.length)}` : file);
  const files = keys.flatMap(({ file, key }): Attempt[] =>
    key === undefined
      ? []
      : [{ label: tilde(file), needs: "publickey", method: { type: "publickey", username, key } }],
  );
  const skipped = keys.flatMap(({ file, problem }) =>
    problem === undefined ? [] : [`${tilde(file)} (${problem})`],
  );
  const agents: Attempt[] = [];
  if (agentSocket !== undefined) {
    const allowed = identitiesOnly ? keys.flatMap((key) => key.publicKey ?? []) : undefined;
    const agent = new LimitedAgent(agentSocket, allowed);
    agents.push({ label: "ssh-agent", needs: "publickey", method: { type: "agent", username, agent } });
  }
  const passwords: Attempt[] = [];
  if (password !== undefined) {
    passwords.push({
      label: "password",
      needs: "password",
      method: { type: "password", username, password },
    });
    // Servers with PAM often ask for the same password this way.
    const prompt = (
      _name: string,
      _text: string,
      _lang: string,
      prompts: readonly unknown[],
      finish: Finish,
    ) => finish(prompts.map(() => password));
    const method = { type: "keyboard-interactive", username, prompt } as AnyAuthMethod;
    passwords.push({ label: "keyboard-interactive", needs: "keyboard-interactive", method });
  }
  const list = explicitIdentities ? [...files, ...agents, ...passwords] : [...agents, ...files, ...passwords];
  return { list, skipped };
}

/** The error when a server accepted nothing of what was `tried`. */
export function authError(
  { host, user, address, port }: Endpoint,
  { tried, skipped, cause }: { tried: readonly string[]; skipped: readonly string[]; cause: Error },
): OpsError {
  const attempts = tried.length === 0 ? "there was none to try" : `tried ${tried.join(", ")}`;
  const unused = skipped.length === 0 ? "" : `; skipped ${skipped.join(", ")}`;
  const place = `${user}@${address.includes(":") ? `[${address}]` : address}:${port}`;
  // sshd ends the conversation when it has seen MaxAuthTries keys, and the right one may not have had its turn.
  const tooMany = /too many authentication failures/i.test(cause.message);
  const which = `set ansible_ssh_private_key_file for ${host} in its group_vars`;
  return new OpsError("auth", `${host}: no key was accepted for ${place} (${attempts}${unused})`, {
    host,
    hint: tooMany
      ? `the agent holds more keys than the server will look at: ${which}`
      : `add your key to ssh-agent, or ${which}`,
    cause,
  });
}

type Finish = (answers: string[]) => void;

interface KeyFile {
  readonly file: string;
  readonly key?: ParsedKey;
  readonly publicKey?: Buffer;
  readonly problem?: string;
}

async function readKey(file: string, explicit: boolean): Promise<KeyFile> {
  const publicKey = readPublicKey(`${file}.pub`);
  const half = publicKey === undefined ? {} : { publicKey };
  let key: ReturnType<typeof keyIn>;
  try {
    key = keyIn(file);
  } catch (error) {
    return { file, ...half, problem: (error as Error).message };
  }
  if (key === undefined) return explicit ? { file, ...half, problem: "no such file" } : { file, ...half };
  if (key instanceof Error) {
    const encrypted = /encrypted/i.test(key.message);
    return { file, ...half, problem: encrypted ? "encrypted: add it to ssh-agent" : key.message };
  }
  if (!key.isPrivateKey()) return { file, publicKey: key.getPublicSSH(), problem: "not a private key" };
  return { file, key, publicKey: key.getPublicSSH() };
}

function readPublicKey(file: string): Buffer | undefined {
  const key = keyIn(file);
  return key === undefined || key instanceof Error ? undefined : key.getPublicSSH();
}

/** The key in a file, an Error where it holds none that can be read so. */
const keyIn = fileCache((text) => utils.parseKey(text));

/** The agent, showing only `allowed` keys when there is such a list (IdentitiesOnly). */
class LimitedAgent extends OpenSSHAgent {
  readonly #allowed: readonly Buffer[] | undefined;

  constructor(socketPath: string, allowed: readonly Buffer[] | undefined) {
    super(socketPath);
    this.#allowed = allowed;
  }

  override getIdentities(done: Parameters<OpenSSHAgent["getIdentities"]>[0]): void {
    super.getIdentities((error, keys) => {
      const allowed = this.#allowed;
      if (error || keys === undefined || allowed === undefined) return done(error, keys);
      done(
        undefined,
        keys.filter((key) => allowed.some((known) => known.equals(publicHalf(key)))),
      );
    });
  }
}

function publicHalf(key: unknown): Buffer {
  const parsed = utils.parseKey(key as Buffer);
  return parsed instanceof Error ? Buffer.alloc(0) : parsed.getPublicSSH();
}
