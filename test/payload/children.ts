// Parts of a test that need other rights, or another file system, than the test has.
import { join } from "node:path";

const PROJECT = join(import.meta.dir, "..", "..");

/**
 * Runs `program` (imports relative to the project) in a process of its own; `become()` in it drops root for the user
 * nobody and sets umask 077. Does nothing where the tests run without root already.
 * @throws Error with its stderr when it fails
 */
export async function runAsNobody(program: string, args: readonly string[]): Promise<string> {
  const become = `
    function become() {
      process.umask(0o077);
      if (process.getuid() !== 0) return;
      process.setgroups([]);
      process.setgid(65534);
      process.setuid(65534);
    }`;
  return await run([process.execPath, "-e", `${become}\n${program}`, ...args]);
}

/**
 * Runs `program` where `mountPoint` is a tmpfs of `mebibytes`, seen by that process only.
 * @throws Error with its stderr when it fails
 */
export async function runOnSmallDisk(
  program: string,
  args: readonly string[],
  { mountPoint, mebibytes }: { readonly mountPoint: string; readonly mebibytes: number },
): Promise<string> {
  const shell = 'mount -t tmpfs -o "size=$1m" tmpfs "$2" && shift 2 && exec "$@"';
  const unshare = ["unshare", "--map-root-user", "--mount", "sh", "-c", shell, "sh"];
  return await run([...unshare, `${mebibytes}`, mountPoint, process.execPath, "-e", program, ...args]);
}

async function run(command: readonly string[]): Promise<string> {
  const child = Bun.spawn([...command], { cwd: PROJECT, stdin: "ignore", stdout: "pipe", stderr: "pipe" });
  const [stdout, stderr, exitCode] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  if (exitCode !== 0) throw new Error(`exit ${exitCode}: ${stderr}\n${stdout}`);
  return stdout;
}
