// Times as Python's strftime writes them.

import { pythonText } from "./python-text.ts";
import { type Lazy, TemplateError, Undefined } from "./results.ts";

/** What `now()` gives: a time with parts. */
export function moment(at: Date, { utc = false } = {}): Lazy {
  const write = (format: string) => strftime(format, at, { utc });
  const parts = { year: "%Y", month: "%m", day: "%d", hour: "%H", minute: "%M", second: "%S" };
  return {
    lazy: true,
    member(key) {
      const format = Object.hasOwn(parts, String(key)) ? parts[key as keyof typeof parts] : undefined;
      if (format !== undefined) return Number(write(format));
      if (key === "strftime") return ([wanted = ""]) => write(pythonText(wanted));
      if (key === "isoformat") return () => write("%Y-%m-%dT%H:%M:%S.%f");
      return key === "timestamp" ? () => at.getTime() / 1000 : new Undefined(`now().${String(key)}`);
    },
    force: () => write("%Y-%m-%d %H:%M:%S.%f"),
  };
}

const DAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
const MONTHS = "January February March April May June July August September October November December".split(
  " ",
);

/** `at` in the local time zone, or in UTC. @throws TemplateError for a directive of Python's that we don't have */
export function strftime(format: string, at: Date, { utc = false } = {}): string {
  const offset = utc ? 0 : -at.getTimezoneOffset();
  const local = new Date(at.getTime() + offset * 60_000); // read with the UTC getters
  const two = (number: number) => String(number).padStart(2, "0");
  const [year, month, day] = [local.getUTCFullYear(), local.getUTCMonth(), local.getUTCDate()];
  const [hours, minutes, seconds] = [local.getUTCHours(), local.getUTCMinutes(), local.getUTCSeconds()];
  const weekday = local.getUTCDay();
  const dayOfYear = Math.floor((Date.UTC(year, month, day) - Date.UTC(year, 0, 1)) / 86_400_000) + 1;
  const sign = offset < 0 ? "-" : "+";
  const directives: Readonly<Record<string, string>> = {
    Y: String(year),
    y: two(year % 100),
    m: two(month + 1),
    d: two(day),
    e: String(day).padStart(2),
    H: two(hours),
    I: two(hours % 12 || 12),
    M: two(minutes),
    S: two(seconds),
    p: hours < 12 ? "AM" : "PM",
    j: String(dayOfYear).padStart(3, "0"),
    a: (DAYS[weekday] ?? "").slice(0, 3),
    A: DAYS[weekday] ?? "",
    b: (MONTHS[month] ?? "").slice(0, 3),
    B: MONTHS[month] ?? "",
    w: String(weekday),
    u: String(weekday || 7),
    U: two(Math.floor((dayOfYear + 6 - weekday) / 7)),
    W: two(Math.floor((dayOfYear + 6 - ((weekday + 6) % 7)) / 7)),
    s: String(Math.floor(at.getTime() / 1000)),
    f: String(at.getTime() % 1000)
      .padStart(3, "0")
      .padEnd(6, "0"),
    z: `${sign}${two(Math.floor(Math.abs(offset) / 60))}${two(Math.abs(offset) % 60)}`,
    F: `${year}-${two(month + 1)}-${two(day)}`,
    T: `${two(hours)}:${two(minutes)}:${two(seconds)}`,
    R: `${two(hours)}:${two(minutes)}`,
    D: `${two(month + 1)}/${two(day)}/${two(year % 100)}`,
    n: "\n",
    t: "\t",
    "%": "%",
  };
  return format.replace(/%([\s\S])/g, (whole, directive: string) => {
    const written = directives[directive];
    if (written === undefined)
      throw new TemplateError(`strftime: ${whole} is not supported in inventory values`);
    return written;
  });
}
