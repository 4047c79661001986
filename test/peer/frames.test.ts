// Raw bytes among JSON lines, however the stream is cut.
import { expect, test } from "bun:test";
import { frameHeader, withoutFrames } from "../../lib/peer/frames.ts";

const LINES = ['{"id":1}\n', '{"ping":true,"text":"ü\\u0000"}\n', "{}\n"];
const RAW = [Buffer.from("\0\n\0raw { bytes\n"), Buffer.alloc(300, 10), Buffer.alloc(0)];

/** A line, then a frame, then the next line … */
const STREAM = Buffer.concat(
  LINES.flatMap((line, index) => {
    const raw = RAW[index] ?? Buffer.alloc(0);
    return [Buffer.from(line), frameHeader(raw.length), raw];
  }),
);

async function split(chunks: readonly Uint8Array[]) {
  const raw: Buffer[] = [];
  const text: Buffer[] = [];
  async function* given() {
    yield* chunks;
  }
  const take = async (bytes: Uint8Array) => void raw.push(Buffer.from(bytes));
  for await (const bytes of withoutFrames(given(), take)) text.push(Buffer.from(bytes));
  return { text: Buffer.concat(text).toString(), raw: Buffer.concat(raw) };
}

test("lines and bytes come apart wherever the stream is cut", async () => {
  const wanted = { text: LINES.join(""), raw: Buffer.concat(RAW) };
  for (let at = 0; at <= STREAM.length; at++)
    expect(await split([STREAM.subarray(0, at), STREAM.subarray(at)])).toEqual(wanted);
  expect(await split([...STREAM].map((byte) => Uint8Array.of(byte)))).toEqual(wanted);
});

test("no more is read before what came is taken", async () => {
  const raw = Buffer.alloc(10);
  const happened: string[] = [];
  async function* given() {
    for (const name of ["first", "second"]) {
      happened.push(`read ${name}`);
      yield Buffer.concat([frameHeader(raw.length), raw]);
    }
  }
  const take = async () => {
    await Bun.sleep(1);
    happened.push("taken");
  };
  for await (const _ of withoutFrames(given(), take)) throw new Error("there is no text");
  expect(happened).toEqual(["read first", "taken", "read second", "taken"]);
});
