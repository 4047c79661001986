// How many hosts may fail before a run goes no further: of all its hosts, and of a batch.
import { OpsError } from "../errors.ts";

export interface Allowance {
  readonly kind: "count" | "percent";
  readonly value: number;
}

/** `lost` of `size` hosts are failed or unreachable. */
export interface Losses {
  readonly lost: number;
  readonly size: number;
}

/**
 * `--allow-failures`: of all hosts of the run; left out, so many per cent of them as of a batch, else none.
 * @throws OpsError `usage` when it is neither a whole number nor a percentage from 0 to 100
 */
export function parseAllowance(text: string | undefined, maxFailPercentage?: number): Allowance {
  if (text === undefined && maxFailPercentage !== undefined)
    return { kind: "percent", value: maxFailPercentage };
  const [, number, percent] = /^(\d+)(%?)$/.exec(text ?? "0") ?? [];
  if (number === undefined || (percent === "%" && Number(number) > 100)) {
    throw new OpsError("usage", `--allow-failures wants a number of hosts or a percentage, not "${text}"`, {
      hint: "for example --allow-failures 2, or --allow-failures 5%",
    });
  }
  return { kind: percent === "%" ? "percent" : "count", value: Number(number) };
}

/** `max_fail_percentage` as Ansible writes it: `30`, or `30%`. Undefined when it is no percentage from 0 to 100. */
export function parsePercentage(text: string): number | undefined {
  const [, number] = /^(\d+(?:\.\d+)?)\s*%?$/.exec(text.trim()) ?? [];
  return number === undefined || Number(number) > 100 ? undefined : Number(number);
}

/** Hosts out of `hosts` that may fail; a percentage is rounded down, so 5 % of 8 hosts is none. */
export function allowedFailures({ kind, value }: Allowance, hosts: number): number {
  return kind === "count" ? value : Math.floor((hosts * value) / 100);
}

/**
 * Why a batch can't be let pass, in words; undefined when it can. A batch has failed when more than `maxFailPercentage`
 * per cent of its hosts have (no bound without one), and a run when more of all its hosts have than `allowance` says.
 * Unlike with Ansible unreachable hosts count, those of earlier batches don't, and a batch that fails as a whole is no
 * reason by itself.
 * @see https://github.com/ansible/ansible/issues/56265 and https://github.com/ansible/ansible/issues/76915
 */
export function exceeds(
  {
    maxFailPercentage,
    allowance,
  }: { readonly maxFailPercentage?: number | undefined; readonly allowance: Allowance },
  { batch, run }: { readonly batch: Losses; readonly run: Losses },
): string | undefined {
  if (maxFailPercentage !== undefined && batch.lost * 100 > maxFailPercentage * batch.size) {
    return `${batch.lost} of its ${hosts(batch.size)} failed, more than ${maxFailPercentage} %`;
  }
  const allowed = allowedFailures(allowance, run.size);
  if (run.lost <= allowed) return undefined;
  const may = allowed === 0 ? "none may" : `${allowed} may`;
  return `${run.lost} of all ${hosts(run.size)} failed, ${may}`;
}

function hosts(count: number): string {
  return count === 1 ? "1 host" : `${count} hosts`;
}
