// {% for %}, with `loop`, filters, recursion and `else`.

import { evaluate } from "./expression.ts";
import type { For } from "./nodes.ts";
import { equal } from "./operators.ts";
import {
  type Callable,
  isLazy,
  itemsOf,
  type Lazy,
  type Result,
  TemplateError,
  truthy,
  Undefined,
  value,
} from "./results.ts";
import { assign, execute, type Frame, frameIn, type Output } from "./statements.ts";
import type { Value } from "./types.ts";

export function forLoop(node: For, frame: Frame, output: Output): void {
  const over = evaluate(node.over, frame);
  rounds(node, isLazy(over) ? (over.keys?.() ?? itemsOf(value(over))) : itemsOf(value(over)), frame, {
    depth: 0,
    output,
  });
}

function rounds(
  node: For,
  items: readonly Value[],
  frame: Frame,
  { depth, output }: { readonly depth: number; readonly output: Output },
): void {
  const kept = items.filter((each) => {
    if (node.test === undefined) return true;
    const inner = frameIn(frame);
    assign(node.target, each, inner);
    return truthy(value(evaluate(node.test, inner)));
  });
  if (kept.length === 0) execute(node.otherwise, frameIn(frame), output);
  let seen: readonly Value[] | undefined;
  const changed: Callable = (now) => {
    const differs = seen === undefined || !equal(seen, now);
    seen = now;
    return differs;
  };
  /** `loop(children)` of a loop that is `recursive`. */
  const again: Callable = ([children = null]) => {
    if (!node.recursive) throw new TemplateError("'loop' is called in a loop that is not 'recursive'");
    const text: Output = [];
    rounds(node, itemsOf(children), frame, { depth: depth + 1, output: text });
    return text.map((piece) => (typeof piece === "string" ? piece : piece.exact)).join("");
  };
  for (const [index, each] of kept.entries()) {
    const inner = frameIn(frame);
    assign(node.target, each, inner);
    inner.names.set("loop", loopOf(kept, index, { depth, changed, again }));
    execute(node.body, inner, output);
  }
}

function loopOf(
  items: readonly Value[],
  index: number,
  { depth, changed, again }: { readonly depth: number; readonly changed: Callable; readonly again: Callable },
): Result {
  const { length } = items;
  const numbers: Readonly<Record<string, Value>> = {
    index: index + 1,
    index0: index,
    revindex: length - index,
    revindex0: length - index - 1,
    first: index === 0,
    last: index === length - 1,
    length,
    depth: depth + 1,
    depth0: depth,
  };
  const others: Readonly<Record<string, Result | undefined>> = {
    ...numbers,
    previtem: items[index - 1],
    nextitem: items[index + 1],
    changed,
    cycle: (args) => args[index % args.length] ?? new Undefined("loop.cycle"),
  };
  const lazy: Lazy = {
    lazy: true,
    member: (key) => {
      const found = others[String(key)];
      return found === undefined ? new Undefined(`loop.${String(key)}`) : found;
    },
    force: () => {
      throw new TemplateError("'loop' is used as a value");
    },
  };
  return Object.assign((...given: Parameters<Callable>) => again(...given), lazy);
}
