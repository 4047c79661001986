// What may fail, and what flags and vars say about batches: before any host is touched.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { exceeds, parseAllowance, parsePercentage } from "../../lib/deploy/allowance.ts";
import { deployOptions } from "../../lib/deploy/flags.ts";
import { planDeploy } from "../../lib/deploy/plan.ts";
import { parseDuration } from "../../lib/duration.ts";
import { temporaryFolder } from "../support/marker.ts";

let folder: string;
beforeAll(async () => {
  folder = await temporaryFolder("rolling");
});
afterAll(() => rm(folder, { recursive: true }));

async function plan(words: readonly string[], vars = "", hosts = "web1\nweb2") {
  const inventory = join(folder, "hosts");
  const text = `${hosts}\n[all:vars]\nrookery_source=.\nrookery_deploy_to=/srv/shop\n${vars}\n`;
  await writeFile(inventory, text);
  return planDeploy(deployOptions(["-i", inventory, ...words]));
}

describe("a batch has failed", () => {
  // [lost, size] of the batch, the same of the run, --max-fail-percentage, --allow-failures
  const cases: [
    [number, number],
    [number, number],
    number | undefined,
    string | undefined,
    string | undefined,
  ][] = [
    [[0, 2], [0, 10], undefined, undefined, undefined],
    [[1, 2], [1, 10], undefined, undefined, "1 of all 10 hosts failed, none may"],
    [[1, 2], [1, 10], undefined, "1", undefined],
    [[1, 2], [2, 10], undefined, "1", "2 of all 10 hosts failed, 1 may"],
    [[1, 2], [1, 10], undefined, "10%", undefined],
    // Strictly more, as Ansible counts: half of a batch is not more than 50 %.
    [[1, 2], [1, 10], 50, undefined, undefined],
    [[1, 2], [1, 10], 49, undefined, "1 of its 2 hosts failed, more than 49 %"],
    [[1, 1], [1, 10], 0, undefined, "1 of its 1 host failed, more than 0 %"],
    [[2, 2], [2, 10], 100, undefined, undefined],
    [[1, 3], [1, 10], 33.3, undefined, "1 of its 3 hosts failed, more than 33.3 %"],
    // The percentage is the run's as well, unless it has a rule of its own.
    [[1, 2], [6, 10], 50, undefined, "6 of all 10 hosts failed, 5 may"],
    [[1, 2], [6, 10], 50, "6", undefined],
    [[1, 2], [6, 10], 50, "0", "6 of all 10 hosts failed, none may"],
    // A rack of 30 lost as a whole, of 4000: for the run to judge.
    [[30, 30], [30, 4000], undefined, "1%", undefined],
    [[30, 30], [30, 4000], 20, "1%", "30 of its 30 hosts failed, more than 20 %"],
    // Those of earlier batches don't count in this one.
    [[0, 2], [2, 10], 0, "2", undefined],
  ];
  test.each(cases)(
    "%p of the batch, %p of the run, %p %%, %p",
    (batch, run, maxFailPercentage, allow, reason) => {
      const losses = ([lost, size]: [number, number]) => ({ lost, size });
      const allowance = parseAllowance(allow, maxFailPercentage);
      expect(exceeds({ maxFailPercentage, allowance }, { batch: losses(batch), run: losses(run) })).toBe(
        reason,
      );
    },
  );
});

test.each([
  ["0", 0],
  ["30", 30],
  ["30%", 30],
  ["12.5 %", 12.5],
  ["100", 100],
  ["101", undefined],
  ["-1", undefined],
  ["", undefined],
  ["half", undefined],
])("a percentage of %p is %p", (text, wanted) => {
  expect(parsePercentage(text)).toBe(wanted);
});

test.each([
  ["500ms", 500],
  ["30s", 30_000],
  ["30", 30_000],
  ["1.5m", 90_000],
  ["2 h", 7_200_000],
  ["0", 0],
  ["", undefined],
  ["1d", undefined],
  ["-1s", undefined],
  ["1e3", undefined],
])("a time of %p is %p milliseconds", (text, wanted) => {
  expect(parseDuration(text)).toBe(wanted);
});

test("flags come before vars, and vars have Ansible's own forms", async () => {
  const count = (value: number) => ({ kind: "count", value });
  const percent = (value: number) => ({ kind: "percent", value });
  expect(await plan([])).toMatchObject({
    ...{ serial: [], canary: [], maxFailPercentage: undefined, allowance: count(0) },
    ...{ onFailure: "stop", pause: undefined },
  });
  const vars = 'rookery_serial=[1, "30%"]\nrookery_max_fail_percentage=20';
  expect(await plan([], vars)).toMatchObject({
    ...{ serial: [count(1), percent(30)], maxFailPercentage: 20, allowance: percent(20) },
  });
  const words = [
    "--serial",
    "2,50%",
    "--max-fail-percentage",
    "10%",
    "--allow-failures",
    "3",
    "--on-failure",
    "rollback",
  ];
  expect(await plan([...words, "--canary", "web2", "--pause", "1m"], vars)).toMatchObject({
    ...{ serial: [count(2), percent(50)], maxFailPercentage: 10, allowance: count(3) },
    ...{ onFailure: "rollback", canary: ["web2"], pause: 60_000 },
  });
});

test.each([
  [["--serial", "many"], "usage", "--serial wants numbers or percentages of hosts"],
  [["--max-fail-percentage", "101"], "usage", "--max-fail-percentage wants a percentage from 0 to 100"],
  [
    ["--on-failure", "panic"],
    "usage",
    '--on-failure wants stop, rollback, rollback-all, continue, not "panic"',
  ],
  [["--pause=soon"], "usage", "--pause wants a time such as 30s"],
  [["--canary", "web2", "--limit", "web1"], "pattern", "no host of this run matches --canary web2"],
  [["--resume", "--release", "one"], "usage", "--resume can't be given with --release"],
])("%p is refused", async (words, code, message) => {
  await expect(plan(words)).rejects.toMatchObject({ code, message: expect.stringContaining(message) });
});

test("hosts that want different batches are named", async () => {
  const hosts = "web1 rookery_serial=1\nweb2 rookery_serial=2\nweb3 rookery_serial=1";
  await expect(plan([], "", hosts)).rejects.toMatchObject({
    code: "setting",
    message: "rookery_serial is not the same for web1 and web2",
    hint: "set it for all of them, or give --serial",
  });
  expect((await plan(["--serial", "3"], "", hosts)).serial).toEqual([{ kind: "count", value: 3 }]);
});

test("a word after --pause is its time only where it looks like one", async () => {
  const parse = (...words: string[]) => {
    const { pause, words: rest } = deployOptions(words);
    return [pause, ...rest];
  };
  expect(parse("--pause", "prod")).toEqual(["ask", "prod"]);
  expect(parse("prod", "--pause")).toEqual(["ask", "prod"]);
  expect(parse("--pause", "30s", "prod")).toEqual(["30s", "prod"]);
  expect(parse("--pause=5m", "prod")).toEqual(["5m", "prod"]);
  expect(parse("prod", "--pause", "--check")).toEqual(["ask", "prod"]);
});

test("without a terminal there is nobody to press a key", async () => {
  const script = join(import.meta.dir, "..", "..", "scripts", "deploy.ts");
  // A session of its own has no terminal, wherever the tests run.
  const child = Bun.spawn(
    ["setsid", "--wait", process.execPath, script, "local", "--serial", "2", "--pause"],
    {
      stdin: "ignore",
      stdout: "pipe",
      stderr: "pipe",
    },
  );
  expect(await child.stderr.text()).toBe(
    "--pause waits for a key, and there is no terminal to press it on\n  → give a time: --pause 30s\n",
  );
  expect(await child.exited).toBe(1);
}, 30_000);
