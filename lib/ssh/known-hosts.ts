// known_hosts as OpenSSH writes and reads it: which key may a host show?
import { createHash } from "node:crypto";
import { OpsError } from "../errors.ts";
import { fileCache } from "./file-cache.ts";
import { type KnownHosts, knownHostsIndex, knownHostsOf } from "./known-hosts-index.ts";

/** One line of a known_hosts file. */
export interface KnownHost {
  readonly file: string;
  /** Counted from 1. */
  readonly line: number;
  readonly marker: "revoked" | "cert-authority" | undefined;
  /** Comma-separated patterns, or one hashed name (`|1|salt|hash`). */
  readonly names: string;
  readonly type: string;
  readonly key: Buffer;
}

/** What known_hosts says about a key a host shows. */
export type Verdict =
  | { readonly type: "known" }
  /** Nothing is known of this host; `authority` when a @cert-authority line is all that matches. */
  | { readonly type: "unknown"; readonly authority: KnownHost | undefined }
  /** `expected` is what it should have shown: another key of that type, or one of another type. */
  | { readonly type: "changed"; readonly expected: KnownHost }
  | { readonly type: "revoked"; readonly by: KnownHost };

/** What known_hosts calls a host: its lowercase name, in brackets with the port unless that is 22. */
export function knownHostName(host: string, port: number): string {
  const name = host.toLowerCase();
  return port === 22 ? name : `[${name}]:${port}`;
}

/**
 * The lines of `files`, in order; files that don't exist hold none.
 * @throws OpsError `host-key` when one exists and can't be read: that must never look like "nothing known"
 */
export async function readKnownHosts(files: readonly string[]): Promise<KnownHosts> {
  const found = files.flatMap((file) => {
    try {
      return indexOf(file)?.index ?? [];
    } catch (error) {
      const { message } = error as Error;
      throw new OpsError("host-key", `can't read ${file}: ${message}`, { cause: error });
    }
  });
  return knownHostsOf(found);
}

const indexOf = fileCache((text, file, before: { text: string; value: Indexed } | undefined): Indexed => {
  // It mostly grows: `accept-new` adds a line a host, and reading all the others again each time would add up.
  const grown = before?.text.endsWith("\n") && text.startsWith(before.text) ? before : undefined;
  const { index, lines } = grown?.value ?? { index: knownHostsIndex([]), lines: 0 };
  const added = text.slice(grown?.text.length ?? 0);
  index.add(parseKnownHosts(added, file, lines));
  return { index, lines: lines + added.split("\n").length - 1 };
});

interface Indexed {
  readonly index: ReturnType<typeof knownHostsIndex>;
  readonly lines: number;
}

/**
 * The lines of a known_hosts text that hold a key; comments and lines OpenSSH would skip too are left out.
 * `linesBefore`: how many lines of the file come before `text`.
 */
export function parseKnownHosts(text: string, file: string, linesBefore = 0): readonly KnownHost[] {
  return text.split("\n").flatMap((content, index) => {
    const words = content.trim().split(/\s+/);
    if (words[0] === "" || words[0]?.startsWith("#")) return [];
    const marker = words[0]?.startsWith("@") ? words.shift()?.slice(1) : undefined;
    if (marker !== undefined && marker !== "revoked" && marker !== "cert-authority") return [];
    const [names, type, base64] = words;
    if (names === undefined || type === undefined || base64 === undefined) return [];
    const key = Buffer.from(base64, "base64");
    return keyType(key) === type ? [{ file, line: linesBefore + index + 1, marker, names, type, key }] : [];
  });
}

/**
 * Whether `host` may show `key`. Stricter than ssh in one thing: a host of which we know keys, but none of the
 * type it shows, counts as changed, so that `accept-new` can't be led around a known key.
 */
export function checkHostKey(hosts: KnownHosts | readonly KnownHost[], { host, port, key }: Asked): Verdict {
  const lines = linesAbout(hosts, { host, port });
  const revoked = lines.find((line) => line.marker === "revoked" && line.key.equals(key));
  if (revoked !== undefined) return { type: "revoked", by: revoked };
  const plain = lines.filter((line) => line.marker === undefined);
  if (plain.some((line) => line.key.equals(key))) return { type: "known" };
  const type = keyType(key);
  const expected = plain.find((line) => line.type === type) ?? plain[0];
  if (expected !== undefined) return { type: "changed", expected };
  // As ssh does: a host on another port may be known by its bare name; that can only help, never contradict.
  if (port !== 22 && checkHostKey(hosts, { host, port: 22, key }).type === "known") return { type: "known" };
  return { type: "unknown", authority: lines.find((line) => line.marker === "cert-authority") };
}

/** Types of the keys known of a host, to ask the server for one of them first. */
export function knownKeyTypes(
  hosts: KnownHosts | readonly KnownHost[],
  { host, port }: Omit<Asked, "key">,
): readonly string[] {
  const known = linesAbout(hosts, { host, port }).filter(({ marker }) => marker === undefined);
  if (known.length === 0 && port !== 22) return knownKeyTypes(hosts, { host, port: 22 });
  return [...new Set(known.map(({ type }) => type))];
}

/** The @cert-authority line for a host of which no key is known otherwise. */
export function onlyAuthority(
  hosts: KnownHosts | readonly KnownHost[],
  place: Omit<Asked, "key">,
): KnownHost | undefined {
  const authority = linesAbout(hosts, place).find(({ marker }) => marker === "cert-authority");
  return authority === undefined || knownKeyTypes(hosts, place).length > 0 ? undefined : authority;
}

/** `SHA256:…` as `ssh-keygen -l` prints it. */
export function fingerprint(key: Buffer): string {
  return `SHA256:${createHash("sha256").update(key).digest("base64").replace(/=+$/, "")}`;
}

/** The type a key blob names: `ssh-ed25519`; empty when it isn't one. */
export function keyType(key: Buffer): string {
  if (key.length < 4) return "";
  const length = key.readUInt32BE(0);
  return length <= 64 ? key.subarray(4, 4 + length).toString("latin1") : "";
}

interface Asked {
  readonly host: string;
  readonly port: number;
  /** As the server sends it (RFC 4253, 6.6). */
  readonly key: Buffer;
}

function linesAbout(
  hosts: KnownHosts | readonly KnownHost[],
  { host, port }: Omit<Asked, "key">,
): readonly KnownHost[] {
  const index = "matching" in hosts ? hosts : knownHostsIndex(hosts);
  return index.matching(knownHostName(host, port));
}
