// Makes the one file that travels to hosts: the peer program with everything it imports.
import { join } from "node:path";

export interface PeerProgram {
  readonly code: Uint8Array;
  /** `peer-<first 16 hex digits of its SHA-256>.js`: another build has another name, so a cached one is never stale. */
  readonly name: string;
}

/**
 * Parts of torrent-stream that this peer never uses, with what stands for them. Discovery alone (DHT, trackers, WebRTC)
 * is half of all that would travel, and half of the time until the peer says hello.
 */
const ABSENT: Readonly<Record<string, string>> = {
  "torrent-discovery": `const { EventEmitter } = require("node:events");
    module.exports = () => Object.assign(new EventEmitter(), { setTorrent() {}, stop: (done) => done?.() });`,
  "fs-chunk-store": "module.exports = undefined;",
  "ip-set": "module.exports = () => ({ contains: () => false });",
  rimraf: "module.exports = undefined;",
  utp: "module.exports = undefined;",
};

let built: Promise<PeerProgram> | undefined;

/** The bundled peer, built once a run (about 0.2 s). */
export function bundlePeer(): Promise<PeerProgram> {
  built ??= build();
  return built;
}

async function build(): Promise<PeerProgram> {
  const { outputs } = await Bun.build({
    entrypoints: [join(import.meta.dir, "main.ts")],
    target: "bun",
    minify: { whitespace: true, syntax: true },
    plugins: [{ name: "absent", setup: leaveOut }],
  });
  const [output] = outputs;
  if (output === undefined) throw new Error("the peer's bundle is empty");
  const code = new Uint8Array(await output.arrayBuffer());
  const digest = new Bun.CryptoHasher("sha256").update(code).digest("hex");
  return { code, name: `peer-${digest.slice(0, 16)}.js` };
}

function leaveOut(build: Bun.PluginBuilder): void {
  const filter = new RegExp(`^(${Object.keys(ABSENT).join("|")})$`);
  build.onResolve({ filter }, ({ path }) => ({ path, namespace: "absent" }));
  build.onLoad({ filter, namespace: "absent" }, ({ path }) => ({
    contents: ABSENT[path] ?? "",
    loader: "js",
  }));
}
