import { afterAll, expect, setDefaultTimeout, test } from "bun:test";
import { appendFileSync, mkdirSync, rmSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import bencode from "bencode";
import { OpsError } from "../../lib/errors.ts";
import { createTorrent } from "../../lib/torrent/create.ts";
import { parseTorrent } from "../../lib/torrent/metainfo.ts";
import { pieceLength } from "../../lib/torrent/piece-length.ts";
import { filesOfPieces, verifyTorrent } from "../../lib/torrent/verify.ts";
import { temporaryFolder } from "../support/marker.ts";

setDefaultTimeout(60_000); // for machines that are busy with other things

const KiB = 1024;
const MiB = 1024 * KiB;
const root = await temporaryFolder("torrent");
afterAll(() => rmSync(root, { recursive: true, force: true }));

let count = 0;
/** A fresh folder holding `files`. */
function folderOf(files: Readonly<Record<string, string | Uint8Array>>, { reverse = false } = {}): string {
  const folder = join(root, `folder-${count++}`);
  const paths = Object.keys(files);
  for (const path of reverse ? paths.reverse() : paths) {
    mkdirSync(join(folder, path, ".."), { recursive: true });
    writeFileSync(join(folder, path), files[path] ?? "");
  }
  return folder;
}

function noise(bytes: number): Buffer {
  const all = Buffer.alloc(bytes);
  for (let at = 0; at < bytes; at += 65_536) crypto.getRandomValues(all.subarray(at, at + 65_536));
  return all;
}

function output(...command: readonly string[]): string {
  const { exitCode, stdout, stderr } = Bun.spawnSync([...command], {
    env: { ...process.env, LC_ALL: "C.UTF-8" },
  });
  if (exitCode !== 0) throw new Error(`${command.join(" ")}: ${stderr}`);
  return stdout.toString();
}

async function code(work: Promise<unknown>): Promise<string> {
  const error = await work.catch((reason: unknown) => reason);
  return error instanceof OpsError ? error.code : `no OpsError: ${error}`;
}

const FILES = {
  content: noise(3 * MiB + 5),
  "manifest.json": '{"version":1}',
  "sub/ünïcödé 🐦.txt": "bird",
  "sub/empty": "",
  "sub.txt": noise(200 * KiB),
  "zz/\uffee": "before the bird in UTF-16, after nothing in UTF-8",
};
const ANNOUNCE = ["http://127.0.0.1:6969/secret/announce", "udp://tracker.example.net:1"];

test("Transmission and aria2 read what we wrote, and mean the same by it", async () => {
  const torrent = await createTorrent(folderOf(FILES), {
    name: "release-1",
    announce: ANNOUNCE,
    comment: "hello",
  });
  const path = join(root, "release.torrent");
  writeFileSync(path, torrent.metainfo);

  const transmission = output("transmission-show", path);
  expect(transmission).toContain("Name: release-1");
  expect(transmission).toContain(`Hash: ${torrent.infohash}`);
  expect(transmission).toContain(`Piece Count: ${torrent.pieceHashes.length / 20}`);
  expect(transmission).toContain("Privacy: Private torrent");
  expect(transmission).toContain("Comment: hello");
  for (const url of ANNOUNCE) expect(transmission).toContain(url);

  const aria2 = output("aria2c", "-S", path);
  expect(aria2).toContain(`Info Hash: ${torrent.infohash}`);
  expect(aria2).toContain(`Piece Length: ${torrent.pieceLength / KiB}KiB`);
  expect(aria2).toContain(`(${torrent.totalBytes.toLocaleString("en")})`);
  const listed = [...aria2.matchAll(/^ *\d+\|\.\/release-1\/(.*)$/gm)].map((match) => match[1]);
  expect(listed).toEqual(torrent.files.map((file) => file.path));
  expect(torrent.files.map((file) => file.path)).toEqual([
    "content",
    "manifest.json",
    "sub.txt",
    "sub/empty",
    "sub/ünïcödé 🐦.txt",
    "zz/\uffee",
  ]);
});

test("aria2 finds every byte of ours in place", async () => {
  const folder = folderOf(FILES);
  const torrent = await createTorrent(folder, { name: folder.slice(folder.lastIndexOf("/") + 1) });
  writeFileSync(join(root, "check.torrent"), torrent.metainfo);
  const flags = [
    "--check-integrity=true",
    "--hash-check-only=true",
    "--enable-dht=false",
    "--listen-port=16881-16999",
  ];
  const text = output(
    "aria2c",
    ...flags,
    "--bt-hash-check-seed=false",
    "--seed-time=0",
    `--dir=${root}`,
    join(root, "check.torrent"),
  );
  expect(text).toMatch(/Verification finished successfully|\(OK\)/);
});

test("the same tree has the same infohash, whenever and in whatever order it was made", async () => {
  const first = folderOf(FILES);
  const second = folderOf(FILES, { reverse: true });
  utimesSync(join(second, "content"), 1, 1);
  const torrents = [
    await createTorrent(first, { name: "r", announce: ANNOUNCE }),
    await createTorrent(second, { name: "r", comment: "other" }),
  ];
  expect(torrents[1]?.infohash).toBe(torrents[0]?.infohash as string);
  expect((await createTorrent(first, { name: "r", private: false })).infohash).not.toBe(
    torrents[0]?.infohash,
  );
  expect(Buffer.from(torrents[0]?.metainfo ?? "").includes(root)).toBe(false);
});

test("what was made is what is parsed", async () => {
  const torrent = await createTorrent(folderOf(FILES), { name: "r", announce: ANNOUNCE });
  expect(parseTorrent(torrent.metainfo)).toEqual(torrent);
  expect(torrent.announce).toEqual(ANNOUNCE);
  expect(torrent.private).toBe(true);
  expect(torrent.totalBytes).toBe(torrent.files.reduce((sum, file) => sum + file.length, 0));
});

test("a single file is a torrent without a folder", async () => {
  const folder = folderOf({ "release.tar": noise(100 * KiB) });
  const torrent = await createTorrent(join(folder, "release.tar"), { pieceLength: 16 * KiB });
  expect([torrent.name, torrent.files]).toEqual([
    "release.tar",
    [{ path: "release.tar", length: 100 * KiB, offset: 0 }],
  ]);
  expect(torrent.pieceHashes.length / 20).toBe(7);
  expect(await verifyTorrent(torrent, join(folder, "release.tar"))).toEqual([]);
  expect(await verifyTorrent(torrent, folder)).toEqual([]);
  symlinkSync("release.tar", join(folder, "current"));
  expect(
    (await createTorrent(join(folder, "current"), { name: "release.tar", pieceLength: 16 * KiB })).infohash,
  ).toBe(torrent.infohash);
});

test("what no torrent can hold is refused", async () => {
  mkdirSync(join(root, "empty"), { recursive: true });
  expect(await code(createTorrent(join(root, "nothing")))).toBe("source");
  expect(await code(createTorrent(join(root, "empty")))).toBe("torrent");
  const linked = folderOf({ a: "a" });
  symlinkSync("a", join(linked, "b"));
  expect(await code(createTorrent(linked))).toBe("torrent");
  const folder = folderOf({ a: "a" });
  for (const options of [
    { name: "a/b" },
    { name: ".." },
    { name: "" },
    { pieceLength: 1000 },
    { pieceLength: 8192 },
  ]) {
    await expect(createTorrent(folder, options)).rejects.toBeInstanceOf(RangeError);
  }
});

test("a file that changes while it is hashed ends the making", async () => {
  for (const change of [
    (path: string) => appendFileSync(path, "x"),
    (path: string) => writeFileSync(path, "short"),
  ]) {
    const folder = folderOf({ a: noise(8 * MiB), b: "b" });
    let calls = 0;
    const onProgress = () => {
      if (calls++ === 0) change(join(folder, "a"));
    };
    expect(await code(createTorrent(folder, { onProgress }))).toBe("source");
  }
});

test("making and verifying stop when the signal is aborted", async () => {
  const folder = folderOf({ a: noise(8 * MiB) });
  const controller = new AbortController();
  const torrent = await createTorrent(folder);
  const { signal } = controller;
  const making = createTorrent(folder, { signal, onProgress: () => controller.abort(new Error("enough")) });
  await expect(making).rejects.toThrow("enough");
  await expect(verifyTorrent(torrent, folder, { signal })).rejects.toThrow("enough");
});

test("verifying names the pieces that are wrong, and their files", async () => {
  const folder = folderOf({ a: noise(100 * KiB), b: noise(40 * KiB), c: noise(2 * MiB), d: "", e: "end" });
  const torrent = await createTorrent(folder, { pieceLength: 16 * KiB });
  const pieces = torrent.pieceHashes.length / 20;
  const seen: boolean[] = [];
  expect(await verifyTorrent(torrent, folder, { onPiece: (index, good) => (seen[index] = good) })).toEqual(
    [],
  );
  expect(seen).toEqual(Array.from({ length: pieces }, () => true));

  writeFileSync(join(folder, "b"), noise(40 * KiB)); // bytes 100 to 140 KiB: pieces 6 to 8
  expect(await verifyTorrent(torrent, folder)).toEqual([6, 7, 8]);
  rmSync(join(folder, "b"));
  expect(await verifyTorrent(torrent, folder)).toEqual([6, 7, 8]);
  expect(filesOfPieces(torrent, [6])).toEqual(["a", "b"]);
  expect(filesOfPieces(torrent, [7])).toEqual(["b"]);
  expect(filesOfPieces(torrent, [pieces - 1])).toEqual(["c", "e"]);

  rmSync(join(folder, "e"));
  mkdirSync(join(folder, "e"));
  writeFileSync(join(folder, "c"), noise(MiB)); // shorter, and other bytes: all its pieces
  const bad = await verifyTorrent(torrent, folder);
  expect(bad).toEqual(Array.from({ length: pieces - 6 }, (_, index) => index + 6));
  rmSync(folder, { recursive: true });
  expect(await verifyTorrent(torrent, folder)).toHaveLength(pieces);
});

test("piece lengths give a swarm pieces to share, and stay powers of two", () => {
  for (const [bytes, expected] of [
    [1, 32 * KiB],
    [32 * MiB, 32 * KiB],
    [32 * MiB + 1, 64 * KiB],
    [64 * MiB, 64 * KiB],
    [1024 * MiB, 1024 * KiB],
    [10 * 1024 * MiB, 16 * MiB],
    [1024 * 1024 * MiB, 16 * MiB],
  ] as const) {
    expect(pieceLength(bytes)).toBe(expected);
  }
  expect(pieceLength(1024 * MiB, { maxPieces: 500 })).toBe(4 * MiB);
  for (const bad of [0, -1, 1.5, Number.NaN]) expect(() => pieceLength(bad)).toThrow(RangeError);
});

test("metainfo is hashed as it stands, in whatever order a client wrote it", () => {
  const info = "d4:name1:a6:lengthi1e12:piece lengthi16384e6:pieces20:aaaaaaaaaaaaaaaaaaaae"; // "length" after "name"
  const text = `d4:info${info}8:announce8:http://ae`;
  const torrent = parseTorrent(Buffer.from(text));
  expect(torrent.infohash).toBe(Bun.CryptoHasher.hash("sha1", info, "hex"));
  expect(Buffer.from(bencode.encode(bencode.decode(Buffer.from(info)) as never)).toString()).not.toBe(info);
});
