// A terminal of a given size with a shell in it, somewhere else than in the project: what a user would see and type.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface Terminal extends AsyncDisposable {
  /** The visible lines, without blanks at their ends. */
  screen(): Promise<string[]>;
  /** Everything, scrolled out lines included. */
  scrollback(): Promise<string>;
  /** Keys by tmux's names (Down, PPage, C-c), or text. */
  keys(...keys: string[]): Promise<void>;
  /** Types a command line. */
  type(line: string): Promise<void>;
  resize(columns: number, rows: number): Promise<void>;
  /** Empties the screen and forgets what scrolled out. */
  clear(): Promise<void>;
  cursorShown(): Promise<boolean>;
  /** Waits until the screen shows `wanted`; its error shows the screen as it was. */
  until(wanted: RegExp): Promise<string[]>;
  /** Process id of the shell. */
  readonly pid: number;
}

const DEADLINE_MS = 20_000;
const LOOK_EVERY_MS = 30;

/** Opens a terminal whose shell stands in the project's folder and prompts with `$ `. */
export async function openTerminal(
  columns: number,
  rows: number,
  env: Record<string, string> = {},
): Promise<Terminal> {
  // A server of its own, in a folder of its own: nobody else's terminals are touched, and no socket stays.
  const folder = await mkdtemp(join(tmpdir(), "rookery-tmux-"));
  const socket = join(folder, "socket");
  const variables = Object.entries({
    PS1: "$ ",
    LC_ALL: "C.UTF-8",
    CI: "",
    NO_COLOR: "",
    HISTFILE: "",
    ...env,
  });
  const shell = [
    "env",
    ...variables.map(([name, value]) => `${name}=${value}`),
    "bash",
    "--norc",
    "--noprofile",
  ];
  const size = ["-x", String(columns), "-y", String(rows)];
  await tmux(socket, "-f", "/dev/null", "new-session", "-d", ...size, "-c", folder, ...shell);
  const pid = Number(await tmux(socket, "list-panes", "-F", "#{pane_pid}"));

  const screen = async () => (await tmux(socket, "capture-pane", "-p")).trimEnd().split("\n");
  const until = async (wanted: RegExp) => {
    const deadline = Date.now() + DEADLINE_MS;
    while (true) {
      const lines = await screen();
      if (wanted.test(lines.join("\n"))) return lines;
      if (Date.now() > deadline) throw new Error(`the terminal never showed ${wanted}:\n${lines.join("\n")}`);
      await Bun.sleep(LOOK_EVERY_MS);
    }
  };
  await until(/^\$$/m);
  return {
    pid,
    screen,
    until,
    scrollback: () => tmux(socket, "capture-pane", "-p", "-S", "-"),
    async keys(...keys) {
      await tmux(socket, "send-keys", ...keys);
    },
    async type(line) {
      await tmux(socket, "send-keys", "-l", line);
      await tmux(socket, "send-keys", "Enter");
    },
    async clear() {
      await until(/(^|\n)\$$/);
      await tmux(socket, "send-keys", "-l", "clear");
      await tmux(socket, "send-keys", "Enter");
      await until(/^\$$/);
      await tmux(socket, "clear-history");
    },
    cursorShown: async () => (await tmux(socket, "display-message", "-p", "#{cursor_flag}")).trim() === "1",
    async resize(width, height) {
      await tmux(socket, "resize-window", "-x", String(width), "-y", String(height));
    },
    async [Symbol.asyncDispose]() {
      await tmux(socket, "kill-server");
      await rm(folder, { recursive: true });
    },
  };
}

async function tmux(socket: string, ...args: string[]): Promise<string> {
  const child = Bun.spawn(["tmux", "-u", "-S", socket, ...args], { stdout: "pipe", stderr: "pipe" });
  const [out, err, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  if (code !== 0) throw new Error(`tmux ${args.join(" ")}: exit ${code}: ${err}`);
  return out;
}
