// Python's regular expressions and shell globs as JavaScript's.

/**
 * `source` of Python's `re` as a RegExp with `flags`.
 * @throws SyntaxError when JavaScript can't express it
 */
export function pythonRegExp(source: string, flags = ""): RegExp {
  let rest = source;
  let all = flags;
  const inline = /^\(\?([aiLmsux]+)\)/.exec(rest);
  if (inline?.[1] !== undefined) {
    rest = rest.slice(inline[0].length);
    all += [...inline[1]].filter((flag) => "ims".includes(flag)).join("");
  }
  const translated = rest
    .replaceAll("(?P<", "(?<")
    .replace(/\(\?P=(\w+)\)/g, "\\k<$1>")
    .replace(/\\A/g, "^")
    .replace(/\\Z/g, "$");
  return new RegExp(translated, [...new Set(all)].join(""));
}

/** The replacement text of Python's `re.sub` (`\1`, `\g<1>`, `\g<name>`) as JavaScript's. */
export function pythonReplacement(text: string): string {
  return text
    .replaceAll("$", "$$$$")
    .replace(
      /\\(?:g<(\w+)>|(\d{1,2})|([nrt\\]))/g,
      (_all, name?: string, number?: string, escaped?: string) => {
        if (escaped !== undefined) return { n: "\n", r: "\r", t: "\t", "\\": "\\" }[escaped] ?? escaped;
        if (name !== undefined && /^\D/.test(name)) return `$<${name}>`;
        const group = Number(name ?? number);
        return group === 0 ? "$&" : `$${group}`;
      },
    );
}

/** Shell glob (`*`, `?`, `[seq]`, `[!seq]`) as a RegExp for the whole text, as Python's fnmatch. */
export function globRegExp(glob: string): RegExp {
  let source = "";
  for (let index = 0; index < glob.length; index++) {
    const char = glob[index] ?? "";
    if (char === "*") source += ".*";
    else if (char === "?") source += ".";
    else if (char === "[") {
      // A `]` right after `[` or `[!` is one of the characters.
      const from = glob[index + 1] === "!" ? index + 3 : index + 2;
      const close = glob.indexOf("]", from);
      if (close === -1) source += "\\[";
      else {
        const body = glob.slice(index + 1, close).replace(/[\\[\]]/g, "\\$&");
        source += `[${body.startsWith("!") ? `^${body.slice(1)}` : body.replace(/^\^/, "\\^")}]`;
        index = close;
      }
    } else source += char.replace(/[$()*+./?[\\\]^{|}-]/, "\\$&");
  }
  return new RegExp(`^${source}$`, "s");
}
