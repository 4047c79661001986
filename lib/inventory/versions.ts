// Which of two versions is the higher, as Ansible's test `version` says.

import { TemplateError } from "./results.ts";

const SIGNS: Readonly<Record<string, (order: number) => boolean>> = {
  ...{ "==": is0, "=": is0, eq: is0 },
  ...{
    "!=": (order: number) => order !== 0,
    "<>": (order: number) => order !== 0,
    ne: (order: number) => order !== 0,
  },
  ...{ "<": (order: number) => order < 0, lt: (order: number) => order < 0 },
  ...{ "<=": (order: number) => order <= 0, le: (order: number) => order <= 0 },
  ...{ ">": (order: number) => order > 0, gt: (order: number) => order > 0 },
  ...{ ">=": (order: number) => order >= 0, ge: (order: number) => order >= 0 },
};
const SEMANTIC = /^(\d+)\.(\d+)\.(\d+)(?:-([\w.-]+))?(?:\+[\w.-]+)?$/;

/** @throws TemplateError when there is no such `sign` or `kind`, or the versions can't be compared */
export function versionTest(
  left: string,
  right: string,
  { sign, kind }: { readonly sign: string; readonly kind: string },
): boolean {
  const holds = Object.hasOwn(SIGNS, sign) ? SIGNS[sign] : undefined;
  if (holds === undefined) throw new TemplateError(`version: there is no comparison '${sign}'`);
  if (left === "" || right === "") throw new TemplateError("version: a version is empty");
  if (kind === "loose") return holds(order(loose(left), loose(right), `${left} and ${right}`));
  if (kind === "semver" || kind === "semantic") return holds(semanticOrder(left, right));
  throw new TemplateError(`version: version_type '${kind}' is not supported in inventory values`);
}

function is0(order: number): boolean {
  return order === 0;
}

/** Runs of digits as numbers, letters and what is in between as text. */
function loose(version: string): (string | number)[] {
  return version
    .split(/(\d+|[a-z]+|\.)/)
    .filter((part) => part !== "" && part !== ".")
    .map((part) => (/^\d+$/.test(part) ? Number(part) : part));
}

function order(a: readonly (string | number)[], b: readonly (string | number)[], both: string): number {
  for (const [index, x] of a.entries()) {
    const y = b[index];
    if (y === undefined) return 1;
    if (typeof x !== typeof y) throw new TemplateError(`the versions ${both} can't be compared`);
    if (x !== y) return x < y ? -1 : 1;
  }
  return a.length - b.length;
}

function semanticOrder(left: string, right: string): number {
  const [a, b] = [left, right].map((version) => {
    const found = SEMANTIC.exec(version);
    if (found === null) throw new TemplateError(`'${version}' is no semantic version`);
    return found;
  }) as [RegExpExecArray, RegExpExecArray];
  for (const part of [1, 2, 3])
    if (Number(a[part]) !== Number(b[part])) return Number(a[part]) - Number(b[part]);
  if (a[4] === undefined || b[4] === undefined)
    return Number(b[4] !== undefined) - Number(a[4] !== undefined);
  const [x, y] = [a[4].split("."), b[4].split(".")];
  for (const [index, part] of x.entries()) {
    const other = y[index];
    if (other === undefined) return 1;
    if (part === other) continue;
    const [digits, otherDigits] = [/^\d+$/.test(part), /^\d+$/.test(other)];
    if (digits && otherDigits) return Number(part) - Number(other);
    return digits !== otherDigits ? (digits ? -1 : 1) : part < other ? -1 : 1;
  }
  return x.length - y.length;
}
