import { expect, test } from "bun:test";
import { OpsError } from "../../lib/errors.ts";
import { eachLimited, limiter } from "../../lib/ssh/pool.ts";

test("never more than the limit at a time, results in the items' order", async () => {
  let running = 0;
  let most = 0;
  const results = await eachLimited([5, 1, 4, 2, 3], { limit: 2 }, async (item) => {
    running += 1;
    most = Math.max(most, running);
    await Promise.resolve();
    await new Promise((resolve) => setTimeout(resolve, item));
    running -= 1;
    if (item === 4) throw new Error("four");
    return item * 10;
  });
  expect(most).toBe(2);
  expect(
    results.map((result) => (result.status === "fulfilled" ? result.value : result.reason.message)),
  ).toEqual([50, 10, "four", 20, 30]);
});

test("after an interrupt nothing new is begun", async () => {
  const controller = new AbortController();
  const begun: number[] = [];
  const results = await eachLimited([1, 2, 3], { limit: 1, signal: controller.signal }, async (item) => {
    begun.push(item);
    if (item === 2) controller.abort();
  });
  expect(begun).toEqual([1, 2]);
  const [, , last] = results;
  expect(last?.status === "rejected" && last.reason instanceof OpsError && last.reason.code).toBe(
    "interrupted",
  );
});

test("a limit must be a positive integer", async () => {
  for (const limit of [0, -1, 1.5, Number.NaN]) {
    await expect(eachLimited([], { limit }, async () => {})).rejects.toThrow(RangeError);
  }
});

test("a limiter gives its place on when work fails", async () => {
  const slot = limiter(1);
  const failed = slot(() => Promise.reject(new Error("no")));
  const next = slot(async () => "yes");
  await expect(failed).rejects.toThrow("no");
  expect(await next).toBe("yes");
});
