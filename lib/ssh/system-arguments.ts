// The command line of the system's own ssh, in Ansible's order: what comes first wins.
import { isAbsolute, resolve } from "node:path";
import type { SshEnvironment } from "./environment.ts";
import type { Target } from "./types.ts";

export interface SshCommand {
  /** Everything after the program's name. */
  readonly argv: readonly string[];
  /** Text of the ssh_config file that `argv` names. */
  readonly config: string;
}

export interface SshPaths {
  /** Control socket of this connection. */
  readonly socket: string;
  /** Where `config` will be. */
  readonly config: string;
}

/** Flags with a value, those that would turn the connection into something else, and what ssh has besides. */
const WITH_VALUE = new Set("BbcDEeFIiJLlmOoPpQRSWw");
const OURS = new Set("fMNnqstTVvGyEOQSWF");
const ASIDE = new Set("1246AaCgKkXxY");
const KEEPALIVE = ["ServerAliveInterval 10", "ServerAliveCountMax 3"];

/** What ssh has of flags: `value` takes one; undefined for a letter it doesn't know. */
export function sshFlag(letter: string): "value" | "switch" | undefined {
  if (WITH_VALUE.has(letter)) return "value";
  return OURS.has(letter) || ASIDE.has(letter) ? "switch" : undefined;
}

/**
 * The command that logs in to `target`, stays as a ControlMaster at `paths.socket` and runs `remoteCommand` there.
 * Without a password nothing is asked for.
 * @see https://docs.ansible.com/ansible/latest/collections/ansible/builtin/ssh_connection.html
 */
export function masterCommand(
  target: Target,
  remoteCommand: string,
  { paths, env, timeoutMs }: { paths: SshPaths; env: SshEnvironment; timeoutMs: number },
): SshCommand {
  const { address, unset = [], user, password, privateKeyFile, sshArguments } = target;
  const before = withoutOurs(sshArguments?.before ?? []);
  const after = withoutOurs(sshArguments?.after ?? []);
  const atHome = (file: string) => file.replace(/^~(?=\/|$)/, env.home);
  const options: string[] = [];
  if (!unset.includes("hostKeyChecking")) options.push(`StrictHostKeyChecking=${target.hostKeyChecking}`);
  if (!unset.includes("port")) options.push(`Port=${target.port}`);
  if (privateKeyFile !== undefined) options.push(`IdentityFile=${quoted(atHome(privateKeyFile))}`);
  if (password === undefined) options.push(...WITHOUT_PASSWORD);
  if (user !== undefined) options.push(`User=${quoted(user)}`);
  options.push(`ConnectTimeout=${Math.max(1, Math.ceil(timeoutMs / 1000))}`);
  // These are known from arguments only, which ssh sees itself.
  if (sshArguments === undefined) {
    const { knownHostsFiles, jumps, identitiesOnly } = target;
    if (knownHostsFiles !== undefined)
      options.push(`UserKnownHostsFile=${knownHostsFiles.map((file) => quoted(atHome(file))).join(" ")}`);
    if (jumps !== undefined) options.push(`ProxyJump=${jumps.length === 0 ? "none" : jumps.join(",")}`);
    if (identitiesOnly !== undefined) options.push(`IdentitiesOnly=${identitiesOnly ? "yes" : "no"}`);
  }
  const own = [
    "ControlMaster=yes",
    "ControlPersist=no",
    "RemoteCommand=none",
    // Only this tells stages, keys tried and the key shown; what a person needs of it is put in our words.
    "LogLevel=DEBUG1",
    ...(password === undefined ? ["BatchMode=yes"] : ["BatchMode=no", "NumberOfPasswordPrompts=1"]),
  ];
  const files = before.config ?? after.config ?? env.configFiles;
  return {
    argv: [
      ...["-F", paths.config, "-S", paths.socket.replaceAll("%", "%%"), "-T"],
      ...own.flatMap((option) => ["-o", option]),
      ...before.words,
      ...options.flatMap((option) => ["-o", option]),
      ...after.words,
      ...["--", address, remoteCommand],
    ],
    config: configText(files, env),
  };
}

/** Arguments for one more command, or a word (`-O check`) to the master, over `socket`. */
export function throughMaster(socket: string, words: readonly string[], remoteCommand?: string) {
  return [
    ...[
      "-F",
      "none",
      "-S",
      socket.replaceAll("%", "%%"),
      "-T",
      "-o",
      "ControlMaster=no",
      "-o",
      "BatchMode=yes",
    ],
    // Without its master ssh would dial by itself, whomever that reached.
    ...["-o", "ProxyCommand=false", ...words, "--", "host"],
    ...(remoteCommand === undefined ? [] : [remoteCommand]),
  ];
}

const WITHOUT_PASSWORD = [
  "KbdInteractiveAuthentication=no",
  "PreferredAuthentications=gssapi-with-mic,gssapi-keyex,hostbased,publickey",
  "PasswordAuthentication=no",
];

/** The user's files as they are, and after them what counts where they say nothing. */
function configText(files: readonly string[], { home, globalKnownHostsFiles }: SshEnvironment): string {
  const known = ["known_hosts", "known_hosts2"].map((name) => quoted(`${home}/.ssh/${name}`));
  const global = globalKnownHostsFiles.map(quoted);
  return [
    ...files.map((file) => `Include ${quoted(isAbsolute(file) ? file : resolve(file))}`),
    "Host *",
    ...KEEPALIVE,
    `UserKnownHostsFile ${known.join(" ")}`,
    `GlobalKnownHostsFile ${global.length === 0 ? "none" : global.join(" ")}`,
    "",
  ].join("\n");
}

/** `words` without flags that would send ssh to the background, silence it or put our socket elsewhere; `-F` apart. */
function withoutOurs(words: readonly string[]): { words: string[]; config: readonly string[] | undefined } {
  const kept: string[] = [];
  let config: readonly string[] | undefined;
  const queue = [...words];
  for (let word = queue.shift(); word !== undefined; word = queue.shift()) {
    for (let at = 1; at < word.length; at += 1) {
      const flag = word[at] ?? "";
      if (!WITH_VALUE.has(flag)) {
        if (!OURS.has(flag)) kept.push(`-${flag}`);
        continue;
      }
      const value = word.slice(at + 1) || queue.shift();
      if (flag === "F" && value !== undefined) config = value === "none" ? [] : [value];
      else if (!OURS.has(flag) && value !== undefined) kept.push(`-${flag}`, value);
      break;
    }
  }
  return { words: kept, config };
}

/** As ssh_config reads it back in one piece. */
function quoted(value: string): string {
  return `"${value.replace(/["\\]/g, "\\$&")}"`;
}
