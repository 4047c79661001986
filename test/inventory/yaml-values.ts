// YAML texts as Ansible's own reader and as ours reads them, with the types of all values.

import { join } from "node:path";
import { OpsError } from "../../lib/errors.ts";
import { orderedEntries, originalKey } from "../../lib/inventory/keys.ts";
import { floatText } from "../../lib/inventory/python-text.ts";
import { isFloat, isMapping, Timestamp } from "../../lib/inventory/scalars.ts";
import type { Value } from "../../lib/inventory/types.ts";
import { parseYaml } from "../../lib/inventory/yaml.ts";
import { ansiblePython, run } from "./ansible.ts";

/**
 * `["int", "1"]`, `["list", […]]`, `["dict", [[key, value], …]]`; "refused" where there is an error, "circular" where we
 * refuse what PyYAML builds and Ansible then can't show: a value that holds itself.
 */
export type Typed = readonly [type: string, value: unknown] | "refused" | "circular";

/** What Ansible makes of each of `texts`. */
export async function ansibleValues(texts: readonly string[]): Promise<Typed[]> {
  const program = [await ansiblePython(), join(import.meta.dir, "yaml-values.py")];
  const { stdout, stderr, code } = await run(program, { stdin: JSON.stringify(texts) });
  if (code !== 0) throw new Error(`yaml-values.py failed with ${code}:\n${stderr}`);
  return (JSON.parse(stdout) as { value?: Typed }[]).map(({ value }) => value ?? "refused");
}

/** What we make of `text`. An error that isn't one of its text's is no answer. */
export function ourValue(text: string): Typed {
  try {
    return typed(parseYaml(text, { file: "test.yml", duplicates: "ignore" }));
  } catch (error) {
    if (error instanceof OpsError && error.message.includes("no value can hold itself")) return "circular";
    if (error instanceof OpsError && /^test\.yml:\d+: ./.test(error.message)) return "refused";
    throw error;
  }
}

function typed(value: Value): Typed {
  if (value === null) return ["NoneType", "None"];
  if (typeof value === "boolean") return ["bool", value ? "True" : "False"];
  if (typeof value === "string") return ["str", value];
  if (isFloat(value)) return ["float", floatText(Number(value))];
  if (typeof value === "number" || typeof value === "bigint") return ["int", String(value)];
  if (value instanceof Timestamp) return [value.iso.includes("T") ? "datetime" : "date", value.iso];
  if (Array.isArray(value)) return ["list", value.map(typed)];
  if (!isMapping(value)) throw new TypeError(`no value of an inventory: ${String(value)}`);
  if (typeof value.__ansible_vault === "string") return ["vault", value.__ansible_vault];
  if (typeof value.__ansible_unsafe === "string") return ["unsafe", value.__ansible_unsafe];
  return ["dict", orderedEntries(value).map(([key, item]) => [typed(originalKey(value, key)), typed(item)])];
}
