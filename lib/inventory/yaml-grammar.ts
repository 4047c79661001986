// The whole grammar of YAML: libyaml's, of which js-yaml builds what PyYAML's YAML 1.1 makes of it.

import { constructFromEvents, EVENT_ID, type Schema, YAMLException } from "js-yaml";
import type { OpsError } from "../errors.ts";
import { badLine } from "./trouble.ts";
import type { Value } from "./types.ts";
import type { YamlOptions } from "./yaml.ts";
import { YamlProblem } from "./yaml-cursor.ts";
import { type YamlEvents, yamlEvents } from "./yaml-events.ts";
import { duplicateKeys, lineAt } from "./yaml-lines.ts";
import { BadText, createSchema, type Findings, lone } from "./yaml-schema.ts";

/** Shared by all texts, for making a schema takes longer than reading most of them. */
let schema: Schema | undefined;
const findings: Findings = { duplicates: [], mappings: 0 };

/**
 * The one document in `text`, which is neither JSON nor empty.
 * @throws OpsError `inventory` with file, line and the line itself
 */
export function parseByGrammar(text: string, { file, warn, duplicates: whenTwice }: YamlOptions): Value {
  schema ??= createSchema(findings);
  findings.duplicates.length = 0;
  findings.mappings = 0;
  let read: YamlEvents | undefined;
  try {
    read = yamlEvents(text);
    const { events, source } = read;
    const [value = null] = constructFromEvents(events, {
      ...{ source, schema, json: true, filename: file, maxTotalMergeKeys: -1 },
    });
    const problem = lone(value);
    if (problem !== "") throw new YamlProblem(problem, 0);
    if (findings.duplicates.length > 0 && whenTwice !== "ignore") {
      for (const { key, line } of duplicateKeys(text, findings.duplicates)) {
        if (whenTwice === "error") throw badLine(`there is a key '${key}' already`, { file, line, text });
        warn?.(`${file}:${line}: duplicate key '${key}', the last one counts`);
      }
    }
    return value as Value;
  } catch (error) {
    if (error instanceof YamlProblem) throw yamlError(error.message, error.position, text, file);
    if (read === undefined) throw error;
    if (error instanceof BadText) throw yamlError(error.message, positionOf(error.text, read), text, file);
    if (!(error instanceof YAMLException)) throw error;
    throw yamlError(error.reason, read.textPosition(error.mark?.position ?? 0), text, file);
  }
}

/** Where in the text the first scalar stands that is `wanted`. */
function positionOf(wanted: string, { events, source, textPosition }: YamlEvents): number {
  for (const event of events) {
    if (event.type !== EVENT_ID.SCALAR || source.slice(event.valueStart, event.valueEnd) !== wanted) continue;
    return textPosition(event.valueStart);
  }
  return 0;
}

function yamlError(problem: string, position: number, text: string, file: string): OpsError {
  const line = lineAt(text, position);
  // Unquoted Jinja is a mapping in a mapping to YAML, an error that points anywhere but at the braces.
  const braces = text.split("\n").findIndex((each) => /^[^#'"]*(?::|-)\s+\{\{/.test(each)) + 1;
  if (braces === 0) return badLine(problem, { file, line, text });
  return badLine(problem, { file, line: braces, text }, "put a value that begins with {{ in quotes");
}
