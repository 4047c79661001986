// What ansible_ssh_common_args and its sisters say, as far as it concerns us.
import { OpsError } from "../errors.ts";
import { parseCount, parseSpan } from "./spans.ts";
import { sshFlag } from "./system-arguments.ts";

/** Settings found in ssh arguments; undefined or empty where nothing was said. */
export interface SshArguments {
  readonly port?: number;
  readonly user?: string;
  readonly identityFiles: readonly string[];
  readonly identitiesOnly?: boolean;
  readonly jumps?: readonly string[];
  readonly knownHostsFiles?: readonly string[];
  readonly hostKeyChecking?: "yes" | "accept-new" | "no";
  readonly connectTimeoutSeconds?: number;
  /** ServerAliveInterval and ServerAliveCountMax. */
  readonly aliveSeconds?: number | undefined;
  readonly aliveCount?: number | undefined;
  /** What of it only the system's own ssh can do: `ansible_ssh_common_args has ProxyCommand`. */
  readonly needs?: string;
  /** All of it, as words. */
  readonly words: readonly string[];
}

// They change neither whom we reach nor whom we trust (or, as ControlPersist, speak of a client we don't use).
const IGNORED_OPTIONS = new Set(
  `addkeystoagent addressfamily batchmode checkhostip ciphers clearallforwardings compression connectionattempts
  controlmaster controlpath controlpersist escapechar exitonforwardfailure forwardagent forwardx11
  forwardx11trusted globalknownhostsfile gssapiauthentication gssapidelegatecredentials hashknownhosts
  hostkeyalgorithms ipqos kbdinteractiveauthentication kexalgorithms loglevel macs numberofpasswordprompts
  passwordauthentication permitlocalcommand preferredauthentications pubkeyacceptedalgorithms
  pubkeyacceptedkeytypes pubkeyauthentication rekeylimit requesttty sendenv
  setenv stdinnull tcpkeepalive updatehostkeys verifyhostkeydns visualhostkey`.split(/\s+/),
);
const FLAG_OPTIONS: ReadonlyMap<string, string> = new Map([
  ["p", "Port"],
  ["i", "IdentityFile"],
  ["l", "User"],
  ["J", "ProxyJump"],
]);
// Ours to say (-f, -M, -N, -S) or of no weight.
const IGNORED_FLAGS = new Set("46AaCEfGgkMNnqSTtvXxYy");

/**
 * Reads ssh command-line arguments; `where` names the var in messages, `host` the host.
 * @throws OpsError `setting` naming what ssh itself wouldn't understand
 */
export function parseSshArguments(
  text: string,
  { where, host }: { where: string; host: string },
): SshArguments {
  const refuse = (option: string) =>
    new OpsError("setting", `${host}: ${where} has ${option}, which isn't supported`, { host });
  const words = splitWords(text);
  const found: { -readonly [Name in keyof SshArguments]: SshArguments[Name] } & { identityFiles: string[] } =
    {
      identityFiles: [],
      words,
    };
  const need = (what: string) => {
    found.needs ??= `${where} has ${what}`;
  };
  const option = (name: string, value: string) => {
    switch (name.toLowerCase()) {
      case "port":
        found.port ??= parsePort(value, { where, host });
        break;
      case "user":
        found.user ??= value;
        break;
      case "identityfile":
        found.identityFiles.push(value);
        break;
      case "identitiesonly":
        found.identitiesOnly ??= value.toLowerCase() === "yes";
        break;
      case "proxyjump":
        found.jumps ??= parseJumps(value);
        break;
      case "connecttimeout":
        if (value.toLowerCase() !== "none")
          found.connectTimeoutSeconds ??= parseSeconds(value, { where, host });
        break;
      case "serveraliveinterval":
        found.aliveSeconds ??= parseSpan(value, { where, host });
        break;
      case "serveralivecountmax":
        found.aliveCount ??= parseCount(value, { where, host });
        break;
      case "userknownhostsfile":
        found.knownHostsFiles ??= splitWords(value);
        break;
      case "stricthostkeychecking": {
        const checking = parseHostKeyChecking(value);
        if (checking === undefined) throw refuse(`StrictHostKeyChecking=${value}`);
        found.hostKeyChecking ??= checking;
        break;
      }
      case "proxycommand":
        if (value.toLowerCase() !== "none") need("ProxyCommand");
        break;
      case "gssapiauthentication":
        if (value.toLowerCase() === "yes") need("GSSAPIAuthentication");
        break;
      default:
        if (!IGNORED_OPTIONS.has(name.toLowerCase())) need(`the option ${name}`);
    }
  };
  const take = (flag: string, value: string) => {
    const name = FLAG_OPTIONS.get(flag);
    if (name !== undefined) return option(name, value);
    const [, key = value, rest = ""] = /^\s*(\w+)\s*[=\s]\s*(.*)$/s.exec(value) ?? [];
    return option(key, rest.trim());
  };
  const queue = [...words];
  for (let word = queue.shift(); word !== undefined; word = queue.shift()) {
    if (!word.startsWith("-") || word === "-") throw refuse(`the argument ${JSON.stringify(word)}`);
    // Flags can be bundled (-qC), and the last one's value may stick to it (-p2222).
    for (let at = 1; at < word.length; at += 1) {
      const flag = word[at] ?? "";
      const kind = sshFlag(flag);
      if (kind === undefined) throw refuse(`the flag -${flag}`);
      if (kind === "switch") {
        if (!IGNORED_FLAGS.has(flag)) need(`the flag -${flag}`);
        continue;
      }
      const value = word.slice(at + 1) || queue.shift();
      if (value === undefined) throw refuse(`-${flag} without a value`);
      if (flag === "o" || FLAG_OPTIONS.has(flag)) take(flag, value);
      else if (!IGNORED_FLAGS.has(flag)) need(`the flag -${flag}`);
      break;
    }
  }
  return found;
}

/** ssh's words for how strict to be; nobody is there to be asked, so `ask` means `yes`. undefined: not such a word. */
export function parseHostKeyChecking(value: string): "yes" | "accept-new" | "no" | undefined {
  const word = value.toLowerCase();
  if (word === "yes" || word === "ask" || word === "true") return "yes";
  if (word === "accept-new") return "accept-new";
  return word === "no" || word === "off" || word === "false" ? "no" : undefined;
}

/** `a,user@b:2222` → hops, nearest first; `none` → no hops. */
export function parseJumps(value: string): readonly string[] {
  if (value.toLowerCase() === "none") return [];
  return value.split(",").map((hop) => hop.trim());
}

/** @throws OpsError `setting` when `value` is no port */
export function parsePort(value: string, { where, host }: { where: string; host: string }): number {
  const port = /^\d{1,5}$/.test(value.trim()) ? Number(value) : Number.NaN;
  if (port >= 1 && port <= 65535) return port;
  throw new OpsError("setting", `${host}: ${where}: not a port: ${JSON.stringify(value)}`, { host });
}

/** @throws OpsError `setting` when `value` is no number of seconds */
export function parseSeconds(value: string, { where, host }: { where: string; host: string }): number {
  const seconds = /^\d{1,6}$/.test(value.trim()) ? Number(value) : 0;
  if (seconds > 0) return seconds;
  throw new OpsError("setting", `${host}: ${where}: not a number of seconds: ${JSON.stringify(value)}`, {
    host,
  });
}

/** Words as a POSIX shell would split them, without expanding anything (Ansible uses Python's shlex). */
export function splitWords(text: string): readonly string[] {
  const words = text.match(/(?:[^\s"'\\]|\\.|"(?:[^"\\]|\\.)*"|'[^']*')+/gs) ?? [];
  return words.map((word) =>
    word.replace(/\\(.)|"((?:[^"\\]|\\.)*)"|'([^']*)'/gs, (_, escaped, double, single) => {
      if (escaped !== undefined) return escaped;
      return single ?? double.replace(/\\(["\\$`])/g, "$1");
    }),
  );
}
