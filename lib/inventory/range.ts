// Names and addresses in inventories: `web[01:20].example.net:2222` → twenty names and a port.

const LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
const LABEL_RANGE = String.raw`\[(?:[a-z]:[a-z]|[0-9]+:[0-9]+)(?::[0-9]+)?\]`;
const NUMBER_RANGE = String.raw`\[[0-9]+:[0-9]+(?::[0-9]+)?\]`;
const HEX_RANGE = String.raw`\[[0-9a-f]+:[0-9a-f]+(?::[0-9]+)?\]`;
const WORD = String.raw`[\p{L}\p{N}_]`;
const LABEL = `(?:${WORD}|${LABEL_RANGE})(?:[\\p{L}\\p{N}_\\-]|${LABEL_RANGE})*(?<![_\\-])`;
const HOSTNAME = new RegExp(`^${LABEL}(?:\\.${LABEL})*$`, "iu");
const OCTET = `(?:[01]?[0-9]{1,2}|2[0-4][0-9]|25[0-5]|${NUMBER_RANGE})`;
const IPV4 = new RegExp(`^(?:${OCTET}\\.){3}${OCTET}$`, "i");
const IPV6 = ipv6();
/** Most names by far; spares them the expressions above. */
const SIMPLE = /^[a-z\d](?:[a-z\d-]*[a-z\d])?(?:\.[a-z\d](?:[a-z\d-]*[a-z\d])?)*$/i;
const PLAIN_IPV4 = /^(?:\d{1,3}\.){3}\d{1,3}$/;

export interface Address {
  readonly host: string;
  readonly port: number | undefined;
}

/**
 * A host name, IPv4 or IPv6 address, each perhaps with ranges, and its port (`name:22`, `[2001:db8::1]:22`);
 * undefined when `text` is none of them.
 * @see https://docs.ansible.com/ansible/latest/inventory_guide/intro_inventory.html
 */
export function parseAddress(text: string, { ranges = true } = {}): Address | undefined {
  if (SIMPLE.test(text)) return { host: text, port: undefined };
  let host = text;
  let port: number | undefined;
  const found = /^\[(.+)\]:([0-9]+)$/.exec(host) ?? /^((?:[^:[\]]|\[[^\]]*\])*):([0-9]+)$/.exec(host);
  if (found?.[1] !== undefined) {
    host = found[1];
    port = Number(found[2]);
    // `[name:22]:23` can't be meant; Ansible too looks for a second port inside the brackets.
    const inner = text.startsWith("[") ? /^((?:[^:[\]]|\[[^\]]*\])*):([0-9]+)$/.exec(host) : null;
    if (inner?.[1] !== undefined) [host, port] = [inner[1], Number(inner[2])];
  }
  if (!(IPV4.test(host) || IPV6.test(host) || HOSTNAME.test(host))) return undefined;
  if (!ranges && host.includes("[")) return undefined;
  return { host, port };
}

/**
 * The names a host line stands for, and the port of all of them.
 * @throws RangeError saying what is wrong with the range
 */
export function expandHosts(pattern: string): {
  readonly names: readonly string[];
  readonly port: number | undefined;
} {
  const address = parseAddress(pattern);
  const host = address?.host ?? pattern;
  return { names: host.includes("[") ? expandRange(host) : [host], port: address?.port };
}

/**
 * Every name of `web[01:20:2]-[a:f]`, first range slowest. Bounds are inclusive; a leading zero sets the width.
 * @throws RangeError saying what is wrong with the range
 */
export function expandRange(pattern: string): string[] {
  // Whichever bracket comes first, as in Ansible.
  const [from = -1, to = -1] = [pattern.indexOf("["), pattern.indexOf("]")].sort((a, b) => a - b);
  if (from === -1 || pattern.includes("|")) throw new RangeError(`not a host range: ${pattern}`);
  const [head, tail] = [pattern.slice(0, from), pattern.slice(to + 1)];
  const found = steps(pattern.slice(from + 1, to));
  if (found.length === 0) return [];
  const tails = tail.includes("[") ? expandRange(tail) : [tail];
  return found.flatMap((step) => tails.map((rest) => head + step + rest));
}

function steps(range: string): string[] {
  const bounds = range.split(":");
  if (bounds.length !== 2 && bounds.length !== 3)
    throw new RangeError("host range must be begin:end or begin:end:step");
  const [begin, end, by] = [bounds[0] || "0", bounds[1] ?? "", bounds[2] ?? "1"];
  if (end === "") throw new RangeError("host range must specify end value");
  const width = begin.length > 1 && begin.startsWith("0") ? begin.length : 0;
  if (width > 0 && width !== end.length)
    throw new RangeError("host range must specify equal-length begin and end formats");
  const step = whole(by);
  if (step < 1) throw new RangeError(`host range step must be at least 1, not ${by}`);
  const [first, last] = [LETTERS.indexOf(begin), LETTERS.indexOf(end)];
  const found: string[] = [];
  if (first !== -1 && last !== -1) {
    if (first > last) throw new RangeError("host range must have begin <= end");
    for (let index = first; index <= last; index += step) found.push(LETTERS[index] ?? "");
    return found;
  }
  for (let number = whole(begin); number <= whole(end); number += step)
    found.push(String(number).padStart(width, "0"));
  return found;
}

function whole(text: string): number {
  if (!/^[-+]?\d+$/.test(text))
    throw new RangeError(`host range must be of numbers or single letters, not ${text}`);
  return Number(text);
}

/** `inventory_hostname_short`: up to the first dot, addresses whole. */
export function shortName(name: string): string {
  return PLAIN_IPV4.test(name) || IPV6.test(name) ? name : (name.split(".")[0] ?? name);
}

function ipv6(): RegExp {
  const part = `(?:[0-9a-f]{1,4}|${HEX_RANGE})`;
  const tail = (many: number) => `(?::${part}){1,${many}}`;
  const short = [1, 2, 3, 4, 5, 6].map((few) => `(?:${part}:){${few}}${tail(7 - few)}`);
  const v4 = `(?:${part}\\.){3}${part}`;
  const forms = [`(?:${part}:){7}${part}`, `(?:${part}:){1,6}:`, ...short, `:${tail(6)}`, `(?:${part})?::`];
  const embedded = [`(?:0:){6}${v4}`, `::(?:ffff:)?${v4}`, `(?:0:){5}ffff:${v4}`];
  // Only the last form is held to the end of the text, as in Ansible: that lets `fe80::1%eth0` through.
  return new RegExp(`^(?:${[...forms, ...embedded].join("|")}$)`, "i");
}
