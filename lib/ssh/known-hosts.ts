// known_hosts as OpenSSH writes and reads it: which key may a host show?
import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import { readFile } from "node:fs/promises";
import { OpsError } from "../errors.ts";

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
export async function readKnownHosts(files: readonly string[]): Promise<readonly KnownHost[]> {
  const texts = files.map(async (file) => {
    try {
      return parseKnownHosts(await readFile(file, "utf8"), file);
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      if (code === "ENOENT" || code === "ENOTDIR") return [];
      throw new OpsError("host-key", `can't read ${file}: ${message}`, { cause: error });
    }
  });
  return (await Promise.all(texts)).flat();
}

/** The lines of a known_hosts text that hold a key; comments and lines OpenSSH would skip too are left out. */
export function parseKnownHosts(text: string, file: string): readonly KnownHost[] {
  return text.split("\n").flatMap((content, index) => {
    const words = content.trim().split(/\s+/);
    if (words[0] === "" || words[0]?.startsWith("#")) return [];
    const marker = words[0]?.startsWith("@") ? words.shift()?.slice(1) : undefined;
    if (marker !== undefined && marker !== "revoked" && marker !== "cert-authority") return [];
    const [names, type, base64] = words;
    if (names === undefined || type === undefined || base64 === undefined) return [];
    const key = Buffer.from(base64, "base64");
    return keyType(key) === type ? [{ file, line: index + 1, marker, names, type, key }] : [];
  });
}

/**
 * Whether `host` may show `key`. Stricter than ssh in one thing: a host of which we know keys, but none of the
 * type it shows, counts as changed, so that `accept-new` can't be led around a known key.
 */
export function checkHostKey(hosts: readonly KnownHost[], { host, port, key }: Asked): Verdict {
  const lines = hosts.filter((line) => matches(line, host, port));
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
  hosts: readonly KnownHost[],
  { host, port }: Omit<Asked, "key">,
): readonly string[] {
  const known = hosts.filter((line) => line.marker === undefined && matches(line, host, port));
  if (known.length === 0 && port !== 22) return knownKeyTypes(hosts, { host, port: 22 });
  return [...new Set(known.map(({ type }) => type))];
}

/** The @cert-authority line for a host of which no key is known otherwise. */
export function onlyAuthority(
  hosts: readonly KnownHost[],
  { host, port }: Omit<Asked, "key">,
): KnownHost | undefined {
  const authority = hosts.find((line) => line.marker === "cert-authority" && matches(line, host, port));
  if (authority === undefined || knownKeyTypes(hosts, { host, port }).length > 0) return undefined;
  return authority;
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

function matches({ names }: KnownHost, host: string, port: number): boolean {
  const name = knownHostName(host, port);
  if (names.startsWith("|")) return matchesHash(names, name);
  let found = false;
  for (const pattern of names.toLowerCase().split(",")) {
    const negated = pattern.startsWith("!");
    if (!glob(negated ? pattern.slice(1) : pattern).test(name)) continue;
    if (negated) return false;
    found = true;
  }
  return found;
}

function matchesHash(names: string, name: string): boolean {
  const [, magic, salt, hash] = names.split("|");
  if (magic !== "1" || salt === undefined || hash === undefined) return false;
  const expected = Buffer.from(hash, "base64");
  const actual = createHmac("sha1", Buffer.from(salt, "base64")).update(name).digest();
  return expected.length === actual.length && timingSafeEqual(expected, actual);
}

/** `*` and `?` only; brackets are part of a name here. */
function glob(pattern: string): RegExp {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, "\\$&")
    .replaceAll("*", ".*")
    .replaceAll("?", ".");
  return new RegExp(`^${source}$`, "s");
}
