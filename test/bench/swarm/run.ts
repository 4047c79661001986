// Small programs that are run to their end: ip, tc, ssh-keygen.
import { OpsError } from "../../../lib/errors.ts";

/** Runs `argv` and gives its stdout. @throws OpsError `tool` with what it said when it fails */
export async function run(argv: readonly string[], { stdin = "" } = {}): Promise<string> {
  const child = Bun.spawn([...argv], { stdin: Buffer.from(stdin), stdout: "pipe", stderr: "pipe" });
  const [stdout, stderr, exitCode] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  if (exitCode !== 0) {
    const said = stderr.trim() || stdout.trim() || "it said nothing";
    throw new OpsError("tool", `${argv.join(" ")} ended with exit code ${exitCode}: ${said}`);
  }
  return stdout;
}
