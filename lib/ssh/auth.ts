// Which keys and passwords to offer a server, in which order, and what to say when none will do.
import { type AnyAuthMethod, type ParsedKey, utils } from "ssh2";
import { OpsError } from "../errors.ts";
import { LimitedAgent } from "./agent.ts";
import { type Endpoint, placeOf } from "./endpoint.ts";
import { fileCache } from "./file-cache.ts";
import { answersTo, type Prompt, unanswerable } from "./prompts.ts";

export interface Attempt {
  /** What messages call it: `ssh-agent`, `~/.ssh/id_ed25519`. */
  readonly label: string;
  /** What the server must allow: `publickey`, `password`, `keyboard-interactive`. */
  readonly needs: string;
  readonly method: AnyAuthMethod;
}

export interface Attempts {
  readonly list: readonly Attempt[];
  /** Keys that can't be used, with the reason in brackets; a login in progress may add to it. */
  readonly skipped: string[];
  /** Whether the agent owes us an answer. */
  readonly agentBusy: () => boolean;
}

/**
 * What to offer: a key file that was named, then the agent; without one the agent, then the usual key files; then
 * the password. Encrypted keys are left to the agent, unless they were unlocked before.
 */
export async function authAttempts(endpoint: Endpoint, { home }: { home: string }): Promise<Attempts> {
  const {
    user: username,
    identityFiles,
    explicitIdentities,
    identitiesOnly,
    agentSocket,
    password,
    unlocked,
  } = endpoint;
  const keys = await Promise.all(
    identityFiles.map((file) => unlockedKey(file, unlocked) ?? readKey(file, explicitIdentities)),
  );
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
  let agentBusy = () => false;
  if (agentSocket !== undefined) {
    const allowed = identitiesOnly ? keys.flatMap((key) => key.publicKey ?? []) : undefined;
    const agent = new LimitedAgent(agentSocket, allowed);
    agentBusy = () => agent.busy;
    agents.push({ label: "ssh-agent", needs: "publickey", method: { type: "agent", username, agent } });
  }
  const passwords: Attempt[] = [];
  if (password !== undefined) {
    passwords.push({
      label: "password",
      needs: "password",
      method: { type: "password", username, password },
    });
    // Servers with PAM often ask for the same password this way; asked again, it was wrong.
    let asked = 0;
    const prompt = (
      _name: string,
      _text: string,
      _lang: string,
      prompts: readonly Prompt[],
      finish: Finish,
    ) => {
      const question = unanswerable(prompts);
      if (question !== undefined)
        skipped.push(`keyboard-interactive (it asks for ${JSON.stringify(question)})`);
      asked += 1;
      finish((asked === 1 ? answersTo(prompts, password) : undefined) ?? []);
    };
    const method = { type: "keyboard-interactive", username, prompt } as AnyAuthMethod;
    passwords.push({ label: "keyboard-interactive", needs: "keyboard-interactive", method });
  }
  const list = explicitIdentities ? [...files, ...agents, ...passwords] : [...agents, ...files, ...passwords];
  return { list, skipped, agentBusy };
}

/**
 * The error when a server let us in by nothing of what was `tried`. `wanted`: what it asks for besides a proof that it
 * took (AuthenticationMethods).
 */
export function authError(
  endpoint: Endpoint,
  {
    tried,
    skipped,
    wanted,
    cause,
  }: {
    readonly tried: readonly string[];
    readonly skipped: readonly string[];
    readonly wanted?: readonly string[] | undefined;
    readonly cause: Error;
  },
): OpsError {
  const { host, user, jump } = endpoint;
  const attempts = tried.length === 0 ? "there was none to try" : `tried ${tried.join(", ")}`;
  const unused = skipped.length === 0 ? "" : `; skipped ${skipped.join(", ")}`;
  const place = `${user}@${placeOf(endpoint)}`;
  if (wanted !== undefined) {
    const message = `${host}: ${place} wants ${wanted.join(" or ")} as well (${attempts}${unused})`;
    const alone = `let ${user} log in there by a key alone (AuthenticationMethods)`;
    const hint = tried.some((label) => PASSWORDS.has(label)) ? alone : `set ansible_password, or ${alone}`;
    return new OpsError("auth", message, { host, hint, cause });
  }
  // sshd ends the conversation when it has seen MaxAuthTries keys, and the right one may not have had its turn.
  const tooMany = /too many authentication failures/i.test(cause.message);
  const which = jump
    ? `set IdentityFile for ${endpoint.keyName} in ~/.ssh/config`
    : `set ansible_ssh_private_key_file for ${host} in its group_vars`;
  const what = tried.length > 0 && tried.every((label) => PASSWORDS.has(label)) ? "password" : "key";
  return new OpsError("auth", `${host}: no ${what} was accepted for ${place} (${attempts}${unused})`, {
    host,
    hint: tooMany
      ? `the agent holds more keys than the server will look at: ${which}`
      : what === "password"
        ? `check ansible_user and ansible_password of ${host}, and that the server takes passwords`
        : `add your key to ssh-agent, or ${which}`,
    cause,
  });
}

const PASSWORDS: ReadonlySet<string> = new Set(["password", "keyboard-interactive"]);

type Finish = (answers: string[]) => void;

/** What is wrong with an encrypted key. */
export const ENCRYPTED = "encrypted: add it to ssh-agent";

export interface KeyFile {
  readonly file: string;
  readonly key?: ParsedKey;
  readonly publicKey?: Buffer;
  readonly problem?: string;
}

function unlockedKey(file: string, unlocked: Endpoint["unlocked"]): KeyFile | undefined {
  const key = unlocked?.get(file);
  return key && { file, key, publicKey: key.getPublicSSH() };
}

/** A private key file, or what is wrong with it; `explicit`: it was named, so that it ought to exist. */
export async function readKey(file: string, explicit: boolean): Promise<KeyFile> {
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
    return { file, ...half, problem: encrypted ? ENCRYPTED : key.message };
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
