// Batches as Ansible makes them: real ansible-playbook beside us, over random fleets and serials.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { dump } from "js-yaml";
import { loadInventory } from "../../lib/inventory/load.ts";
import { serial } from "../../lib/rolling-values.ts";
import { batchesOf, parseSerial } from "../../lib/serial.ts";
import { run } from "../inventory/ansible.ts";
import { temporaryFolder } from "../support/marker.ts";

let folder: string;
beforeAll(async () => {
  folder = await temporaryFolder("serial");
});
afterAll(() => rm(folder, { recursive: true }));

const PLAYS = 10;
type Serial = number | string | readonly (number | string)[];

/** Numbers, percentages, lists of both; those that Ansible takes for "all" as well. */
function randomSerial(): Serial {
  const between = (least: number, most: number) => least + Math.floor(Math.random() * (most - least + 1));
  const item = () => {
    const kind = Math.random();
    if (kind < 0.4) return between(1, 9);
    if (kind < 0.5) return `${between(1, 9)}`;
    return kind < 0.95 ? `${between(0, 110)}%` : 0;
  };
  return Math.random() < 0.4 ? item() : Array.from({ length: between(1, 4) }, item);
}

test("batches and their order are those of ansible-playbook", async () => {
  // Groups in no order, a host in several of them: a play has its hosts in the inventory's order.
  const names = Array.from({ length: 24 }, (_, index) => `h${(index * 7) % 24}`);
  const groups = Array.from({ length: PLAYS }, () => names.filter(() => Math.random() < 0.7));
  const ini = groups.map((members, index) => `[g${index}]\n${members.toReversed().join("\n")}`);
  const hosts = join(folder, "hosts");
  await writeFile(hosts, `${names.slice(3).join("\n")}\n${ini.join("\n")}\n`);
  const serials = groups.map(randomSerial);
  const plays = serials.map((value, index) => ({
    hosts: `g${index}`,
    connection: "local",
    gather_facts: false,
    serial: value,
    tasks: [{ debug: { msg: `batch g${index}: {{ ansible_play_batch | join(' ') }}` }, run_once: true }],
  }));
  await writeFile(join(folder, "play.yml"), dump(plays, { noRefs: true }));
  const { stdout, stderr, code } = await run(["ansible-playbook", "-i", hosts, join(folder, "play.yml")]);
  expect([code, code === 0 ? "" : stdout + stderr]).toEqual([0, ""]);
  const theirs = [...stdout.matchAll(/"msg": "batch (g\d+): (.*)"/g)].map(
    ([, group, list]) => `${group}: ${list}`,
  );

  const inventory = await loadInventory([hosts]);
  const ours = serials.flatMap((value, index) => {
    const sizes = serial({ name: "rookery_serial", value: value as never }, (problem) => {
      throw new Error(problem);
    });
    return batchesOf(inventory.match(`g${index}`), sizes).map(
      (batch) => `g${index}: ${batch.map(({ name }) => name).join(" ")}`,
    );
  });
  expect({ serials, batches: ours }).toEqual({ serials, batches: theirs });
}, 120_000);

const fleet = (size: number) => Array.from({ length: size }, (_, index) => ({ name: `${index + 1}` }));
const sizes = (batches: readonly (readonly unknown[])[]) => batches.map(({ length }) => length);

describe("by hand", () => {
  test.each([
    ["2", 5, [2, 2, 1]],
    ["1,5,30%", 20, [1, 5, 6, 6, 2]],
    ["30%", 10, [3, 3, 3, 1]],
    ["1%", 10, [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]],
    ["100%", 3, [3]],
    ["29%", 100, [28, 28, 28, 16]],
    ["0", 4, [4]],
    ["1,0", 4, [1, 3]],
    ["9", 0, []],
  ])("--serial %s of %p hosts", (text, hosts, wanted) => {
    expect(sizes(batchesOf(fleet(hosts), parseSerial(text) ?? []))).toEqual(wanted);
  });

  test.each(["", "a", "1.5", "5 hosts", "%", "1,,2", "1e3"])("%p is no serial", (text) => {
    expect(parseSerial(text)).toBeUndefined();
  });

  test("a canary comes first; percentages stay those of all hosts", () => {
    const batches = batchesOf(fleet(10), parseSerial("30%") ?? [], { canary: ["4", "9"] });
    expect(batches.map((batch) => batch.map(({ name }) => name).join(" "))).toEqual([
      ...["4 9", "1 2 3", "5 6 7", "8 10"],
    ]);
    expect(sizes(batchesOf(fleet(3), [], { canary: ["1"] }))).toEqual([1, 2]);
    expect(sizes(batchesOf(fleet(2), [], { canary: ["1", "2"] }))).toEqual([2]);
  });
});
