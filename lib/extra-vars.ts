// `-e`: variables given on the command line, as Ansible takes them.
import { OpsError } from "./errors.ts";
import type { Value, Vars } from "./inventory/types.ts";
import { parseYaml } from "./inventory/yaml.ts";

/**
 * Extra vars as ansible's `-e` takes them: `a=1 b='two words' c={{ x }}`, JSON or YAML text in braces, or `@FILE`. Later
 * ones win.
 * @throws OpsError `usage` naming the one that can't be read
 * @see https://docs.ansible.com/ansible/latest/playbook_guide/playbooks_variables.html#defining-variables-at-runtime
 */
export async function extraVars(given: readonly string[]): Promise<Vars> {
  const vars: Record<string, Value> = {};
  for (const text of given) Object.assign(vars, await readExtra(text));
  return vars;
}

async function readExtra(text: string): Promise<Vars> {
  if (text.startsWith("@")) {
    const file = Bun.file(text.slice(1));
    if (!(await file.exists()))
      throw new OpsError("usage", `-e ${text}: no such file`, {
        hint: "give -e @FILE the path of a YAML or JSON file",
      });
    return mapping(await file.text(), text);
  }
  if (/^\s*[{[]/.test(text)) return mapping(text, text);
  const vars: Record<string, Value> = {};
  for (const word of splitArguments(text)) {
    const plain = withoutEscapes(word);
    const equals = plain.indexOf("=");
    // Ansible lets such a word pass; it is a value that was to be in quotes.
    if (equals < 1) {
      throw new OpsError("usage", `-e "${text}": "${word}" sets nothing`, {
        hint: `write -e name=value, -e 'name="two words"', -e '{"name": [1, 2]}' or -e @FILE`,
      });
    }
    vars[plain.slice(0, equals)] = unquoted(plain.slice(equals + 1));
  }
  return vars;
}

/** Words between blanks; those inside quotes, `{{ }}`, `{% %}` and `{# #}` divide nothing. Quotes stay where they are. */
function splitArguments(text: string): string[] {
  const words: string[] = [];
  let word = "";
  let quote = "";
  let block = "";
  for (let at = 0; at < text.length; at++) {
    const char = text[at] as string;
    const pair = text.slice(at, at + 2);
    if (block !== "" && pair === block) {
      block = "";
      word += pair;
      at++;
    } else if (block === "" && BLOCKS[pair] !== undefined) {
      block = BLOCKS[pair];
      word += pair;
      at++;
    } else if (block === "" && quote === "" && /\s/.test(char)) {
      if (word !== "") words.push(word);
      word = "";
    } else {
      if (block === "" && `"'`.includes(char) && text[at - 1] !== "\\" && (quote === "" || quote === char))
        quote = quote === "" ? char : "";
      word += char;
    }
  }
  if (quote !== "" || block !== "")
    throw new OpsError("usage", `-e '${text}': a quote or {{ }} is not closed`, {
      hint: "close it, or put the whole into one pair of quotes for your shell",
    });
  return word === "" ? words : [...words, word];
}

const BLOCKS: Readonly<Record<string, string>> = { "{{": "}}", "{%": "%}", "{#": "#}" };

const ESCAPES: Readonly<Record<string, string>> = {
  ...{ a: "\x07", b: "\b", f: "\f", n: "\n", r: "\r", t: "\t", v: "\v" },
  ...{ "\\": "\\", "'": "'", '"': '"' },
};

function withoutEscapes(word: string): string {
  return word.replace(
    /\\(?:U([0-9a-fA-F]{8})|u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|([\\'"abfnrtv]))/g,
    (_, long?: string, short?: string, byte?: string, name?: string) =>
      name === undefined
        ? String.fromCodePoint(Number.parseInt(long ?? short ?? byte ?? "", 16))
        : (ESCAPES[name] ?? ""),
  );
}

function unquoted(value: string): string {
  const quote = value[0] ?? "";
  return value.length > 1 && `"'`.includes(quote) && value.endsWith(quote) ? value.slice(1, -1) : value;
}

function mapping(text: string, origin: string): Vars {
  const value = parseYaml(text, { file: `-e ${origin}`, warn: () => {} });
  if (value !== null && typeof value === "object" && !Array.isArray(value)) return value as Vars;
  throw new OpsError("usage", `-e ${origin} holds no mapping of names to values`, {
    hint: "write name: value lines in the file, or -e name=value",
  });
}
