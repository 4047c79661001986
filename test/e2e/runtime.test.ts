// Hosts without a Bun of their own get one, once.
import { expect, setDefaultTimeout, test } from "bun:test";
import { mkdir, readdir, rm, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { temporaryFolder } from "../support/marker.ts";
import { startStage } from "./stage.ts";

setDefaultTimeout(120_000);

test("a host without Bun, and one with an old one, get the control host's; the next deploy sends nothing", async () => {
  const folder = await temporaryFolder("path");
  try {
    // What a plain host has on its PATH: everything but a Bun.
    for (const name of ["none", "old", "own"]) await mkdir(join(folder, name));
    const names = new Set(
      (await Promise.all(["/usr/bin", "/bin", "/usr/sbin"].map((path) => readdir(path)))).flat(),
    );
    for (const name of names) {
      const from = Bun.which(name, { PATH: "/usr/bin:/bin:/usr/sbin" });
      if (from === null || /^bunx?$/.test(name)) continue;
      for (const kind of ["none", "old", "own"]) await symlink(from, join(folder, kind, name));
    }
    await writeFile(join(folder, "old", "bun"), "#!/bin/sh\necho 1.0.3\n", { mode: 0o755 });
    const forced = (kind: string) => [
      `ForceCommand PATH=${join(folder, kind)} exec sh -c "$SSH_ORIGINAL_COMMAND"`,
    ];
    await symlink(process.execPath, join(folder, "own", "bun"));
    const config = { web1: forced("none"), web2: forced("old"), web3: forced("own") };
    await using stage = await startStage({ config });

    // Ctrl+C in the middle of the hundred megabytes: the next deploy finds no half of a file.
    let interrupted = false;
    const cut = await stage.json("deploy", ["-v", "-r", "one"], {
      onEvent: (event, pid) => {
        if (interrupted || event.type !== "status" || !event.detail?.startsWith("sending bun")) return;
        interrupted = true;
        process.kill(pid, "SIGINT");
      },
    });
    expect([interrupted, cut.exitCode]).toEqual([true, 130]);
    await stage.expectTidy();
    for (const host of ["web1", "web2"]) {
      const cache = join(stage.fleet.home(host), ".cache/rookery");
      expect(await readdir(cache).catch(() => [])).toEqual([]);
    }

    const first = await stage.json("deploy", ["-v", "-r", "one"]);
    expect(first.exitCode).toBe(0);
    const sent = (events: typeof first.events) =>
      events.flatMap((event) =>
        event.type === "status" && event.detail?.startsWith("sending")
          ? [`${event.host} ${event.detail.slice(8, 12)}`]
          : [],
      );
    // The third host, which needs no Bun, may have had its peer before we pressed.
    const expected = ["web1 bun-", "web1 peer", "web2 bun-", "web2 peer"];
    expect(sent(first.events).filter((line) => line !== "web3 peer")).toEqual(
      expect.arrayContaining(expected),
    );
    const cached = async (host: string) => {
      const cache = join(stage.fleet.home(host), ".cache/rookery");
      const files = (await readdir(cache)).sort();
      return Promise.all(files.map(async (name) => ({ name, ...(await shape(join(cache, name))) })));
    };
    const before = await Promise.all(stage.fleet.names.map(cached));
    expect(before.map((files) => files.map(({ name }) => name.split("-")[0]))).toEqual([
      ["bun", "peer"],
      ["bun", "peer"],
      ["peer"],
    ]);
    expect(before[0]?.[0]).toMatchObject({ mode: "700", size: (await stat(process.execPath)).size });

    await stage.write({ "index.html": "two\n" });
    const second = await stage.json("deploy", ["-v", "-r", "two"]);
    expect(second.exitCode).toBe(0);
    expect(sent(second.events)).toEqual([]);
    expect(await Promise.all(stage.fleet.names.map(cached))).toEqual(before);
    await stage.expectTidy();
  } finally {
    await rm(folder, { recursive: true });
  }
});

async function shape(path: string): Promise<{ mode: string; size: number; inode: number }> {
  const { mode, size, ino } = await stat(path);
  return { mode: (mode & 0o777).toString(8), size, inode: ino };
}
