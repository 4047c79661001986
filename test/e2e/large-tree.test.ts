// The main job at its real size: twenty thousand files to sixteen hosts, compared one by one on each.
import { expect, test } from "bun:test";
import { differences, readTree } from "./digest.ts";
import { startStage } from "./stage.ts";
import { makeTree } from "./tree.ts";

const HOSTS = 16;
const PACKAGES = 400;

test("every file, mode, symlink and folder of a large tree is the same on sixteen hosts", async () => {
  await using stage = await startStage({ hosts: HOSTS, files: {}, memoryBytes: 4 * 1024 ** 3 });
  expect(makeTree(stage.source, { packages: PACKAGES })).toBeGreaterThan(20_000);

  const { exitCode, stderr, one, host } = await stage.json("deploy", ["--release", "r1"], {
    timeoutMs: 240_000,
  });
  expect(stderr).toBe("");
  expect(exitCode).toBe(0);
  const { ok, failed, unreachable, release, infohash, bytes } = one("summary");
  expect({ ok, failed, unreachable, release }).toEqual({
    ok: HOSTS,
    failed: 0,
    unreachable: 0,
    release: "r1",
  });
  expect(infohash).toMatch(/^[0-9a-f]{40}$/);

  const wanted = readTree(stage.source);
  for (const name of stage.fleet.names) {
    // Each host got every byte from the swarm, however it was compressed on the way.
    expect(host(name)).toMatchObject({ status: "ok", bytes });
    expect(await stage.current(name)).toBe("r1");
    const found = readTree(stage.place(name, "releases", "r1"), { except: ["REVISION"] });
    expect(differences(wanted, found)).toEqual([]);
  }
  await stage.expectTidy();
}, 300_000);
