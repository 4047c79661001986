// Random histories of deploys that went well, failed, went back or were killed: what is kept, listed and can be gone back to.
import { expect, setDefaultTimeout, test } from "bun:test";
import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { previousGood } from "../../lib/deploy/rollback.ts";
import { activateRelease, markGood, switchBack } from "../../lib/release/activate.ts";
import { inspectHost } from "../../lib/release/inspect.ts";
import { installRelease } from "../../lib/release/install.ts";
import { layoutOf } from "../../lib/release/layout.ts";
import { pruneReleases } from "../../lib/release/prune.ts";
import { verifyRelease } from "../../lib/release/verify.ts";
import { INFOHASH, newSite, writePayload } from "./site.ts";

setDefaultTimeout(120_000);

const STEPS = [
  "deploys",
  "deploys the same again",
  "fails before the switch",
  "fails after the switch",
  "fails and goes back",
  "is killed while unpacking",
  "is killed before the rename",
  "is killed while removing",
  "leaves a folder of another tool, half-written",
  "goes back",
  "goes back two",
] as const;
type StepName = (typeof STEPS)[number];

/** What an operator would have written down. */
interface Notes {
  /** Releases in the order in which they became current and were well. */
  readonly well: string[];
  readonly neverWell: Set<string>;
  readonly halfWritten: Set<string>;
  current: string | undefined;
  count: number;
}

test("the current and the previous good release stay, failures don't count, halves are nowhere", async () => {
  await using site = await newSite();
  const payload = await writePayload(join(site.root, "payload"), { "app/a.js": "a\n", "b.txt": "b\n" });
  let run = 0;
  const histories = fc.asyncProperty(
    fc.array(fc.constantFrom(...STEPS), { minLength: 1, maxLength: 14 }),
    fc.integer({ min: 1, max: 4 }),
    async (steps, keep) => {
      const deployTo = join(site.root, `app-${run++}`);
      const notes: Notes = {
        ...{ well: [], neverWell: new Set(), halfWritten: new Set() },
        ...{ current: undefined, count: 0 },
      };
      for (const step of steps) {
        await take(step, { deployTo, payload, keep, notes });
        await check(deployTo, keep, notes);
      }
      await rm(deployTo, { recursive: true, force: true });
    },
  );
  await fc.assert(histories, { numRuns: 40, endOnFailure: false });
});

interface Place {
  readonly deployTo: string;
  readonly payload: string;
  readonly keep: number;
  readonly notes: Notes;
}

async function take(step: StepName, { deployTo, payload, keep, notes }: Place): Promise<void> {
  const layout = layoutOf(deployTo);
  const id = `r${String(++notes.count).padStart(3, "0")}`;
  const install = () => installRelease(deployTo, { id, infohash: INFOHASH, payload });
  const makeCurrent = async (which: string, { rollback = false } = {}) => {
    await activateRelease(deployTo, which);
    await markGood(deployTo, which, { by: "ops", rollback });
    notes.well.push(which);
    notes.current = which;
    notes.neverWell.delete(which);
    await pruneReleases(deployTo, keep);
  };
  switch (step) {
    case "deploys":
      await install();
      return makeCurrent(id);
    case "deploys the same again":
      if (notes.current === undefined) return;
      return makeCurrent(notes.current);
    case "fails before the switch":
      await install();
      notes.neverWell.add(id);
      return;
    case "fails after the switch":
      await install();
      await activateRelease(deployTo, id);
      notes.neverWell.add(id);
      notes.current = id;
      return;
    case "fails and goes back": {
      await install();
      const { previous } = await activateRelease(deployTo, id);
      await switchBack(deployTo, previous);
      notes.neverWell.add(id);
      return;
    }
    case "is killed while unpacking":
      await mkdir(join(layout.partial, `${id}-12345678`), { recursive: true });
      await writeFile(join(layout.partial, `${id}-12345678`, "half a file"), "ha");
      notes.halfWritten.add(id);
      return;
    case "is killed before the rename":
      await install();
      await rename(join(layout.releases, id), join(layout.partial, `${id}-12345678`));
      notes.halfWritten.add(id);
      return;
    case "is killed while removing":
      await install();
      await rename(join(layout.releases, id), join(layout.partial, `removed-${id}`));
      notes.halfWritten.add(id);
      return;
    case "leaves a folder of another tool, half-written":
      await mkdir(join(layout.releases, id), { recursive: true });
      notes.halfWritten.add(id);
      return;
    case "goes back":
    case "goes back two": {
      const report = await inspectHost(deployTo);
      const held = report.releases.filter(({ state }) => state === "good").map(({ id }) => id);
      const back = [...new Set(notes.well.toReversed())].filter(
        (each) => each !== notes.current && held.includes(each),
      );
      const to = back[step === "goes back" ? 0 : 1];
      if (to !== undefined) await makeCurrent(to, { rollback: true });
    }
  }
}

async function check(deployTo: string, keep: number, notes: Notes): Promise<void> {
  const report = await inspectHost(deployTo);
  const listed = new Map(report.releases.map((release) => [release.id, release]));
  expect(report.current).toBe(notes.current);
  // Current and the good one before it are there, whole, and the latter is what a rollback goes to.
  const previous = notes.well.findLast((id) => id !== notes.current);
  for (const id of [notes.current, previous]) if (id !== undefined) expect(listed.has(id)).toBe(true);
  expect(previousGood(report)).toBe(previous);
  for (const { id, state } of report.releases) {
    expect((await verifyRelease(deployTo, { id })).state).toBe("clean");
    // Good is only what was well, never what failed.
    expect(state).toBe(notes.well.includes(id) ? "good" : "unpacked");
    expect(notes.halfWritten.has(id)).toBe(false);
  }
  for (const id of notes.halfWritten)
    await expect(activateRelease(deployTo, id)).rejects.toMatchObject({ code: "release" });
  const good = report.releases.filter(({ state }) => state === "good");
  const everGood = new Set(notes.well).size;
  expect(good.length).toBeGreaterThanOrEqual(Math.min(keep, 2, everGood));
  // One more than asked for at most: the one that a rollback needs, or the one that failed and is current.
  expect(good.length).toBeLessThanOrEqual(Math.max(keep, 2) + 1);
}
