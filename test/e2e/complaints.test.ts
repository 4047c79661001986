// What users of other deploy tools complain about, done to ours. The list, and what else proves it, is in scripts/OPERATIONS.md.
import { afterAll, afterEach, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { chmod, mkdir, readdir, readFile, readlink, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { temporaryFolder } from "../support/marker.ts";
import { differences, readTree } from "./digest.ts";
import { type Stage, startStage, textAt } from "./stage.ts";

setDefaultTimeout(240_000);

let stage: Stage;
const hosts = ["web1", "web2", "web3"];
const eachHost = <T>(look: (host: string) => T | Promise<T>) => Promise.all(hosts.map(look));
const same = <T>(value: T) => hosts.map(() => value);

beforeAll(async () => {
  stage = await startStage();
});
afterEach(() => stage.expectTidy());
afterAll(() => stage[Symbol.asyncDispose]());

/** The same word in every file, so that a mixture of two releases shows. */
const release = (word: string) => ({
  "index.html": `${word}\n`,
  ...Object.fromEntries(Array.from({ length: 40 }, (_, at) => [`part/${at}.txt`, `${word}\n`])),
});

test("whoever reads `current` without a pause finds it there, and a whole release in it", async () => {
  await stage.write(release("one"));
  expect((await stage.run("deploy", ["-r", "one"])).exitCode).toBe(0);
  const readers = hosts.map((host) => {
    const argv = [process.execPath, join(import.meta.dir, "reader.ts"), stage.place(host, "current")];
    return Bun.spawn(argv, { stdin: "pipe", stdout: "pipe" });
  });
  for (const word of ["two", "three", "four"]) {
    await stage.write(release(word));
    expect((await stage.run("deploy", ["-r", word])).exitCode).toBe(0);
  }
  expect((await stage.run("rollback", ["two"])).exitCode).toBe(0);
  const seen = await Promise.all(
    readers.map(async (reader) => {
      await reader.stdin.end();
      return JSON.parse(await reader.stdout.text()) as { looks: number; words: string[]; wrong: string[] };
    }),
  );
  expect(seen.map(({ wrong }) => wrong)).toEqual(same([]));
  // Each of them was there to be seen, also the one gone back to.
  for (const { looks, words } of seen) {
    expect(looks).toBeGreaterThan(500);
    expect(words).toEqual(["one", "two", "three", "four", "two"]);
  }
});

test("a tarball as GNU tar makes it: hard links, holes, long names, modes, links, empty folders", async () => {
  const root = await temporaryFolder("tarball");
  const tree = join(root, "tree");
  const long = `${"l".repeat(200)}/${"o".repeat(200)}/${"ng".repeat(100)}.txt`;
  await mkdir(join(tree, long, ".."), { recursive: true });
  await mkdir(join(tree, "empty/inner"), { recursive: true });
  await writeFile(join(tree, long), "far down\n");
  await writeFile(join(tree, "run.sh"), "#!/bin/sh\necho run\n");
  await chmod(join(tree, "run.sh"), 0o755);
  await writeFile(join(tree, "secret"), "for the owner\n", { mode: 0o400 });
  await symlink("run.sh", join(tree, "link"));
  await symlink("nowhere/yet", join(tree, "dangling"));
  await chmod(join(tree, "empty"), 0o700);
  await Bun.$`ln ${tree}/run.sh ${tree}/hard && truncate -s 8M ${tree}/holes && printf x | dd of=${tree}/holes bs=1 seek=5000000 conv=notrunc`.quiet();
  await Bun.$`chmod 755 ${tree}`;
  const wanted = readTree(tree);
  try {
    for (const format of ["gnu", "pax"]) {
      const tar = join(root, `${format}.tar.gz`);
      await Bun.$`tar --create --gzip --format=${format} --file=${tar} --directory=${tree} .`;
      const { exitCode, stdout } = await stage.run("deploy", ["-r", `tar-${format}`, "--source", tar]);
      expect({ exitCode, said: stdout }).toMatchObject({ exitCode: 0 });
      for (const host of hosts) {
        const found = readTree(stage.place(host, "releases", `tar-${format}`), { except: ["REVISION"] });
        expect(differences(wanted, found)).toEqual([]);
      }
      // Holes that tar leaves out are a thing of its own: refused, never unpacked as something else.
      await Bun.$`tar --create --gzip --sparse --format=${format} --file=${tar} --directory=${tree} .`;
      const sparse = await stage.run("deploy", ["-r", `sparse-${format}`, "--source", tar]);
      expect(sparse.stdout).toMatch(
        /holes is (of a kind only tar knows|a sparse file)[^→]*→ make the archive again/,
      );
      expect(sparse.exitCode).toBe(1);
    }
  } finally {
    await rm(root, { recursive: true });
  }
});

test("what was a link becomes a folder, what was a folder a link, and a file neither", async () => {
  const swap = async (kinds: Readonly<Record<string, "file" | "folder" | "link">>) => {
    await rm(join(stage.source, "kinds"), { recursive: true, force: true });
    await mkdir(join(stage.source, "kinds"));
    for (const [name, kind] of Object.entries(kinds)) {
      const path = join(stage.source, "kinds", name);
      if (kind === "link") await symlink("../index.html", path);
      else if (kind === "file") await writeFile(path, `${name}\n`);
      else {
        await mkdir(path);
        await writeFile(join(path, "inside"), `${name}\n`);
      }
    }
  };
  for (const kinds of [
    { a: "link", b: "folder", c: "file" },
    { a: "folder", b: "link", c: "link" },
    { a: "file", b: "file", c: "folder" },
  ] as const) {
    await swap(kinds);
    const id = Object.values(kinds).join("-");
    expect((await stage.run("deploy", ["-r", id])).exitCode).toBe(0);
    const wanted = readTree(stage.source);
    for (const host of hosts)
      expect(differences(wanted, readTree(stage.place(host, "current/"), { except: ["REVISION"] }))).toEqual(
        [],
      );
  }
});

test("releases that failed again and again push out neither the current nor the good one before it", async () => {
  await stage.setVars({ rookery_keep_releases: 2 });
  for (const word of ["good-1", "good-2"]) {
    await stage.write(release(word));
    expect((await stage.run("deploy", ["-r", word])).exitCode).toBe(0);
  }
  await stage.setVars({ rookery_keep_releases: 2, rookery_before_activate: ["false"] });
  for (const word of ["bad-1", "bad-2", "bad-3", "bad-4"]) {
    await stage.write(release(word));
    const { exitCode, stdout } = await stage.run("deploy", ["-r", word]);
    expect(stdout).toContain("nothing was switched");
    expect(exitCode).toBe(2);
  }
  expect(await eachHost(stage.current)).toEqual(same("good-2"));
  await stage.setVars({ rookery_keep_releases: 2 });
  const { exitCode, stdout } = await stage.run("rollback");
  expect(stdout).toContain("back at good-1 on 3 of 3 hosts");
  expect(exitCode).toBe(0);
  expect(await eachHost((host) => textAt(stage, host, "current/index.html"))).toEqual(same("good-1\n"));
  // The next good one clears what failed away.
  await stage.write(release("good-3"));
  expect((await stage.run("deploy", ["-r", "good-3"])).exitCode).toBe(0);
  expect(await eachHost(stage.releases)).toEqual(same(["good-1", "good-3"]));
});

test("too few inodes on one host are told with their number before anything is switched", async () => {
  const place = join(stage.fleet.folder("web2"), "few");
  await mkdir(place);
  await Bun.$`mount -t tmpfs -o size=64m,nr_inodes=60 tmpfs ${place}`.quiet();
  try {
    const few = `rookery_deploy_to=${stage.fleet.root}/{{ inventory_hostname }}/files/few`;
    await stage.write(release("many"));
    await stage.write(Object.fromEntries(Array.from({ length: 100 }, (_, at) => [`more/${at}`, `${at}\n`])));
    const { exitCode, host } = await stage.json("deploy", ["-r", "many", "-e", few]);
    expect(host("web2")).toMatchObject({
      status: "failed",
      error: expect.stringMatching(/no room .* inodes free, 1\d\d needed/),
      hint: expect.stringContaining("rookery_keep_releases"),
    });
    expect(exitCode).toBe(2);
    const found = await Bun.$`find ${place} -type f`.text();
    expect(found.split("\n").filter((path) => /releases|incoming/.test(path))).toEqual([]);
    for (const name of ["web1", "web3"])
      expect(await readlink(join(stage.fleet.folder(name), "few/current")).catch(({ code }) => code)).toBe(
        "ENOENT",
      );
  } finally {
    await Bun.$`umount ${place}`.quiet();
  }
});

test("what somebody edited on a host is named by verify.ts, and the same again under another name heals it", async () => {
  await stage.write(release("whole"));
  expect((await stage.run("deploy", ["-r", "whole"])).exitCode).toBe(0);
  expect((await stage.run("verify")).exitCode).toBe(0);
  // An editor writes a new file and renames it; files that did not change may be linked from other releases.
  const edited = stage.place("web2", "current/index.html");
  await rm(edited);
  await writeFile(edited, "mended in a hurry\n");
  const found = await stage.run("verify");
  expect(found.stdout).toMatch(/web2.*drifted: 1 path .*\n.*index\.html/);
  expect(found.exitCode).toBe(2);
  const again = await stage.run("deploy");
  expect(again.stdout).toContain("nothing to do");
  expect((await stage.run("deploy", ["-r", "healed"])).exitCode).toBe(0);
  expect(await eachHost((host) => textAt(stage, host, "current/index.html"))).toEqual(same("whole\n"));
  expect((await stage.run("verify")).exitCode).toBe(0);
});

test("an old release that can't be removed is told on its host; what runs is none the worse, and the next deploy tries again", async () => {
  await stage.setVars({
    rookery_deploy_to: `${stage.fleet.root}/{{ inventory_hostname }}/files/busy`,
    rookery_keep_releases: 1,
  });
  const place = (host: string, ...path: string[]) => join(stage.fleet.folder(host), "busy", ...path);
  const deploy = async (word: string) => {
    await stage.write(release(word));
    return stage.json("deploy", ["-r", word]);
  };
  for (const word of ["one", "two"]) expect((await deploy(word)).exitCode).toBe(0);
  // As a container or a backup that has something of it mounted.
  const mount = place("web2", "releases/one/part");
  await Bun.$`mount -t tmpfs tmpfs ${mount}`.quiet();
  try {
    const third = await deploy("three");
    expect(third.host("web2")).toMatchObject({
      status: "failed",
      error: expect.stringMatching(/can't remove release one .*: something there is in use/),
    });
    expect(third.exitCode).toBe(2);
    expect(["web1", "web3"].map((name) => third.host(name).status)).toEqual(["ok", "ok"]);
    const runs = await eachHost((host) => readFile(place(host, "current/index.html"), "utf8"));
    expect(runs).toEqual(same("three\n"));
  } finally {
    const [mounted = ""] = (await Bun.$`findmnt --noheadings --output TARGET --raw`.text())
      .split("\n")
      .filter((path) => path.startsWith(place("web2")));
    await Bun.$`umount ${mounted}`.quiet();
  }
  const fourth = await deploy("four");
  expect({ exitCode: fourth.exitCode, said: fourth.stdout }).toMatchObject({ exitCode: 0 });
  for (const host of hosts) {
    expect((await readdir(place(host, "releases"))).filter((name) => !name.startsWith(".")).sort()).toEqual([
      "four",
      "three",
    ]);
    expect(await readdir(place(host, "releases/.rookery-partial"))).toEqual([]);
  }
  await stage.setVars({});
});

test("hosts whose clocks are a year apart keep, remove and go back to the same releases", async () => {
  await stage.setVars({ rookery_deploy_to: `${stage.fleet.root}/{{ inventory_hostname }}/files/clock` });
  const held = async (host: string) => {
    const names = await readdir(join(stage.fleet.folder(host), "clock/releases"));
    return names.filter((name) => !name.startsWith(".")).sort();
  };
  const current = async (host: string) =>
    (await readlink(join(stage.fleet.folder(host), "clock/current"))).split("/").at(-1);
  await setClocks({ web2: 365, web3: -365 });
  try {
    // No names are given: they come from one clock, and no host's own counts.
    const ids: string[] = [];
    for (const word of ["one", "two", "three"]) {
      await stage.write(release(word));
      const { exitCode, stdout, events } = await stage.json("deploy", ["-e", "rookery_keep_releases=2"]);
      expect({ exitCode, stdout }).toMatchObject({ exitCode: 0 });
      const summary = events.find(({ type }) => type === "summary");
      ids.push(summary?.type === "summary" ? (summary.release ?? "") : "");
      if (word === "two") await setClocks({ web2: -365, web3: 365 });
    }
    expect(await eachHost(held)).toEqual(same(ids.slice(1)));
    const back = await stage.run("rollback");
    expect({ exitCode: back.exitCode, said: back.stdout }).toMatchObject({ exitCode: 0 });
    expect(await eachHost(current)).toEqual(same(ids[1]));
    const doctor = await stage.run("doctor");
    expect(doctor.stdout).toMatch(/web2.*clock \d+ s behind/);
    expect(doctor.stdout).toMatch(/web3.*clock \d+ s ahead of/);
  } finally {
    await setClocks({});
    await stage.setVars({});
  }
});

/** From now on, what runs on these hosts sees a clock so many days ahead. */
async function setClocks(days: Readonly<Record<string, number>>): Promise<void> {
  const programs = join(stage.fleet.root, "bin");
  const cases = Object.entries(days).map(([host, ahead]) => {
    const skew = ahead * 86_400;
    return { host, skew, preload: join(programs, `clock-${host}.js`) };
  });
  for (const { skew, preload } of cases) await writeFile(preload, clockScript(skew * 1000));
  const where = (line: (one: (typeof cases)[number]) => string) =>
    cases.map((one) => `*/${one.host}/*) ${line(one)} ;;`).join("\n  ");
  const script = (body: string, otherwise: string) =>
    `#!/bin/sh\ncase "$HOME/" in\n  ${body}\nesac\n${otherwise}\n`;
  const bun = process.execPath;
  const files = {
    bun: script(
      where(({ preload }) => `exec ${bun} --preload ${preload} "$@"`),
      `exec ${bun} "$@"`,
    ),
    date: script(
      where(({ skew }) => `exec /bin/date -d "now ${skew} seconds" "$@"`),
      'exec /bin/date "$@"',
    ),
  };
  for (const [name, text] of Object.entries(files)) {
    await rm(join(programs, name), { force: true });
    await writeFile(join(programs, name), text, { mode: 0o755 });
  }
}

/** A Date that is so much ahead, for programs that only ask for the time. */
function clockScript(aheadMs: number): string {
  return `const real = Date;
globalThis.Date = class extends real {
  constructor(...given) { if (given.length === 0) super(real.now() + ${aheadMs}); else super(...given); }
  static now() { return real.now() + ${aheadMs}; }
};
`;
}

test("what is read here is what the host wrote: the skewed clock shows in its own records", async () => {
  const records = join(stage.fleet.folder("web2"), "clock/.rookery/releases");
  const [first = ""] = (await readdir(records)).filter((name) => name.endsWith(".json"));
  const { installedAt } = JSON.parse(await readFile(join(records, first), "utf8"));
  expect(Math.abs(Date.parse(installedAt) - Date.now())).toBeGreaterThan(300 * 86_400_000);
});
