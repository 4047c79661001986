// Who fetches which part from whom: what is known of the hosts that warm each other, and the moves that follow from it.
import type { Outcome } from "./host.ts";

export type Move =
  | { readonly type: "get"; readonly host: string; readonly giver: string; readonly parts: readonly number[] }
  | { readonly type: "push"; readonly host: string; readonly part: number }
  /** It reaches nobody: all it needs comes from this machine, and it is off the table. */
  | { readonly type: "alone"; readonly host: string };

export interface Table {
  enter(host: string): void;
  /** Others may fetch from it from now on. */
  serves(host: string): void;
  leave(host: string): void;
  /** What became of a part. */
  settle(host: string, part: number, outcome: Outcome): void;
  /** All that can be begun now, and is from then on taken as begun. */
  next(): readonly Move[];
}

interface Row {
  readonly name: string;
  readonly number: number;
  readonly has: Set<number>;
  /** Parts on their way, and from whom; undefined: from this machine. */
  readonly coming: Map<number, string | undefined>;
  serving: boolean;
  /** Parts on their way from it. */
  giving: number;
  /** Parts it got from other hosts, and those that were sent to it from here, on their way or there. */
  fetched: number;
  pushed: number;
  /** Whom nothing came from. */
  readonly bad: Set<string>;
  /** Who got nothing from it since somebody did. */
  readonly denied: Set<string>;
}

/** Parts asked for at once: a program is started for each batch, not for each part. */
const BATCH = 4;
/** Two batches a host: while one ends, the other keeps the link busy. */
const TAKE = 2 * BATCH;
const GIVE = 4 * BATCH;
/** Parts on their way from this machine at once: few, so that each is early at its host and can be passed on. */
const PUSH = 6;
const PUSH_TO_ONE = 2;
/** So many hosts that one can't reach, or that can't reach it, and it is taken for walled off. */
const ENOUGH = 2;

export function openTable(partCount: number): Table {
  const rows = new Map<string, Row>();
  const copies = new Array<number>(partCount).fill(0);
  let entered = 0;
  const complete = (row: Row) => row.has.size === partCount;
  const usable = (row: Row) => row.serving && row.denied.size < ENOUGH;
  const missing = (row: Row) =>
    copies.flatMap((_, part) => (row.has.has(part) || row.coming.has(part) ? [] : [part]));
  const served = (part: number) => rows.values().some((row) => row.has.has(part) && usable(row));
  const leave = (name: string) => {
    const row = rows.get(name);
    if (row === undefined) return;
    rows.delete(name);
    for (const part of row.has) copies[part] = (copies[part] ?? 0) - 1;
    for (const from of row.coming.values()) give(from, -1);
    // What it could not reach may be well for others.
    for (const other of rows.values()) other.denied.delete(name);
  };
  const give = (name: string | undefined, change: number) => {
    const giver = name === undefined ? undefined : rows.get(name);
    if (giver !== undefined) giver.giving += change;
    return giver;
  };
  const begin = (row: Row, part: number, from: string | undefined) => {
    row.coming.set(part, from);
    give(from, 1);
    if (from === undefined) row.pushed++;
  };

  /** A batch for `row`, from the least busy of those that have what it lacks. */
  const chooseGet = (row: Row): Move | undefined => {
    if (complete(row) || row.coming.size > TAKE - BATCH) return undefined;
    const wanted = missing(row);
    let best: { giver: Row; parts: number[] } | undefined;
    for (const giver of rows.values()) {
      if (giver.giving >= Math.min(GIVE, best?.giver.giving ?? GIVE)) continue;
      if (giver === row || !usable(giver) || row.bad.has(giver.name)) continue;
      const parts = wanted.filter((part) => giver.has.has(part));
      // Less than a batch only where nothing else is on its way: by then there may be more to have there.
      if (parts.length < Math.min(BATCH, wanted.length) && row.coming.size > 0) continue;
      if (parts.length > 0) best = { giver, parts };
    }
    if (best === undefined) return undefined;
    const { name } = best.giver;
    // The rarest first; among those as rare in their order, as they are unpacked.
    const rarest = best.parts.sort((a, b) => (copies[a] ?? 0) - (copies[b] ?? 0) || a - b);
    const parts = rarest.slice(0, BATCH);
    for (const part of parts) begin(row, part, name);
    return { type: "get", host: row.name, giver: name, parts };
  };

  /** A part nobody serves: to a host that can, or else to the one that is next to its end, for then it can. */
  const choosePush = (): Move | undefined => {
    if (rows.values().some((row) => complete(row) && usable(row))) return undefined;
    const here = [...rows.values()].filter((row) => !complete(row));
    if (here.reduce((sum, row) => sum + pushesTo(row), 0) >= PUSH) return undefined;
    const able = here.filter(usable);
    const [to] =
      able.length > 0
        ? able.filter((row) => pushesTo(row) < PUSH_TO_ONE).sort((a, b) => a.pushed - b.pushed)
        : here.sort((a, b) => b.has.size + b.coming.size - a.has.size - a.coming.size);
    if (to === undefined) return undefined;
    const underway = new Set(
      here
        .filter((row) => row === to || usable(row))
        .flatMap(({ coming }) => [...coming].flatMap(([part, from]) => (from === undefined ? [part] : []))),
    );
    const part = missing(to).find((part) => !underway.has(part) && !served(part));
    if (part === undefined) return undefined;
    begin(to, part, undefined);
    return { type: "push", host: to.name, part };
  };

  /** For a host that gets nothing from anybody who is left. */
  const chooseLast = (row: Row): Move | undefined => {
    if (complete(row) || row.coming.size > 0 || row.bad.size === 0) return undefined;
    const walled = row.fetched === 0 && row.bad.size >= ENOUGH;
    const hopeful = (other: Row) => other !== row && usable(other) && !row.bad.has(other.name);
    if (!walled && rows.values().some(hopeful)) return undefined;
    if (row.fetched === 0) {
      leave(row.name);
      return { type: "alone", host: row.name };
    }
    const [part] = missing(row);
    if (part === undefined) return undefined;
    begin(row, part, undefined);
    return { type: "push", host: row.name, part };
  };

  return {
    enter: (name) => {
      const sets = {
        has: new Set<number>(),
        coming: new Map(),
        bad: new Set<string>(),
        denied: new Set<string>(),
      };
      rows.set(name, { name, number: entered++, ...sets, serving: false, giving: 0, fetched: 0, pushed: 0 });
    },
    serves: (name) => {
      const row = rows.get(name);
      if (row !== undefined) row.serving = true;
    },
    leave,
    settle: (name, part, outcome) => {
      const row = rows.get(name);
      if (row === undefined || row.has.has(part)) return;
      const from = row.coming.get(part);
      if (row.coming.delete(part)) {
        const giver = give(from, -1);
        if (outcome === "have") giver?.denied.clear();
        else giver?.denied.add(name);
        // Other bytes than they should be: nobody asks there again.
        if (giver !== undefined && outcome === "wrong") giver.serving = false;
      }
      if (outcome !== "have") {
        if (from !== undefined) row.bad.add(from);
        return;
      }
      row.has.add(part);
      copies[part] = (copies[part] ?? 0) + 1;
      if (from !== undefined) row.fetched++;
    },
    next: () => {
      const moves: Move[] = [];
      for (let begun = -1; begun < moves.length; ) {
        begun = moves.length;
        for (const row of [...rows.values()])
          moves.push(...[chooseGet(row) ?? chooseLast(row)].filter(isMove));
        moves.push(...[choosePush()].filter(isMove));
      }
      return moves;
    },
  };
}

function isMove(move: Move | undefined): move is Move {
  return move !== undefined;
}

function pushesTo({ coming }: Row): number {
  return coming.values().reduce((sum, from) => sum + (from === undefined ? 1 : 0), 0);
}
