// One peer of plain torrent-stream: torrent-stream-peer.ts TORRENT FOLDER seed|fetch
import { readFile } from "node:fs/promises";
import { createInterface } from "node:readline";
import torrentStream from "torrent-stream";

/** Of its own interface, what lib/peer doesn't use and so doesn't declare. */
interface StockEngine {
  on(event: "ready" | "verify" | "idle", listener: () => void): void;
  listen(port: number, listening: () => void): void;
  connect(address: string): void;
  readonly files: readonly { select(): void }[];
}
type Stock = (metainfo: Buffer, options: object) => StockEngine;

const [torrentFile = "", folder = "", role] = Bun.argv.slice(2);
const PORT = 6881;
const engine = (torrentStream as unknown as Stock)(await readFile(torrentFile), {
  path: folder,
  connections: 1000,
  uploads: 1000,
  dht: false,
  tracker: false,
  // What is there is right, and on hosts there is nothing yet.
  verify: role === "seed",
});
const say = (line: string) => process.stdout.write(`${line}\n`);
if (role !== "seed") {
  engine.on("verify", () => say("piece"));
  engine.on("idle", () => say("done"));
}
engine.on("ready", () => {
  for (const file of engine.files) file.select();
  engine.listen(PORT, () => say(`ready ${PORT}`));
});
for await (const line of createInterface({ input: process.stdin }))
  for (const peer of line.split(" ").slice(1)) engine.connect(peer);
process.exit();
