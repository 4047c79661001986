// Host patterns: `web:&eu:!web9`, `web[1:3]`, `*.example.net`, `~web\d+`, and --limit, which adds `@file`.

import { readFileSync } from "node:fs";
import { OpsError } from "../errors.ts";
import { parseAddress } from "./range.ts";
import { globRegExp, pythonRegExp } from "./regex.ts";
import { similar } from "./trouble.ts";
import type { Host } from "./types.ts";

/** What patterns are matched against. */
export interface Roster {
  readonly hosts: ReadonlyMap<string, Host>;
  readonly groups: ReadonlyMap<string, unknown>;
  /** Hosts of a group and of the groups below it. */
  members(group: string): readonly Host[];
  /** `localhost` and its other names, where the inventory has none of that name. */
  implicit(name: string): Host | undefined;
  /** Told of a part that matches nothing while others do: Ansible warns, and so do we. */
  warn(message: string): void;
  /** What is done about that. */
  readonly mismatch: "warning" | "error" | "ignore";
}

const SUBSCRIPT = /^(.+)\[(?:(-?[0-9]+)|([0-9]+)([:-])([0-9]*))\]$/s;

/**
 * Hosts matching `pattern`, narrowed by `limit`, in the order in which the pattern names them.
 * @throws OpsError `pattern` when it is malformed or nothing matches; the hint names groups and hosts like it
 * @see https://docs.ansible.com/ansible/latest/inventory_guide/intro_patterns.html
 */
export function matchHosts(
  pattern: string,
  roster: Roster,
  {
    limit,
    orNone = false,
  }: { readonly limit?: string | undefined; readonly orNone?: boolean | undefined } = {},
): readonly Host[] {
  const matched = evaluate(splitPattern(pattern), roster);
  if (matched.length === 0 && orNone) return matched;
  if (matched.length === 0) throw nothing(`no host matches '${pattern}'`, pattern, roster);
  if (limit === undefined) return matched;
  const allowed = new Set(evaluate(splitPattern(limit).flatMap(fileLines), roster));
  const kept = matched.filter((host) => allowed.has(host));
  if (allowed.size === 0) throw nothing(`no host matches the limit '${limit}'`, limit, roster);
  if (kept.length === 0) {
    throw new OpsError("pattern", `no host matches both '${pattern}' and the limit '${limit}'`, {
      hint: `'${pattern}' is ${someOf(matched)}; the limit is ${someOf([...allowed])}`,
    });
  }
  return kept;
}

/** `a,b[1:2]` and `a:&b:!c` as their parts; a range or an IPv6 address keeps its colons. */
export function splitPattern(pattern: string): string[] {
  let parts: readonly string[];
  if (pattern.includes(",")) parts = pattern.split(",");
  else if (parseAddress(pattern) !== undefined) parts = [pattern];
  else parts = pattern.match(/(?:[^\s:[\]]|\[[^\]]*\])+/g) ?? [];
  return parts.map((part) => part.trim()).filter((part) => part !== "");
}

/** `@FILE` is one pattern a line, such as the .retry files of ansible-playbook. */
function fileLines(part: string): string[] {
  if (!part.startsWith("@")) return [part];
  try {
    return readFileSync(part.slice(1), "utf8")
      .split("\n")
      .map((line) => line.trim())
      .filter((line) => line !== "");
  } catch (error) {
    throw new OpsError(
      "pattern",
      `the limit file ${part.slice(1)} can't be read: ${(error as Error).message}`,
      { cause: error },
    );
  }
}

function evaluate(parts: readonly string[], roster: Roster): Host[] {
  const plain = parts.filter((part) => !/^[!&]/.test(part));
  let hosts = new Set<Host>();
  for (const part of plain.length === 0 ? ["all"] : plain) {
    const exact = roster.hosts.get(part);
    for (const host of exact === undefined ? matchOne(part, roster) : [exact]) hosts.add(host);
  }
  for (const part of parts.filter((each) => each.startsWith("&"))) {
    // Not Set.intersection, which goes by the order of the smaller set.
    const others = new Set(matchOne(part.slice(1), roster));
    hosts = new Set([...hosts].filter((host) => others.has(host)));
  }
  for (const part of parts.filter((each) => each.startsWith("!"))) {
    for (const host of matchOne(part.slice(1), roster)) hosts.delete(host);
  }
  return [...hosts];
}

function matchOne(part: string, roster: Roster): readonly Host[] {
  if (part === "") throw new OpsError("pattern", "'!' is not a host pattern, nor is '&': a name is missing");
  const subscript = part.startsWith("~") ? null : SUBSCRIPT.exec(part);
  if (subscript === null) return enumerate(part, roster);
  const [, expression = "", index, start, , end] = subscript;
  const hosts = enumerate(expression, roster);
  if (hosts.length === 0) return hosts;
  if (index === undefined && Number(end) !== 0) return hosts.slice(Number(start), Number(end) + 1);
  if (index === undefined && end === "") return hosts.slice(Number(start));
  // `web[2:0]` is `web[2]` to Ansible: an end of 0 counts as none.
  const host = hosts.at(Number(index ?? start));
  if (host !== undefined) return [host];
  throw new OpsError(
    "pattern",
    `'${part}' is out of range: '${expression}' has ${hosts.length} hosts, counted from 0`,
  );
}

/** Hosts of the groups that match; hosts that match by name when no group does or the pattern has wildcards. */
function enumerate(expression: string, roster: Roster): readonly Host[] {
  const test = tester(expression);
  const groups = [...roster.groups.keys()].filter(test);
  // A host that several groups have counts several times where one is asked for by its number.
  const found = groups.flatMap((group) => [...roster.members(group)]);
  if (groups.length === 0 || /^~|[.?*[]/.test(expression)) {
    for (const [name, host] of roster.hosts) if (test(name)) found.push(host);
  }
  const implicit = found.length === 0 ? roster.implicit(expression) : undefined;
  if (implicit !== undefined) return [implicit];
  if (found.length === 0 && groups.length === 0 && expression !== "all") {
    const message = `no host or group matches '${expression}'${hintOf(expression, roster)}`;
    if (roster.mismatch === "error") throw new OpsError("pattern", message);
    if (roster.mismatch === "warning") roster.warn(message);
  }
  return found;
}

function tester(expression: string): (name: string) => boolean {
  if (!/^~|[?*[]/.test(expression)) return (name) => name === expression;
  try {
    // Sticky, not in brackets behind a ^: flags such as (?i) must stay at its beginning.
    const regExp = expression.startsWith("~")
      ? pythonRegExp(expression.slice(1), "y")
      : globRegExp(expression);
    return (name) => {
      regExp.lastIndex = 0;
      return regExp.test(name);
    };
  } catch (error) {
    throw new OpsError("pattern", `'${expression}' is not a host pattern: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

function nothing(message: string, pattern: string, roster: Roster): OpsError {
  if (roster.hosts.size === 0) return new OpsError("pattern", `${message}: the inventory has no hosts`);
  const wanted = splitPattern(pattern).map((part) => part.replace(/^[!&~]/, "").replace(SUBSCRIPT, "$1"));
  const names = [
    ...new Set(wanted.flatMap((part) => similar(part, [...roster.groups.keys(), ...roster.hosts.keys()]))),
  ];
  const groups = [...roster.groups.keys()].filter((group) => group !== "ungrouped");
  const hint =
    names.length > 0
      ? `did you mean ${names.join(", ")}?`
      : `groups there are: ${groups.slice(0, 20).join(", ")}`;
  return new OpsError("pattern", message, { hint });
}

function hintOf(expression: string, roster: Roster): string {
  const names = similar(expression, [...roster.groups.keys(), ...roster.hosts.keys()]);
  return names.length === 0 ? "" : ` (did you mean ${names.join(", ")}?)`;
}

function someOf(hosts: readonly Host[]): string {
  const names = hosts.slice(0, 5).map((host) => host.name);
  return names.join(", ") + (hosts.length > 5 ? ` and ${hosts.length - 5} more` : "");
}
