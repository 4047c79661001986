// Times and counts as ssh_config has them: `30`, `1m30s`, `none`.
import { OpsError } from "../errors.ts";

const SECONDS: Readonly<Record<string, number>> = { "": 1, s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 };

interface Where {
  readonly where: string;
  readonly host: string;
}

/**
 * Seconds, as `man sshd_config` explains them (TIME FORMATS); 0 for `none`, undefined for nothing at all.
 * @throws OpsError `setting` for what is no time
 */
export function parseSpan(text: string | undefined, { where, host }: Where): number | undefined {
  if (text === undefined) return undefined;
  const word = text.trim().toLowerCase();
  if (word === "none") return 0;
  if (!/^(\d{1,6}[smhdw]?)+$/.test(word)) throw bad("a time", text, { where, host });
  let seconds = 0;
  for (const [, number, unit = ""] of word.matchAll(/(\d+)([smhdw]?)/g))
    seconds += Number(number) * (SECONDS[unit] ?? 1);
  return seconds;
}

/** @throws OpsError `setting` for what is no whole number */
export function parseCount(text: string | undefined, { where, host }: Where): number | undefined {
  if (text === undefined) return undefined;
  if (!/^\d{1,6}$/.test(text.trim())) throw bad("a number", text, { where, host });
  return Number(text);
}

function bad(what: string, text: string, { where, host }: Where): OpsError {
  return new OpsError("setting", `${host}: ${where}: not ${what}: ${JSON.stringify(text)}`, { host });
}
