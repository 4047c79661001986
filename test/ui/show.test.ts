// Lines, JSON and summaries through the door scripts use, written to streams that remember.
import { describe, expect, test } from "bun:test";
import { Writable } from "node:stream";
import type { FleetEvent, PreviewRow } from "../../lib/swarm/events.ts";
import type { Output } from "../../lib/ui/feed.ts";
import { previewText } from "../../lib/ui/preview.ts";
import { type ShowOptions, showFleet } from "../../lib/ui/show.ts";
import { summaryText } from "../../lib/ui/summary.ts";
import { widthOf } from "../../lib/ui/text.ts";
import { theme } from "../../lib/ui/theme.ts";
import { liveFeed, stateAt } from "./feeds.ts";
import { PAYLOAD_BYTES, scriptedRun } from "./scripted.ts";

const run = scriptedRun({ hosts: 8 });
const PLAIN = theme({ color: false, unicode: true });

function memory(): Output & { readonly text: () => string } {
  const parts: string[] = [];
  const stream = new Writable({
    write(chunk, _encoding, done) {
      parts.push(String(chunk));
      done();
    },
  });
  return Object.assign(stream, { text: () => parts.join("") });
}

/** What a run of `events` writes; `before` of them happen before anybody looks. */
async function shown(
  events: readonly FleetEvent[],
  options: Partial<ShowOptions> = {},
  { before = 1, end = true } = {},
): Promise<{ out: string; err: string; lines: string[] }> {
  const [stdout, stderr] = [memory(), memory()];
  const feed = liveFeed(events[0]?.atMs ?? 0);
  for (const event of events.slice(0, before)) feed.push(event);
  const show = showFleet(feed, {
    mode: "lines",
    verbose: false,
    onQuit: () => {},
    stdout,
    stderr,
    ...options,
  });
  for (const event of events.slice(before)) {
    feed.push(event);
  }
  if (end) feed.end();
  if (end && events.at(-1)?.type !== "summary") await show.done;
  await show[Symbol.asyncDispose]();
  return { out: stdout.text(), err: stderr.text(), lines: stderr.text().trimEnd().split("\n") };
}

describe("lines", () => {
  test("say what happened, once, with the time since the start", async () => {
    const { lines } = await shown(run);
    expect(lines.slice(0, 8)).toEqual([
      "[0:00] deploy 20261123-100000 to prod: 8 hosts",
      "[0:00] connect begins",
      "[0:00] pack begins",
      "[0:00] pack done in 0.8 s",
      "[0:00] 20261123-100000: 412 MiB in 1648 pieces, infohash c9e15763f722f23e98a29decdfae341b98d53056",
      "[0:02] api3.example.net: unreachable: connection to 192.0.2.17:22 refused",
      "[0:02]   → is sshd running there, and is port 22 open for this machine?",
      "[0:02] connect done in 2.5 s",
    ]);
    expect(lines).toContain("[0:03] warning: public/uploads points out of the release");
    expect(lines).toContain("[0:23] web1.example.net | 2 migrations run");
    expect(lines).toContain("[0:24] web1.example.net: ok, 412 MiB in 23.6 s".replace("23.6", "24"));
    expect(lines.filter((line) => /: (ok|failed|unreachable)[:,]/.test(line)).length).toBe(8);
    expect(lines.some((line) => line.includes("tracker listens"))).toBe(false);
  });

  test("tell progress at each tenth or after five seconds, and the end of it", async () => {
    const progress = (await shown(run)).lines.filter((line) => /\] \d+ %/.test(line));
    expect(progress.length).toBeWithin(8, 13);
    expect(progress[1]).toMatch(
      /^\[0:\d\d\] \d\d %, 0 of 8 hosts complete, \d+ MiB\/s, ETA \d+ s, \d\.\d copies in reach, seeder's share 1\d %$/,
    );
    expect(progress.at(-1)).toMatch(/100 %, \d of 8 hosts complete, \d/);
    const slow = scriptedRun({ hosts: 8, distributeSeconds: 600, reportEveryMs: 1000 });
    const times = (await shown(slow)).lines.filter((line) => /\] \d+ %/.test(line));
    expect(times.length).toBeWithin(110, 125);
  });

  test("with verbose also tell details and every change of status", async () => {
    const { lines } = await shown(run, { verbose: true });
    expect(lines).toContain("[0:03] tracker listens on port 40123");
    expect(lines).toContain("[0:02] web1.example.net: connected, uploading the peer");
  });

  test("are chosen where there is no terminal", async () => {
    expect((await shown(run, { mode: "auto" })).lines).toEqual((await shown(run)).lines);
  });

  test("output of commands can't move the cursor", async () => {
    const text = "\u001b[2J\u001b]0;gotcha\u0007one\r\n  two\n";
    const evil: FleetEvent = {
      type: "output",
      atMs: run[0]?.atMs ?? 0,
      host: "web1.example.net",
      stream: "stderr",
      text,
    };
    const { lines } = await shown([...run.slice(0, 1), evil]);
    expect(lines.slice(1)).toEqual(["[0:00] web1.example.net | one", "[0:00] web1.example.net |   two"]);
  });
});

describe("json", () => {
  const objects = async (events: readonly FleetEvent[], options: Partial<ShowOptions> = {}) => {
    const { out, err } = await shown(events, { mode: "json", ...options });
    expect(err).toBe("");
    return out
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
  };

  test("is one object a line: the plan first, each host once, the summary last", async () => {
    const all = await objects(run);
    expect(all[0]).toMatchObject({ type: "plan", title: "deploy 20261123-100000 to prod" });
    expect(all[0].hosts[0]).toEqual({ host: "web1.example.net", group: "web" });
    const hosts = all.filter(({ type }) => type === "host");
    expect(hosts.map(({ host }) => host).toSorted()).toEqual(
      all[0].hosts.map((it: { host: string }) => it.host).toSorted(),
    );
    expect(hosts.find(({ host }) => host === "web1.example.net")).toEqual({
      ...{ type: "host", host: "web1.example.net", status: "ok", bytes: PAYLOAD_BYTES, seconds: 23.6 },
    });
    expect(hosts.find(({ status }) => status === "failed")).toMatchObject({
      host: "web4.example.net",
      error: expect.stringContaining("no space left"),
      hint: "free some space there, or lower rookery_keep_releases",
    });
    expect(all.at(-1)).toMatchObject({
      ...{
        type: "summary",
        ok: 6,
        failed: 1,
        unreachable: 1,
        skipped: 0,
        release: "20261123-100000",
        exitCode: 4,
      },
      seconds: { pack: 0.8, connect: 1.7, bootstrap: 1, distribute: 20, activate: 1, total: 24.5 },
    });
    expect(new Set(all.map(({ type }) => type))).toEqual(
      new Set(["plan", "phase", "torrent", "progress", "host", "note", "output", "summary"]),
    );
  });

  test("progress comes once a second, and once more when all is there", async () => {
    const progress = (await objects(scriptedRun({ hosts: 8, reportEveryMs: 300 }))).filter(
      ({ type }) => type === "progress",
    );
    expect(progress.length).toBeWithin(15, 22);
    expect(progress[3]).toMatchObject({
      totalBytes: 7 * PAYLOAD_BYTES,
      etaSeconds: expect.any(Number),
      hosts: { fetching: 7, unreachable: 1, ok: 0 },
      seederUploadedBytes: expect.any(Number),
      seederShare: expect.any(Number),
      availability: expect.any(Number),
    });
    expect(progress.at(-1)).toMatchObject({
      verifiedBytes: 6 * PAYLOAD_BYTES,
      totalBytes: 6 * PAYLOAD_BYTES,
      etaSeconds: 0,
    });
  });

  test("a run that stopped early still has a line for each host", async () => {
    const summary = run.at(-1);
    if (summary?.type !== "summary") throw new Error("the scripted run has a summary");
    const all = await objects([...run.slice(0, 60), { ...summary, atMs: run[60]?.atMs ?? 0 }]);
    const hosts = all.filter(({ type }) => type === "host");
    expect(hosts.length).toBe(8);
    expect(hosts[0].status).toBe("unreachable");
    expect(hosts[1]).toMatchObject({ status: "skipped", error: "stopped while fetching" });
  });

  test("details and changes of status only with verbose", async () => {
    const types = (list: { type: string; level?: string }[]) =>
      new Set(list.map(({ type, level }) => `${type} ${level}`));
    expect(types(await objects(run))).not.toContain("note detail");
    expect(types(await objects(run, { verbose: true }))).toContain("note detail");
    expect(types(await objects(run, { verbose: true }))).toContain("status undefined");
  });
});

describe("the summary", () => {
  test("goes to stdout and names every host that failed, with its reason and what to do", async () => {
    const { out } = await shown(run);
    expect(out).toStartWith(
      "✗ release 20261123-100000 is current on 6 of 8 hosts\n  8 hosts: 6 ok, 1 failed, 1 unreachable\n",
    );
    expect(out).toContain(
      "release 20261123-100000, 412 MiB, 25 s in all (connect 1.7 s, pack 0.8 s, bootstrap 1.0 s,",
    );
    expect(out).toContain("the seeder sent 1.4 copies, 19 % of the upload");
    expect(out).toContain("\n  web1.example.net  ok  412 MiB  24 s\n");
    expect(out).toEndWith(`
✗ web4.example.net: no space left on /srv/app (needs 412 MiB, 12.3 MiB free on /dev/sda2)
  → free some space there, or lower rookery_keep_releases
! api3.example.net: connection to 192.0.2.17:22 refused
  → is sshd running there, and is port 22 open for this machine?
`);
  });

  test("of a thousand hosts lists the lost ones only, and a hint once for all it helps", () => {
    const state = stateAt(scriptedRun({ hosts: 1000, reportEveryMs: 5000 }), 60);
    const lines = summaryText(state, { theme: PLAIN, width: 120 }).trimEnd().split("\n");
    expect(lines.filter((line) => line.startsWith("✗ ") && line.includes("no space left")).length).toBe(10);
    expect(lines.filter((line) => line.startsWith("! ")).length).toBe(10);
    expect(lines.filter((line) => line.startsWith("  →")).length).toBe(2);
    expect(lines.length).toBe(28);
    for (const line of lines) expect(widthOf(line)).toBeLessThanOrEqual(120);
  });

  test("of a run that could not start says why once", () => {
    const outcome = "pattern 'wbe' matches no host\n  → did you mean 'web'?";
    const plan = run.slice(0, 1);
    const atMs = run[0]?.atMs ?? 0;
    const error = { code: "pattern", message: "pattern 'wbe' matches no host" } as const;
    const skipped = ["web1", "web2", "web3", "web4", "api1", "api2", "api3", "db1"].map(
      (name): FleetEvent => ({ type: "failed", atMs, host: `${name}.example.net`, status: "skipped", error }),
    );
    const last = run.at(-1);
    if (last?.type !== "summary") throw new Error("the scripted run has a summary");
    const seconds = { pack: 0, connect: 0, bootstrap: 0, distribute: 0, activate: 0, total: 0.4 };
    const summary = {
      ...last.summary,
      ok: 0,
      failed: 0,
      unreachable: 0,
      skipped: 8,
      bytes: 0,
      release: undefined,
      seconds,
      outcome,
      exitCode: 1,
    };
    const state = stateAt([...plan, ...skipped, { type: "summary", atMs, summary }], 0);
    expect(summaryText(state, { theme: PLAIN, width: 100 })).toBe(
      "✗ pattern 'wbe' matches no host\n  → did you mean 'web'?\n  8 hosts: 0 ok, 8 skipped\n  0.4 s in all\n",
    );
  });
});

test("what a deploy would do is a table on stdout, before the summary", async () => {
  const row = {
    ...{
      host: "web1",
      current: "r1",
      release: "r2",
      action: "fetch",
      deployTo: "/srv/app",
      settings: "keeps 5, shared log/, ports 6881-6999",
      freeBytes: 2 ** 33,
    },
    removes: ["r0"],
  } as const satisfies PreviewRow;
  const preview: Extract<FleetEvent, { type: "preview" }> = {
    type: "preview",
    atMs: run.at(-2)?.atMs ?? 0,
    totalBytes: PAYLOAD_BYTES,
    rows: [
      row,
      { ...row, host: "web2", current: undefined, removes: [], obstacle: "locked by kim@ops since 10:00" },
    ],
  } as const;
  expect(
    previewText(preview, { theme: PLAIN, width: 100 }),
  ).toBe(`host  would          runs         would run     free  in
web1  fetch, switch  r1           r2         8.0 GiB  /srv/app
web2  fetch, switch  nothing yet  r2         8.0 GiB  /srv/app

412 MiB would travel to 2 hosts
web1, web2: keeps 5, shared log/, ports 6881-6999
would remove r0 from web1
✗ web2: locked by kim@ops since 10:00

`);
  const { out } = await shown([...run.slice(0, -1), preview, ...run.slice(-1)]);
  expect(out).toMatch(/^host {2}would[\s\S]*\n\n✗ release/);
  expect(out).not.toContain("web1.example.net  ok");
});

describe("ending", () => {
  test("a run that is over is shown to its last event, though it is disposed at once", async () => {
    const { out } = await shown(run, { mode: "json" }, { before: run.length - 1 });
    expect(out.trimEnd().split("\n").at(-1)).toContain('"type":"summary"');
  });

  test("a run that was given up is let go at once", async () => {
    const { out, lines } = await shown(run.slice(0, 20), {}, { end: false });
    expect(out).toBe("");
    expect(lines[0]).toContain("8 hosts");
  });

  test("an error in the feed is the caller's to hear", async () => {
    const feed = liveFeed(0);
    const broken = {
      state: feed.state,
      // biome-ignore lint/correctness/useYield: it breaks before it has anything to say
      async *events(): AsyncGenerator<FleetEvent> {
        throw new Error("feed broke");
      },
    };
    const show = showFleet(broken, {
      mode: "lines",
      verbose: false,
      onQuit: () => {},
      stdout: memory(),
      stderr: memory(),
    });
    await expect(show.done).rejects.toThrow("feed broke");
  });
});
