// What a Jinja template is made of, once it is parsed.

import type { Value } from "./types.ts";

export type Expression =
  | { readonly type: "constant"; readonly value: Value }
  | { readonly type: "name"; readonly name: string }
  | { readonly type: "list" | "tuple" | "join"; readonly items: readonly Expression[] }
  | { readonly type: "mapping"; readonly entries: readonly (readonly [Expression, Expression])[] }
  | { readonly type: "attribute"; readonly of: Expression; readonly name: string }
  | { readonly type: "item"; readonly of: Expression; readonly key: Expression }
  | {
      readonly type: "slice";
      readonly of: Expression;
      /** Start, stop, step. */
      readonly bounds: readonly (Expression | undefined)[];
    }
  | Call
  | Filter
  | { readonly type: "test"; readonly of: Expression; readonly name: string; readonly args: Arguments }
  | { readonly type: "unary"; readonly sign: "-" | "+" | "not"; readonly of: Expression }
  | {
      readonly type: "binary";
      readonly sign: string;
      readonly left: Expression;
      readonly right: Expression;
    }
  | {
      readonly type: "compare";
      readonly left: Expression;
      readonly rest: readonly (readonly [sign: string, right: Expression])[];
    }
  | {
      readonly type: "if";
      readonly test: Expression;
      readonly yes: Expression;
      readonly no: Expression | undefined;
    };

export interface Call {
  readonly type: "call";
  readonly of: Expression;
  readonly args: Arguments;
}

export interface Filter {
  readonly type: "filter";
  /** Undefined at the head of `{% filter upper %}`: what the block makes. */
  readonly of: Expression | undefined;
  readonly name: string;
  readonly args: Arguments;
}

export interface Arguments {
  readonly items: readonly Expression[];
  readonly named: readonly (readonly [name: string, value: Expression])[];
  /** `*items` and `**named`. */
  readonly spread?: Expression | undefined;
  readonly namedSpread?: Expression | undefined;
}

/** `a`, `a, b` or, for `set` only, `ns.a`. */
export type Target =
  | { readonly type: "name"; readonly name: string }
  | { readonly type: "tuple"; readonly items: readonly Target[] }
  | { readonly type: "member"; readonly of: string; readonly name: string };

export interface Parameter {
  readonly name: string;
  readonly fallback: Expression | undefined;
}

export type Statement =
  | { readonly type: "text"; readonly text: string }
  | { readonly type: "output"; readonly value: Expression }
  | {
      readonly type: "if";
      readonly branches: readonly (readonly [test: Expression, body: Program])[];
      readonly otherwise: Program;
    }
  | For
  | { readonly type: "set"; readonly target: Target; readonly value: Expression }
  | {
      readonly type: "capture";
      readonly target: Target;
      readonly filter: Filter | undefined;
      readonly body: Program;
    }
  | Macro
  | {
      readonly type: "call";
      readonly call: Call;
      readonly parameters: readonly Parameter[];
      readonly body: Program;
    }
  | { readonly type: "filter"; readonly filter: Filter; readonly body: Program }
  | {
      readonly type: "with";
      readonly values: readonly (readonly [Target, Expression])[];
      readonly body: Program;
    };

export interface For {
  readonly type: "for";
  readonly target: Target;
  readonly over: Expression;
  readonly test: Expression | undefined;
  readonly recursive: boolean;
  readonly body: Program;
  readonly otherwise: Program;
}

export interface Macro {
  readonly type: "macro";
  readonly name: string;
  readonly parameters: readonly Parameter[];
  readonly body: Program;
}

export type Program = readonly Statement[];
