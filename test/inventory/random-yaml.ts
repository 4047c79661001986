// Random YAML inventories and vars files.
import fc from "fast-check";
import { groupName, hostName, inline, scalarText, varName } from "./random-words.ts";

const indented = (text: string, by: number) => text.replace(/^(?=.)/gm, " ".repeat(by));

const vars = fc
  .array(
    fc.tuple(
      fc.oneof(
        { weight: 9, arbitrary: varName },
        { weight: 1, arbitrary: scalarText.map((text) => JSON.stringify(text)) },
      ),
      inline,
    ),
    { maxLength: 4 },
  )
  .map((entries) => entries.map(([name, value]) => `${name}: ${value}\n`).join(""));
/** `key:` with the block below it, or with nothing. */
const entry = (key: string, block: string) => (block === "" ? `${key}:\n` : `${key}:\n${indented(block, 2)}`);

const hosts = fc
  .uniqueArray(fc.tuple(hostName, vars), { maxLength: 4, selector: ([name]) => name })
  .map((entries) => entries.map(([name, block]) => entry(JSON.stringify(name), block)).join(""));
const group: fc.Arbitrary<string> = fc.letrec<{ group: string }>((tie) => ({
  group: fc
    .record({
      hosts: fc.option(hosts),
      vars: fc.option(vars),
      children: fc.option(
        fc
          .uniqueArray(
            fc.tuple(
              groupName,
              fc.oneof({ depthSize: "small", withCrossShrink: true }, fc.constant(""), tie("group")),
            ),
            {
              maxLength: 3,
              selector: ([name]) => name,
            },
          )
          .map((entries) => entries.map(([name, block]) => entry(JSON.stringify(name), block)).join("")),
      ),
      order: fc.shuffledSubarray(["hosts", "vars", "children"] as const, { minLength: 3 }),
    })
    .map(({ order, ...parts }) =>
      order.map((key) => (parts[key] === null ? "" : entry(key, parts[key]))).join(""),
    ),
})).group;

/** Vars files: names and values, most of them simple. */
export const varsFile = fc
  .array(
    fc.tuple(
      fc.oneof(varName, fc.constantFrom("yes", "on", "null", "y", "A1")),
      fc.oneof(inline, scalarText),
    ),
    {
      minLength: 1,
      maxLength: 6,
    },
  )
  .map((entries) => entries.map(([name, value]) => `${name}: ${value}\n`).join(""));

/** A YAML inventory. Most can be read; some can't, and must not be by us either. */
export const yamlInventory = fc
  .uniqueArray(fc.tuple(fc.oneof(fc.constant("all"), fc.constant("ungrouped"), groupName), group), {
    minLength: 1,
    maxLength: 4,
    selector: ([name]) => name,
  })
  .map((entries) => entries.map(([name, block]) => entry(JSON.stringify(name), block)).join(""));
