// What ssh says of its login on stderr, with LogLevel=DEBUG1.

export interface LoginLog {
  /** What is being waited for. */
  readonly stage: string;
  /** Something before the server is started first: ProxyCommand, ProxyJump. */
  readonly proxied: boolean;
  /** Where and as whom, after all configuration. */
  readonly address?: string;
  readonly port?: string;
  readonly user?: string;
  /** IP address of the TCP connection. */
  readonly ip?: string;
  /** Type and fingerprint of the host key shown, and of the authority that signed it where it is a certificate. */
  readonly key?: string;
  /** What was offered: key files by name, `password`. */
  readonly tried: readonly string[];
  /** Files read as keys or certificates, without `.pub`. */
  readonly identities: readonly string[];
  readonly loggedIn: boolean;
  /** The last lines that aren't for debugging. */
  readonly said: readonly string[];
}

const SAID_LINES = 60;
const GREETING = "its SSH greeting and host key";

export const EMPTY_LOG: LoginLog = {
  stage: "the TCP connection",
  proxied: false,
  tried: [],
  identities: [],
  loggedIn: false,
  said: [],
};

/** The log after one more line. */
export function readLine(log: LoginLog, line: string): LoginLog {
  const text = line.replace(/\r$/, "");
  const authenticated = /^(?:debug1: )?Authenticated to .* using "/.test(text);
  if (authenticated) return { ...log, loggedIn: true, stage: "a first command" };
  const debug = /^debug1: (.*)$/.exec(text)?.[1];
  if (debug === undefined) {
    if (text.trim() === "" || /^debug\d: /.test(text)) return log;
    return { ...log, said: [...log.said, text].slice(-SAID_LINES) };
  }
  if (log.loggedIn) return log;
  const connecting = /^Connecting to (\S+) \[([^\]]+)\] port (\d+)/.exec(debug);
  if (connecting !== null) {
    const [, address = "", ip = "", port = ""] = connecting;
    return { ...log, address, ip, port, stage: EMPTY_LOG.stage };
  }
  if (debug.startsWith("Executing proxy command") || debug.startsWith("Executing proxy dialer command"))
    return { ...log, proxied: true, stage: `${GREETING}, through its proxy` };
  if (debug.startsWith("Connection established")) return { ...log, stage: GREETING };
  const place = /^Authenticating to (.+):(\d+) as '(.*)'$/.exec(debug);
  if (place !== null) {
    const [, address = "", port = "", user = ""] = place;
    return { ...log, address, port, user };
  }
  const shown =
    /^Server host (?:key|certificate): (\S+ SHA256:[A-Za-z0-9+/]+)(?:.* CA (\S+ SHA256:[A-Za-z0-9+/]+))?/;
  const [, key, authority] = shown.exec(debug) ?? [];
  if (key !== undefined) {
    const whole = authority === undefined ? key : `${key}, signed by ${authority}`;
    return { ...log, key: whole, stage: "the end of the login" };
  }
  const identity = /^(?:identity|certificate) file (.+) type \d+$/.exec(debug)?.[1];
  if (identity !== undefined) return { ...log, identities: [...log.identities, identity] };
  const offered = /^(?:Offering public key: (.+?) \S+ SHA256:|Trying private key: (.+)$)/.exec(debug);
  const method = /^Next authentication method: (password|keyboard-interactive|gssapi\S*|hostbased)/.exec(
    debug,
  );
  const tried = offered?.[1] ?? offered?.[2] ?? method?.[1];
  if (tried === undefined || log.tried.includes(tried)) return log;
  return { ...log, tried: [...log.tried, tried] };
}
