// Colours and signs. Every status has a sign of its own, so that nothing is told by colour alone.
import type { HostStatus } from "../swarm/events.ts";

export type Style = "bold" | "dim" | "red" | "green" | "yellow" | "blue" | "magenta" | "cyan";

export interface Theme {
  /** `text` in `style`; as it is when colours are off. */
  paint(style: Style | undefined, text: string): string;
  /** `text` with our own signs beyond ASCII replaced where the terminal has none. */
  plain(text: string): string;
  /** One column wide. While a host fetches it tells how far it is. */
  sign(status: HostStatus, fraction?: number): string;
  style(status: HostStatus): Style | undefined;
  readonly bar: { readonly full: string; readonly empty: string };
  /** One column for each level of the log. */
  readonly mark: Readonly<Record<"info" | "warning" | "error", string>>;
  readonly arrow: string;
  readonly dot: string;
  readonly done: string;
  readonly running: string;
  readonly ahead: string;
  readonly scroll: string;
}

// The 16 colours every terminal theme adapts; 94 is bright blue, for plain blue is unreadable on black.
const CODES: Record<Style, readonly [number, number]> = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  blue: [94, 39],
  magenta: [35, 39],
  cyan: [36, 39],
};

const STYLES: Record<HostStatus, Style | undefined> = {
  waiting: "dim",
  connecting: "yellow",
  connected: "yellow",
  ready: "yellow",
  fetching: "cyan",
  complete: "blue",
  prepared: "blue",
  active: "blue",
  ok: "green",
  failed: "red",
  unreachable: "magenta",
  skipped: "yellow",
};

type Signs = Record<Exclude<HostStatus, "fetching">, string>;

// None of them has an emoji form or a double width.
const SIGNS: Signs = {
  waiting: "·",
  connecting: "◦",
  connected: "○",
  ready: "◇",
  complete: "█",
  prepared: "◆",
  active: "►",
  ok: "✓",
  failed: "✗",
  unreachable: "!",
  skipped: "-",
};
const ASCII_SIGNS: Signs = {
  waiting: ".",
  connecting: "c",
  connected: "C",
  ready: "r",
  complete: "=",
  prepared: "p",
  active: ">",
  ok: "+",
  failed: "X",
  unreachable: "!",
  skipped: "-",
};
const LEVELS = "▁▂▃▄▅▆▇";
const ASCII_LEVELS = "0123456789";

/** The look of a screen: with or without colours, with or without characters beyond ASCII. */
export function theme({ color, unicode }: { readonly color: boolean; readonly unicode: boolean }): Theme {
  const levels = unicode ? LEVELS : ASCII_LEVELS;
  const signs = unicode ? SIGNS : ASCII_SIGNS;
  return {
    paint(style, text) {
      if (!color || style === undefined || text === "") return text;
      const [on, off] = CODES[style];
      return `\u001b[${on}m${text}\u001b[${off}m`;
    },
    plain: (text) => (unicode ? text : text.replaceAll("…", "~").replaceAll("–", "-")),
    sign(status, fraction = 0.5) {
      if (status !== "fetching") return signs[status];
      const level = Math.floor(Math.min(1, Math.max(0, fraction)) * levels.length);
      return levels[Math.min(level, levels.length - 1)] ?? "";
    },
    style: (status) => STYLES[status],
    bar: unicode ? { full: "━", empty: "─" } : { full: "#", empty: "-" },
    mark: { info: " ", warning: "!", error: signs.failed },
    arrow: unicode ? "→" : "->",
    dot: unicode ? "·" : "-",
    done: unicode ? "✓" : "+",
    running: unicode ? "▸" : ">",
    ahead: unicode ? "·" : ".",
    scroll: unicode ? "↑↓" : "arrows",
  };
}

/** What a terminal with this environment can show. */
export function lookFor(
  stream: { readonly isTTY?: boolean },
  env: Readonly<Record<string, string | undefined>>,
): { readonly color: boolean; readonly unicode: boolean } {
  const forced = env.FORCE_COLOR !== undefined && env.FORCE_COLOR !== "0" && env.FORCE_COLOR !== "false";
  const refused = (env.NO_COLOR ?? "") !== "" || env.TERM === "dumb";
  const locale = env.LC_ALL || env.LC_CTYPE || env.LANG || "";
  return {
    color: !refused && (forced || stream.isTTY === true),
    // Without any locale most terminals show UTF-8 all the same; one that names another charset means it.
    unicode: env.TERM !== "linux" && (locale === "" || /utf-?8/i.test(locale)),
  };
}
