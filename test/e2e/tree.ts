// A source as large and as odd as real ones: what a package manager unpacks, and every kind of name and mode there is.
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const FILES_A_PACKAGE = 50;

/**
 * Makes `packages` packages of 50 files each in `root`, plus a folder of oddities. The same call makes the same tree.
 * @returns how many regular files there are
 */
export function makeTree(root: string, { packages }: { readonly packages: number }): number {
  const random = numbers(7);
  let files = 0;
  const put = (path: string, content: string | Uint8Array, mode = 0o644) => {
    const absolute = join(root, path);
    writeFileSync(absolute, content);
    chmodSync(absolute, mode);
    files += 1;
  };
  const folder = (path: string, mode = 0o755) => {
    mkdirSync(join(root, path), { recursive: true });
    chmodSync(join(root, path), mode);
  };

  folder("node_modules/.bin");
  for (let number = 0; number < packages; number++) {
    const scope = number % 7 === 0 ? `@scope${number % 3}/` : "";
    const name = `node_modules/${scope}package-${number}`;
    for (const part of ["lib/internal", "dist", "bin"]) folder(`${name}/${part}`);
    put(`${name}/package.json`, JSON.stringify({ name, version: `1.${number}.0`, main: "lib/0.js" }));
    put(`${name}/bin/cli.js`, `#!/usr/bin/env node\nrequire("../lib/0.js");\n`, 0o755);
    symlinkSync(`../${scope}package-${number}/bin/cli.js`, join(root, `node_modules/.bin/package-${number}`));
    for (let file = 2; file < FILES_A_PACKAGE; file++) {
      const part = file % 3 === 0 ? "lib/internal" : file % 3 === 1 ? "dist" : "lib";
      put(`${name}/${part}/${file}.js`, text(random, number, file), file % 11 === 0 ? 0o600 : 0o644);
    }
  }
  makeOddities(put, folder, (target, path) => symlinkSync(target, join(root, path)));
  return files;
}

function makeOddities(
  put: (path: string, content: string | Uint8Array, mode?: number) => void,
  folder: (path: string, mode?: number) => void,
  link: (target: string, path: string) => void,
): void {
  folder("odd/empty");
  folder("odd/empty-private", 0o700);
  folder("odd/deep/er/and/deeper/still/until/the/path/is/long".repeat(4));
  folder("odd/sticky", 0o1777);
  put("odd/zero", "");
  put("odd/executable", "#!/bin/sh\necho run\n", 0o755);
  put("odd/secret", "for the owner\n", 0o400);
  put("odd/nobody", "no bits at all\n", 0o000);
  put("odd/setgid", "as a group\n", 0o2755);
  put("odd/world", "for all\n", 0o666);
  put(`odd/${"n".repeat(255)}`, "the longest name there is\n");
  put(`odd/${"ü".repeat(127)}`, "the longest name in bytes\n");
  const names = [
    "grüße",
    "日本語",
    "🦜",
    "Ångström (NFD: A\u030angstro\u0308m)",
    " space ",
    "-rf",
    "*",
    "~",
    "a\\b",
  ];
  const shell = [
    "$(touch pwned)",
    "`id`",
    "; rm -rf x",
    "'",
    '"',
    "new\nline",
    "tab\tbed",
    "#",
    "%s",
    "&& true",
    "CON",
  ];
  for (const name of [...names, ...shell]) put(`odd/${name}`, `called ${name}\n`);
  put(
    "odd/binary",
    Uint8Array.from({ length: 3_000_001 }, (_, at) => (at * at + (at >> 8)) & 255),
  );
  link("executable", "odd/link");
  link("missing", "odd/dangling");
  link("empty", "odd/to-folder");
  link("link", "odd/to-link");
  link("loop", "odd/loop");
  link("../../../../../../etc/hostname", "odd/leaves");
  link("/etc/hostname", "odd/absolute");
  link("grüße", "odd/über");
  put("odd/read-only.txt", "before its folder closes\n");
  folder("odd/read-only");
  put("odd/read-only/inside", "cannot be changed\n", 0o444);
  folder("odd/read-only/below");
  put("odd/read-only/below/too", "neither\n", 0o444);
  folder("odd/read-only/below", 0o555);
  folder("odd/read-only", 0o555);
}

function text(random: () => number, number: number, file: number): string {
  const lines = Array.from(
    { length: 3 + (random() % 30) },
    (_, line) => `export const v${line} = ${random()};`,
  );
  return `// ${number}/${file}\n${lines.join("\n")}\n`;
}

/** A small generator of its own: the same tree on every run. */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state >>> 4;
  };
}
