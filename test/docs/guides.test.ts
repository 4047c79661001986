// What both guides say exists: vars, flags, scripts, files.
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { runScript } from "../support/run.ts";
import { quoted, readGuide, scriptLines } from "./guide.ts";
import { PROJECT, README } from "./readme.ts";

setDefaultTimeout(60_000);

const scripts = [...new Bun.Glob("**/*.ts").scanSync({ cwd: join(PROJECT, "scripts") })];
const helps = new Map(
  await Promise.all(
    scripts.map(async (name) => [name, flagsOf((await runScript([name, "--help"])).stdout)] as const),
  ),
);
const sources = ["lib", "playbooks"].flatMap((folder) =>
  [...new Bun.Glob("**/*.{ts,tsx,yml,py}").scanSync({ cwd: join(PROJECT, folder) })].map((path) =>
    join(PROJECT, folder, path),
  ),
);
const code = (await Promise.all(sources.map((path) => Bun.file(path).text()))).join("\n");

/** Flags that a `--help` lists. */
function flagsOf(help: string): ReadonlySet<string> {
  return new Set(help.match(/(?<=^ .*?)-{1,2}[A-Za-z][\w-]*/gm));
}

/** Flags in a text, without what stands after ` -- `. */
function flagsIn(text: string): readonly string[] {
  return text.split(" -- ")[0]?.match(/(?<=^|\s)-{1,2}[A-Za-z][\w-]*/g) ?? [];
}

/** What belongs to other programs, as the guides say: named for those who come from there. */
const FOREIGN = new Set(["--hosts", "--roles", "--dry-run", "--exclude"]);

describe.each(readdirSync(join(PROJECT, "scripts")).filter((name) => name.endsWith(".md")))("%s", (name) => {
  const guide = readGuide(name);

  test("the README leads to it", () => {
    expect(README).toContain(`(scripts/${name})`);
  });

  test("rookery_ vars and ROOKERY_ variables it names are read somewhere", () => {
    const names = new Set(guide.text.match(/\b(?:rookery_[a-z_]*[a-z]|ROOKERY_[A-Z_]*[A-Z])\b/g));
    expect([...names].filter((word) => !code.includes(word))).toEqual([]);
  });

  test("command lines call scripts there are, with flags they have", () => {
    const lines = scriptLines(guide);
    expect(lines.length).toBeGreaterThan(10);
    const wrong = lines.filter((line) => {
      const known = helps.get(/^bun scripts\/(\S+)/.exec(line)?.[1] ?? "");
      return known === undefined || flagsIn(line).some((flag) => !known.has(flag));
    });
    expect(wrong).toEqual([]);
  });

  test("flags named by themselves are flags of some script", () => {
    const known = new Set([...helps.values()].flatMap((flags) => [...flags]));
    const named = quoted(guide.text).filter((inside) => inside.startsWith("-"));
    const wrong = named.flatMap(flagsIn).filter((flag) => !known.has(flag) && !FOREIGN.has(flag));
    expect(wrong).toEqual([]);
  });

  test("files and scripts it names are there", () => {
    const paths = quoted(guide.text).filter((inside) =>
      /^(?:scripts|playbooks|lib|test|inventories\/example)(?:\/[\w.-]+)*$/.test(inside),
    );
    const short = quoted(guide.text).filter((inside) => /^[a-z-]+\.ts$/.test(inside));
    const all = [...paths, ...short.map((script) => `scripts/${script}`)];
    expect(all.filter((path) => !existsSync(join(PROJECT, path)))).toEqual([]);
  });

  test("its links lead to files and headings that are there", async () => {
    const links = [...guide.text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = ""]) => link);
    const broken = links.filter((link) => {
      const [path = "", anchor] = link.split("#");
      const file =
        path === "" ? join(PROJECT, "scripts", name) : join(dirname(join(PROJECT, "scripts", name)), path);
      if (!existsSync(file)) return true;
      return anchor !== undefined && !anchors(path === "" ? guide.text : readGuide(path).text).has(anchor);
    });
    expect(broken).toEqual([]);
  });
});

/** Headings as GitHub makes anchors of them. */
function anchors(text: string): ReadonlySet<string> {
  const headings = [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading = ""]) => heading);
  return new Set(
    headings.map((heading) =>
      heading
        .toLowerCase()
        .replace(/[^\w\s-]/g, "")
        .replaceAll(" ", "-"),
    ),
  );
}
