// Makes the one file that travels to hosts: the peer program with everything it imports.
import { join } from "node:path";

export interface PeerProgram {
  readonly code: Uint8Array;
  /** `peer-<first 16 hex digits of its SHA-256>.js`: another build has another name, so a cached one is never stale. */
  readonly name: string;
}

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
  });
  const [output] = outputs;
  if (output === undefined) throw new Error("the peer's bundle is empty");
  const code = new Uint8Array(await output.arrayBuffer());
  const digest = new Bun.CryptoHasher("sha256").update(code).digest("hex");
  return { code, name: `peer-${digest.slice(0, 16)}.js` };
}
