import { expect, test } from "bun:test";
import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { PROJECT } from "./readme.ts";

test("the top level holds what it should and nothing else", async () => {
  const tracked = (await Bun.$`git -C ${PROJECT} ls-files`.text()).trim().split("\n");
  const top = [...new Set(tracked.map((path) => path.split("/")[0]))].sort();
  expect(top).toEqual(
    [
      ...["package.json", "tsconfig.json", "scripts", "lib", "inventories", "playbooks", "test"],
      ...["README.md", "CHANGELOG.md", "LICENSE", "bun.lock", ".gitignore", "biome.json", ".ci"],
    ].sort(),
  );
});

/** Names that lib/index.ts hands out, with the file each comes from. */
async function promises(): Promise<readonly (readonly [name: string, file: string])[]> {
  const index = join(PROJECT, "lib", "index.ts");
  const text = await readFile(index, "utf8");
  return [...text.matchAll(/^export (?:type )?\{([^}]*)\} from "([^"]+)"/gm)].flatMap(
    ([, names = "", file = ""]) =>
      names
        .split(",")
        .map((name) => name.trim().replace(/^type /, ""))
        .filter((name) => name !== "")
        .map((name) => [name, join(dirname(index), file)] as const),
  );
}

test.each(await promises())("%s has a docstring, next to it", async (name, file) => {
  const { text, at } = await declaration(name, file);
  expect(text.slice(0, at)).toEndWith("*/\n");
});

// What a script begins with is shown by example.
test.each([
  ...[
    "script",
    "openFleet",
    "fleetFor",
    "fleetOptions",
    "bringOptions",
    "Shell",
    "FleetShell",
    "CommandError",
  ],
  ...["bringRelease", "bringFiles", "planDeploy", "planDistribute", "connect"],
  ...["parseOptions", "createTorrent"],
])("%s has an example", async (wanted) => {
  const [name, file] = (await promises()).find(([name]) => name === wanted) ?? ["", ""];
  const { text, at } = await declaration(name, file);
  const before = text.slice(0, at);
  expect(before.slice(before.lastIndexOf("/**"))).toContain("@example\n");
});

/** Where `name` is declared, from `file` on, which may only hand it on. */
async function declaration(
  name: string,
  file: string,
): Promise<{ readonly text: string; readonly at: number }> {
  const text = await readFile(file, "utf8");
  const declared = new RegExp(
    `^export (?:async )?(?:function\\*?|class|const|interface|type) ${name}\\b`,
    "m",
  ).exec(text);
  if (declared !== null) return { text, at: declared.index };
  const [, next] =
    new RegExp(`^export (?:type )?\\{[^}]*\\b${name}\\b[^}]*\\} from "([^"]+)"`, "m").exec(text) ?? [];
  if (next === undefined) throw new Error(`${name} is not declared in ${file}`);
  return declaration(name, join(dirname(file), next));
}

test.each(["lib", "scripts"])("no file of %s is longer than 250 lines", async (folder) => {
  const files = await Array.fromAsync(new Bun.Glob("**/*.{ts,tsx}").scan({ cwd: join(PROJECT, folder) }));
  const lengths = files.map(async (file) => ({
    file,
    lines: (await readFile(join(PROJECT, folder, file), "utf8")).split("\n").length - 1,
  }));
  expect((await Promise.all(lengths)).filter(({ lines }) => lines > 250)).toEqual([]);
});
