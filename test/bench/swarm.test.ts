import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Help } from "../../lib/options.ts";
import { payloadBytes } from "./swarm/network.ts";
import { swarmOptions } from "./swarm/options.ts";
import { makePayload } from "./swarm/payload.ts";
import { linkQdisc } from "./swarm/qdisc.ts";
import type { HostOutcome, Outcome } from "./swarm/race.ts";
import { completionPlot, ticks } from "./swarm/svg.ts";
import { median, summarize, tableOf } from "./swarm/table.ts";
import { usageOfChildren } from "./swarm/usage.ts";
import { isRight } from "./swarm/verify.ts";
import { copyWatch } from "./swarm/whole-copy.ts";

const MIB = 1024 * 1024;
const scale = { limitMs: 1000, sizeBytes: 1e9 };

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "rookery-swarmbench-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

function host(doneMs: number | undefined, more: Partial<HostOutcome> = {}): HostOutcome {
  return { name: "host1", firstPieceMs: undefined, doneMs, right: doneMs !== undefined, odd: false, ...more };
}

function outcome(contender: string, hosts: readonly HostOutcome[], more: Partial<Outcome> = {}): Outcome {
  return {
    contender,
    hosts,
    seederCopies: 1.5,
    crossedCopies: undefined,
    cpuSeconds: 6,
    peakBytes: 100 * MIB,
    machineBusy: 0.5,
    ownBusy: 0.4,
    events: [],
    trouble: undefined,
    ...more,
  };
}

describe("outcomes", () => {
  test("the odd host counts neither for the times nor as failed", () => {
    const hosts = [host(1100), host(1300), host(9000, { odd: true }), host(undefined, { odd: true })];
    const summary = summarize(outcome("a", hosts), scale);
    expect(summary).toMatchObject({ firstMs: 1100, medianMs: 1200, lastMs: 1300, failed: 0, cpuPerGb: 2 });
  });

  test("a host without the file, or with a wrong one, has failed", () => {
    const summary = summarize(
      outcome("a", [host(undefined), host(1100, { right: false }), host(1200)]),
      scale,
    );
    expect(summary).toMatchObject({ failed: 2, lastMs: Number.POSITIVE_INFINITY });
  });

  test("the table shows medians over the rounds and leaves out what nobody tells", () => {
    const rounds = [1200, 1400, 5000].map((ms) => outcome("a", [host(1000), host(ms)]));
    const never = outcome("b", [host(undefined), host(undefined)]);
    const table = tableOf(
      [
        { name: "a", title: "A" },
        { name: "b", title: "B" },
      ],
      [...rounds, never],
      scale,
    );
    expect(table.split("\n")).toEqual([
      "|  | first host | median | last host | tail | seeder, copies | CPU s/GB | peak memory | machine busy | by the peers | failed |",
      "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |",
      "| A | 1.00 | 1.20 | 1.40 | 17 % | 1.50 | 3.0 | 100 MiB | 50 % | 40 % | 0 |",
      "| B | never | never | never | – | 1.50 | – | 100 MiB | 50 % | 40 % | 2 |",
    ]);
  });

  test("without a limit there are seconds and MB/s", () => {
    const rounds = [outcome("a", [host(4000, { firstPieceMs: 2000 })])];
    const table = tableOf([{ name: "a", title: "A" }], rounds, { limitMs: undefined, sizeBytes: 1e9 });
    expect(table).toContain("| A | 4.00 s | 4.00 s | 4.00 s | 250 | 500 | 2.00 s |");
  });

  test.each([
    [[3], 3],
    [[4, 1], 2.5],
    [[9, 1, 5], 5],
  ])("the median of %p is %p", (values, expected) => expect(median(values)).toBe(expected));
});

describe("plot", () => {
  const plot = completionPlot(
    [{ name: "a", title: "A & <B>" }],
    [
      outcome("a", [host(1000), host(2000)]),
      outcome("a", [host(1000), host(3000)]),
      outcome("a", [host(500)]),
    ],
    { title: "two hosts", scale },
  );

  test("shows the round in the middle as steps, host by host", () => {
    const [, path = ""] = /<path d="(M[^"]*)" fill="none"/.exec(plot) ?? [];
    const points = [...path.matchAll(/H([\d.]+)V([\d.]+)/g)].map(([, x, y]) => [Number(x), Number(y)]);
    // 860 wide, less 56 and 170 beside the plot; its end is 4 % behind the last host of all that are drawn.
    const at = (time: number) => 56 + (time / 2.08) * 634;
    expect(points).toEqual([
      [expect.closeTo(at(1), 0), 44 + 328 / 2],
      [expect.closeTo(at(2), 0), 44],
    ]);
  });

  test("is XML: names are escaped, tags closed", () => {
    expect(plot).toContain("A &amp; &lt;B>");
    const opened = [...plot.matchAll(/<(?!\/)(\w+)[^>]*?(\/?)>/g)].filter(([, , closed]) => closed === "");
    expect(opened.length).toBe([...plot.matchAll(/<\/\w+>/g)].length);
  });

  test.each([
    [1.9, [0, 0.5, 1, 1.5]],
    [12, [0, 2, 4, 6, 8, 10, 12]],
    [100, [0, 20, 40, 60, 80, 100]],
  ])("ticks up to %p are %p", (longest, expected) => expect(ticks(longest)).toEqual(expected));
});

describe("measuring", () => {
  test("headers are no payload", () => {
    expect(payloadBytes({ bytes: 1000 * 1514, packets: 1000 })).toBe(1000 * 1448);
  });

  test.each([
    [50e6, "tbf rate 50000000bit burst 32768 latency 50ms"],
    [1e9, "tbf rate 1000000000bit burst 625000 latency 50ms"],
    [undefined, "pfifo limit 10000"],
  ])("a link of %p is %p", (rate, expected) => expect(linkQdisc(rate)).toBe(expected));

  test("children's CPU time counts while they run and after they ended", async () => {
    const before = usageOfChildren().cpuSeconds;
    const busy = "for (let end = performance.now() + 200; performance.now() < end; ); console.log('ran')";
    const child = Bun.spawn([process.execPath, "-e", `${busy}; await Bun.stdin.text()`], {
      stdin: "pipe",
      stdout: "pipe",
    });
    await child.stdout.getReader().read();
    const running = usageOfChildren();
    const without = usageOfChildren({ except: [child.pid] });
    child.stdin.end();
    await child.exited;
    expect(running.cpuSeconds - before).toBeGreaterThan(0.05);
    expect(running.peakBytes).toBeGreaterThan(MIB);
    expect(without.cpuSeconds - before).toBeLessThan(0.05);
    expect(usageOfChildren().cpuSeconds).toBeGreaterThanOrEqual(running.cpuSeconds);
  });

  test("hosts hold a whole copy together when every piece is on one of them", async () => {
    const payload = await makePayload(folder, { sizeBytes: MIB, pieceLength: 64 * 1024 });
    const bytes = new Uint8Array(await Bun.file(payload.file).arrayBuffer());
    const [left, right, none] = ["left", "right", "none"].map((name) => join(folder, name)) as [
      string,
      string,
      string,
    ];
    const whole = await copyWatch(payload, [none, left, right]);
    await Bun.write(left, bytes.subarray(0, MIB / 2));
    await Bun.write(
      right,
      bytes.map((byte, index) => (index < MIB / 2 ? 0 : byte)).subarray(0, MIB - 20_000),
    );
    expect(await whole()).toBe(false);
    await Bun.write(right, bytes);
    expect(await whole()).toBe(true);
    expect(await isRight(right, payload.sha256)).toBe(true);
    await Bun.write(left, randomBytes(MIB));
    expect(await isRight(left, payload.sha256)).toBe(false);
    expect(await isRight(none, payload.sha256)).toBe(false);
  });
});

describe("options", () => {
  test("the usual network, when nothing is said", () => {
    expect(swarmOptions([])).toMatchObject({
      hosts: 12,
      sizeBytes: 48 * MIB,
      rate: 50e6,
      scenario: { name: "clean" },
    });
  });

  test.each([
    ["--only", "ours,nobody"],
    ["--scenario", "flood"],
    ["--hosts", "0"],
  ])("%s %s is refused", (flag, value) => {
    expect(() => swarmOptions([flag, value])).toThrow(expect.objectContaining({ code: "usage" }));
  });

  test("--help begins with a line that can be pasted", () => {
    try {
      swarmOptions(["--help"]);
      throw new Error("no help");
    } catch (error) {
      if (!(error instanceof Help)) throw error;
      const [first = ""] = error.text.split("\n");
      expect(first).toStartWith("bun run bench:swarm ");
      expect(() => swarmOptions(first.split(" ").slice(3))).not.toThrow();
      expect(error.text).toContain("Usage: bun run bench:swarm");
    }
  });
});
