// The moment a server shows its key: go on, remember it, or refuse in words that help.
import { appendFile, mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import { OpsError } from "../errors.ts";
import type { Endpoint } from "./endpoint.ts";
import {
  checkHostKey,
  fingerprint,
  type KnownHost,
  keyType,
  knownHostName,
  readKnownHosts,
} from "./known-hosts.ts";
import type { KnownHosts } from "./known-hosts-index.ts";
import { shellCommand, shellQuote } from "./quote.ts";

/**
 * Returns when we may go on: `trusted`, or `unchecked` where checking was switched off and the key is not the known
 * one, so that no password should be sent. With `accept-new` an unknown key is appended to the first of the
 * endpoint's files first.
 * @throws OpsError `host-key` with type and fingerprint of what was shown and the command that would mend it
 */
export async function verifyHostKey(
  endpoint: Endpoint,
  known: KnownHosts | readonly KnownHost[],
  key: Buffer,
): Promise<"trusted" | "unchecked"> {
  const { host, keyName, port, hostKeyChecking, userKnownHostsFiles } = endpoint;
  const verdict = checkHostKey(known, { host: keyName, port, key });
  const name = knownHostName(keyName, port);
  const shown = `${keyType(key)} ${fingerprint(key)}`;
  const refuse = (message: string, hint: string) =>
    new OpsError("host-key", `${host}: ${message}`, { host, hint });
  if (verdict.type === "known") return "trusted";
  if (verdict.type === "revoked") {
    const { file, line } = verdict.by;
    throw refuse(`the host key of ${name} is revoked (${shown}, ${file}:${line})`, "give the host a new key");
  }
  if (hostKeyChecking === "no") return verdict.type === "changed" ? "unchecked" : "trusted";
  if (verdict.type === "changed") {
    const { file, line, type, key: expected } = verdict.expected;
    throw refuse(
      `the host key of ${name} changed: it shows ${shown}, ${file}:${line} has ${type} ${fingerprint(expected)}`,
      `if the host was set up anew: ${shellCommand(["ssh-keygen", "-f", file, "-R", name])}; if not, somebody may be listening in`,
    );
  }
  if (verdict.authority !== undefined) {
    const { file, line } = verdict.authority;
    throw refuse(
      `${name} is known only by a certificate authority (${file}:${line}), and host certificates aren't supported`,
      `add its key as well: ${scan(endpoint)}`,
    );
  }
  const [file] = userKnownHostsFiles;
  if (hostKeyChecking === "accept-new" && file !== undefined) {
    await remember(file, { keyName, port, key, host });
    return "trusted";
  }
  throw refuse(
    `the host key of ${name} is not known: it shows ${shown}`,
    `compare that fingerprint and add it: ${scan(endpoint)} (or connect once with ssh, or set ansible_ssh_common_args to '-o StrictHostKeyChecking=accept-new')`,
  );
}

function scan({ address, port, userKnownHostsFiles }: Endpoint): string {
  const file = userKnownHostsFiles[0] ?? "~/.ssh/known_hosts";
  return `ssh-keyscan ${port === 22 ? "" : `-p ${port} `}${shellQuote(address)} >> ${shellQuote(file)}`;
}

/** One writer a file, however many hosts answer at once. */
const writers = new Map<string, Promise<void>>();

async function remember(file: string, line: NewHost): Promise<void> {
  const turn = (writers.get(file) ?? Promise.resolve()).then(() => append(file, line));
  // The next in line must not fail for this one's trouble; this one's caller still hears of it.
  const settled = turn.catch(() => undefined);
  writers.set(file, settled);
  await turn;
  if (writers.get(file) === settled) writers.delete(file);
}

interface NewHost {
  readonly keyName: string;
  readonly port: number;
  readonly key: Buffer;
  readonly host: string;
}

async function append(file: string, { keyName, port, key, host }: NewHost): Promise<void> {
  try {
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    const known = await readKnownHosts([file]);
    if (checkHostKey(known, { host: keyName, port, key }).type === "known") return;
    const separator = (await endsInside(file)) ? "\n" : "";
    const entry = `${knownHostName(keyName, port)} ${keyType(key)} ${key.toString("base64")}\n`;
    // One write in append mode, so that lines of other programs never mix with it.
    await appendFile(file, separator + entry, { mode: 0o600 });
  } catch (error) {
    throw new OpsError("host-key", `${host}: can't add its key to ${file}: ${(error as Error).message}`, {
      host,
      cause: error,
    });
  }
}

/** Whether the last line of `file` lacks its end. */
async function endsInside(file: string): Promise<boolean> {
  const { size } = Bun.file(file);
  return (
    size > 0 &&
    (await Bun.file(file)
      .slice(size - 1)
      .text()) !== "\n"
  );
}
