// The guide for those who come from elsewhere: no name of theirs is left out, and none of ours is made up.
import { describe, expect, test } from "bun:test";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { loadInventory } from "../../lib/inventory/load.ts";
import { SETTINGS } from "../../lib/settings.ts";
import { settingsOf } from "../../lib/settings-of.ts";
import { targetOf } from "../../lib/ssh/target.ts";
import { temporaryFolder } from "../support/marker.ts";
import { quoted, readGuide, rowsBelow } from "./guide.ts";
import {
  ANSISTRANO_HOOKS,
  ANSISTRANO_VARS,
  CAPISTRANO_TASKS,
  CAPISTRANO_VARS,
  MURDER_NAMES,
  MURDER_TASKS,
  SSHKIT_WORDS,
} from "./names.ts";

const guide = readGuide("MIGRATING.md");

describe.each([
  ["Murder", [...MURDER_TASKS, ...MURDER_NAMES]],
  ["Ansistrano", [...ANSISTRANO_VARS, ...ANSISTRANO_HOOKS]],
  ["Capistrano", [...CAPISTRANO_VARS, ...SSHKIT_WORDS, ...CAPISTRANO_TASKS]],
])("%s", (tool, names) => {
  const rows = rowsBelow(guide, tool);

  test(`each of its ${names.length} names has a line that says what to do`, () => {
    const told = new Set(rows.flatMap(([theirs = ""]) => quoted(theirs)));
    expect(names.filter((name) => !told.has(name))).toEqual([]);
  });

  test("every line has two cells, and the second says something", () => {
    const odd = rows.filter(([, ours = "", more]) => ours.length < 4 || more !== undefined);
    expect(odd).toEqual([]);
  });

  test("no name has two lines in one table", () => {
    const headings = [...guide.text.matchAll(/^### (.*)$/gm)].map(([, heading = ""]) => heading);
    for (const heading of headings) {
      const all = rowsBelow(guide, heading.replaceAll(".", "\\.")).flatMap(([theirs = ""]) => quoted(theirs));
      expect(all.filter((name, index) => all.indexOf(name) !== index)).toEqual([]);
    }
  });
});

test("what the guide says is read of Ansistrano is read, and the other way round", () => {
  const rows = rowsBelow(guide, "ansistrano\\.deploy");
  const read = rows
    .filter(([, ours = ""]) => ours.startsWith("read as it is"))
    .map(([theirs = "", ours = ""]) => [quoted(theirs)[0], quoted(ours)[0]]);
  const settings = Object.values(SETTINGS).flatMap(({ ansistrano, var: own }) =>
    ansistrano === undefined ? [] : [[ansistrano, own]],
  );
  expect(read.sort()).toEqual(settings.sort());
});

test("the example of Capistrano's files is an inventory that says the same", async () => {
  const block = (name: string) =>
    new RegExp(`^\`\`\`yaml ${name}\n(.*?)^\`\`\``, "ms").exec(guide.text)?.[1] ?? "";
  const folder = await temporaryFolder("production");
  await mkdir(join(folder, "group_vars"));
  await writeFile(join(folder, "hosts.yml"), block("hosts"));
  await writeFile(join(folder, "group_vars", "web.yml"), block("vars"));
  const inventory = await loadInventory([folder]);
  const hosts = inventory.match("web");
  expect(hosts.map(({ name }) => name)).toEqual(["web1.example.net", "web2.example.net"]);
  for (const host of hosts) {
    expect(targetOf(inventory, host)).toMatchObject({ user: "deploy", address: host.name });
    expect(settingsOf(inventory, host)).toMatchObject({
      ...{ app: "shop", source: "git+ssh://git@git.example.net/shop.git#main", deployTo: "/srv/shop" },
      ...{ keepReleases: 10, sharedPaths: ["log", "public/uploads"], sharedFiles: ["config/app.env"] },
      afterActivate: ["sudo systemctl reload shop"],
    });
  }
  await rm(folder, { recursive: true });
});
