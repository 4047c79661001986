// Whom a fed peer tells of the pieces that it alone has.
import { afterEach, expect, test } from "bun:test";
import type { Wire } from "peer-wire-protocol";
import { openShowing, type Showing } from "../../lib/peer/showing.ts";
import { openWire } from "../../lib/peer/wire.ts";
import { until } from "./engine-support.ts";

const HAVE_ID = 4;
const HAVE_BYTES = 9;

/** A wire that nobody listens to, and the pieces it told of. */
function listener() {
  const told: number[] = [];
  const write = (bytes: Uint8Array) => {
    const message = Buffer.from(bytes);
    for (let at = 0; at < message.length; at += HAVE_BYTES)
      if (message[at + 4] === HAVE_ID) told.push(message.readUInt32BE(at + 5));
    return bytes.length;
  };
  return { wire: openWire({ write, destroy: () => {} }).wire, told };
}

const listeners = Array.from({ length: 3 }, listener);
const wires = listeners.map(({ wire }) => wire);
let showing: Showing;
afterEach(() => {
  showing.close();
  for (const { told } of listeners) told.length = 0;
});

const toldAll = (piece: number, but?: Wire) =>
  listeners.every(({ wire, told }) => wire === but || told.includes(piece));

test("one is shown a piece, the one who was shown the fewest; when it is seen elsewhere, all are told", async () => {
  showing = openShowing({ without: () => wires });
  const first = [0, 1, 2].flatMap((piece) => showing.fresh(piece, wires));
  expect(new Set(first).size).toBe(3);
  showing.seen(1);
  await until("all are told of it", () => toldAll(1));
  expect(listeners.flatMap(({ told }) => told)).toEqual([1, 1, 1]);
  // Nobody spoke of this one.
  showing.seen(7);
  expect(showing.fresh(9, wires.slice(0, 1))).toEqual(wires.slice(0, 1));
  expect(showing.fresh(9, [])).toEqual([]);
});

test("while many are on their way to the first, others wait", async () => {
  showing = openShowing({ without: () => wires });
  for (let piece = 0; piece < 8; piece++) showing.fresh(piece, wires);
  showing.seen(0);
  showing.seen(1);
  expect(listeners.flatMap(({ told }) => told)).toEqual([]);
  for (let piece = 2; piece < 5; piece++) showing.seen(piece);
  await until("there is time for others", () => toldAll(0) && toldAll(1));
});

test("one that keeps a piece to itself, or is gone, holds up nobody", async () => {
  showing = openShowing({ without: () => wires });
  showing.fresh(3, wires);
  await until("all are told", () => toldAll(3));
  const gone = listener().wire;
  showing.fresh(4, [gone, gone]);
  gone.destroy();
  await until("the others are told", () => toldAll(4));
});
