// Which lines of known_hosts are about a name: looked up, for a thousand hosts have as many lines.
import type { KnownHost } from "./known-hosts.ts";

/** Lines of known_hosts files, asked by name. */
export interface KnownHosts {
  /** The lines about `name` (see knownHostName), in the files' order. */
  matching(name: string): readonly KnownHost[];
}

interface Entry {
  readonly at: number;
  readonly line: KnownHost;
}

interface Matcher extends Entry {
  readonly matches: (name: string) => boolean;
}

/** An index of `lines` to which more can be added at the end. */
export function knownHostsIndex(lines: readonly KnownHost[]): KnownHosts & {
  add(lines: readonly KnownHost[]): void;
} {
  const exact = new Map<string, Entry[]>();
  const matchers: Matcher[] = [];
  /** What the matchers said of a name: hashed lines take time, and each host is asked about several times. */
  const asked = new Map<string, { upTo: number; found: Entry[] }>();
  let count = 0;
  const add = (more: readonly KnownHost[]) => {
    for (const line of more) {
      const entry = { at: count++, line };
      const matches = matcherOf(line.names);
      if (matches !== undefined) {
        matchers.push({ ...entry, matches });
        continue;
      }
      for (const name of new Set(line.names.toLowerCase().split(","))) {
        const entries = exact.get(name);
        if (entries === undefined) exact.set(name, [entry]);
        else entries.push(entry);
      }
    }
  };
  const matching = (name: string) => {
    const memory = asked.get(name) ?? { upTo: 0, found: [] };
    for (; memory.upTo < matchers.length; memory.upTo++) {
      const matcher = matchers[memory.upTo] as Matcher;
      if (matcher.matches(name)) memory.found.push(matcher);
    }
    if (matchers.length > 0) asked.set(name, memory);
    const entries = [...(exact.get(name) ?? []), ...memory.found];
    return entries.sort((a, b) => a.at - b.at).map(({ line }) => line);
  };
  add(lines);
  return { add, matching };
}

/** Several files seen as one, in their order. */
export function knownHostsOf(files: readonly KnownHosts[]): KnownHosts {
  return { matching: (name) => files.flatMap((file) => file.matching(name)) };
}

/** Tells whether the line is about a name; undefined for a line of plain names. */
function matcherOf(names: string): ((name: string) => boolean) | undefined {
  if (names.startsWith("|")) return hashMatcher(names);
  if (!/[*?!]/.test(names)) return undefined;
  const patterns = names
    .toLowerCase()
    .split(",")
    .map((pattern) => {
      const negated = pattern.startsWith("!");
      return { negated, expression: glob(negated ? pattern.slice(1) : pattern) };
    });
  return (name) => {
    const found = patterns.filter(({ expression }) => expression.test(name));
    return found.length > 0 && !found.some(({ negated }) => negated);
  };
}

function hashMatcher(names: string): (name: string) => boolean {
  const [, magic, saltText, hashText] = names.split("|");
  if (magic !== "1" || saltText === undefined || hashText === undefined) return () => false;
  const hash = Buffer.from(hashText, "base64");
  // A thousand hosts and as many hashed lines are a million of these: copies of a keyed one take a quarter of the time.
  const keyed = new Bun.CryptoHasher("sha1", Buffer.from(saltText, "base64"));
  return (name) => hash.equals(keyed.copy().update(name).digest());
}

/** `*` and `?` only; brackets are part of a name here. */
function glob(pattern: string): RegExp {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, "\\$&")
    .replaceAll("*", ".*")
    .replaceAll("?", ".");
  return new RegExp(`^${source}$`, "s");
}
