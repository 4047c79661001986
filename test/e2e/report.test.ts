// --report of a real deploy, opened in a real browser.
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { randomBytes } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Browser, startBrowser } from "../support/browser.ts";
import { type Stage, startStage } from "./stage.ts";

setDefaultTimeout(120_000);

const MiB = 2 ** 20;
let stage: Stage;
let browser: Browser;

beforeAll(async () => {
  stage = await startStage({ hosts: 4 });
  browser = await startBrowser();
});
afterAll(async () => {
  await browser[Symbol.asyncDispose]();
  await stage.expectTidy();
  await stage[Symbol.asyncDispose]();
});

/** `4.0 MiB` as bytes. */
function bytesOf(text: string): number {
  const [, number = "", unit = ""] = /([\d.]+) (\w+)$/.exec(text) ?? [];
  return (
    Number(number) *
    (["B", "KiB", "MiB", "GiB"].indexOf(unit) === -1
      ? Number.NaN
      : 1024 ** ["B", "KiB", "MiB", "GiB"].indexOf(unit))
  );
}

test.each(["swarm", "ssh"])("by %s, each host's bytes are told by who gave them", async (via) => {
  await writeFile(join(stage.source, "data.bin"), randomBytes(4 * MiB));
  const report = join(stage.home, `${via}.html`);
  const { exitCode, stderr } = await stage.run("deploy", ["--via", via, "--report", report]);
  expect(exitCode).toBe(0);
  expect(stderr).toContain(`report: ${report}`);
  await using page = await browser.open(`file://${report}`, { width: 1280 });
  const names = stage.fleet.names;
  expect(
    await page.evaluate<string[]>(
      `[...document.querySelectorAll("#timeline .row[data-index] .name")].map((node) => node.textContent)`,
    ),
  ).toEqual([...names]);
  const given = await page.evaluate<string[]>(
    `[...document.querySelectorAll(".matrix td[title]")].map((cell) => cell.title)`,
  );
  for (const name of names) {
    const sum = given
      .filter((title) => title.includes(`→ ${name}: `))
      .reduce((bytes, title) => bytes + bytesOf(title), 0);
    // Each amount is rounded, and what comes twice, in the end of a fetch, counts as well.
    expect(sum / MiB).toBeGreaterThan(3.7);
    expect(sum / MiB).toBeLessThan(5.5);
  }
  const givers = new Set(given.map((title) => title.split(" → ")[0]));
  if (via === "ssh") expect([...givers]).toEqual(["control host"]);
  else expect(givers.size).toBeGreaterThan(1);
  const stages = await page.evaluate<string[]>(
    `[...document.querySelectorAll("#timeline .row[data-index='0'] i")].map((bar) => bar.className)`,
  );
  expect(stages).toEqual(["connecting", "connected", "ready", "fetching", "complete", "prepared", "active"]);
  expect(page.complaints).toEqual([]);
});

test("a deploy in which a host fails has its report, with the reason and what to do", async () => {
  await writeFile(join(stage.source, "data.bin"), randomBytes(1 * MiB));
  await stage.setVars({
    rookery_before_activate: ["{{ 'exit 7' if inventory_hostname == 'web3' else 'true' }}"],
  });
  const report = join(stage.home, "failed.html");
  const { exitCode } = await stage.run("deploy", ["--report", report]);
  await stage.setVars({});
  expect(exitCode).toBe(2);
  await using page = await browser.open(`file://${report}`, { width: 400 });
  const text = await page.evaluate<string>(`document.querySelector("#troubles").innerText`);
  expect(text).toContain("web3");
  expect(text).toContain("rookery_before_activate[0] ended with exit code 7");
  expect(text).toContain("→ see the output above");
});

test("a report that has nowhere to go is told before anything is done", async () => {
  const before = await stage.current("web1");
  await writeFile(join(stage.source, "data.bin"), randomBytes(1000));
  const { exitCode, stderr } = await stage.run("deploy", ["--report", "/nowhere/at/all.html"]);
  expect(exitCode).toBe(1);
  expect(stderr).toContain("--report: can't write in /nowhere/at");
  expect(await stage.current("web1")).toBe(before);
  // Metrics are no reason to stop a deploy, nor is their folder.
  const { exitCode: code, stderr: said } = await stage.run("deploy", ["--metrics", "/nowhere/at/all.prom"]);
  expect(said).toContain("warning: can't write /nowhere/at/all.prom");
  expect(code).toBe(0);
  expect(await readFile(stage.place("web1", "current", "data.bin"))).toHaveLength(1000);
});
