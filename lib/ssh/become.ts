// Another user on a host: how sudo and su are called, and the talk about the password before they begin.
import { randomBytes } from "node:crypto";
import { OpsError } from "../errors.ts";
import { splitWords } from "./args.ts";
import { shellCommand } from "./quote.ts";
import type { Become } from "./types.ts";

/** Thrown when a password is not the right one: to try it again could lock the account. */
export class PasswordRefused extends OpsError {}

/** How a command is started as another user. */
export interface Disguise {
  readonly become: Become;
  /** Who asks, for messages. */
  readonly user: string;
  readonly host: string;
  /** How long each step may take: until a password is asked for, and until it is accepted. */
  readonly timeoutMs: number;
}

/** What is said before a command begins: nothing of it is the command's own. */
export interface Talk {
  /** Of what came on stderr, what the command itself said. */
  stderr(bytes: Buffer): Buffer;
  /** All that came on stdout so far; not to be called once the command has begun. */
  stdout(text: string): void;
  /** The command has begun. */
  begun(): void;
  /** Rejects when this leads nowhere: a second question, a question without an answer, silence. */
  readonly failed: Promise<never>;
  /** Why no command began, by what was said. */
  failure(rest: string, exitCode: number | null): OpsError;
}

const NOTHING = Buffer.alloc(0);
const SAID_BYTES = 64 * 1024;
const SHOWN_CHARACTERS = 500;
/** Where the command's own stderr begins: the last line of what comes before it. */
const BEGINS = /(?:^|\n)rookery-process \d+\n/;
/** What a shell runs first to mark both outputs, told apart from what sudo, su and a login shell say. */
export const ANNOUNCE_BOTH = 'echo "rookery-process $$" >&2; echo "rookery-process $$"; exec "$@"';
// sudo has a prompt of our own; that of su is in the language of the host. "su: " is how its complaints begin.
const SU_PROMPT = /^(?!\S*su: ).*\S[:：][^\S\n]*$/;

/**
 * `argv` as `become.user`, and the prompt by which sudo asks. The password itself only ever goes to stdin, and only
 * when it is asked for: what needs none never gets it.
 */
export function disguised(become: Become, argv: readonly string[]): { argv: string[]; prompt: string } {
  const { method, user, password, exe = method } = become;
  // "sudo su -" is one, too: Ansible leaves it to the shell to take it apart.
  const program = splitWords(exe);
  const prompt = `rookery-${randomBytes(8).toString("hex")}:`;
  if (method === "su") {
    const flags = splitWords(become.flags ?? "");
    return { argv: [...program, ...flags, user, "-c", `exec ${shellCommand(argv)}`], prompt };
  }
  // -n belongs to those without a password: with -S alone, sudo would take the command's input for one.
  const asked = splitWords(become.flags ?? "-H").flatMap(withoutPrompting);
  const asking = password === undefined ? ["-n"] : ["-S", "-p", prompt];
  return { argv: [...program, ...asked, ...asking, "-u", user, "--", ...argv], prompt };
}

/** A flag of sudo's without those about passwords: of `-HSn` stays `-H`. */
function withoutPrompting(word: string): string[] {
  if (word === "--non-interactive" || word === "--stdin") return [];
  // Letters that take no value, so that the value of another is left alone.
  if (!/^-[AbEeHiKkNnPSsVv]+$/.test(word)) return [word];
  const letters = word.slice(1).replace(/[Sn]/g, "");
  return letters === "" ? [] : [`-${letters}`];
}

/** Listens to what sudo or su says, and answers it through `send`. */
export function talk(
  { become, user, host, timeoutMs }: Disguise,
  { prompt, send }: { readonly prompt: string; readonly send: (text: string) => void },
): Talk {
  const { method, password } = become;
  const { promise: failed, reject } = Promise.withResolvers<never>();
  failed.catch(() => undefined); // nobody may be waiting any more
  let said = NOTHING;
  let hasBegun = false;
  let outputSeen = 0;
  let isOver = false;
  let isSent = false;
  const error = (why: string, hint: string, Kind = OpsError) =>
    new Kind("remote", `${host}: ${user} can't become ${become.user} by ${method}: ${shorten(why)}`, {
      host,
      hint,
    });
  const give = (failure: OpsError) => {
    end();
    reject(failure);
  };
  const silence = () => {
    const what = isSent ? `${method} to take the password` : `${method} to begin or to ask for a password`;
    const message = `${host}: ${user} can't become ${become.user} by ${method}: nothing came within ${timeoutMs / 1000} s (waited for ${what})`;
    give(
      new OpsError("timeout", message, {
        host,
        hint: `try it by hand on ${host}: ${method} may hang in PAM`,
      }),
    );
  };
  let timer = setTimeout(silence, timeoutMs);
  const end = () => {
    isOver = true;
    clearTimeout(timer);
  };
  const quote = () => {
    const text = said.toString("utf8").trim();
    return password === undefined ? text : text.replaceAll(password, "********");
  };
  const refused = () => {
    const whose = method === "su" ? become.user : user;
    const words = quote();
    return error(
      `the password was refused${words === "" ? "" : `: ${words}`}`,
      `check ansible_become_password or what --ask-become-pass was given: ${method} wants that of ${whose}`,
      PasswordRefused,
    );
  };
  const unanswered = () =>
    error(
      "it asks for a password, and none was given",
      `give it with --ask-become-pass, or set ansible_become_password (in a vault) for ${host}`,
    );
  const asked = () => {
    if (password === undefined) return give(unanswered());
    if (isSent && method === "su") return; // it tries once, then ends
    if (isSent) return give(refused());
    isSent = true;
    clearTimeout(timer);
    timer = setTimeout(silence, timeoutMs);
    send(`${password}\n`);
  };
  const isPrompt = (line: string) => (method === "su" ? SU_PROMPT.test(line) : line.includes(prompt));
  return {
    failed,
    begun: end,
    stderr(bytes) {
      if (hasBegun) return bytes;
      said = Buffer.concat([said, bytes]);
      const begins = BEGINS.exec(said.toString("latin1"));
      if (begins !== null) {
        const own = said.subarray(begins.index + begins[0].length);
        hasBegun = true;
        return own;
      }
      const line = said.lastIndexOf("\n") + 1;
      if (!isOver && isPrompt(said.subarray(line).toString("utf8"))) {
        // Before the first question stands what sudo tells newcomers.
        said = isSent ? said.subarray(0, line) : NOTHING;
        asked();
      }
      said = said.subarray(-SAID_BYTES);
      return NOTHING;
    },
    stdout(text) {
      // busybox asks here.
      if (method !== "su" || isOver) return;
      const line = text.slice(Math.max(outputSeen, text.lastIndexOf("\n") + 1));
      if (!SU_PROMPT.test(line)) return;
      outputSeen = text.length;
      asked();
    },
    failure(rest, exitCode) {
      end();
      const words = quote() || rest.trim();
      const isRefusal =
        isSent && (method === "su" || /incorrect password|try again|no password was/i.test(words));
      const isOther =
        /permission denied|sudoers|not allowed|does not exist|not available|execut|no such file|expired/i.test(
          words,
        );
      if (isRefusal && !isOther) return refused();
      return error(words || `exit code ${exitCode}`, hintFor(words, { become, user, host, exitCode }));
    },
  };
}

/** sudo quotes the whole command that it refuses. */
function shorten(text: string): string {
  return text.length <= SHOWN_CHARACTERS ? text : `${text.slice(0, SHOWN_CHARACTERS)} …`;
}

function hintFor(
  words: string,
  {
    become,
    user,
    host,
    exitCode,
  }: Pick<Disguise, "become" | "user" | "host"> & { readonly exitCode: number | null },
): string {
  const { method, exe = method } = become;
  const free = `let ${user} run sudo without a password on ${host} (NOPASSWD in sudoers)`;
  const hints: readonly (readonly [RegExp, string])[] = [
    [/tty to run sudo/i, `take requiretty out of sudoers on ${host}: Defaults:${user} !requiretty`],
    [/from a terminal/i, `use sudo: this su works on terminals only`],
    [/unknown user|no passwd entry|does not exist/i, `check ansible_become_user of ${host}`],
    [/sudoers|not allowed/i, `let ${user} run any command as ${become.user} in sudoers on ${host}`],
    [
      /account is .*not available|nologin/i,
      `set ansible_become_flags of ${host} to "-s /bin/sh", or use sudo`,
    ],
    [/password is required|terminal is required/i, `${free}, or give its password with --ask-become-pass`],
    [/permission denied/i, `let ${user} use su on ${host} (pam_wheel may want a group), or use sudo`],
  ];
  const found = hints.find(([pattern]) => pattern.test(words));
  if (found !== undefined) return found[1];
  if (exitCode === NOT_FOUND) return `install ${exe} on ${host}, or set ansible_become_method`;
  return method === "su" ? `try it by hand on ${host}: ${exe} ${become.user} -c id` : free;
}

const NOT_FOUND = 127;
