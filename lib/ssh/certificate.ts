// User certificates: until when, and for whom.
import { readFile } from "node:fs/promises";

export interface Certificate {
  /** Type of the certificate: `ssh-ed25519-cert-v01@openssh.com`. */
  readonly type: string;
  readonly principals: readonly string[];
  /** Milliseconds since the epoch; Infinity when there is no end. */
  readonly fromMs: number;
  readonly untilMs: number;
}

/** How many strings of key material each kind has between nonce and serial. */
const KEY_FIELDS: readonly [RegExp, number][] = [
  [/^ssh-ed25519-cert-/, 1],
  [/^ssh-rsa-cert-/, 2],
  [/^ssh-dss-cert-/, 4],
  [/^ecdsa-sha2-.*-cert-/, 2],
  [/^sk-ssh-ed25519-cert-/, 2],
  [/^sk-ecdsa-sha2-.*-cert-/, 3],
];

/**
 * The certificate in a `-cert.pub` text; undefined when it holds none.
 * @see https://cvsweb.openbsd.org/src/usr.bin/ssh/PROTOCOL.certkeys
 */
export function parseCertificate(text: string): Certificate | undefined {
  const [type = "", base64 = ""] = text.trim().split(/\s+/);
  const fields = KEY_FIELDS.find(([pattern]) => pattern.test(type))?.[1];
  if (fields === undefined) return undefined;
  const blob = Buffer.from(base64, "base64");
  let at = 0;
  const string = (): Buffer => {
    const length = blob.readUInt32BE(at);
    at += 4 + length;
    if (at > blob.length) throw new RangeError("cut short");
    return blob.subarray(at - length, at);
  };
  const time = (): number => {
    const seconds = blob.readBigUInt64BE(at);
    at += 8;
    return seconds > BigInt(Number.MAX_SAFE_INTEGER) ? Number.POSITIVE_INFINITY : Number(seconds) * 1000;
  };
  try {
    // The type, a nonce, the key; then serial number (8 bytes), kind (4) and id.
    for (let count = 0; count < 2 + fields; count += 1) string();
    at += 12;
    string();
    const packed = string();
    const principals: string[] = [];
    for (let from = 0; from < packed.length; ) {
      const length = packed.readUInt32BE(from);
      principals.push(packed.toString("utf8", from + 4, from + 4 + length));
      from += 4 + length;
    }
    return { type, principals, fromMs: time(), untilMs: time() };
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** Reads a certificate file; undefined when there is none or it holds none. */
export async function readCertificate(path: string): Promise<Certificate | undefined> {
  try {
    return parseCertificate(await readFile(path, "utf8"));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // ssh, too, goes on without one that it can't read.
    if (code !== undefined && ["ENOENT", "ENOTDIR", "EACCES", "EISDIR"].includes(code)) return undefined;
    throw error;
  }
}

/** Why a server would refuse it to `user`, as far as we can see; undefined when it looks well. */
export function certificateTrouble(
  { principals, fromMs, untilMs }: Certificate,
  { user, nowMs }: { user: string | undefined; nowMs: number },
): string | undefined {
  const day = (ms: number) => `${new Date(ms).toISOString().slice(0, 16).replace("T", " ")} UTC`;
  if (nowMs >= untilMs) return `expired on ${day(untilMs)}`;
  if (nowMs < fromMs) return `is not valid before ${day(fromMs)}`;
  if (user !== undefined && principals.length > 0 && !principals.includes(user))
    return `is for ${principals.join(", ")}, not for ${user}`;
  return undefined;
}
