// A folder of its own for one connection of the system's ssh: control socket, configuration, and who answers for the password.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { temporaryFolder } from "../temporary.ts";
import { shellQuote } from "./quote.ts";
import type { SshPaths } from "./system-arguments.ts";

export interface SshFolder extends SshPaths, AsyncDisposable {
  readonly path: string;
  /** Program for SSH_ASKPASS. */
  readonly askpass: string;
}

/** A socket's path may have 107 bytes, and ssh makes it under a longer name first. */
const LONGEST_PARENT = 55;
let swept = false;

/** Makes the folder, for nobody but us, and in it the program that hands over the password. */
export async function openSshFolder(): Promise<SshFolder> {
  const parent = Buffer.byteLength(tmpdir()) > LONGEST_PARENT ? "/tmp" : tmpdir();
  const first = !swept;
  swept = true;
  // What killed runs left is looked for once; a thousand hosts need no thousand looks.
  const path = await (first
    ? temporaryFolder("ssh", { parent })
    : mkdtemp(join(parent, `rookery-ssh-${process.pid}-`)));
  const askpass = join(path, "askpass");
  await writeFile(askpass, askpassText(path), { mode: 0o700 });
  return {
    path,
    socket: join(path, "m"),
    config: join(path, "config"),
    askpass,
    [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }),
  };
}

/**
 * Runs `ssh ARGS…` and ends it, with whatever it started, when our end of stdin closes: also when we are killed. The
 * first line of stdin is the password; it stays in this shell's memory and goes through a named pipe.
 * `$1`: the folder.
 */
export const GUARD = `exec 3<&0
dir=$1; shift
IFS= read -r password <&3 || exit 1
if [ -n "$password" ]; then
  mkfifo -m 600 "$dir/ask" || exit 1
  (trap '' PIPE; for turn in 1 2 3; do printf '%s\\n' "$password" > "$dir/ask"; done) 2> /dev/null 3<&- > /dev/null &
fi
password=
sh -c 'echo $$ > "$0/pid"; exec "$@"' "$dir" "$@" <&3 3<&- &
exec > /dev/null 2>&1
read -r line <&3
rm -rf "$dir"
kill -s KILL 0`;

/** Answers nobody but the ssh it was made for (a jump host's ssh has another id), and only questions for a password. */
function askpassText(folder: string): string {
  const at = shellQuote(folder);
  return `#!/bin/sh
read -r pid < ${at}/pid && [ "$PPID" = "$pid" ] || exit 1
case $1 in
  *assphrase*|*yes/no*) exit 1 ;;
  *[Pp]assword*) IFS= read -r password < ${at}/ask && printf '%s\\n' "$password" ;;
  *) exit 1 ;;
esac
`;
}
