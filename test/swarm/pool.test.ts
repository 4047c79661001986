// Which pieces go to whom over SSH.
import { expect, test } from "bun:test";
import { openPool } from "../../lib/swarm/pool.ts";

const PIECES = 12;
const ALL = [[0, PIECES]] as const;

function pool() {
  let nowMs = 0;
  const it = openPool<string>({ pieces: PIECES, now: () => nowMs });
  /** All pieces this host is given now. */
  const take = (host: string, most = PIECES) => {
    const given: number[] = [];
    for (let piece = it.next(host); piece !== undefined; piece = it.next(host)) {
      given.push(piece);
      if (given.length === most) break;
    }
    return given;
  };
  return { ...it, take, wait: (ms: number) => (nowMs += ms) };
}

const sorted = (numbers: readonly number[]) => numbers.toSorted((a, b) => a - b);
const EVERY = Array.from({ length: PIECES }, (_, piece) => piece);

test("each piece goes to one host, and none that somebody has", () => {
  const { enter, has, take } = pool();
  enter("a", [[0, 10]]);
  enter("b", ALL);
  const [toA, toB] = [take("a", 3), take("b", 3)];
  has("b", EVERY.find((piece) => piece < 10 && ![...toA, ...toB].includes(piece)) ?? -1);
  const rest = [...take("a", 2), ...take("b")];
  expect(sorted([...toA, ...toB, ...rest])).toHaveLength(9);
  expect(new Set([...toA, ...toB, ...rest]).size).toBe(9);
  expect(rest.concat(toB).filter((piece) => piece >= 10)).toEqual([]);
  expect([take("a"), take("b")]).toEqual([[], []]);
});

test("what a host that left alone had goes to others: first what it was sent, last what it may have passed on", () => {
  const { enter, has, leave, take } = pool();
  enter("a", ALL);
  enter("b", ALL);
  const [first = -1, second = -1, third = -1, fourth = -1] = take("a", 4);
  for (const piece of [first, second]) has("a", piece);
  has("b", second);
  leave("a");
  const given = take("b");
  expect(sorted(given.slice(0, 2))).toEqual(sorted([third, fourth]));
  expect(given.at(-1)).toBe(first);
  expect(sorted([...given, second])).toEqual(EVERY);
  leave("a");
});

test("a host that is to have everything gets it, and the others are given what it was", () => {
  const { enter, has, fill, take } = pool();
  enter("a", ALL);
  enter("b", ALL);
  const [one = -1, ...more] = take("a", 5);
  has("a", one);
  fill("a");
  expect(sorted([...take("a"), one, ...more])).toEqual(EVERY);
  expect(sorted(take("b"))).toEqual(EVERY);
});

test("what is long on its way goes to another as well, when nothing else is left", () => {
  const { enter, has, take, wait } = pool();
  enter("slow", ALL);
  enter("quick", ALL);
  const stuck = take("slow", 4);
  for (const piece of take("quick")) has("quick", piece);
  wait(2000);
  expect(take("quick")).toEqual([]);
  wait(1001);
  expect(sorted(take("quick"))).toEqual(sorted(stuck));
  expect(take("quick")).toEqual([]);
});

test("whoever is unknown gets nothing", () => {
  const { next, has, leave, fill } = pool();
  has("x", 1);
  fill("x");
  leave("x");
  expect(next("x")).toBeUndefined();
});
