// Text that came from somewhere else → text that is safe on a terminal and exactly as wide as wanted.

// C0, DEL and C1 control characters, and the marks that turn text around: a hook's output or a host's name must not
// move the cursor, retitle the window or read differently from what it is.
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out
const UNSAFE = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/** `text` as one line without escape sequences and control characters. */
export function clean(text: string): string {
  return Bun.stripANSI(text).replace(/\s+/g, " ").replace(UNSAFE, "").trim();
}

/** The lines of `text`, each cleaned but its indentation kept; empty ones at the end dropped. */
export function cleanLines(text: string): string[] {
  return Bun.stripANSI(text)
    .trimEnd()
    .split(/\r?\n|\r/)
    .map((line) => line.replaceAll("\t", "  ").replace(UNSAFE, "").trimEnd());
}

/** Columns `text` takes on a terminal. */
export function widthOf(text: string): number {
  return Bun.stringWidth(text);
}

/** `text` cut to at most `width` columns, the cut shown as `…`. */
export function cut(text: string, width: number): string {
  if (width <= 0) return "";
  if (widthOf(text) <= width) return text;
  const short = Bun.sliceAnsi(text, 0, width - 1);
  // sliceAnsi keeps a double-width character that the cut falls into, and so is a column too wide there.
  return `${widthOf(short) < width ? short : Bun.sliceAnsi(text, 0, width - 2)}…`;
}

/** `text` exactly `width` columns wide: cut, or padded at the right (`left` aligned) or the left. */
export function fit(text: string, width: number, align: "left" | "right" = "left"): string {
  const short = cut(text, width);
  const padding = " ".repeat(Math.max(0, width - widthOf(short)));
  return align === "left" ? short + padding : padding + short;
}

/** `text` broken into lines of at most `width` columns, at spaces where there are any; further lines are indented. */
export function wrap(text: string, width: number, indent = 0): string[] {
  const columns = Math.max(10, width);
  if (widthOf(text) <= columns) return [text];
  const room = Math.max(5, columns - indent);
  const [first = "", ...rest] = Bun.wrapAnsi(text, columns, { hard: true, trim: false }).split("\n");
  if (rest.length === 0) return [first.trimEnd()];
  const further = Bun.wrapAnsi(text.slice(first.length).trimStart(), room, { hard: true }).split("\n");
  return [first.trimEnd(), ...further.map((line) => " ".repeat(indent) + line)];
}

/** The first of `variants` (best first) that fits `width` columns, else the last one, cut. */
export function firstFitting(variants: readonly string[], width: number): string {
  return variants.find((variant) => widthOf(variant) <= width) ?? cut(variants.at(-1) ?? "", width);
}
