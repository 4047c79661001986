// Certificates as ssh-keygen signs them.
export interface Signing {
  /** Private key of the authority. */
  readonly authority: string;
  readonly principals: readonly string[];
  /** As `ssh-keygen -V` has it: `-1h:+1h`. */
  readonly validity?: string;
  readonly host?: boolean;
}

/** Signs `KEY.pub`; the certificate is `KEY-cert.pub`, over what was there. */
export async function certify(
  key: string,
  { authority, principals, validity = "-1h:+1h", host = false }: Signing,
): Promise<void> {
  const argv = ["ssh-keygen", "-q", "-s", authority, "-I", "rookery test", "-n", principals.join(",")];
  const child = Bun.spawn([...argv, "-V", validity, ...(host ? ["-h"] : []), `${key}.pub`], {
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  const [complaint, exitCode] = await Promise.all([child.stderr.text(), child.exited]);
  if (exitCode !== 0) throw new Error(`ssh-keygen failed: ${complaint}`);
}
