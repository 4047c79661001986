import { expect, test } from "bun:test";
import fc from "fast-check";
import {
  availability,
  nextPiece,
  type PeerView,
  pieceRanks,
  piecesPerPeer,
  type SwarmView,
} from "../../lib/peer/policy.ts";

function swarm({
  missing,
  copies,
  asked,
  open,
  ranks,
  solo = [],
}: {
  missing: number[];
  copies: number[];
  asked?: number[];
  open?: number[];
  ranks?: number[];
  solo?: number[];
}): SwarmView {
  return {
    missing: Uint8Array.from(missing),
    copies: Uint16Array.from(copies),
    asked: Uint16Array.from(asked ?? missing.map(() => 0)),
    open: Uint16Array.from(open ?? missing.map(() => 2)),
    ranks: Uint32Array.from(ranks ?? missing.map((_, piece) => piece)),
    solo: new Set(solo),
  };
}

function peer(
  has: number[],
  { asked = [], spoiled = [], late = [] }: { asked?: number[]; spoiled?: number[]; late?: number[] } = {},
): PeerView {
  return { has: Uint8Array.from(has), asked: new Set(asked), spoiled: new Set(spoiled), late: new Set(late) };
}

const ALL = [1, 1, 1, 1];
const cases: [what: string, swarm: SwarmView, peer: PeerView, piece: number | undefined][] = [
  ["the rarest", swarm({ missing: ALL, copies: [3, 2, 1, 2] }), peer(ALL), 2],
  [
    "of equally rare ones, the first of the own order",
    swarm({ missing: ALL, copies: [1, 1, 1, 1], ranks: [3, 1, 0, 2] }),
    peer(ALL),
    2,
  ],
  ["what is missing", swarm({ missing: [0, 0, 0, 1], copies: [1, 1, 1, 9] }), peer(ALL), 3],
  ["what the peer holds", swarm({ missing: ALL, copies: [1, 1, 1, 9] }), peer([0, 0, 0, 1]), 3],
  [
    "what nobody else is asked for, though it is less rare",
    swarm({ missing: ALL, copies: [1, 9, 9, 9], asked: [1, 0, 1, 1] }),
    peer(ALL),
    1,
  ],
  [
    "what others are asked for, when there is nothing else",
    swarm({ missing: ALL, copies: [1, 2, 3, 4], asked: [2, 1, 2, 2] }),
    peer(ALL),
    1,
  ],
  [
    "nothing that three others are asked for",
    swarm({ missing: [1, 0, 0, 0], copies: ALL, asked: [3, 0, 0, 0] }),
    peer(ALL),
    undefined,
  ],
  [
    "nothing it is asked for already",
    swarm({ missing: [1, 0, 0, 0], copies: ALL, asked: [1, 0, 0, 0] }),
    peer(ALL, { asked: [0] }),
    undefined,
  ],
  [
    "nothing whose blocks are all on their way from others",
    swarm({ missing: [1, 0, 0, 0], copies: ALL, open: [0, 2, 2, 2] }),
    peer(ALL),
    undefined,
  ],
  [
    "never what it was too slow with",
    swarm({ missing: [1, 0, 0, 0], copies: ALL }),
    peer(ALL, { late: [0] }),
    undefined,
  ],
  [
    "a piece that failed its hash of one peer only",
    swarm({ missing: [1, 0, 0, 0], copies: ALL, asked: [1, 0, 0, 0], solo: [0] }),
    peer(ALL),
    undefined,
  ],
  ["a piece that failed its hash", swarm({ missing: [1, 0, 0, 0], copies: ALL, solo: [0] }), peer(ALL), 0],
  [
    "never what it sent wrong",
    swarm({ missing: [1, 0, 0, 0], copies: ALL }),
    peer(ALL, { spoiled: [0] }),
    undefined,
  ],
];

test.each(cases)("a peer is asked for %s", (_what, view, of, piece) => {
  expect(nextPiece(view, of)).toBe(piece);
});

test("the best piece does not depend on where it stands", () => {
  const flags = fc.array(fc.integer({ min: 0, max: 1 }), { minLength: 12, maxLength: 12 });
  const counts = fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 12, maxLength: 12 });
  fc.assert(
    fc.property(flags, flags, counts, counts, (missing, has, copies, asked) => {
      const candidates = missing.flatMap((flag, piece) =>
        flag === 1 && has[piece] === 1 && (asked[piece] ?? 0) < 3 ? [piece] : [],
      );
      candidates.sort(
        (a, b) => (asked[a] ?? 0) - (asked[b] ?? 0) || (copies[a] ?? 0) - (copies[b] ?? 0) || a - b,
      );
      expect(nextPiece(swarm({ missing, copies, asked }), peer(has))).toBe(candidates[0]);
    }),
  );
});

test("ranks are an order of all pieces, another one for each peer", () => {
  const one = pieceRanks(100);
  expect([...one].sort((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, rank) => rank));
  expect(pieceRanks(100)).not.toEqual(one);
});

test("a peer's stripe comes first", () => {
  const ranks = pieceRanks(10, { stripe: { index: 1, of: 4 } });
  const order = [...ranks.keys()].sort((a, b) => (ranks[a] ?? 0) - (ranks[b] ?? 0));
  expect(order.slice(0, 3).sort((a, b) => a - b)).toEqual([1, 5, 9]);
});

test("a peer is asked for more pieces at a time when they are small or many requests are in flight", () => {
  expect([16, 64, 256, 16_384].map((kib) => piecesPerPeer(kib * 1024, 5))).toEqual([6, 3, 2, 2]);
  expect([16, 64, 256, 16_384].map((kib) => piecesPerPeer(kib * 1024, 64))).toEqual([65, 17, 5, 2]);
});

test("availability counts connected peers and ourselves", () => {
  expect(availability(swarm({ missing: [0, 1, 1], copies: [1, 2, 3] }))).toBe(2);
  expect(availability(swarm({ missing: [0, 1, 1], copies: [1, 0, 3] }))).toBe(0);
});
