// Jinja filters of Ansible's inventories: texts, paths, regular expressions. Others are in their own files.

import { homedir } from "node:os";
import { posix, relative, win32 } from "node:path";
import { format } from "./operators.ts";
import { pythonText } from "./python-text.ts";
import { pythonRegExp, replaceMatches } from "./regex.ts";
import { type Result, TemplateError, truthy } from "./results.ts";
import { type Tool, tool } from "./signatures.ts";
import { capital, justified, replaceText, splitText, strip } from "./texts.ts";
import { tuple } from "./tuple.ts";
import type { Value } from "./types.ts";

export type Filters = Readonly<Record<string, Tool<Result>>>;

const text = (value: Value | undefined) => (value === undefined ? "" : pythonText(value));
const onText = (change: (text: string) => Value): Tool<Result> =>
  tool("", (input) => change(pythonText(input)));

/** Paths are texts: Python refuses all else. */
const onPath = (change: (path: string) => Value): Tool<Result> =>
  tool("", (input) => change(needText(input)));

const length = tool("", (input) => {
  if (typeof input === "string") return [...input].length;
  if (Array.isArray(input)) return input.length;
  if (input !== null && typeof input === "object" && !(input instanceof Date) && !(input instanceof Number))
    return Object.keys(input).length;
  throw new TemplateError(`${pythonText(input)} has no length`);
});

export const FILTERS: Filters = {
  length,
  count: length,
  string: onText((each) => each),
  lower: onText((each) => each.toLowerCase()),
  upper: onText((each) => each.toUpperCase()),
  capitalize: onText(capital),
  title: onText((each) =>
    each
      .split(/([-\s({[<]+)/)
      .map(capital)
      .join(""),
  ),
  trim: tool("chars", (input, chars) => strip(text(input), chars)),
  center: tool("width", (input, width = 80) => justified(text(input), Number(width), "center")),
  wordcount: onText((each) => each.match(/[\p{L}\p{N}_]+/gu)?.length ?? 0),
  replace: tool("old! new! count", (input, old, by, count) =>
    replaceText(text(input), text(old), text(by), count),
  ),
  split: tool("sep maxsplit", (input, separator, most) => splitText(needText(input), separator, most)),
  format: tool("*args **named", (input, args, named) =>
    format(
      text(input),
      Object.keys(named ?? {}).length > 0 ? (named as Value) : tuple(args as readonly Value[]),
    ),
  ),
  truncate: tool(
    "length killwords end leeway",
    (input, most = 255, kill = false, end = "...", leeway = 5) => {
      const all = [...needText(input)];
      if (all.length <= Number(most) + Number(leeway)) return all.join("");
      const cut = all.slice(0, Number(most) - [...text(end)].length).join("");
      const space = cut.lastIndexOf(" ");
      return (truthy(kill) || space === -1 ? cut : cut.slice(0, space)) + text(end);
    },
  ),
  indent: tool("width first blank", (input, width = 4, first = false, blank = false) => {
    const pad = typeof width === "string" ? width : " ".repeat(Number(width));
    const lines = needText(input).split(/\r\n|[\n\r\v\f\u2028\u2029]/);
    return lines
      .map((line, index) =>
        index === 0 ? (truthy(first) ? pad : "") + line : truthy(blank) || line !== "" ? pad + line : line,
      )
      .join("\n");
  }),
  comment: tool(
    "style newline beginning prefix prefix_count decoration postfix postfix_count end",
    (input, style = "plain", ...given) => comment(needText(input), text(style), given),
  ),
  quote: tool("", (input) => quoted(input === null ? "" : text(input))),
  escape: onText(htmlSafe),
  e: onText(htmlSafe),
  safe: onText((each) => each),
  regex_replace: tool(
    "pattern replacement ignorecase multiline",
    (input, pattern, by, ignoreCase, multiline) =>
      matching(pattern, { ignoreCase, multiline, flags: "g" }, (found) =>
        replaceMatches(text(input), found, text(by)),
      ),
  ),
  regex_search: tool(
    "regex! *groups ignorecase multiline",
    (input, pattern, groups = [], ignoreCase, multiline) =>
      matching(pattern, { ignoreCase, multiline }, (found) =>
        searched(found.exec(text(input)), groups as readonly Value[]),
      ),
  ),
  regex_findall: tool("regex! multiline ignorecase", (input, pattern, multiline, ignoreCase) =>
    matching(pattern, { ignoreCase, multiline, flags: "g" }, (found) =>
      [...text(input).matchAll(found)].map(matchedPart),
    ),
  ),
  regex_escape: tool("re_type", (input, kind = "python") => {
    if (kind === "python") return text(input).replace(/[\s#$&()*+\-.?[\\\]^{|}~]/g, "\\$&");
    if (kind === "posix_basic") return text(input).replace(/[\].[^$*\\]/g, "\\$&");
    throw new TemplateError(`regex_escape: there is no kind '${text(kind)}'`);
  }),
  basename: onPath((each) => each.slice(each.lastIndexOf("/") + 1)),
  dirname: onPath((each) => {
    const head = each.slice(0, each.lastIndexOf("/") + 1);
    return /^\/*$/.test(head) ? head : head.replace(/\/+$/, "");
  }),
  splitext: onPath((each) =>
    tuple([each.slice(0, each.length - posix.extname(each).length), posix.extname(each)]),
  ),
  expanduser: onPath((each) => each.replace(/^~(?=\/|$)/, homedir())),
  relpath: tool("start", (input, start = ".") => relative(text(start), needText(input)) || "."),
  win_basename: onPath((each) => (/[\\/:]$/.test(each) ? "" : win32.basename(each))),
  win_dirname: onPath((each) =>
    /[\\/]/.test(each) ? win32.dirname(`${each}_`).replace(/(?<=[^:\\/])[\\/]+$/, "") : "",
  ),
  path_join: tool("", (input) =>
    (Array.isArray(input) ? input.map(pythonText) : [needText(input)]).reduce((path, part) =>
      part.startsWith("/") ? part : path === "" || path.endsWith("/") ? path + part : `${path}/${part}`,
    ),
  ),
};

/** As a shell takes it for one word. */
function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'"'"'`)}'`;
}

export function needText(input: Value): string {
  if (typeof input === "string") return input;
  throw new TemplateError(`${pythonText(input)} is no text`);
}

function htmlSafe(input: string): string {
  return input.replace(
    /[&<>'"]/g,
    (char) => `&${{ "&": "amp", "<": "lt", ">": "gt", "'": "#39" }[char] ?? "#34"};`,
  );
}

interface Matching {
  readonly ignoreCase: Value | undefined;
  readonly multiline: Value | undefined;
  readonly flags?: string;
}

/** @throws TemplateError when `pattern` is no regular expression */
export function matching<T>(
  pattern: Value | undefined,
  { ignoreCase, multiline, flags = "" }: Matching,
  use: (found: RegExp) => T,
): T {
  const more = (truthy(ignoreCase ?? false) ? "i" : "") + (truthy(multiline ?? false) ? "m" : "");
  try {
    return use(pythonRegExp(text(pattern), flags + more));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new TemplateError(`'${text(pattern)}' is not a regular expression: ${error.message}`);
  }
}

/** `regex_search(pattern, '\\1', '\\g<name>')` gives those groups; without them the whole match. */
function searched(found: RegExpExecArray | null, groups: readonly Value[]): Value {
  if (found === null) return null;
  if (groups.length === 0) return found[0];
  return groups.map((group) => {
    const [, name, number] = /^\\(?:g<(\S+)>|(\d+))/.exec(text(group)) ?? [];
    const key = name ?? number;
    const numeric = key !== undefined && /^\d+$/.test(key);
    if (
      key === undefined ||
      (numeric ? Number(key) >= found.length : !Object.hasOwn(found.groups ?? {}, key))
    )
      throw new TemplateError(`regex_search: '${text(group)}' names no group`);
    return (numeric ? found[Number(key)] : found.groups?.[key]) ?? null;
  });
}

function matchedPart(found: RegExpMatchArray): Value {
  const groups = found.slice(1).map((group) => group ?? "");
  return groups.length === 0 ? found[0] : groups.length === 1 ? (groups[0] ?? "") : tuple(groups);
}

const COMMENTS: Readonly<Record<string, readonly [beginning: string, decoration: string, end: string]>> = {
  plain: ["", "# ", ""],
  erlang: ["", "% ", ""],
  c: ["", "// ", ""],
  cblock: ["/*", " * ", " */"],
  xml: ["<!--", " - ", "-->"],
};

function comment(body: string, style: string, given: readonly (Value | undefined)[]): string {
  const known = COMMENTS[style];
  if (known === undefined) throw new TemplateError(`comment: there is no style '${style}'`);
  const or = (index: number, usual: string) => (given[index] === undefined ? usual : text(given[index]));
  const [newline, beginning] = [or(0, "\n"), or(1, known[0])];
  const [decoration, end] = [or(4, known[1]), or(7, known[2])];
  const [prefix, postfix] = [or(2, decoration.trimEnd()), or(5, decoration.trimEnd())];
  const before = (prefix === "" || prefix === newline ? prefix : prefix + newline).repeat(
    Number(given[3] ?? 1),
  );
  const lines = decoration + body.replaceAll(newline, newline + decoration);
  return [
    beginning === "" ? "" : beginning + newline,
    before,
    lines.replaceAll(decoration + newline, decoration.trimEnd() + newline),
    (newline + postfix).repeat(Number(given[6] ?? 1)),
    end === "" ? "" : newline + end,
  ].join("");
}
