// What must be done to a template's text and tokens before @huggingface/jinja's parser can read Ansible's Jinja.

import type { tokenize } from "@huggingface/jinja";

type Token = ReturnType<typeof tokenize>[number];

/**
 * `text` with backslashes doubled in the strings within `{{ }}`: Ansible does that too, so that '\1' and '\d' need
 * no second backslash. (In `{% %}` they are left alone, except those the parser would refuse.)
 */
export function protectBackslashes(text: string): string {
  if (!text.includes("\\")) return text;
  return text.replace(/\{\{([\s\S]*?)\}\}|\{%([\s\S]*?)%\}/g, (block, expression?: string) =>
    block.replace(/'(?:[^'\\]|\\[\s\S])*'|"(?:[^"\\]|\\[\s\S])*"/g, (string) =>
      string.replace(/\\([\s\S])/g, (pair: string, char: string) => {
        if (char === "'" || char === '"') return pair;
        if (expression !== undefined) return char === "\\" ? "\\\\\\\\" : `\\\\${char}`;
        return /[ntrbfv\\]/.test(char) ? pair : `\\\\${char}`;
      }),
    ),
  );
}

/**
 * Tokens with three things rewritten that the parser doesn't know: tests with arguments (`is match('x')` becomes the
 * filter `is_test_match`), full filter names (`ansible.builtin.to_json`), and `is in [...]`.
 */
export function fixTokens(tokens: readonly Token[]): Token[] {
  const out: Token[] = [];
  for (let index = 0; index < tokens.length; index++) {
    const token = tokens[index] as Token;
    const at = (offset: number) => tokens[index + offset];
    if (isName(token, "is") && out.length > 0) {
      const negated = isName(at(1), "not") ? 1 : 0;
      const [name, next] = [at(1 + negated), at(2 + negated)];
      if (isName(name, "in") && next !== undefined) {
        // `x is in y` is `x in y`.
        if (negated === 1) out.push(...tokens.slice(index + 1, index + 2));
        out.push(name as Token);
        index += 1 + negated;
        continue;
      }
      if (name?.type === "Identifier" && next?.type === "OpenParen") {
        out.push(
          like(name, "Pipe", "|"),
          like(name, "Identifier", `is_${negated === 1 ? "not_" : ""}test_${name.value}`),
        );
        index += 1 + negated;
        continue;
      }
    }
    out.push(token);
    if (token.type === "Pipe" || isName(token, "is")) while (isCollection(at(1), at(2))) index += 2;
  }
  return out;
}

/** `ansible.` or `builtin.` in front of the name of a filter. */
function isCollection(name: Token | undefined, dot: Token | undefined): boolean {
  return name?.type === "Identifier" && dot?.type === "Dot";
}

function isName(token: Token | undefined, name: string): boolean {
  return token?.type === "Identifier" && token.value === name;
}

function like(token: Token, type: Token["type"], value: string): Token {
  return Object.assign(Object.create(Object.getPrototypeOf(token) as object), { type, value }) as Token;
}
