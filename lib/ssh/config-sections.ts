// ssh_config files and what they include, read and parsed once; and which of their sections may concern a host.
import { readdirSync } from "node:fs";
import { basename, dirname, isAbsolute, join } from "node:path";
import SSHConfig, { type Line, LineType } from "ssh-config";
import { OpsError } from "../errors.ts";
import { fileCache } from "./file-cache.ts";

const MAX_INCLUDES = 16;

export interface ConfigFiles {
  readonly files: readonly string[];
  readonly home: string;
  /** Changes their text before it is parsed; the same function each time, or it is parsed each time. */
  readonly edit?: ((text: string) => string) | undefined;
}

interface Parsed {
  readonly pieces: readonly string[];
  readonly edit: ConfigFiles["edit"];
  readonly about: (name: string) => SSHConfig;
}

/** By the names of the files. */
const parsed = new Map<string, Parsed>();

/**
 * The lines of `files` that may concern `name`, ready to be computed.
 * @throws OpsError `setting` when a file can't be read; the parser's own Error when one can't be understood
 */
export function sectionsAbout(name: string, { files, home, edit }: ConfigFiles): SSHConfig {
  const pieces = piecesOfAll({ files, home });
  const key = [home, ...files].join("\n");
  const before = parsed.get(key);
  // Texts of unchanged files are the very same strings, so this takes no longer than it looks.
  const same =
    before?.pieces.length === pieces.length && pieces.every((piece, at) => piece === before.pieces[at]);
  if (same && before.edit === edit) return before.about(name);
  const text = pieces.join("\n");
  const about = sectionIndex(SSHConfig.parse(edit === undefined ? text : edit(text)));
  parsed.set(key, { pieces, edit, about });
  return about(name);
}

/**
 * All of `files`, with what they include.
 * @throws OpsError `setting` when a file can't be read
 */
export function configText(where: ConfigFiles): string {
  return piecesOfAll(where).join("\n");
}

/** Each file begins outside of any section, whatever section the one before ended in. */
function piecesOfAll({ files, home }: ConfigFiles): readonly string[] {
  return files.flatMap((file, at) => [...(at === 0 ? [] : ["Host *"]), ...readPieces(file, { home })]);
}

/**
 * Picks what may concern a name. The package compiles every pattern anew for each host it is asked about; with a
 * section a host, as generated files have, that is a million patterns for a thousand hosts.
 */
function sectionIndex(config: SSHConfig): (name: string) => SSHConfig {
  const lines = [...config];
  const always: number[] = [];
  const named = new Map<string, number[]>();
  let simple = true;
  lines.forEach((line, at) => {
    const names = plainNames(line);
    for (const name of names ?? []) named.set(name, [...(named.get(name) ?? []), at]);
    if (names === undefined) always.push(at);
    // These make the host's name another one half-way.
    const text = line.type === LineType.DIRECTIVE ? JSON.stringify(line) : "";
    if (/canonical|"final"/i.test(text)) simple = false;
  });
  if (!simple) return () => config;
  return (name) => {
    const picked = [...always, ...(named.get(name) ?? [])].sort((a, b) => a - b);
    const some = new SSHConfig();
    for (const at of picked) some.push(lines[at] as Line);
    return some;
  };
}

/** The names after `Host` when none of them is a pattern; undefined for every other line. */
function plainNames(line: Line): readonly string[] | undefined {
  if (line.type !== LineType.DIRECTIVE || line.param.toLowerCase() !== "host") return undefined;
  const values = Array.isArray(line.value) ? line.value.map(({ val }) => val) : line.value.split(",");
  return values.some((value) => /[*?!,]/.test(value)) ? undefined : [...new Set(values)];
}

/** Text, or what an `Include` line names and the section it stands in. */
type Piece = string | { readonly patterns: readonly string[]; readonly section: string };

const piecesOf = fileCache((text): readonly Piece[] => {
  const pieces: Piece[] = [];
  let lines: string[] = [];
  let section = "Host *";
  for (const line of text.split("\n")) {
    if (/^\s*(host|match)[\s=]/i.test(line)) section = line;
    const words = /^\s*include[\s=]+(.*)$/i.exec(line)?.[1];
    if (words === undefined) {
      lines.push(line);
      continue;
    }
    const patterns = (words.match(/"[^"]*"|\S+/g) ?? []).map((word) => word.replace(/^"(.*)"$/, "$1"));
    pieces.push(lines.join("\n"), { patterns, section });
    lines = [];
  }
  return [...pieces, lines.join("\n")];
});

/** The text of `file` with its `Include` lines replaced by what they name, each back in the section it stood in. */
function readPieces(file: string, { home, depth = 0 }: { home: string; depth?: number }): readonly string[] {
  return read(file).flatMap((piece) => {
    if (typeof piece === "string") return [piece];
    if (depth === MAX_INCLUDES)
      throw new OpsError("setting", `${file}: Include goes more than ${depth} files deep`);
    const paths = piece.patterns.flatMap((pattern) => {
      const path = pattern.replace(/^~(?=\/)/, home);
      return included(isAbsolute(path) ? path : join(dirname(file), path));
    });
    return [...paths.flatMap((path) => readPieces(path, { home, depth: depth + 1 })), piece.section];
  });
}

function included(pattern: string): readonly string[] {
  if (!/[*?[]/.test(pattern)) return [pattern];
  const folder = dirname(pattern);
  if (/[*?[]/.test(folder)) {
    const glob = new Bun.Glob(pattern.slice(1));
    return [...glob.scanSync({ cwd: "/", dot: true, absolute: true })].sort();
  }
  // The usual case, ssh_config.d/*.conf, and this is asked for each host: a scan takes ten times as long.
  const glob = new Bun.Glob(basename(pattern));
  return namesIn(folder).flatMap((name) => (glob.match(name) ? [join(folder, name)] : []));
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder).sort();
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return [];
    throw new OpsError("setting", `can't read ${folder}: ${message}`, { cause: error });
  }
}

function read(file: string): readonly Piece[] {
  try {
    return piecesOf(file) ?? [];
  } catch (error) {
    throw new OpsError("setting", `can't read ${file}: ${(error as Error).message}`, { cause: error });
  }
}
