// --pause on a terminal: what the screen shows of the batches, Enter, and q.
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { widthOf } from "../../lib/ui/text.ts";
import { openTerminal, type Terminal } from "../ui/tmux.ts";
import { type Stage, startStage } from "./stage.ts";

setDefaultTimeout(240_000);

const hosts = ["web1", "web2", "web3", "web4"];
let stage: Stage;
beforeAll(async () => {
  stage = await startStage({ hosts: hosts.length });
});
afterAll(() => stage[Symbol.asyncDispose]());

const current = () => Promise.all(hosts.map(stage.current));
const deploy = (...words: string[]) => {
  const script = join(import.meta.dir, "..", "..", "scripts", "deploy.ts");
  return ["bun", script, "-i", stage.fleet.inventory, ...words].join(" ");
};
const open = (columns: number, rows: number): Promise<Terminal> =>
  openTerminal(columns, rows, { HOME: stage.home, TMPDIR: stage.temporary, SSH_AUTH_SOCK: "" });

test.each([
  [60, 20],
  [100, 30],
  [200, 50],
])(
  "a terminal of %px%p: Enter lets the next batch begin, q leaves the rest as it was",
  async (columns, rows) => {
    const release = `size-${columns}`;
    const before = await current();
    await stage.write({ "index.html": `${columns}\n` });
    await using terminal = await open(columns, rows);
    await terminal.type(deploy("--canary", "web2", "--serial", "2", "--pause", "-r", release));
    const lines = await terminal.until(/batch +2 of 3 waits for Enter/);
    const text = lines.join("\n");
    expect(lines.length).toBeLessThanOrEqual(rows);
    for (const line of lines) expect(widthOf(line)).toBeLessThanOrEqual(columns);
    expect(text).toMatch(/batch +2 of 3 waits for Enter: web1 web3, then web4/);
    expect(text).toMatch(/web2 +✓ ok/);
    expect(text).toMatch(/web4 +◆ prepared .*batch 3 of 3/);
    expect(text).toMatch(/Enter goes on +q stops/);
    expect(await current()).toEqual([before[0], release, before[2], before[3]]);
    await terminal.keys("Enter");
    await terminal.until(/batch +3 of 3 waits for Enter: web4/);
    expect(await current()).toEqual([release, release, release, before[3]]);
    await terminal.keys("q");
    await terminal.until(new RegExp(`interrupted: 3 hosts run ${release}, 1 left as before`));
    await terminal.until(/\$$/);
    expect(await current()).toEqual([release, release, release, before[3]]);
  },
);

test("where the log goes to a file, the question is still asked on the terminal", async () => {
  await stage.write({ "index.html": "a log\n" });
  const log = join(stage.temporary, "..", "log");
  await using terminal = await open(100, 30);
  await terminal.type(`${deploy("--serial", "2", "--pause", "-r", "logged")} 2> ${log}`);
  await terminal.until(/Enter goes on, q and Enter stop:/m);
  await terminal.keys("Enter");
  await terminal.until(/shop is logged on 4 of 4 hosts/);
  const text = await readFile(log, "utf8");
  expect(text).toContain("batch 1 of 2 begins: web1 web2");
  expect(text).toContain("batch 1 of 2 is through");
  expect(text).toContain("batch 2 of 2 waits for a key: web3 web4");

  await stage.write({ "index.html": "a second log\n" });
  await terminal.clear();
  await terminal.type(`${deploy("--serial", "2", "--pause", "-r", "second")} 2> ${log}`);
  await terminal.until(/Enter goes on, q and Enter stop:/m);
  await terminal.keys("q", "Enter");
  await terminal.until(/interrupted: 2 hosts run second, 2 left as before/);
  expect(await current()).toEqual(["second", "second", "logged", "logged"]);
});
