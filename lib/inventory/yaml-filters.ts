// Jinja filters between values and YAML.

import { OpsError } from "../errors.ts";
import { dumpYaml, type YamlStyle } from "./dump-yaml.ts";
import type { Filters } from "./filters.ts";
import { pythonText } from "./python-text.ts";
import { finished, TemplateError, truthy } from "./results.ts";
import { isMapping, unsafeText, vaultText } from "./scalars.ts";
import { tool } from "./signatures.ts";
import type { Value } from "./types.ts";
import { parseByGrammar } from "./yaml-grammar.ts";

export const YAML_FILTERS: Filters = {
  to_yaml: tool("*args default_flow_style indent width sort_keys explicit_start", (input, args, ...named) => {
    if (Array.isArray(args) && args.length > 0) throw new TemplateError("to_yaml takes named arguments only");
    const [brackets = null, ...style] = named;
    return written(input, brackets === null ? "leaves" : truthy(brackets) ? "all" : undefined, style);
  }),
  to_nice_yaml: tool(
    "indent *args width sort_keys explicit_start",
    (input, indent = 4, args = [], ...named) => {
      if (Array.isArray(args) && args.length > 0)
        throw new TemplateError("to_nice_yaml takes one argument in order");
      return written(input, undefined, [indent, ...named]);
    },
  ),
  from_yaml: tool("", (input) => (typeof input === "string" ? read(input) : input)),
};

function written(
  input: Value,
  brackets: YamlStyle["brackets"],
  [indent = 2, width = 80, sortKeys = true, explicitStart = false]: readonly (Value | undefined)[],
): string {
  const [columns, longest] = [Number(indent), Number(width)];
  if (!Number.isInteger(columns) || !Number.isInteger(longest))
    throw new TemplateError(`to_yaml: ${pythonText(indent)} and ${pythonText(width)} are no whole numbers`);
  const style = { indent: columns, width: longest, brackets, sortKeys: truthy(sortKeys) };
  return dumpYaml(finished(input), { ...style, explicitStart: truthy(explicitStart) });
}

/** PyYAML's own values: unlike in Ansible's files, JSON is nothing else, and there is nothing encrypted or unsafe. */
function read(text: string): Value {
  try {
    const value = parseByGrammar(text, { file: "from_yaml", duplicates: "ignore" });
    refuseMarked(value);
    return value;
  } catch (error) {
    if (!(error instanceof OpsError)) throw error;
    throw new TemplateError(error.message);
  }
}

function refuseMarked(value: Value): void {
  if (Array.isArray(value)) value.forEach(refuseMarked);
  else if (vaultText(value) !== undefined || unsafeText(value) !== undefined)
    throw new TemplateError("from_yaml knows no !vault and no !unsafe");
  else if (isMapping(value)) Object.values(value).forEach(refuseMarked);
}
