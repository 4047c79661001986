// What Python calls the type of a value: the filter `type_debug`.

import { isLazy, Members, type Result, TemplateError, Undefined } from "./results.ts";
import { isFloat, Timestamp } from "./scalars.ts";
import { Tuple, View } from "./tuple.ts";

/**
 * Name of the type Ansible has `result` in.
 * @throws TemplateError for texts: which of Ansible's kinds of text one is depends on where it comes from
 */
export function typeName(result: Result): string {
  if (result === null) return "NoneType";
  if (result instanceof Undefined) return "AnsibleUndefined";
  if (result instanceof Members) return result.kind;
  if (isLazy(result)) return typeName(result.force());
  if (typeof result === "function") return "method";
  if (typeof result === "boolean") return "bool";
  if (typeof result === "string")
    throw new TemplateError(
      "type_debug of a text is not supported in inventory values: ask whether it 'is string'",
    );
  if (isFloat(result)) return "float";
  if (typeof result === "number" || typeof result === "bigint") return "int";
  if (result instanceof Timestamp) return result.iso.includes("T") ? "datetime" : "date";
  if (result instanceof Tuple) return "tuple";
  if (result instanceof View) return `dict_${result.kind}`;
  return Array.isArray(result) ? "list" : "dict";
}
