// JSON as Python reads it: integers and floats told apart, NaN and Infinity allowed, keys in their order.

import { setEntry } from "./keys.ts";
import { float, integer } from "./scalars.ts";
import type { Value } from "./types.ts";

/** What JavaScript's own parser would change: the order of keys that look like numbers, -0, what it has no word for. */
const UNLIKE = /"\d+"\s*:|-0|NaN|Infinity/;
const TOKEN =
  /\s*(?:([[\]{}:,])|("(?:[^"\\]|\\[\s\S])*")|(-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?)|(true|false|null|NaN|-?Infinity))/y;

/** @throws SyntaxError when it isn't JSON */
export function parseJson(text: string): Value {
  if (UNLIKE.test(text)) return parseExactly(text);
  return JSON.parse(text, (_key, value: unknown, context?: { source?: string }) =>
    typeof value === "number" && context?.source !== undefined ? numberOf(context.source) : value,
  ) as Value;
}

function numberOf(source: string): number | bigint {
  return /[.eE]/.test(source) ? float(Number(source)) : integer(source);
}

const WORDS: Readonly<Record<string, Value>> = {
  ...{ true: true, false: false, null: null },
  ...{ NaN: Number.NaN, Infinity: Number.POSITIVE_INFINITY, "-Infinity": Number.NEGATIVE_INFINITY },
};

function parseExactly(text: string): Value {
  const token = new RegExp(TOKEN);
  const next = (): RegExpExecArray => {
    const found = token.exec(text);
    if (found === null) throw new SyntaxError("not JSON");
    return found;
  };
  const value = ([, sign, string, number, word]: RegExpExecArray): Value => {
    if (string !== undefined) return JSON.parse(string) as string;
    if (number !== undefined) return numberOf(number);
    if (word !== undefined) return WORDS[word] ?? null;
    if (sign === "[") return items();
    if (sign === "{") return entries();
    throw new SyntaxError(`not JSON: unexpected ${sign}`);
  };
  const items = (): Value[] => {
    const found: Value[] = [];
    for (let at = next(); at[1] !== "]"; at = next()) {
      found.push(value(at));
      if (!more("]")) break;
    }
    return found;
  };
  const entries = (): Value => {
    const found: Record<string, Value> = {};
    for (let at = next(); at[1] !== "}"; at = next()) {
      if (at[2] === undefined || next()[1] !== ":") throw new SyntaxError("not JSON: expected a key");
      setEntry(found, JSON.parse(at[2]) as string, value(next()));
      if (!more("}")) break;
    }
    return found;
  };
  /** Whether a comma follows; false at the end. A comma right before the end is an error. */
  const more = (close: string): boolean => {
    const [, sign] = next();
    if (sign === close) return false;
    if (
      sign !== "," ||
      new RegExp(`\\s*${close === "]" ? "\\]" : "}"}`, "y").test(text.slice(token.lastIndex))
    )
      throw new SyntaxError("not JSON: expected , or the end");
    return true;
  };
  const whole = value(next());
  if (text.slice(token.lastIndex).trim() !== "") throw new SyntaxError("not JSON: more than one value");
  return whole;
}
