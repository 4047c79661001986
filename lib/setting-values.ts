// What values of settings mean, and what is wrong with those that mean nothing.
import { isAbsolute, normalize } from "node:path";
import type { Value } from "./inventory/types.ts";
import type { PortRange } from "./peer/protocol.ts";
import { pathProblem } from "./torrent/paths.ts";

/** Where a value was found, for messages. */
export interface Found {
  readonly name: string;
  readonly value: Value | undefined;
}

export type Read<T> = (found: Found, fail: (problem: string, hint?: string) => never) => T;

export const text: Read<string> = ({ value }, fail) => {
  if (typeof value === "string" && value.trim() !== "") return value;
  if (typeof value === "number" || typeof value === "bigint") return String(value);
  return fail("wants a text");
};

/** Torrents and locks carry it as a name. */
export const plainName: Read<string> = (found, fail) => {
  const name = text(found, fail);
  if (name.includes("/") || pathProblem(name) !== undefined || /\p{Cc}/u.test(name))
    return fail("wants a plain name, without slashes");
  return name;
};

export const path: Read<string | undefined> = (found, fail) => {
  const given = text(found, fail);
  return isAbsolute(given) && !given.includes("\0") ? given : fail("wants an absolute path");
};

export const folder: Read<string> = (found, fail) => {
  const path = text(found, fail);
  if (!isAbsolute(path) || path.includes("\0")) return fail("wants an absolute path");
  const clean = normalize(path).replace(/(.)\/+$/, "$1");
  // A release folder that is `/` or `/srv` would put releases/ and the clean-up of old ones among strangers.
  if (clean.split("/").length < 3) return fail("wants a folder of its own, at least two levels deep");
  return clean;
};

export const count: Read<number> = ({ value }, fail) => {
  const number = typeof value === "string" && /^\d+$/.test(value) ? Number(value) : value;
  if (typeof number === "number" && Number.isSafeInteger(number) && number >= 0) return number;
  return fail("wants a whole number, 0 or more");
};

/** What Ansible takes for a yes and a no. */
export const yesOrNo: Read<boolean> = ({ value }, fail) => {
  const word = String(value).toLowerCase();
  if (["true", "yes", "on", "1", "y", "t"].includes(word)) return true;
  if (["false", "no", "off", "0", "n", "f"].includes(word)) return false;
  return fail("wants true or false");
};

export const list: Read<readonly string[]> = ({ value, name }, fail) => {
  if (typeof value === "string") return value.trim() === "" ? [] : [value];
  if (!Array.isArray(value)) return fail("wants a list of texts");
  return value.map((item: Value, index) =>
    text({ name, value: item }, (problem) => fail(`item ${index + 1} ${problem}`)),
  );
};

export const inside: Read<readonly string[]> = (found, fail) =>
  list(found, fail).map((path) => {
    const clean = normalize(path).replace(/\/+$/, "");
    if (isAbsolute(clean) || clean === "." || clean.split("/").includes(".."))
      return fail(`has "${path}", which is no path inside the release`);
    return clean;
  });

export const ports: Read<PortRange | undefined> = (found, fail) => {
  const [, from, to = from] = /^(\d+)(?:\s*-\s*(\d+))?$/.exec(text(found, fail).trim()) ?? [];
  const range = { from: Number(from), to: Number(to) };
  if (range.from >= 1 && range.to <= 65535 && range.from <= range.to) return range;
  return fail("wants a port range such as 6881-6999");
};

/** Network rates are written in bits (100Mbit), amounts in bytes (12.5MB): both are understood. */
export const rate: Read<number | undefined> = (found, fail) => {
  const [, digits, unit = "", kind] =
    /^(\d+(?:\.\d+)?)\s*([kKMG]i?)?(B|bit|b(?=ps))?(?:\/s|ps)?$/.exec(text(found, fail).trim()) ?? [];
  const factor = RATE_UNITS[unit] ?? 0;
  const bytes = (Number(digits) * factor) / (kind?.startsWith("b") ? 8 : 1);
  if (bytes >= MIN_RATE) return Math.round(bytes);
  return fail("wants a rate such as 100Mbit or 12.5MB, of 16 kB a second at least");
};
const RATE_UNITS: Readonly<Record<string, number>> = {
  "": 1,
  k: 1e3,
  K: 1e3,
  M: 1e6,
  G: 1e9,
  ki: 2 ** 10,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
};
/** A block a second: less is a mistake in the unit. */
const MIN_RATE = 16_000;
