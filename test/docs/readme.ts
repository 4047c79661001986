// README.md, taken apart.
import { readFileSync } from "node:fs";
import { join } from "node:path";

export const PROJECT = join(import.meta.dir, "..", "..");
export const README = readFileSync(join(PROJECT, "README.md"), "utf8");

/** Code blocks marked `recipe=NAME`, by name. */
export function recipes(): ReadonlyMap<string, string> {
  return new Map(
    [...README.matchAll(/^```ts recipe=(\S+)\n(.*?)^```$/gms)].map(([, name = "", code = ""]) => [
      name,
      code,
    ]),
  );
}

/** Every command line that runs one of our scripts, wherever it stands. */
export function commandLines(): readonly string[] {
  const indented = [...README.matchAll(/^ {4}(bun scripts\/.*)$/gm)].map(([, line = ""]) => line);
  const inline = [...README.matchAll(/`(bun\s+scripts\/[^`]+)`/g)].map(([, line = ""]) => line);
  return [...indented, ...inline.map((line) => line.replace(/\s+/g, " "))];
}

/** Rows of the table whose first title is `title`, without title and rule; cells trimmed. */
export function tableRows(title: string): readonly (readonly string[])[] {
  const lines = README.split("\n");
  const start = lines.findIndex((line) => line.startsWith(`| ${title} |`));
  if (start === -1) throw new Error(`README.md has no table whose first title is ${title}`);
  const end = lines.findIndex((line, index) => index > start && !line.startsWith("|"));
  return lines.slice(start + 2, end).map((line) =>
    line
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}
