// A contender's program in a namespace: its output line by line, and its end.
import { inside, type Place } from "./ip.ts";

export interface Child extends AsyncDisposable {
  readonly pid: number;
  readonly exited: Promise<number>;
  /** Writes a line to its stdin. */
  say(line: string): void;
  /** The last lines it wrote, for error messages. */
  tail(): string;
}

export interface ChildOptions {
  /** Called for every line of stdout. */
  readonly onLine?: ((line: string) => void) | undefined;
  /** Called for every line of stderr. */
  readonly onError?: ((line: string) => void) | undefined;
}

const TAIL_LINES = 20;

export function startChild(
  place: Place,
  argv: readonly string[],
  { onLine = () => {}, onError = () => {} }: ChildOptions = {},
): Child {
  const process = Bun.spawn(inside(place, argv), { stdin: "pipe", stdout: "pipe", stderr: "pipe" });
  const last: string[] = [];
  const read = async (stream: ReadableStream<Uint8Array>, heard: (line: string) => void) => {
    const decoder = new TextDecoder();
    let rest = "";
    for await (const chunk of stream) {
      const lines = (rest + decoder.decode(chunk, { stream: true })).split(/[\r\n]/);
      rest = lines.pop() ?? "";
      for (const line of lines) {
        if (line === "") continue;
        heard(line);
        last.push(line);
        if (last.length > TAIL_LINES) last.shift();
      }
    }
  };
  const reading = Promise.all([read(process.stdout, onLine), read(process.stderr, onError)]);
  let ending: Promise<void> | undefined;
  return {
    pid: process.pid,
    exited: process.exited,
    say: (line) => {
      process.stdin.write(`${line}\n`);
      void process.stdin.flush();
    },
    tail: () => last.join("\n"),
    [Symbol.asyncDispose]: () => {
      ending ??= (async () => {
        process.kill("SIGKILL");
        await process.exited;
        await reading;
      })();
      return ending;
    },
  };
}
