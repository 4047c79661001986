import { afterAll, expect, setDefaultTimeout, test } from "bun:test";
import { appendFileSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { temporaryFolder } from "../support/marker.ts";
import { runScript } from "../support/run.ts";

setDefaultTimeout(60_000); // for machines that are busy with other things

const root = await temporaryFolder("torrent-script");
afterAll(() => rmSync(root, { recursive: true, force: true }));
mkdirSync(join(root, "release/sub"), { recursive: true });
writeFileSync(join(root, "release/app.js"), "app".repeat(30_000));
writeFileSync(join(root, "release/sub/empty"), "");
writeFileSync(join(root, "release/sub/last"), "last".repeat(20_000));

const run = (...words: readonly string[]) => runScript(["torrent.ts", ...words], { cwd: root });

test("a torrent is made, shown and verified; what differs is named, with exit code 2", async () => {
  const made = await run("make", "release", "--announce", "http://127.0.0.1:1/a", "--piece-length", "16384");
  expect([made.exitCode, made.stderr]).toEqual([0, ""]);
  expect(made.stdout).toStartWith("release.torrent\nname      release\n");
  const infohash = /^infohash +([0-9a-f]{40})$/m.exec(made.stdout)?.[1];
  const shown = Bun.spawnSync(["transmission-show", join(root, "release.torrent")]).stdout.toString();
  expect(shown).toContain(`Hash: ${infohash}`);

  const show = await run("show", "release.torrent");
  expect(show.stdout).toContain(`infohash  ${infohash}`);
  expect(show.stdout).toContain("announce  http://127.0.0.1:1/a");
  expect(show.stdout).toEndWith(
    "   87.9 KiB  app.js\n       0 B  sub/empty\n  78.1 KiB  sub/last\n".replace("   87.9", "  87.9"),
  );

  const good = await run("verify", "release.torrent", "release");
  expect([good.exitCode, good.stdout]).toEqual([0, "11 of 11 pieces right, 0 of 3 files differ\n"]);
  appendFileSync(join(root, "release/app.js"), "more");
  rmSync(join(root, "release/sub/empty"));
  const bad = await run("verify", "release.torrent", "release");
  expect([bad.exitCode, bad.stdout]).toEqual([
    2,
    "differs: app.js\ndiffers: sub/empty\n11 of 11 pieces right, 2 of 3 files differ\n",
  ]);
  writeFileSync(join(root, "release/sub/last"), "LAST");
  const worse = await run("verify", "release.torrent", "release");
  expect([worse.exitCode, worse.stdout]).toEqual([2, expect.stringContaining("differs: sub/last")]);
});

test("--help opens with a line to paste, and mistakes are said in one", async () => {
  const help = await run("--help");
  expect(help.stdout.split("\n")[0]).toStartWith("bun scripts/torrent.ts make ");
  for (const [words, message] of [
    [["make", "nothing"], "nothing: "],
    [["make", "release", "--piece-length", "20000"], "not a piece length (a power of two"],
    [["make", "release", "--name", "a/b"], "not a torrent's name: a/b"],
    [["make", "release", "-o", "no/such/folder/x.torrent"], "can't write no/such/folder/x.torrent"],
    [["show", "release/app.js"], "release/app.js: not a usable torrent"],
    [["verify", "release.torrent", "elsewhere"], "elsewhere: no such file or folder"],
    [["mend", "release"], "this needs make PATH"],
  ] as const) {
    const { exitCode, stdout, stderr } = await run(...words);
    expect([exitCode, stdout, stderr]).toEqual([1, "", expect.stringContaining(message)]);
    expect(stderr).not.toContain("bug");
  }
});
