// Deploys to hosts that this machine reaches by SSH alone, through a bastion.
import { afterEach, expect, setDefaultTimeout, test } from "bun:test";
import { createHash, randomBytes } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type BastionFleet, type BastionOptions, startBastionFleet } from "../support/bastion.ts";

setDefaultTimeout(120_000);

const MiB = 1024 * 1024;
const BYTES = 48 * MiB;

let fleet: BastionFleet;
let digest: string;
afterEach(() => fleet[Symbol.asyncDispose]());

async function prepared(options: BastionOptions = {}): Promise<void> {
  fleet = await startBastionFleet(options);
  const bytes = randomBytes(BYTES);
  digest = sha256(bytes);
  await writeFile(join(fleet.source, "large.bin"), bytes);
}

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

async function expectRight(names: readonly string[] = fleet.names): Promise<void> {
  for (const name of names)
    expect(sha256(await readFile(fleet.place(name, "current", "large.bin")))).toBe(digest);
}

test.each(["refused", "dropped"] as const)("six hosts share one copy (strays are %s)", async (stray) => {
  await prepared({ stray });
  const { exitCode, notes, stderr } = await fleet.run("deploy", ["-r", "new", "-v"]);
  expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 });
  await expectRight();
  expect(notes).toContainEqual(
    expect.stringMatching(
      /^no TCP connection between this machine and the hosts: .* over SSH to web\d and web\d, to be/,
    ),
  );
  expect(notes.filter((note) => note.includes("every byte") || note.includes("the rest"))).toEqual([]);
  expect((await fleet.sentBytes()) / BYTES).toBeWithin(1, 1.2);
});
