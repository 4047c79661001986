// How commands begin at the other end, as whom, and how they are ended for certain.
import { ANNOUNCE_BOTH, type Disguise, disguised, type Talk, talk } from "./become.ts";
import type { Pipes, Transport } from "./pipes.ts";

// The first line tells the process id: closing an SSH channel ends nothing by itself, and sshd passes on signals only
// for unprivileged users. It also marks where the command's own output begins, after whatever a login shell printed.
const ANNOUNCE = 'echo "rookery-process $$"; exec "$@"';
// Its whole process group, looked up where it runs; /proc on Linux, ps elsewhere.
const KILL = `if [ -r /proc/$1/stat ]; then read -r stat < /proc/$1/stat; set -- \${stat##*) }; group=$3
else group=$(ps -o pgid= -p $1); fi; kill -s KILL -- -$group`;

/** A command that is about to begin, and what sudo or su say before it does. */
export interface Opening {
  readonly pipes: Pipes;
  readonly words: Talk | undefined;
}

/** Opens a channel for `argv`, announced on its first line of output by the id of its process. */
export async function openAs(
  transport: Transport,
  argv: readonly string[],
  disguise: Disguise | undefined,
): Promise<Opening> {
  if (disguise === undefined) return { pipes: await transport.open(announcing(argv)), words: undefined };
  const whole = disguised(disguise.become, ["sh", "-c", ANNOUNCE_BOTH, "sh", ...argv]);
  const pipes = await transport.open(whole.argv);
  const words = talk(disguise, { prompt: whole.prompt, send: (text) => void pipes.stdin.write(text) });
  pipes.exited.then(words.begun); // no deadline outlives it
  return { pipes, words };
}

/**
 * `argv` behind its announcement; a shell says it itself, which spares every host the start of another one. (Behind sudo
 * a script that no shell understands would take the announcement with it, and look like a user we can't become.)
 */
function announcing(argv: readonly string[]): readonly string[] {
  const [program, flag, script, ...rest] = argv;
  if (program === "sh" && flag === "-c" && script !== undefined)
    return ["sh", "-c", `echo "rookery-process $$"; ${script}`, ...rest];
  return ["sh", "-c", ANNOUNCE, "sh", ...argv];
}

/** Settles when the process group of `pid` was killed, or when there is nobody left to send that to. */
export async function killGroup(
  transport: Transport,
  pid: string,
  disguise: Disguise | undefined,
): Promise<void> {
  const opened = await Promise.allSettled([openAs(transport, ["sh", "-c", KILL, "sh", pid], disguise)]);
  if (opened[0].status === "rejected") return;
  const { pipes, words } = opened[0].value;
  pipes.stdin.on("error", () => undefined);
  if (words === undefined) pipes.stdin.end();
  let output = "";
  pipes.stdout.on("data", (chunk: Buffer) => {
    output += chunk.toString();
    words?.stdout(output);
  });
  pipes.stderr.on("data", (chunk: Buffer) => words?.stderr(chunk));
  words?.failed.catch(() => pipes.close());
  await pipes.exited;
}
