// The report of a run, looked at in a real browser.
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync } from "node:fs";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { reportPage } from "../../lib/report/page.ts";
import { type Browser, type Page, startBrowser } from "../support/browser.ts";
import { temporaryFolder } from "../support/marker.ts";
import { type SampleOptions, sampleRun } from "./sample.ts";

setDefaultTimeout(120_000);

let browser: Browser;
let folder: string;

beforeAll(async () => {
  folder = await temporaryFolder("report");
  browser = await startBrowser();
});
afterAll(async () => {
  await browser[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

const SAMPLES = {
  eight: { hosts: 8, batches: 4 },
  failing: { hosts: 24, groups: 3, failEvery: 8, nameOf: (index) => `web${index}.a-long-name.example.net` },
  thousand: { hosts: 1000, groups: 6, failEvery: 90, batches: 10 },
} as const satisfies Record<string, SampleOptions>;

async function show(
  name: string,
  options: SampleOptions,
  look: { readonly width: number; readonly height?: number; readonly dark?: boolean },
): Promise<Page> {
  const file = join(folder, `${name}.html`);
  if (!existsSync(file)) {
    const { run, story } = sampleRun(options);
    await writeFile(file, reportPage(run, story));
  }
  return browser.open(`file://${file}`, look);
}

/** Whatever reaches beyond the page's width and isn't cut by, or scrolled in, something that holds it. */
const OVERFLOWING = `(() => {
  const held = (node) => {
    for (let at = node.parentElement; at; at = at.parentElement)
      if (getComputedStyle(at).overflowX !== "visible") return true;
    return false;
  };
  const beyond = (node) => {
    const { left, right, width } = node.getBoundingClientRect();
    return width > 0 && (right > innerWidth + 1 || left < -1);
  };
  return [...document.querySelectorAll("body *")]
    .filter((node) => beyond(node) && !held(node))
    .map((node) => node.outerHTML.slice(0, 120));
})()`;

for (const [name, options] of Object.entries(SAMPLES) as [string, SampleOptions][]) {
  for (const [width, dark] of [
    [1280, false],
    [1280, true],
    [400, false],
  ] as const) {
    test(`${name}, ${width} wide${dark ? ", dark" : ""}: all hosts are there, nothing is too wide, nothing complains`, async () => {
      await using page = await show(name, options, { width, dark });
      const names = await page.evaluate<string[]>(
        `[...document.querySelectorAll("#timeline .row[data-index] .name")].map((node) => node.title.split(" in ")[0])`,
      );
      const { nameOf = (index: number) => `web${index + 1}` } = options;
      expect(names).toEqual(Array.from({ length: options.hosts }, (_, index) => nameOf(index)));
      expect(await page.evaluate<string[]>(OVERFLOWING)).toEqual([]);
      expect(await page.evaluate<number>("document.documentElement.scrollWidth")).toBeLessThanOrEqual(width);
      // Somebody who keeps a folder of pictures wants to look as well.
      const pictures = process.env.ROOKERY_TEST_PICTURES;
      if (pictures !== undefined) {
        await mkdir(pictures, { recursive: true });
        await writeFile(
          join(pictures, `${name}-${width}${dark ? "-dark" : ""}.png`),
          await page.screenshot({ all: true }),
        );
      }
      expect(page.complaints).toEqual([]);
      expect(page.requests).toEqual([]);
      const [ink, paper] = await page.evaluate<string[]>(
        `["color", "backgroundColor"].map((name) => getComputedStyle(document.body)[name])`,
      );
      expect(brightness(paper ?? "") > brightness(ink ?? "")).toBe(!dark);
    });
  }
}

function brightness(colour: string): number {
  return (colour.match(/\d+/g) ?? []).slice(0, 3).reduce((sum, part) => sum + Number(part), 0);
}

test("bars stand where they belong: stages one after the other, failures marked with their reason", async () => {
  await using page = await show("failing", SAMPLES.failing, { width: 1280 });
  const rows = await page.evaluate<
    { name: string; bars: { stage: string; left: number; right: number }[] }[]
  >(
    `[...document.querySelectorAll("#timeline .row[data-index]")].map((row) => ({
      name: row.querySelector(".name").textContent,
      bars: [...row.querySelectorAll(".track i")].map((bar) => {
        const { left, right } = bar.getBoundingClientRect();
        return { stage: bar.className, left, right };
      }),
    }))`,
  );
  for (const { bars } of rows) {
    expect(bars.map(({ stage }) => stage).slice(0, 5)).toEqual([
      "connecting",
      "connected",
      "ready",
      "fetching",
      "complete",
    ]);
    for (const [index, { left, right }] of bars.entries()) {
      expect(right).toBeGreaterThan(left);
      if (index > 0) expect(Math.abs(left - (bars[index - 1]?.right ?? 0))).toBeLessThan(1.5);
    }
  }
  const troubles = await page.evaluate<string>(`document.querySelector("#troubles").innerText`);
  expect(troubles).toContain("no space left on the device");
  expect(troubles).toContain("→ free some space");
  expect(troubles).toContain("web7.a-long-name.example.net, web15.a-long-name.example.net");
});

test("who gave to whom: each pair has its cell, and rows add up to what a host received", async () => {
  await using page = await show("eight", SAMPLES.eight, { width: 1280 });
  const titles = await page.evaluate<string[]>(
    `[...document.querySelectorAll(".matrix td[title]")].map((td) => td.title)`,
  );
  const { story } = sampleRun(SAMPLES.eight);
  expect(titles).toHaveLength(story.hosts.reduce((sum, { gifts }) => sum + gifts.length, 0));
  expect(titles).toContain("web2 → web1: 50.0 MiB");
  expect(await page.evaluate<string>(`document.querySelector("#batches").innerText`)).toContain("web7, web8");
});

test("a thousand hosts: found by name and group, ordered by trouble, and each pair under the pointer", async () => {
  await using page = await show("thousand", SAMPLES.thousand, { width: 1280 });
  const visible = `[...document.querySelectorAll("#timeline .row[data-index]:not([hidden]) .name")].map((node) => node.textContent)`;
  const type = (text: string) =>
    page.evaluate(
      `{ const box = document.querySelector("#filter"); box.value = ${JSON.stringify(text)}; box.dispatchEvent(new Event("input")); }`,
    );
  await type("web12 GROUP5");
  expect(await page.evaluate<string[]>(visible)).toEqual(["web12", "web120", "web126"]);
  expect(await page.evaluate<string>(`document.querySelector("#shown").textContent`)).toBe("3 of 1000");
  await type("");
  await page.evaluate(
    `{ const box = document.querySelector("#order"); box.value = "trouble"; box.dispatchEvent(new Event("change")); }`,
  );
  const ordered = await page.evaluate<string[]>(visible);
  expect(ordered.slice(0, 3)).toEqual(["web90", "web180", "web270"]);
  expect(ordered).toHaveLength(1000);
  const box = await page.evaluate<{ left: number; top: number; size: number; painted: number }>(`(() => {
    const canvas = document.querySelector("#pairs");
    canvas.scrollIntoView({ block: "start" });
    const { left, top, width } = canvas.getBoundingClientRect();
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    return { left, top, size: width, painted: data.filter((value, at) => at % 4 === 3 && value > 0).length };
  })()`);
  expect(box.painted).toBeGreaterThan(1000);
  // The first point: the control host and the first of the givers, the first of the receivers.
  await page.point(box.left + 1, box.top + 1);
  expect(await page.evaluate<string>(`document.querySelector("#pair").textContent`)).toMatch(/ → web1: \d/);
});

test("printed, every host of a thousand is on paper", async () => {
  await using page = await show("thousand", SAMPLES.thousand, { width: 1280 });
  const pdf = await page.pdf();
  const pages = pdf.toString("latin1").match(/\/Type\s*\/Page\b/g)?.length ?? 0;
  // 18 pixels a host on paper of about 1000: in a frame that scrolls they would fit on three.
  expect(pages).toBeGreaterThan(10);
});

const EVIL = `"><img src=x onerror="document.title='evil'"></script><script>document.title='evil'</script>\u202e&amp;`;

test.each([4, 60])("names and errors of %d hosts are text, whatever they look like", async (hosts) => {
  const options = {
    hosts,
    nameOf: (index: number) => `${EVIL}${index}`,
    title: EVIL,
    failEvery: 2,
    error: EVIL,
  };
  await using page = await show(`evil${hosts}`, { ...options, groups: 2, batches: 2 }, { width: 1280 });
  expect(await page.evaluate<string>("document.title")).toStartWith('Deploy of "><img');
  expect(await page.evaluate<number>("document.images.length")).toBe(0);
  expect(
    await page.evaluate<string>(`document.querySelector("#timeline .row[data-index] .name").textContent`),
  ).toBe(`${EVIL.replace("\u202e", "\ufffd")}0`);
  expect(page.complaints).toEqual([]);
  expect(page.requests).toEqual([]);
  expect(await page.evaluate<string[]>(OVERFLOWING)).toEqual([]);
});
