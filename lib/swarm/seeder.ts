// The control host's own peer: the same program as on the hosts, in a process of its own so that the screen stays quick.
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { bundlePeer } from "../peer/bundle.ts";
import { openPeer, type Peer } from "../peer/client.ts";
import { connect } from "../ssh/connect.ts";
import { temporaryFolder } from "../temporary.ts";

const HERE = { name: "seeder", via: "local", address: "127.0.0.1", port: 0, hostKeyChecking: "yes" } as const;

/** A peer on this machine; disposing ends it. */
export async function startSeeder(): Promise<Peer> {
  await using stack = new AsyncDisposableStack();
  const folder = await temporaryFolder("seeder");
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  const { code, name } = await bundlePeer();
  const path = join(folder, name);
  await Bun.write(path, code);
  const connection = stack.use(await connect(HERE));
  const peer = stack.use(await openPeer(await connection.start([process.execPath, path]), connection));
  const kept = stack.move();
  return { ...peer, [Symbol.asyncDispose]: () => kept.disposeAsync() };
}
