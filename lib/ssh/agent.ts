// ssh-agent, asked gently: a fleet's logins all want its signature in the same second.
import {
  type IdentityCallback,
  OpenSSHAgent,
  type ParsedKey,
  type SignCallback,
  type SigningRequestOptions,
  utils,
} from "ssh2";
import { limiter } from "./pool.ts";

/** An agent's own queue holds 128 connections (gpg-agent's 64); it turns away who comes after that. */
const QUESTIONS_AT_ONCE = 32;
/** The list of its keys is asked for once for all hosts that log in together. */
const LIST_FRESH_MS = 5000;

interface Shared {
  readonly slot: ReturnType<typeof limiter>;
  list?: { readonly keys: Promise<readonly ParsedKey[]>; readonly atMs: number } | undefined;
}

const agents = new Map<string, Shared>();

/** The agent at a socket, showing only `allowed` keys when there is such a list (IdentitiesOnly). */
export class LimitedAgent extends OpenSSHAgent {
  readonly #socket: string;
  readonly #allowed: readonly Buffer[] | undefined;
  #asking = 0;

  constructor(socketPath: string, allowed?: readonly Buffer[] | undefined) {
    super(socketPath);
    this.#socket = socketPath;
    this.#allowed = allowed;
  }

  /** Whether it owes us an answer. */
  get busy(): boolean {
    return this.#asking > 0;
  }

  override getIdentities(done: IdentityCallback<ParsedKey>): void {
    this.keys().then(
      (keys) => done(undefined, [...keys]),
      (error: Error) => done(error),
    );
  }

  override sign(
    pubKey: ParsedKey | Buffer | string,
    data: Buffer,
    ...rest: [(SigningRequestOptions | SignCallback)?, SignCallback?]
  ): boolean {
    const done = rest.findLast((each) => typeof each === "function");
    const options = rest.find((each) => typeof each === "object") ?? {};
    void this.#ask<void>((resolve) => {
      super.sign(pubKey, data, options, (error, signature) => {
        resolve();
        done?.(error, signature);
      });
    });
    return true;
  }

  /** The keys it holds, as far as they may be shown. */
  async keys(): Promise<readonly ParsedKey[]> {
    const shared = sharedBy(this.#socket);
    if (shared.list === undefined || performance.now() - shared.list.atMs > LIST_FRESH_MS) {
      const keys = this.#list();
      shared.list = { keys, atMs: performance.now() };
      // Whoever comes next may have more luck.
      keys.catch(() => {
        shared.list = undefined;
      });
    }
    this.#asking += 1;
    const keys = await shared.list.keys.finally(() => {
      this.#asking -= 1;
    });
    const allowed = this.#allowed;
    if (allowed === undefined) return keys;
    return keys.filter((key) => allowed.some((known) => known.equals(key.getPublicSSH())));
  }

  #list(): Promise<readonly ParsedKey[]> {
    return this.#ask((resolve, reject) => {
      super.getIdentities((error, keys) => {
        if (error) return reject(error);
        // Certificates, say, are keys that ssh2 can't read.
        const parsed = (keys ?? []).map((key) => utils.parseKey(key as unknown as Buffer));
        resolve(parsed.filter((key): key is ParsedKey => !(key instanceof Error)));
      });
    });
  }

  async #ask<T>(
    question: (resolve: (answer: T) => void, reject: (error: Error) => void) => void,
  ): Promise<T> {
    this.#asking += 1;
    try {
      return await sharedBy(this.#socket).slot(() => new Promise<T>(question));
    } finally {
      this.#asking -= 1;
    }
  }
}

function sharedBy(socket: string): Shared {
  const shared = agents.get(socket) ?? { slot: limiter(QUESTIONS_AT_ONCE) };
  agents.set(socket, shared);
  return shared;
}
