// What killed processes left in `.rookery/temporary`.
import { afterEach, beforeEach, expect, test } from "bun:test";
import { readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ensureLayout, layoutOf } from "../../lib/release/layout.ts";
import { removeStale } from "../../lib/release/remove.ts";
import { newSite, type Site } from "./site.ts";

let site: Site;
beforeEach(async () => {
  site = await newSite();
});
afterEach(() => site[Symbol.asyncDispose]());

test("drafts of processes that are no more go, those of others stay", async () => {
  const layout = layoutOf(site.deployTo);
  await ensureLayout(layout);
  const child = Bun.spawn(["true"]);
  await child.exited;
  const [dead, alive] = [`${child.pid}-0123456789abcdef`, `${process.pid}-0123456789abcdef`];
  for (const name of [dead, alive]) await writeFile(join(layout.temporary, name), "half a rec");
  // Nothing that changed since is taken for a leftover, whoever made it.
  await removeStale(site.deployTo, { sinceMs: Date.now() - 60_000 });
  expect((await readdir(layout.temporary)).sort()).toEqual([dead, alive].sort());
  await removeStale(site.deployTo, { sinceMs: Date.now() + 60_000 });
  expect(await readdir(layout.temporary)).toEqual([alive]);
});
