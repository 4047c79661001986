import { expect, test } from "bun:test";
import fc from "fast-check";
import { openBook } from "../../lib/peer/book.ts";
import { nextPiece, type PeerView, randomRanks, type SwarmView } from "../../lib/peer/policy.ts";

function swarm({
  wanted = [0, 1, 2, 3],
  copies,
  ranks = [0, 1, 2, 3],
}: {
  wanted?: number[];
  copies: number[];
  ranks?: number[];
}): SwarmView {
  return { wanted, copies: Uint16Array.from(copies), ranks: Uint32Array.from(ranks) };
}

function peer(has: number[], { spoiled = [] }: { spoiled?: number[] } = {}): PeerView {
  return { has: Uint8Array.from(has), spoiled: new Set(spoiled) };
}

const ALL = [1, 1, 1, 1];
const cases: [what: string, swarm: SwarmView, peer: PeerView, piece: number | undefined][] = [
  ["the rarest", swarm({ copies: [3, 2, 1, 2] }), peer(ALL), 2],
  [
    "of equally rare ones, the first of the own order",
    swarm({ copies: [1, 1, 1, 1], ranks: [3, 1, 0, 2] }),
    peer(ALL),
    2,
  ],
  ["what is wanted", swarm({ wanted: [3], copies: [1, 1, 1, 9] }), peer(ALL), 3],
  ["what the peer holds", swarm({ copies: [1, 1, 1, 9] }), peer([0, 0, 0, 1]), 3],
  ["nothing it sent wrong", swarm({ copies: [1, 2, 2, 2] }), peer(ALL, { spoiled: [0] }), 1],
  ["nothing of a peer that holds nothing", swarm({ copies: [1, 1, 1, 1] }), peer([0, 0, 0, 0]), undefined],
  ["nothing when nothing is wanted", swarm({ wanted: [], copies: [1, 1, 1, 1] }), peer(ALL), undefined],
];
for (const [what, view, asked, piece] of cases)
  test(`next: ${what}`, () => expect(nextPiece(view, asked)).toBe(piece));

test("every order of pieces holds each once, and two peers have different ones", () => {
  const ranks = [...randomRanks(500)];
  expect(ranks.toSorted((a, b) => a - b)).toEqual(ranks.map((_, index) => index));
  expect([...randomRanks(500)]).not.toEqual(ranks);
});

/** What the book must say, counted anew. */
function counted(has: readonly Uint8Array[], wanted: ReadonlySet<number>, pieces: number) {
  const copies = Array.from({ length: pieces }, (_, piece) =>
    has.reduce((sum, held) => sum + (held[piece] ?? 0), 0),
  );
  const useful = has.map((held) => [...wanted].filter((piece) => held[piece] === 1).length);
  return { copies, useful, wanted: [...wanted].toSorted((a, b) => a - b) };
}

test("whatever happens, the book's sums are what counting gives", () => {
  const pieces = 6;
  const step = fc.tuple(
    fc.constantFrom("enter", "strike", "learn", "begin", "restart", "done"),
    fc.nat(3),
    fc.nat(pieces - 1),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const book = openBook({ pieces, verified: new Uint8Array(pieces) });
      const wanted = new Set([0, 1, 2, 3, 4, 5]);
      const missing = new Set(wanted);
      for (const [what, who, piece] of steps) {
        const holder = [...book.holders][who];
        if (what === "enter" && book.holders.size < 4) book.enter();
        else if (what === "strike" && holder !== undefined) book.strike(holder);
        else if (what === "learn" && holder !== undefined) book.learn(holder, piece);
        else if (what === "begin" && wanted.delete(piece)) book.begin(piece);
        else if (what === "restart" && missing.has(piece) && !wanted.has(piece)) {
          wanted.add(piece);
          book.restart(piece);
        } else if (what === "done") {
          wanted.delete(piece);
          missing.delete(piece);
          book.done(piece);
        }
        const holders = [...book.holders];
        expect({
          copies: [...book.swarm.copies],
          useful: holders.map(({ useful }) => useful),
          wanted: book.swarm.wanted.toSorted((a, b) => a - b),
        }).toEqual(
          counted(
            holders.map(({ has }) => has),
            wanted,
            pieces,
          ),
        );
        expect(book.left).toBe(missing.size);
      }
    }),
  );
});
