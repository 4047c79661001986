// The screen in a real terminal: drawn, scrolled, resized, stopped, and given back.

import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { widthOf } from "../../lib/ui/text.ts";
import { openTerminal, type Terminal } from "./tmux.ts";

// Each wait has its own deadline, which says what was on the screen; on a busy machine a test is many of them.
setDefaultTimeout(120_000);

const DEMO = `bun ${join(import.meta.dir, "demo.ts")}`;

async function expectExit(terminal: Terminal, code: number): Promise<void> {
  await terminal.until(/\n\$$/);
  await terminal.type("echo left with $?");
  await terminal.until(new RegExp(`^left with ${code}$`, "m"));
}

/** The shell has its terminal back: it echoes, takes whole lines, and shows its cursor. */
async function expectSanePrompt(terminal: Terminal): Promise<void> {
  await terminal.until(/\n\$$/);
  await terminal.type("clear; stty -a");
  const settings = (await terminal.until(/\bechoke\b/)).join(" ");
  expect(settings).toMatch(/ echo /);
  expect(settings).toMatch(/ icanon /);
  expect(settings).toMatch(/ isig /);
  expect(await terminal.cursorShown()).toBe(true);
}

const count = (text: string, part: string) => text.split(part).length - 1;

test.each([
  [60, 20],
  [100, 30],
  [200, 50],
])(
  "a terminal of %px%p shows 8, 100 and 1000 hosts, stops on q and keeps the summary",
  async (columns, rows) => {
    await using terminal = await openTerminal(columns, rows);
    for (const hosts of [8, 100, 1000]) {
      await terminal.clear();
      await terminal.type(`${DEMO} --hosts ${hosts} --hold 14`);
      const lines = await terminal.until(/q stops/);
      const text = lines.join("\n");
      expect(lines.length).toBeLessThanOrEqual(rows);
      for (const line of lines) expect(widthOf(line)).toBeLessThanOrEqual(columns);
      expect(count(text, "deploy 20261123-100000 to prod")).toBe(1);
      expect(text).toMatch(/▄ \d+ fetching/);
      expect(text).toMatch(/✗ failed +no space left/);
      if (hosts > 8) expect(text).toMatch(new RegExp(`1–\\d+ of ${hosts}$`));
      await terminal.keys("q");
      await terminal.until(new RegExp(`exit after ${hosts} hosts`));
      const all = await terminal.scrollback();
      expect(count(all, "✗ release 20261123-100000 is current on")).toBe(1);
      const lost = hosts === 8 ? 1 : hosts / 100;
      expect(all.match(/^✗ \w+\.example\.net: no space left/gm)?.length).toBe(lost);
      expect(all.match(/^! \w+\.example\.net: connection to/gm)?.length).toBe(lost);
      // Nothing of the screen stays beside it.
      expect(all).not.toContain("q stops");
    }
    await expectSanePrompt(terminal);
  },
);

test("arrows, pages, Home and End scroll through the hosts", async () => {
  await using terminal = await openTerminal(100, 30);
  await terminal.type(`${DEMO} --hosts 100 --hold 14`);
  await terminal.until(/first, 1–13 of 100/);
  await terminal.keys("Down", "Down", "Down");
  await terminal.until(/first, 4–16 of 100/);
  await terminal.keys("Up");
  await terminal.until(/first, 3–15 of 100/);
  await terminal.keys("NPage");
  await terminal.until(/first, 15–27 of 100/);
  await terminal.keys("PPage");
  await terminal.until(/first, 3–15 of 100/);
  await terminal.keys("End");
  const last = await terminal.until(/first, 88–100 of 100/);
  expect(last.join("\n")).toMatch(/ \d\d % +\d/);
  await terminal.keys("Down", "Home");
  await terminal.until(/first, 1–13 of 100/);
  await terminal.keys("q");
  await terminal.until(/exit after 100 hosts/);
});

test("a terminal that changes its size is filled anew, with nothing of the old picture left", async () => {
  await using terminal = await openTerminal(120, 30);
  await terminal.type(`${DEMO} --hosts 100 --hold 14`);
  await terminal.until(/first, 1–13 of 100/);
  for (const [columns, rows, range] of [
    [60, 20, "1–7"],
    [200, 50, "1–33"],
    [80, 24, "1–7"],
    [80, 40, "1–2\\d"],
    [40, 14, "1–\\d"],
    [100, 30, "1–13"],
  ] as const) {
    await terminal.resize(columns, rows);
    const lines = await terminal.until(new RegExp(`[ ,]${range} of 100$`));
    for (const line of lines) expect(widthOf(line)).toBeLessThanOrEqual(columns);
    const text = lines.join("\n");
    expect([
      columns,
      count(text, "deploy 2026"),
      count(text, "swarm  "),
      count(text, "▸ distribute"),
    ]).toEqual([...[columns, 1, 1, 1]]);
  }
  await terminal.keys("q");
  await terminal.until(/exit after 100 hosts/);
  await expectSanePrompt(terminal);
});

describe("the terminal is given back", () => {
  test("on Ctrl+C, which stops the run cleanly", async () => {
    await using terminal = await openTerminal(100, 30);
    await terminal.type(`${DEMO} --hold 14`);
    await terminal.until(/q stops/);
    await terminal.keys("C-c");
    await terminal.until(/exit after 8 hosts/);
    await expectSanePrompt(terminal);
  });

  test("on a second Ctrl+C, when the first one takes too long", async () => {
    await using terminal = await openTerminal(100, 30);
    await terminal.type(`${DEMO} --hold 14 --quit ignore`);
    await terminal.until(/q stops/);
    await terminal.keys("q", "q");
    await terminal.until(/stopping, Ctrl\+C again leaves at once/);
    const lines = await terminal.until(/quit asked for/);
    expect(count(lines.join("\n"), "quit asked for")).toBe(1);
    await terminal.keys("C-c");
    await expectExit(terminal, 130);
    await expectSanePrompt(terminal);
  });

  test.each([
    ["throws", "throw", 1],
    ["exits without a word", "exit", 3],
  ])("when the program %s", async (_, quit, code) => {
    await using terminal = await openTerminal(100, 30);
    await terminal.type(`${DEMO} --hold 14 --quit ${quit}`);
    await terminal.until(/q stops/);
    await terminal.keys("q");
    await expectExit(terminal, code);
    await expectSanePrompt(terminal);
  });

  test.each([
    ["TERM", 143],
    ["HUP", 129],
    ["INT", 130],
  ])("when the program is sent SIG%s", async (signal, code) => {
    await using terminal = await openTerminal(100, 30);
    await terminal.type(`${DEMO} --hold 14`);
    await terminal.until(/q stops/);
    process.kill(await childOf(terminal.pid), `SIG${signal}`);
    await expectExit(terminal, code);
    await expectSanePrompt(terminal);
  });
});

test("a whole run: the screen moves on by itself, the output of commands and warnings stay", async () => {
  await using terminal = await openTerminal(100, 40);
  // Slowly enough that a busy machine still sees each step.
  await terminal.type(`${DEMO} --seconds 2`);
  await terminal.until(/▸ connect/);
  await terminal.until(/▸ distribute/);
  const lines = await terminal.until(/exit after 8 hosts/);
  const text = lines.join("\n");
  expect(text).toContain(
    "\nwarning: public/uploads points out of the release\nweb1.example.net | 2 migrations run\n",
  );
  expect(text).toContain("✗ release 20261123-100000 is current on 6 of 8 hosts");
  expect(text).not.toContain("q stops");
});

test.each([
  ["CI=1", /^\[0:\d\d\] distribute begins$/m],
  ["TERM=dumb", /^\[0:\d\d\] distribute begins$/m],
  ["NO_COLOR=1", /▸ distribute/],
])("with %s", async (variable, wanted) => {
  await using terminal = await openTerminal(100, 30);
  await terminal.type(`${variable} ${DEMO} --seconds 8 --speed 4`);
  await terminal.until(wanted);
  await terminal.until(/exit after 8 hosts/);
});

test("what goes into a pipe are lines on stderr and the summary on stdout, also while the other is a terminal", async () => {
  await using terminal = await openTerminal(100, 30);
  await terminal.type(`${DEMO} --hold 14 | sed 's/^/out: /'`);
  await terminal.until(/q stops/);
  await terminal.keys("q");
  await terminal.until(/^out: ✗ release/m);
  await terminal.until(/^out: exit after 8 hosts/m);
  await expectSanePrompt(terminal);
});

test("without keys to read the screen says nothing of them, and Ctrl+C is the signal it always is", async () => {
  await using terminal = await openTerminal(100, 30);
  await terminal.type(`${DEMO} --hold 14 < /dev/null`);
  const lines = await terminal.until(/▸ distribute[\s\S]*web4.example.net: no space/);
  expect(lines.join("\n")).not.toContain("q stops");
  await terminal.keys("C-c");
  await expectExit(terminal, 130);
  await expectSanePrompt(terminal);
});

test("afterwards the program can ask on the same terminal", async () => {
  await using terminal = await openTerminal(100, 30);
  await terminal.type(`${DEMO} --hold 14 --ask`);
  await terminal.until(/q stops/);
  await terminal.keys("q");
  await terminal.until(/go on\?/);
  await terminal.type("yes of course");
  await terminal.until(/answer: yes of course/);
  await expectSanePrompt(terminal);
});

async function childOf(shellPid: number): Promise<number> {
  for (const name of await readdir("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const stat = await readFile(`/proc/${name}/stat`, "utf8").catch(() => "");
    if (stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1] === String(shellPid)) return Number(name);
  }
  throw new Error(`shell ${shellPid} runs nothing`);
}
