// `lookup('sequence', …)`: numbers, each put into a format.

import { parseKeyValues, UnclosedError } from "./key-values.ts";
import { format } from "./operators.ts";
import { TemplateError } from "./results.ts";

const NUMBER = "(0?x?[0-9a-f]+)";
const SHORT = new RegExp(`^(?:${NUMBER}-)?${NUMBER}(?:/${NUMBER})?(?::(.+))?$`, "i");
/** Nobody means more; memory would be what ends it. */
const MOST = 1_000_000;

interface Sequence {
  readonly start: number;
  readonly end: number | undefined;
  readonly count: number | undefined;
  readonly stride: number;
  readonly format: string;
}

/**
 * Texts of the numbers that `term` asks for: `5`, `2-10/2`, `4:host%02d`, or `start=0 end=8 stride=2 format=0x%02x`.
 * @throws TemplateError
 * @see https://docs.ansible.com/ansible/latest/collections/ansible/builtin/sequence_lookup.html
 */
export function sequence(term: string): string[] {
  const asked = parseTerm(term);
  const { start, stride } = asked;
  if (asked.count === 0 || stride === 0) return [];
  const end = asked.count === undefined ? asked.end : start + asked.count * stride - 1;
  if (end === undefined) throw bad(term, "it must have an end or a count");
  if (stride > 0 && end < start) throw bad(term, "to count backwards, the stride must be negative");
  if (stride < 0 && end > start) throw bad(term, "to count forwards, the stride must not be negative");
  const length = Math.floor(Math.abs((end - start) / stride)) + 1;
  if (length > MOST) throw bad(term, `it has ${length} items`);
  return Array.from({ length }, (_, index) => format(asked.format, start + index * stride));
}

function parseTerm(term: string): Sequence {
  const [short, first, last, step, shape = "%d"] = SHORT.exec(term) ?? [];
  const number = (name: string, text: string | undefined) => {
    if (text === undefined) return undefined;
    if (!/^[-+]?(?:0x[\da-f]+|0o[0-7]+|0b[01]+|0+|[1-9]\d*)$/i.test(text))
      throw bad(term, `${name}=${text} is no whole number`);
    const negative = text.startsWith("-");
    const value = Number(text.replace(/^[-+]/, ""));
    return negative ? -value : value;
  };
  const given =
    short === undefined
      ? named(term)
      : { start: first, end: last, stride: step, format: shape, count: undefined };
  const { format: made = "%d" } = given;
  const asked = {
    start: number("start", given.start) ?? 1,
    end: number("end", given.end),
    count: number("count", given.count),
    stride: number("stride", given.stride) ?? 1,
    format: made,
  };
  if (asked.end !== undefined && asked.count !== undefined)
    throw bad(term, "it can't have both an end and a count");
  if (made.split("%").length !== 2) throw bad(term, `its format '${made}' must have one %`);
  return asked;
}

type Given = Partial<Record<"start" | "end" | "count" | "stride" | "format", string | undefined>>;

function named(term: string): Given {
  try {
    const { values, free } = parseKeyValues(term);
    const odd = [...values.map(([name]) => name), ...free].find(
      (name) => !/^(?:start|end|count|stride|format)$/.test(name),
    );
    if (odd !== undefined) throw bad(term, `it takes no '${odd}'`);
    return Object.fromEntries(values);
  } catch (error) {
    if (!(error instanceof UnclosedError)) throw error;
    throw bad(term, error.message);
  }
}

function bad(term: string, problem: string): TemplateError {
  return new TemplateError(`lookup('sequence', '${term}'): ${problem}`);
}
