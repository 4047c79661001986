import { expect, test } from "bun:test";
import { PassThrough } from "node:stream";
import { gatherWrites } from "../../lib/ssh/gather.ts";

test("what is written in one turn goes out as one, in order, and nothing is lost at the end", async () => {
  const chunks: string[] = [];
  const stream = new PassThrough();
  gatherWrites(stream);
  stream.on("data", (chunk: Buffer) => chunks.push(chunk.toString()));
  for (const part of ["length", "-body", "-tag"]) stream.write(Buffer.from(part));
  await Promise.resolve();
  stream.write(Buffer.from("next"));
  await Promise.resolve();
  stream.write(Buffer.from("good"));
  stream.write(Buffer.from("bye"));
  stream.end();
  await new Promise((resolve) => stream.once("end", resolve));
  expect(chunks).toEqual(["length-body-tag", "next", "goodbye"]);
});

test("a stream that was given up takes what is still to come in silence", async () => {
  const stream = new PassThrough();
  gatherWrites(stream);
  stream.write(Buffer.from("too late"));
  stream.destroy();
  await new Promise((resolve) => stream.once("close", resolve));
  expect(stream.read()).toBeNull();
});
