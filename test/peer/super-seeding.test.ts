import { expect, test } from "bun:test";
import { openSuperSeeding } from "../../lib/peer/super-seeding.ts";

const PIECES = 100;
const BLOCKS = 4;

/** A seeder and guests that do what the test says. */
function room(names: readonly string[]) {
  const shown = new Map<string, number[]>();
  const seeding = openSuperSeeding<string>({
    pieces: PIECES,
    blocksOf: () => BLOCKS,
    show: (peer, piece) => shown.set(peer, [...(shown.get(peer) ?? []), piece]),
  });
  const asked = new Set<string>();
  return {
    seeding,
    shown: (name: string) => shown.get(name) ?? [],
    enter: () => {
      for (const name of names) seeding.enter(name);
    },
    /** Asks for the first piece it was shown and has not asked for. Returns it. */
    ask: (name: string) => {
      const piece = (shown.get(name) ?? []).find((each) => !asked.has(`${name} ${each}`));
      if (piece === undefined) return undefined;
      asked.add(`${name} ${piece}`);
      for (let block = 0; block < BLOCKS; block++) seeding.asked(name, piece);
      return piece;
    },
  };
}

test("each piece is shown once, until every piece was asked for", () => {
  const names = ["web1", "web2", "web3"];
  const { enter, ask, shown, seeding } = room(names);
  enter();
  const given: number[] = [];
  while (!seeding.given) for (const name of names) given.push(ask(name) ?? -1);
  expect(given.every((piece) => piece >= 0)).toBe(true);
  expect(new Set(given).size).toBe(given.length);
  const all = names.flatMap(shown);
  // At the very end a piece that waits for one may be shown to another too.
  expect(new Set(all).size).toBe(PIECES);
  expect(all.length).toBeLessThan(PIECES + 2 * names.length);
});

test("who asks sooner gets more", () => {
  const { enter, ask, shown } = room(["quick", "slow"]);
  enter();
  for (let turn = 0; turn < 40; turn++) {
    ask("quick");
    if (turn % 10 === 0) ask("slow");
  }
  expect(shown("quick").length).toBeGreaterThan(40);
  expect(shown("slow").length).toBeLessThan(15);
});

test("what only a peer that left was shown goes to those who stay", () => {
  const { enter, ask, shown, seeding } = room(["web1", "web2"]);
  enter();
  const taken = ask("web1") as number;
  const before = shown("web1");
  seeding.leave("web1");
  for (let turn = 0; turn < PIECES; turn++) ask("web2");
  expect(shown("web2")).toEqual(expect.arrayContaining([...before, taken]));
  expect(new Set(shown("web2")).size).toBe(PIECES);
});

test("what was seen elsewhere is shown to nobody before all the rest is seen too, and then to all", () => {
  const { enter, ask, shown, seeding } = room(["web1", "web2"]);
  enter();
  const piece = ask("web1") as number;
  seeding.has("web2", piece);
  expect(shown("web2")).not.toContain(piece);
  while (!seeding.given) for (const name of ["web1", "web2"]) ask(name);
  for (let turn = 0; turn < 10; turn++) for (const name of ["web1", "web2"]) ask(name);
  expect(shown("web2")).not.toContain(piece);
  for (const name of ["web1", "web2"]) for (const each of shown(name)) seeding.has(name, each);
  seeding.enter("late");
  expect(shown("late")).toContain(piece);
});

test("a peer that has everything already is shown nothing; opened, everybody is shown everything", () => {
  const { shown, seeding } = room([]);
  seeding.enter("full");
  for (let piece = 0; piece < PIECES; piece++) seeding.has("full", piece);
  const before = shown("full").length;
  seeding.enter("empty");
  seeding.open();
  expect(new Set(shown("empty")).size).toBe(PIECES);
  expect(shown("full").length).toBe(before);
});
