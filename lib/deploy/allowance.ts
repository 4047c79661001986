// How many hosts may fail before nothing is switched: `--allow-failures N` or `N%`.
import { OpsError } from "../errors.ts";

export interface Allowance {
  readonly kind: "count" | "percent";
  readonly value: number;
}

/** @throws OpsError `usage` when it is neither a whole number nor a percentage from 0 to 100 */
export function parseAllowance(text: string | undefined): Allowance {
  const [, number, percent] = /^(\d+)(%?)$/.exec(text ?? "0") ?? [];
  if (number === undefined || (percent === "%" && Number(number) > 100)) {
    throw new OpsError("usage", `--allow-failures wants a number of hosts or a percentage, not "${text}"`, {
      hint: "for example --allow-failures 2, or --allow-failures 5%",
    });
  }
  return { kind: percent === "%" ? "percent" : "count", value: Number(number) };
}

/** Hosts out of `hosts` that may fail; a percentage is rounded down, so 5 % of 8 hosts is none. */
export function allowedFailures({ kind, value }: Allowance, hosts: number): number {
  return kind === "count" ? value : Math.floor((hosts * value) / 100);
}
