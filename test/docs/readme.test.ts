import { expect, test } from "bun:test";
import { readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { EXIT } from "../../lib/script.ts";
import { SETTINGS } from "../../lib/settings.ts";
import { temporaryFolder } from "../support/marker.ts";
import { runScript } from "../support/run.ts";
import { commandLines, PROJECT, README, tableRows } from "./readme.ts";

const files = await readdir(join(PROJECT, "scripts"), { recursive: true });
const scripts = files.filter((name) => name.endsWith(".ts")).toSorted();
const help = new Map(
  await Promise.all(scripts.map(async (name) => [name, await runScript([name, "--help"])] as const)),
);

test.each(scripts)("%s has a --help that opens with a line to paste", (name) => {
  const { exitCode, stdout, stderr } = help.get(name) ?? {};
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
  const [first = ""] = stdout?.split("\n") ?? [];
  expect(first).toStartWith(`bun scripts/${name} `);
  expect(first).toMatch(/^[ -~]+$/);
  expect(unknownFlags(first)).toEqual([]);
});

test.each(scripts)("%s --help is as wide as a terminal, each flag has a text and no full stop", (name) => {
  const lines = help.get(name)?.stdout.split("\n") ?? [];
  expect(lines.filter((line) => line.length > 120)).toEqual([]);
  const flags = lines.filter((line) => /^ {2}(-\w| {2}), |^ {6}--/.test(line));
  expect(flags.length).toBeGreaterThan(1);
  expect(flags.filter((line) => !/ {2}\S.*[^.\s]$/.test(line))).toEqual([]);
});

test.each(scripts)("%s is in the README, with an example", (name) => {
  expect(commandLines().some((line) => line.startsWith(`bun scripts/${name} `))).toBe(true);
});

test.each(commandLines())("README: %s", (line) => {
  const name = /^bun scripts\/(\S+)/.exec(line)?.[1] ?? "";
  expect(scripts).toContain(name);
  expect(unknownFlags(line)).toEqual([]);
});

/** Flags of a command line that its script's --help doesn't have; what stands after ` -- ` or in quotes is another program's. */
function unknownFlags(line: string): string[] {
  const name = /^bun scripts\/(\S+)/.exec(line)?.[1] ?? "";
  const known = new Set(help.get(name)?.stdout.match(/(?<=^ .*?)-{1,2}[A-Za-z][\w-]*/gm));
  const flags =
    line
      .split(" -- ")[0]
      ?.replace(/'[^']*'/g, "")
      .match(/(?<=\s)-{1,2}[A-Za-z][\w-]*/g) ?? [];
  return flags.filter((flag) => !known.has(flag));
}

test("every var of the table is a setting with that fallback and default, and the other way round", () => {
  const rows = tableRows("Var").map(([name, ansistrano, fallback]) => ({ name, ansistrano, fallback }));
  const settings = Object.values(SETTINGS).map((setting) => {
    const { fallback } = setting;
    const plain = fallback?.({ deployTo: "/srv/last part of `rookery_deploy_to`" });
    return {
      name: `\`${setting.var}\``,
      ansistrano: setting.ansistrano === undefined ? "–" : `\`${setting.ansistrano}\``,
      fallback: fallback === undefined ? "required" : shown(setting.var, plain),
    };
  });
  const byName = <T extends { name: string | undefined }>(list: readonly T[]) =>
    list.toSorted((a, b) => `${a.name}`.localeCompare(`${b.name}`));
  expect(byName(rows)).toEqual(byName(settings));
});

/** A default as the table writes it. */
function shown(name: string, value: unknown): string {
  if (name === "rookery_app") return String(value);
  if (name === "rookery_metrics") return "none";
  if (value === undefined) return name === "rookery_address" ? "the address it was reached by" : "no bound";
  if (typeof value === "object" && value !== null && "from" in value && "to" in value)
    return `\`${value.from}-${value.to}\``;
  return `\`${JSON.stringify(value)}\``;
}

test("no other rookery_ or ansistrano_ var is spoken of than there is", async () => {
  const files = [
    ...["lib/settings.ts", "lib/settings-of.ts", "lib/ansistrano.ts", "lib/deploy/playbooks.ts"],
    ...["playbooks/prepare.yml", "playbooks/roles/rookery/tasks/main.yml"],
  ].map((name) => readFile(join(PROJECT, name), "utf8"));
  const settings = (await Promise.all(files)).join("\n");
  const names = new Set(README.match(/\b(?:rookery|ansistrano)_[a-z_]*[a-z]\b/g));
  expect([...names].filter((name) => !settings.includes(`${name}`))).toEqual([]);
});

test("--json writes the objects of the table, with those fields", async () => {
  const folder = await temporaryFolder("json");
  const env = { TMPDIR: folder };
  const run = await runScript(["deploy", "local", "--json"], { env });
  const check = await runScript(["deploy", "local", "--json", "--check"], { env });
  const wrong = await runScript(["deploy", "nowhere", "--json"], { env });
  await rm(folder, { recursive: true });
  expect([run, check, wrong].map(({ exitCode }) => exitCode)).toEqual([0, 0, 1]);
  const text = run.stdout + check.stdout + wrong.stdout;
  const objects = text
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  const words = (cell = "") => [...cell.matchAll(/`(\w+)`/g)].map(([, word = ""]) => word);
  const rows = tableRows("`type`").flatMap(([types, , holds]) =>
    words(types).map((type) => ({ type, holds: words(holds) })),
  );
  const known = new Set(rows.map(({ type }) => type));
  expect(objects.filter(({ type }) => !known.has(`${type}`))).toEqual([]);
  // There only when there is something to say.
  const optional = new Set(["error", "hint", "host", "reason", "back"]);
  for (const { type, holds } of rows) {
    if (type === "note" || type === "output") continue;
    const object = objects.find((candidate) => candidate.type === type) ?? {};
    const missing = holds.filter((field) => !optional.has(field) && !(field in object));
    expect({ type, missing }).toEqual({ type, missing: [] });
  }
}, 30_000);

test("exit codes are the ones there are", () => {
  const codes = tableRows("Code").map(([code]) => Number(code));
  expect(codes).toEqual(Object.values(EXIT).toSorted((a, b) => a - b));
});

test("the two commands are package.json's", async () => {
  const { scripts: commands } = await Bun.file(join(PROJECT, "package.json")).json();
  expect(README).toContain("    npm start\n    npm test\n");
  expect(Object.keys(commands)).toEqual(expect.arrayContaining(["start", "test"]));
  const version = /npm install --global bun@(\S+)/.exec(README)?.[1];
  expect(commands.start).toContain(`bun@${version} `);
  expect(commands.test).toContain(`bun@${version} `);
});

test("files and folders it names are there", async () => {
  const paths = README.match(/(?<=`)(?:lib|inventories|playbooks|scripts)\/[\w./-]+(?=`)/g) ?? [];
  expect(paths.length).toBeGreaterThan(4);
  const elsewhere = /^inventories\/prod/;
  const missing = paths
    .filter((path) => !elsewhere.test(path))
    .map(async (path) => {
      const full = join(PROJECT, path);
      return (await Bun.file(full).exists()) || (await readdir(full).catch(() => [])).length > 0
        ? []
        : [path];
    });
  expect((await Promise.all(missing)).flat()).toEqual([]);
});

test("the changelog's newest version is the package's", async () => {
  const changelog = await readFile(join(PROJECT, "CHANGELOG.md"), "utf8");
  const { version } = await Bun.file(join(PROJECT, "package.json")).json();
  expect(/^## \[([^\]]+)\]/m.exec(changelog)?.[1]).toBe(version);
});
