// The guides beside the scripts, taken apart.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { PROJECT } from "./readme.ts";

export interface Guide {
  readonly name: string;
  readonly text: string;
}

/** `scripts/NAME`. */
export function readGuide(name: string): Guide {
  return { name, text: readFileSync(join(PROJECT, "scripts", name), "utf8") };
}

/** Rows of every table below a heading that begins with `heading`, up to the next of its rank; cells trimmed. */
export function rowsBelow({ name, text }: Guide, heading: string): readonly (readonly string[])[] {
  const lines = text.split("\n");
  const start = lines.findIndex((line) => new RegExp(`^#+ ${heading}`).test(line));
  if (start === -1) throw new Error(`${name} has no heading "${heading}"`);
  const rank = /^#+/.exec(lines[start] ?? "")?.[0].length ?? 0;
  const end = lines.findIndex((line, index) => {
    const marks = /^(#+) /.exec(line)?.[1];
    return index > start && marks !== undefined && marks.length <= rank;
  });
  return lines
    .slice(start, end === -1 ? undefined : end)
    .filter(
      (line, index, all) => line.startsWith("|") && !/^\|-/.test(line) && !/^\|-/.test(all[index + 1] ?? ""),
    )
    .map((line) =>
      line
        .split("|")
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
}

/** What stands between backticks in a text. */
export function quoted(text: string): readonly string[] {
  return [...text.matchAll(/`([^`\n]+)`/g)].map(([, inside = ""]) => inside);
}

/** Command lines of ours in a guide. */
export function scriptLines({ text }: Guide): readonly string[] {
  const indented = [...text.matchAll(/^ {4}(bun scripts\/.*)$/gm)].map(([, line = ""]) => line);
  return [...indented, ...quoted(text).filter((inside) => inside.startsWith("bun scripts/"))];
}
