import { expect, test } from "bun:test";
import { readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import type { RunRecord } from "../../lib/history/types.ts";
import { metricsText, writeMetrics } from "../../lib/report/metrics.ts";
import { temporaryFolder } from "../support/marker.ts";
import { parseExposition } from "./exposition.ts";

const RUN: RunRecord = {
  ...{ id: "1", kind: "deploy", app: "shop", environment: "prod", pattern: "all", owner: "ops@deploy1" },
  ...{ startedAt: "2026-11-23T12:00:00.000Z", endedAt: "2026-11-23T12:01:00.500Z", outcome: "well" },
  ...{ exitCode: 0, bytes: 1000, seconds: { pack: 0.5, total: 60.5 }, release: "one", revision: "abc" },
  hosts: [
    { name: "web1", status: "ok", seconds: 60, bytes: 1000 },
    { name: "web2", status: "unreachable", seconds: 10, bytes: 0 },
  ],
};

/** `name{label="value"…}` without the own labels → value. */
function values(text: string, app = "shop"): Record<string, number> {
  const own = parseExposition(text).filter(({ labels }) => labels.app === app);
  return Object.fromEntries(
    own.map(({ name, labels: { app: _, environment, ...rest }, value }) => [
      `${name.replace("rookery_deploy_", "")} ${Object.values(rest).join(" ")}`.trim(),
      value,
    ]),
  );
}

test("a run is told as gauges that a strict reader of the format takes", () => {
  expect(values(metricsText(RUN))).toEqual({
    "last_run_timestamp_seconds deploy": Date.UTC(2026, 10, 23, 12, 1, 0, 500) / 1000,
    "last_success_timestamp_seconds deploy": Date.UTC(2026, 10, 23, 12, 1, 0, 500) / 1000,
    ...{ exit_code: 0, "duration_seconds pack": 0.5, "duration_seconds total": 60.5 },
    ...{ "hosts ok": 1, "hosts failed": 0, "hosts unreachable": 1, "hosts skipped": 0 },
    ...{ payload_bytes: 1000, received_bytes: 1000, "info one abc": 1 },
  });
});

test("a failed run leaves the time of the last success, a rollback that of the deploys, and other apps stay", () => {
  const blog = metricsText({ ...RUN, app: "blog" });
  const first = metricsText(RUN, blog);
  const later = { ...RUN, endedAt: "2026-11-23T13:00:00.000Z" };
  const failed = metricsText({ ...later, exitCode: 2, release: "two", seconds: { total: 1 } }, first);
  const [before, after] = [values(first), values(failed)];
  const success = "last_success_timestamp_seconds deploy";
  expect(after[success]).toBe(before[success] as number);
  expect(after["last_run_timestamp_seconds deploy"]).toBe(Date.parse(later.endedAt) / 1000);
  expect(after).toMatchObject({ exit_code: 2, "info two abc": 1, "duration_seconds total": 1 });
  expect(Object.keys(after)).not.toContain("info one abc");
  expect(Object.keys(after)).not.toContain("duration_seconds pack");
  const back = values(metricsText({ ...later, kind: "rollback" }, failed));
  expect(back[success]).toBe(before[success] as number);
  expect(back["last_success_timestamp_seconds rollback"]).toBe(Date.parse(later.endedAt) / 1000);
  expect(values(failed, "blog")).toEqual(values(blog, "blog"));
});

test.each(['a"b', "a\\b", "a\nb", 'x",environment="prod', "a}b 1"])("%j as an app or environment", (name) => {
  const text = metricsText({ ...RUN, app: name, environment: name }, metricsText(RUN));
  const again = metricsText({ ...RUN, app: name, environment: name }, text);
  expect(again.split("\n").toSorted()).toEqual(text.split("\n").toSorted());
  const apps = new Set(parseExposition(text).map(({ labels }) => `${labels.app} in ${labels.environment}`));
  expect([...apps].toSorted()).toEqual(["shop in prod", `${name} in ${name}`].toSorted());
});

test("in a folder each app and environment has its file, and nothing else is left there", async () => {
  const folder = await temporaryFolder("metrics");
  writeMetrics(folder, RUN);
  writeMetrics(folder, { ...RUN, exitCode: 2 });
  writeMetrics(folder, { ...RUN, app: "blog" });
  writeMetrics(folder, { ...RUN, environment: "/srv/inventories/prod" });
  const files = (await readdir(folder)).toSorted();
  expect(files).toEqual([
    "rookery-blog-prod.prom",
    expect.stringMatching(/^rookery-shop-_srv_inventories_prod-[0-9a-f]{8}\.prom$/),
    "rookery-shop-prod.prom",
  ]);
  for (const file of files) parseExposition(await readFile(join(folder, file), "utf8"));
  expect(() => writeMetrics("/nowhere/at/all.prom", RUN)).toThrow("can't write /nowhere/at/all.prom");
  await rm(folder, { recursive: true });
});
