// Why the system's ssh did not log in, in the words that hosts reached without it have.
import { homedir } from "node:os";
import { OpsError } from "../errors.ts";
import { certificateTrouble, readCertificate } from "./certificate.ts";
import { HungUp } from "./hung-up.ts";
import { shellCommand, shellQuote } from "./quote.ts";
import type { LoginLog } from "./system-log.ts";
import type { Target } from "./types.ts";

interface Failed {
  readonly target: Target;
  readonly log: LoginLog;
  readonly timeoutMs: number;
}

/** @returns HungUp when it may be worth another try, else OpsError `host-key`, `auth`, `unreachable` or `setting` */
export async function loginFault(failed: Failed): Promise<OpsError> {
  return (
    settingFault(failed) ??
    hostKeyFault(failed) ??
    (await authFault(failed)) ??
    networkFault(failed) ??
    unknownFault(failed)
  );
}

/** The error when a step took too long. */
export function lateFault({ target, log, timeoutMs }: Failed): OpsError {
  const message = `${target.name}: ${place(target, log)} did not answer within ${timeoutMs / 1000} s (waited for ${log.stage})`;
  const hint = "check that the host is up and lets us in";
  return new OpsError("unreachable", message, { host: target.name, hint, cause: quotedCause(log) });
}

function settingFault({ target: { name: host }, log }: Failed): OpsError | undefined {
  const wrong = find(
    log,
    /Bad configuration option|bad configuration option|^command-line|unknown option|illegal option|Bad owner or permissions|keyword .* (?:extra|missing) argument/,
  );
  if (wrong === undefined) return undefined;
  const hint = `mend it in ansible_ssh_args, ansible_ssh_common_args, ansible_ssh_extra_args or ssh_config (ssh -v ${host} shows it, too)`;
  return new OpsError("setting", `${host}: ssh can't go by its settings: ${wrong}`, { host, hint });
}

function hostKeyFault({ target, log }: Failed): OpsError | undefined {
  const { name: host } = target;
  const { key = "a key" } = log;
  const refuse = (message: string, hint: string) =>
    new OpsError("host-key", `${host}: ${message}`, { host, hint, cause: quotedCause(log) });
  const name =
    find(log, /^Host key for (\S+) (?:has changed|was revoked)|host key is known for (\S+) and/, true) ??
    knownName(target, log);
  if (has(log, /REVOKED HOST KEY|is revoked|was revoked/i))
    return refuse(`the host key of ${name} is revoked (${key})`, "give the host a new key");
  const [, file, line] = matchIn(log, /^Offending .*key in (.+):(\d+)$/) ?? [];
  if (has(log, /REMOTE HOST IDENTIFICATION HAS CHANGED|HOST IDENTIFICATION HAS CHANGED/)) {
    const known = file === undefined ? "" : `, ${file}:${line} has another`;
    const mend = shellCommand(["ssh-keygen", "-f", file ?? "known_hosts", "-R", name]);
    return refuse(
      `the host key of ${name} changed: it shows ${key}${known}`,
      `if the host was set up anew: ${mend}; if not, somebody may be listening in`,
    );
  }
  const certificate = find(
    log,
    /^(?:Certificate invalid: .*|.*name is not a listed principal.*|.*host certificate.*)$/i,
  );
  if (!has(log, /Host key verification failed|host key is known for/)) return undefined;
  if (certificate !== undefined) {
    const hint =
      "have its certificate signed anew, for the name in ansible_host and with an end in the future";
    return refuse(`the host certificate of ${name} is refused: ${certificate} (${key})`, hint);
  }
  if (key.includes(", signed by "))
    return refuse(
      `the host key of ${name} is not known: it shows ${key}`,
      "compare that fingerprint and add the authority to known_hosts: @cert-authority NAMES TYPE KEY",
    );
  // It may be a jump host's, of which only the name is told.
  const [, bracketed, port] = /^\[(.+)\]:(\d+)$/.exec(name) ?? [];
  const scan = `ssh-keyscan ${port === undefined ? "" : `-p ${port} `}${shellQuote(bracketed ?? name)} >> ~/.ssh/known_hosts`;
  return refuse(
    `the host key of ${name} is not known: it shows ${key}`,
    `compare that fingerprint and add it: ${scan} (or connect once with ssh, or set ansible_ssh_common_args to '-o StrictHostKeyChecking=accept-new')`,
  );
}

async function authFault({ target, log }: Failed): Promise<OpsError | undefined> {
  const { name: host } = target;
  const refused =
    find(log, /^\S+@\S+: Permission denied/) ??
    find(log, /Permission denied|Too many authentication failures|No more authentication methods/);
  if (refused === undefined) return undefined;
  const tried = log.tried.length === 0 ? "there was none to try" : `tried ${log.tried.map(tilde).join(", ")}`;
  const troubles = await certificateTroubles(log);
  const askpass = find(log, /^ssh_askpass: exec\(.*\): .*/);
  const also = [...troubles, ...(askpass === undefined ? [] : [askpass])].map((text) => `; ${text}`).join("");
  const who = `${log.user ?? target.user ?? "?"}@${place(target, log)}`;
  // A jump host's ssh speaks on the same stderr; its line names where it was.
  const where = /^(\S+@\S+): Permission denied/.exec(refused)?.[1];
  const elsewhere = where !== undefined && log.user === undefined;
  const message = elsewhere
    ? `${host}: a host on the way let nobody in: ${refused}`
    : `${host}: no key was accepted for ${who} (${tried}${also}): ${refused}`;
  const hint =
    troubles.length > 0
      ? "have the certificate signed anew, or set ansible_user to somebody it is for"
      : askpass !== undefined
        ? "set TMPDIR to a folder in which programs may be run"
        : elsewhere
          ? "add your key to ssh-agent, or name it for that host in ~/.ssh/config: ssh takes no key along to jump hosts"
          : `add your key to ssh-agent, or set ansible_ssh_private_key_file for ${host} in its group_vars`;
  return new OpsError("auth", message, { host, hint, cause: quotedCause(log) });
}

async function certificateTroubles({ identities, user }: LoginLog): Promise<readonly string[]> {
  const found = identities.map(async (identity) => {
    const path = identity.endsWith(".pub") ? identity : `${identity}.pub`;
    const certificate = await readCertificate(path);
    const trouble = certificate && certificateTrouble(certificate, { user, nowMs: Date.now() });
    return trouble === undefined ? [] : [`${tilde(path)} ${trouble}`];
  });
  return (await Promise.all(found)).flat();
}

function networkFault(failed: Failed): OpsError | undefined {
  const { target, log } = failed;
  const { name: host } = target;
  const at = place(target, log);
  const unreachable = (message: string, hint: string) =>
    new OpsError("unreachable", `${host}: ${message}`, { host, hint, cause: quotedCause(log) });
  const [, name, why] = matchIn(log, /Could not resolve hostname (.+): (.*)$/) ?? [];
  if (name !== undefined)
    return unreachable(
      `no address is known for ${name} (waited for DNS): ${why}`,
      `set ansible_host for ${host}, or check the name`,
    );
  if (has(log, /^(?:channel \d+: open failed|stdio forwarding failed)/))
    return unreachable(
      `the jump host can't reach ${at}: ${last(log)}`,
      "check that the host is up, and its address",
    );
  const [, address, port, trouble = ""] =
    matchIn(log, /connect to (?:address|host) (\S+) port (\d+): (.*)$/) ?? [];
  if (address !== undefined) {
    const there = `${address.includes(":") ? `[${address}]` : address}:${port}`;
    if (/timed out/i.test(trouble)) return lateFault(failed);
    if (/refused/i.test(trouble))
      return unreachable(
        `${there} refused the connection`,
        "check that sshd runs there, that ansible_port is right, and that a route leads there",
      );
    if (/no route|unreachable|host is down/i.test(trouble))
      return unreachable(
        `no host answers at ${there}: ${trouble}`,
        `check that the host is up, and ansible_host for ${host}`,
      );
    return unreachable(`can't connect to ${there}: ${trouble}`, "check that the host is up and lets us in");
  }
  if (has(log, /timed out/i)) return lateFault(failed);
  const hungUp = log.said.filter((line) => HUNG_UP.test(line));
  if (hungUp.length === 0 || log.key !== undefined) return undefined;
  // Whatever else was said (a proxy that isn't installed) will be said again.
  const Kind = hungUp.length === log.said.length ? HungUp : OpsError;
  const hint = log.proxied
    ? "try its ProxyCommand or jump host by hand; a busy sshd may need a higher MaxStartups"
    : "see what its sshd logged; a busy one may need a higher MaxStartups";
  const message = `${host}: ${at} hung up (waited for ${log.stage}): ${log.said.join("; ")}`;
  return new Kind("unreachable", message, { host, hint, cause: quotedCause(log) });
}

const HUNG_UP = /closed by|reset by|Connection reset|Connection closed|Broken pipe|Exceeded MaxStartups/;

function unknownFault({ target, log }: Failed): OpsError {
  const { name: host } = target;
  const said = log.said.length === 0 ? "ssh ended without a word" : log.said.slice(-5).join("; ");
  const message = `${host}: no login on ${place(target, log)} (waited for ${log.stage}): ${said}`;
  return new OpsError("unreachable", message, { host, hint: `try it by hand: ssh -v ${target.address}` });
}

/** `address:port`, as ssh saw them where it came so far. */
function place({ address, port }: Target, log: LoginLog): string {
  const host = log.address ?? address;
  return `${host.includes(":") ? `[${host}]` : host}:${log.port ?? port}`;
}

function knownName(target: Target, log: LoginLog): string {
  const port = log.port ?? `${target.port}`;
  const address = log.address ?? target.address;
  return port === "22" ? address : `[${address}]:${port}`;
}

function tilde(path: string): string {
  const home = homedir();
  return path.startsWith(`${home}/`) ? `~${path.slice(home.length)}` : path;
}

function matchIn({ said }: LoginLog, pattern: RegExp): RegExpExecArray | undefined {
  for (const line of said) {
    const match = pattern.exec(line);
    if (match !== null) return match;
  }
  return undefined;
}

/** The line that `pattern` is found in; of a pattern with groups, the first that matched where `group` is set. */
function find(log: LoginLog, pattern: RegExp, group = false): string | undefined {
  const match = matchIn(log, pattern);
  if (match === undefined) return undefined;
  return group ? match.slice(1).find((text) => text !== undefined) : match.input;
}

function has(log: LoginLog, pattern: RegExp): boolean {
  return matchIn(log, pattern) !== undefined;
}

function last({ said }: LoginLog): string {
  return said.at(-1) ?? "";
}

function quotedCause({ said }: LoginLog): Error | undefined {
  return said.length === 0 ? undefined : new Error(said.join("\n"));
}
