import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { chmod, mkdir, readdir, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { connect } from "../../lib/ssh/connect.ts";
import type { Connection } from "../../lib/ssh/types.ts";
import { type Fleet, startFleet } from "../support/fleet.ts";
import { expectNothingLeft, footprint } from "../support/leftovers.ts";
import { by, environmentAt, failure, WAYS, type WayName } from "./support.ts";

// Generous, for other work may share the machine.
setDefaultTimeout(30_000);

const MiB = 1024 * 1024;
const before = footprint();
let fleet: Fleet;
const connections = {} as Record<WayName | "sudo", Connection>;

beforeAll(async () => {
  fleet = await startFleet({ hosts: 1 });
  const env = environmentAt(fleet.root, { user: fleet.user });
  const target = fleet.target("web1");
  for (const way of WAYS) connections[way] = await connect(by(way, target), { env });
  connections.sudo = await connect({ ...target, become: { method: "sudo", user: "daemon" } }, { env });
});
afterAll(async () => {
  for (const connection of Object.values(connections)) await connection[Symbol.asyncDispose]();
  await fleet[Symbol.asyncDispose]();
  await expectNothingLeft(before);
});

async function sha256(path: string): Promise<string> {
  const hash = new Bun.CryptoHasher("sha256");
  for await (const chunk of Bun.file(path).stream()) hash.update(chunk);
  return hash.digest("hex");
}

for (const via of WAYS) {
  describe(`over ${via}`, () => {
    test("64 MiB of a file, into folders that are made, with its mode", async () => {
      const source = join(fleet.root, `source-${via}`);
      await writeFile(source, crypto.getRandomValues(new Uint8Array(65536)));
      Bun.spawnSync([
        "sh",
        "-c",
        'for i in $(seq 10); do cat "$1" "$1" > "$1.2"; mv "$1.2" "$1"; done',
        "sh",
        source,
      ]);
      expect((await stat(source)).size).toBe(64 * MiB);
      const path = join(fleet.folder("web1"), via, "it's a folder", "file");
      const progress: number[] = [];
      await connections[via].upload({ path: source }, path, {
        mode: 0o4750,
        onProgress: (sent) => progress.push(sent),
      });
      expect(await sha256(path)).toBe(await sha256(source));
      expect((await stat(path)).mode & 0o7777).toBe(0o4750);
      expect(progress.at(-1)).toBe(64 * MiB);
      expect(await readdir(join(path, ".."))).toEqual(["file"]);
    });

    test("bytes, over what was there, unreadable to others unless said", async () => {
      const path = join(fleet.folder("web1"), `bytes-${via}`);
      await writeFile(path, "something longer than what comes");
      await chmod(path, 0o777);
      await connections[via].upload(new TextEncoder().encode("short"), path);
      expect(await Bun.file(path).text()).toBe("short");
      expect((await stat(path)).mode & 0o777).toBe(0o600);
      await connections[via].upload(new Uint8Array(), path);
      expect((await stat(path)).size).toBe(0);
    });

    test("what can't be put is refused, and says why", async () => {
      const folder = fleet.folder("web1");
      const put = (path: string) => connections[via].upload(new Uint8Array(1), path);
      await expect(put("relative")).rejects.toThrow(TypeError);
      await expect(put("~/home")).rejects.toThrow(TypeError);
      await expect(put(`${folder}/`)).rejects.toThrow(TypeError);
      const taken = await failure(put(folder));
      expect(taken).toMatchObject({ code: "remote", host: "web1" });
      expect(taken.message).toBe(`web1: can't put ${folder}: ${folder}: is a folder`);
      await writeFile(join(folder, `plain-${via}`), "");
      const below = await failure(put(join(folder, `plain-${via}`, "below")));
      expect(below.message).toMatch(/File exists|Not a directory/);
      const missing = connections[via].upload({ path: join(folder, "no-such-file") }, join(folder, "x"));
      expect((await failure(missing)).code).toBe("source");
      expect((await readdir(folder)).filter((name) => name.startsWith(".rookery"))).toEqual([]);
    });

    test("interrupted half-way: nothing is left, the old file stays", async () => {
      const folder = join(fleet.folder("web1"), `half-${via}`);
      await mkdir(folder);
      await writeFile(join(folder, "file"), "old");
      const controller = new AbortController();
      const uploading = connections[via].upload(new Uint8Array(256 * MiB), join(folder, "file"), {
        signal: controller.signal,
        onProgress: () => controller.abort(),
      });
      expect((await failure(uploading)).code).toBe("interrupted");
      expect(await Bun.file(join(folder, "file")).text()).toBe("old");
      expect(await readdir(folder)).toEqual(["file"]);
    });
  });
}

test("a full disk: the host's own words, nothing left, the old file stays", async () => {
  const disk = join(fleet.folder("web1"), "disk");
  await mkdir(disk);
  expect(Bun.spawnSync(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", disk]).exitCode).toBe(0);
  try {
    await writeFile(join(disk, "file"), "old");
    for (const via of WAYS) {
      const uploading = connections[via].upload(new Uint8Array(8 * MiB), join(disk, "file"));
      const error = await failure(uploading);
      expect(error).toMatchObject({ code: "disk-full", host: "web1" });
      expect(error.message).toContain("No space left on device");
      expect(error.hint).toContain("make room on web1");
      expect(await readdir(disk)).toEqual(["file"]);
      expect(await Bun.file(join(disk, "file")).text()).toBe("old");
    }
  } finally {
    Bun.spawnSync(["umount", disk]);
  }
});

test("as another user: the file is theirs", async () => {
  const folder = join(fleet.folder("web1"), "sudo");
  await mkdir(folder);
  // daemon must get there first: mkdtemp makes folders nobody else may enter.
  await chmod(fleet.root, 0o755);
  const denied = await failure(connections.sudo.upload(new Uint8Array(1), join(folder, "file")));
  expect(denied.message).toContain("Permission denied");
  await chmod(folder, 0o777);
  await connections.sudo.upload(new TextEncoder().encode("hers"), join(folder, "file"), { mode: 0o644 });
  const { stdout } = await connections.ssh.run(["stat", "-c", "%U %a", join(folder, "file")]);
  expect(stdout).toBe("daemon 644\n");
  await rm(folder, { recursive: true });
});
