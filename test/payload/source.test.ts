import { expect, setDefaultTimeout, test } from "bun:test";
import { appendFileSync, chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { excluder } from "../../lib/payload/exclude.ts";
import { packSource } from "../../lib/payload/pack.ts";
import { openSource } from "../../lib/payload/source.ts";
import { runAsNobody } from "./children.ts";
import { opsError } from "./errors.ts";
import { fingerprint, pack } from "./pack.ts";
import { ODD_TREE, type Tree, workplace, writeTree } from "./tree.ts";

setDefaultTimeout(60_000); // for machines that are busy with other things

async function pathsOf(
  from: string,
  options: Parameters<typeof openSource>[1] = {},
): Promise<readonly string[]> {
  await using source = await openSource(from, options);
  return source.entries.map((entry) => entry.path);
}

function shell(cwd: string, command: string): void {
  const { exitCode, stderr } = Bun.spawnSync(["bash", "-ec", command], { cwd, stderr: "pipe" });
  if (exitCode !== 0) throw new Error(stderr.toString());
}

const GIT = "git -c user.name=t -c user.email=t@t -c init.defaultBranch=main";

const COMPRESSORS = { tar: "cat", gzip: "gzip", zstd: "zstd -q", bzip2: "bzip2", xz: "xz -0" };
for (const [name, command] of Object.entries(COMPRESSORS)) {
  test(`a tarball (${name}) is the same release as its folder, whatever it is called`, async () => {
    await using place = await workplace();
    writeTree(place.at("source"), ODD_TREE);
    shell(place.at("source"), `tar --sort=name --mtime=@1 -cf - . | ${command} > ../release`);
    const folder = await pack(place.at("source"), place.at("payload-1"));
    const tarball = await pack("release", place.at("payload-2"), { cwd: place.root });
    expect(fingerprint(tarball)).toEqual(fingerprint(folder));
  });
}

test("tar formats other than GNU's are read too, and hard links share their bytes", async () => {
  await using place = await workplace();
  const { "bin/setgid": _, ...tree } = ODD_TREE;
  writeTree(place.at("source"), tree);
  shell(
    place.at("source"),
    "ln app.js hard; tar --format=pax -cf ../pax.tar ./*; tar --format=gnu -cf ../gnu.tar ./*",
  );
  const payloads = [
    await pack(place.at("pax.tar"), place.at("payload-1")),
    await pack(place.at("gnu.tar"), place.at("payload-2")),
  ];
  for (const { manifest } of payloads) {
    const find = (path: string) => manifest.entries.find((entry) => entry.path === path);
    expect(find("hard")).toEqual({ ...(find("app.js") as object), path: "hard" } as never);
  }
  expect(payloads[1]?.manifest).toEqual(payloads[0]?.manifest as never);
});

test("git:REF is the tree of that commit, from anywhere in the repository", async () => {
  await using place = await workplace();
  const tree: Tree = {
    "a.txt": { content: "a" },
    "bin/run": { content: "x", mode: 0o755 },
    "sub/link": { target: "../a.txt" },
  };
  writeTree(place.at("repo"), tree);
  shell(
    place.at("repo"),
    `${GIT} init -q; ${GIT} add .; ${GIT} commit -qm one; git tag v1; echo changed > a.txt`,
  );
  const commit = Bun.spawnSync(["git", "rev-parse", "v1"], { cwd: place.at("repo") })
    .stdout.toString()
    .trim();
  writeTree(place.at("plain"), tree);
  const plain = await pack(place.at("plain"), place.at("payload-0"));
  expect(plain.revision).toBeUndefined();
  for (const [index, [ref, cwd]] of [
    ["v1", "repo"],
    ["HEAD", "repo/sub"],
    [commit.slice(0, 9), "repo"],
  ].entries()) {
    const payload = await pack(`git:${ref}`, place.at(`payload-${index + 1}`), {
      cwd: place.at(cwd as string),
    });
    expect(fingerprint(payload)).toEqual(fingerprint(plain));
    expect(payload.revision).toBe(commit);
  }
  expect(await pathsOf("git:v1:sub", { cwd: place.at("repo") })).toEqual(["link"]);

  const worktree = await pack(place.at("repo"), place.at("payload-9"));
  expect(worktree.revision).toBe(`${commit}-dirty`);
  expect(worktree.manifest.entries.map(({ path }) => path)).toEqual([
    "a.txt",
    "bin",
    "bin/run",
    "sub",
    "sub/link",
  ]);

  const unknown = await opsError(openSource("git:v9", { cwd: place.at("repo") }));
  expect([unknown.code, unknown.message]).toEqual(["source", "git:v9: fatal: Not a valid object name v9"]);
  expect((await opsError(openSource("git:v1", { cwd: place.at("plain") }))).message).toContain(
    "not a git repository",
  );
  expect((await opsError(openSource("git:--help", { cwd: place.at("repo") }))).code).toBe("source");
  expect((await opsError(openSource("git:v1:a.txt", { cwd: place.at("repo") }))).code).toBe("source");
});

test("a single file is a release of that file, an archive that holds no tar too", async () => {
  await using place = await workplace();
  writeTree(place.root, { "app.jar": { content: "PK", mode: 0o750 }, dump: { content: "sql" } });
  shell(
    place.root,
    "gzip dump; head -c 1024 /dev/zero > empty.tar; echo text > wrong.tgz; head -c 100 /dev/zero | gzip > odd.tar.gz",
  );
  const { manifest } = await pack(place.at("app.jar"), place.at("payload"));
  expect(manifest.entries).toMatchObject([{ type: "file", path: "app.jar", mode: 0o750, size: 2 }]);
  expect(await pathsOf(place.at("dump.gz"))).toEqual(["dump.gz"]);
  for (const name of ["empty.tar", "wrong.tgz", "odd.tar.gz"]) {
    const error = await opsError(openSource(place.at(name)));
    expect([error.code, error.message]).toEqual(["source", expect.stringContaining("holds no tar archive")]);
  }
});

test("sources that can't be read say why", async () => {
  await using place = await workplace();
  mkdirSync(place.at("empty"));
  writeTree(place.at("only-git"), { ".git/HEAD": { content: "x" } });
  shell(
    place.root,
    "mkfifo pipe; tar -cf cut.tar empty only-git; head -c 1024 cut.tar > cut; printf x | gzip | head -c 15 > cut.gz",
  );
  shell(
    place.root,
    "head -c 100000 /dev/urandom > noise; tar -cf - noise | gzip | head -c 50000 > cut.tar.gz",
  );
  for (const [from, message] of [
    ["nothing", "no such file"],
    ["empty", "nothing to deploy"],
    ["only-git", "nothing to deploy"],
    ["pipe", "neither a file nor a folder"],
    ["cut", "a part may be missing"],
    ["cut.tar.gz", "can't be unpacked"],
  ] as const) {
    const error = await opsError(openSource(from, { cwd: place.root, temporaryFolder: place.root }));
    expect([error.code, error.message]).toEqual(["source", expect.stringContaining(message)]);
    expect(error.message).toStartWith(from === "cut.tar.gz" ? place.at(from) : from);
    expect(error.hint).toBeString();
  }
  expect(Bun.spawnSync(["ls", place.root]).stdout.toString()).not.toContain("rookery-source");
});

test("what can't be read by this user is named", async () => {
  await using place = await workplace();
  writeTree(place.at("file"), { a: { content: "a" }, secret: { content: "s", mode: 0 } });
  writeTree(place.at("work"), {});
  chmodSync(place.at("work"), 0o777);
  writeTree(place.at("folder"), { "closed/a": { content: "a" }, closed: { folder: true, mode: 0 } });
  const output = await runAsNobody(
    `const { openSource } = await import("./lib/payload/source.ts");
    const { packSource } = await import("./lib/payload/pack.ts");
    become();
    const [root] = process.argv.slice(1);
    for (const [from, to] of [["file", "work"], ["folder", "work"], ["file", "file"]]) {
      try {
        await packSource(await openSource(root + "/" + from), { folder: root + "/" + to + "/payload" });
      } catch (error) { console.log(error.code, error.message, "|", error.hint); }
    }`,
    [place.root],
  );
  const [file, folder, target] = output.split("\n");
  expect(file).toMatch(/^source .*file\/secret: EACCES/);
  expect(folder).toMatch(/^source .*folder\/closed: EACCES.*\| make it readable for you, or exclude it/);
  expect(target).toMatch(/^release can't write .*file\/payload/);
});

test("sockets and fifos stay behind with a warning, and so does a word about links that lead out", async () => {
  await using place = await workplace();
  writeTree(place.at("source"), {
    a: { content: "a" },
    "sub/inside": { target: "../a" },
    "sub/up": { target: "../../a" },
    "sub/absolute": { target: "/etc/passwd" },
    "sub/round": { target: "x/../../../source" },
  });
  shell(place.at("source"), "mkfifo pipe");
  using server = Bun.listen({ unix: place.at("source/socket"), socket: { data() {} } });
  const { manifest, warnings } = await pack(place.at("source"), place.at("payload"));
  expect(manifest.entries.map(({ path }) => path)).toEqual([
    "a",
    "sub",
    "sub/absolute",
    "sub/inside",
    "sub/round",
    "sub/up",
  ]);
  expect(warnings.toSorted()).toEqual([
    "pipe is a fifo and was left out",
    "socket is a socket and was left out",
    "sub/absolute is a symlink out of the release, to /etc/passwd",
    "sub/round is a symlink out of the release, to x/../../../source",
    "sub/up is a symlink out of the release, to ../../a",
  ]);
  expect(server).toBeDefined();
});

test("names that are not UTF-8 are refused by name; U+FFFD itself is not", async () => {
  await using place = await workplace();
  writeTree(place.at("good"), { "\ufffd": { content: "x" } });
  expect(await pathsOf(place.at("good"))).toEqual(["\ufffd"]);
  mkdirSync(place.at("bad"));
  writeFileSync(Buffer.concat([Buffer.from(place.at("bad/caf")), Buffer.from([0xe9])]), "latin-1");
  expect((await opsError(openSource(place.at("bad")))).message).toContain('the name "caf\\xe9" is not UTF-8');
  shell(place.root, "tar -cf bad.tar bad; ln -s $'caf\\xe9' good/link");
  expect((await opsError(openSource(place.at("bad.tar")))).message).toContain("is not UTF-8");
  expect((await opsError(openSource(place.at("good")))).message).toContain('"caf\\xe9" is not UTF-8');
});

test("a file that changes between listing and packing ends the packing and leaves nothing", async () => {
  await using place = await workplace();
  writeTree(place.at("source"), { a: { content: "a" }, "growing.log": { content: "1" } });
  await using source = await openSource(place.at("source"));
  appendFileSync(place.at("source/growing.log"), "2");
  const error = await opsError(packSource(source, { folder: place.at("payload") }));
  expect([error.code, error.message]).toEqual(["source", expect.stringContaining("growing.log changed")]);
  expect(Bun.spawnSync(["ls", place.root]).stdout.toString()).toBe("source\n");
});

test("a large file that grows while it is read ends the packing", async () => {
  await using place = await workplace();
  writeTree(place.at("source"), { "big.log": { content: Buffer.alloc(24 * 1024 * 1024, "log") } });
  await using source = await openSource(place.at("source"));
  let calls = 0;
  const onProgress = () => {
    if (calls++ === 3) appendFileSync(place.at("source/big.log"), "more");
  };
  const error = await opsError(packSource(source, { folder: place.at("payload"), onProgress }));
  expect([error.code, error.message]).toEqual(["source", expect.stringContaining("big.log changed")]);
});

test("packing stops when its signal is aborted, and leaves nothing", async () => {
  await using place = await workplace();
  writeTree(place.at("source"), { a: { content: Buffer.alloc(8 * 1024 * 1024, "x") }, b: { content: "b" } });
  await using source = await openSource(place.at("source"));
  const controller = new AbortController();
  const packing = packSource(source, {
    folder: place.at("payload"),
    signal: controller.signal,
    onProgress: () => controller.abort(new Error("enough")),
  });
  await expect(packing).rejects.toThrow("enough");
  expect(Bun.spawnSync(["ls", place.root]).stdout.toString()).toBe("source\n");
});

test("random bytes are not compressed, text is, and zstd itself can read it", async () => {
  await using place = await workplace();
  const noise = crypto.getRandomValues(new Uint8Array(65_536));
  writeTree(place.at("noise"), { n: { content: noise } });
  const text = Array.from({ length: 300_000 }, (_, day) => `day ${day}: all work and no play\n`).join("");
  writeTree(place.at("text"), { a: { content: text }, b: { content: "b" } });
  expect((await pack(place.at("noise"), place.at("payload-1"))).manifest.compression).toBe("none");
  const payload = await pack(place.at("text"), place.at("payload-2"));
  expect(payload.manifest.compression).toBe("zstd");
  shell(place.root, "zstd -q -d < payload-2/new > plain");
  expect(readFileSync(place.at("plain"), "utf8")).toBe(`${text}b`);
});

const EXCLUDES: readonly (readonly [pattern: string, left: readonly string[], kept: readonly string[]])[] = [
  [
    "node_modules",
    ["node_modules/", "a/node_modules/", "a/node_modules"],
    ["node_modules2/", "xnode_modules"],
  ],
  ["*.log", ["x.log", "a/b/x.log", ".log"], ["x.log.gz", "log"]],
  ["build/", ["build/", "a/build/"], ["build", "a/build"]],
  ["/build", ["build", "build/"], ["a/build", "a/build/"]],
  ["docs/*.md", ["docs/a.md"], ["a.md", "docs/a/b.md", "x/docs/a.md"]],
  ["docs/**/*.md", ["docs/a.md", "docs/a/b/c.md"], ["a.md"]],
  ["**/tmp/cache", ["tmp/cache/", "a/b/tmp/cache"], ["cache", "tmp"]],
  ["{a,b}.txt", ["a.txt", "x/b.txt"], ["c.txt"]],
  ["[0-9]?", ["1a", "x/2b/"], ["1", "1ab"]],
  ["\\*", ["*"], ["a"]],
  ["./dist", ["dist/"], ["a/dist/"]],
  ["nothing", [".git", ".git/", "a/.git/", "vendor/x/.git"], [".gitignore", "x.git", ".github/"]],
];
for (const [pattern, left, kept] of EXCLUDES) {
  test(`exclude ${pattern}`, () => {
    const excluded = excluder([pattern]);
    const ask = (path: string) => excluded(path.replace(/\/$/, ""), path.endsWith("/"));
    expect(left.filter((path) => !ask(path))).toEqual([]);
    expect(kept.filter(ask)).toEqual([]);
  });
}

test("exclude patterns that mean nothing are refused", async () => {
  for (const pattern of ["", "/", "!keep"])
    expect((await opsError(() => excluder([pattern]))).code).toBe("setting");
});

test("excluded folders are left out with all below, from folders and tarballs alike", async () => {
  await using place = await workplace();
  writeTree(place.at("source"), {
    "a/keep.js": { content: "k" },
    "a/node_modules/x/y.js": { content: "y" },
    "a/.git": { content: "gitdir: elsewhere" },
    ".git/config": { content: "c" },
    "x.log": { content: "l" },
  });
  shell(
    place.at("source"),
    "tar -cf ../release.tar a/node_modules/x/y.js .git/config a/keep.js a/.git x.log",
  );
  const exclude = ["node_modules/", "*.log"];
  expect(await pathsOf(place.at("source"), { exclude })).toEqual(["a", "a/keep.js"]);
  expect(await pathsOf(place.at("release.tar"), { exclude })).toEqual(["a", "a/keep.js"]);
});
