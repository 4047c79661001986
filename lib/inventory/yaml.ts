// YAML as Ansible reads it: PyYAML's YAML 1.1, not js-yaml's 1.2. `yes` is true, `0755` is 493, `y` stays "y".

import { parseJson } from "./json.ts";
import type { Value } from "./types.ts";
import { parseSimpleYaml } from "./yaml-simple.ts";

export interface YamlOptions {
  /** For messages. */
  readonly file: string;
  /** Called for each duplicate key, of which the last counts. */
  readonly warn?: ((message: string) => void) | undefined;
  /** `error` refuses them, `ignore` says nothing. */
  readonly duplicates?: "warn" | "error" | "ignore" | undefined;
}

/**
 * The one document in `text` (JSON first, as Ansible does); null when it is empty. `!vault` and `!unsafe` values
 * come as Ansible writes them in JSON, `{__ansible_vault: …}` and `{__ansible_unsafe: …}`.
 * @throws OpsError `inventory` with file, line and the line itself
 */
export function parseYaml(text: string, options: YamlOptions): Value {
  if (/^\s*[[{"]/.test(text)) {
    try {
      return parseJson(text);
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error; // flow-style YAML looks like JSON at first, too
    }
  }
  const simple = parseSimpleYaml(text);
  if (simple !== undefined) return simple;
  if (/^(?: *(?:#[\t -~]*)?(?:\n|$))*$/.test(text)) return null;
  // Loaded when a file needs it, for that takes as long as reading a thousand that don't.
  return (require("./yaml-grammar.ts") as typeof import("./yaml-grammar.ts")).parseByGrammar(text, options);
}
