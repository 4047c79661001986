// Who fetches what from whom while a runtime spreads; moves played through, no network.
import { describe, expect, test } from "bun:test";
import { type Move, openTable, type Table } from "../../lib/warm/table.ts";

/** How hosts answer: what becomes of a part on its way from `giver` (undefined: from the control host). */
type Way = (host: string, giver: string | undefined) => "have" | "failed" | "wrong";

/** Plays until nothing moves; gives what was pushed, who is alone, and who has all. */
function play(table: Table, parts: number, way: Way = () => "have") {
  const pushes: { host: string; part: number }[] = [];
  const alone: string[] = [];
  const held = new Map<string, Set<number>>();
  const queue: Move[] = [...table.next()];
  for (let move = queue.shift(), steps = 0; move !== undefined; move = queue.shift()) {
    if (++steps > 10_000) throw new Error("it never ends");
    if (move.type === "alone") alone.push(move.host);
    else {
      const giver = move.type === "get" ? move.giver : undefined;
      if (move.type === "push") pushes.push({ host: move.host, part: move.part });
      for (const part of move.type === "get" ? move.parts : [move.part]) {
        const outcome = way(move.host, giver);
        table.settle(move.host, part, outcome);
        if (outcome === "have") held.set(move.host, (held.get(move.host) ?? new Set()).add(part));
      }
    }
    queue.push(...table.next());
  }
  const complete = [...held].flatMap(([host, has]) => (has.size === parts ? [host] : [])).sort();
  return { pushes, alone, complete };
}

function tableOf(parts: number, hosts: readonly string[], mute: readonly string[] = []): Table {
  const table = openTable(parts);
  for (const host of hosts) {
    table.enter(host);
    if (!mute.includes(host)) table.serves(host);
  }
  return table;
}

const six = ["a", "b", "c", "d", "e", "f"];

describe("while all is well", () => {
  test("each part is sent once, to every host about as many, and all have all", () => {
    const { pushes, alone, complete } = play(tableOf(26, six), 26);
    expect(pushes.map(({ part }) => part).sort((a, b) => a - b)).toEqual(
      Array.from({ length: 26 }, (_, i) => i),
    );
    const counts = six.map((host) => pushes.filter((push) => push.host === host).length);
    expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(2);
    expect([alone, complete]).toEqual([[], six]);
  });

  test("parts go to hosts that can serve, and the others fetch", () => {
    const { pushes, complete } = play(tableOf(10, six, ["a", "b", "c"]), 10);
    expect(new Set(pushes.map(({ host }) => host))).toEqual(new Set(["d", "e", "f"]));
    expect([pushes.length, complete]).toEqual([10, six]);
  });

  test("where no host can serve before it has the runtime, one is brought to its end first", () => {
    const { pushes } = play(tableOf(10, six, six), 10);
    expect(new Set(pushes.slice(0, 10).map(({ host }) => host))).toEqual(new Set(["a"]));
  });
});

describe("when hosts go wrong", () => {
  test("a host that reaches nobody is alone, the others are none the worse", () => {
    const walled = (host: string, giver: string | undefined) =>
      giver !== undefined && [host, giver].includes("c") ? "failed" : "have";
    const { alone, complete } = play(tableOf(26, six), 26, walled);
    expect([alone, complete]).toEqual([["c"], ["a", "b", "d", "e", "f"]]);
  });

  test("hosts that all reach nobody are alone, but for the last, which has been sent parts meanwhile", () => {
    const { alone, complete } = play(tableOf(26, six), 26, (_, giver) =>
      giver === undefined ? "have" : "failed",
    );
    expect([...alone, ...complete].sort()).toEqual(six);
  });

  test("who gives other bytes is asked once by those who ask at that moment, and what it had comes from elsewhere", () => {
    const asked: string[] = [];
    const { alone, complete } = play(tableOf(26, six), 26, (host, giver) => {
      if (giver === "b") asked.push(host);
      return giver === "b" ? "wrong" : "have";
    });
    expect([alone, complete]).toEqual([[], six]);
    expect(asked.length).toBeLessThan(12);
  });

  test("a pair that can't talk, of whom one alone has a part: the control host sends it", () => {
    const table = tableOf(4, ["a", "b"]);
    const { alone, complete } = play(table, 4, (host, giver) =>
      host === "b" && giver === "a" ? "failed" : "have",
    );
    // One failed giver is all there is: it is sent the whole.
    expect([alone, complete]).toEqual([["b"], ["a"]]);
  });

  test("a host that leaves takes its parts along, and they are sent again", () => {
    const table = tableOf(8, ["a", "b", "c"]);
    const first = table.next();
    for (const move of first)
      if (move.type === "push" && move.host === "a") table.settle("a", move.part, "have");
    table.leave("a");
    for (const move of first)
      if (move.type === "push" && move.host !== "a") table.settle(move.host, move.part, "have");
    const { complete, pushes } = play(table, 8);
    expect(pushes.length + first.filter((move) => move.type === "push" && move.host !== "a").length).toBe(8);
    expect(complete.length).toBeLessThanOrEqual(2);
    expect(table.next()).toEqual([]);
  });
});
