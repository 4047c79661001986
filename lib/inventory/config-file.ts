// ansible.cfg as Python's configparser reads it.

import { badLine } from "./trouble.ts";

/** Values by `section.key`, keys in lower case. */
export type ConfigFile = ReadonlyMap<string, string>;

/**
 * Sections, `key = value` or `key: value`, `#` and `;` before comments (`;` also after a value and a blank), values that
 * go on over indented lines.
 * @throws OpsError `usage` with file, line and the line itself
 * @see https://docs.python.org/3/library/configparser.html#supported-ini-file-structure
 */
export function parseConfigFile(text: string, file: string): ConfigFile {
  const found = new Map<string, string>();
  const sections = new Set<string>();
  const defaults = new Map<string, string>();
  let section: string | undefined;
  let open: { key: string; indent: number; lines: string[] } | undefined;
  const close = () => {
    if (open !== undefined) found.set(open.key, open.lines.join("\n").trimEnd());
    open = undefined;
  };
  for (const [index, raw] of text.split(/\r\n|\n|\r/).entries()) {
    const fail = (problem: string) => badLine(problem, { file, line: index + 1, text }, undefined, "usage");
    const line = /^\s*[#;]/.test(raw) ? "" : raw.replace(/(?<=\s);.*/, "");
    // A byte order mark is no blank to Python.
    const content = line.replace(/^[^\S\ufeff]+|[^\S\ufeff]+$/g, "");
    if (content === "") {
      if (raw.trim() === "") open?.lines.push("");
      continue;
    }
    const indent = line.length - line.trimStart().length;
    if (open !== undefined && indent > open.indent) {
      open.lines.push(content);
      continue;
    }
    close();
    const header = /^\[(.+)\]/.exec(content)?.[1];
    if (header !== undefined) {
      if (sections.has(header)) throw fail(`there is a section [${header}] already`);
      if (header !== "DEFAULT") sections.add(header);
      section = header;
      continue;
    }
    if (section === undefined) throw fail("there is no [section] above this line");
    const [, name = "", value] = /^(.*?)\s*[=:]\s*(.*)$/.exec(content) ?? [];
    if (value === undefined || name === "") throw fail("expected key = value");
    const key = `${section}.${name.toLowerCase()}`;
    if (found.has(key)) throw fail(`${name} is set twice in [${section}]`);
    found.set(key, value);
    open = { key, indent, lines: [value] };
  }
  close();
  for (const [key, value] of found) if (key.startsWith("DEFAULT.")) defaults.set(key.slice(8), value);
  for (const each of sections)
    for (const [key, value] of defaults) if (!found.has(`${each}.${key}`)) found.set(`${each}.${key}`, value);
  return found;
}
