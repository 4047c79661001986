// The control host of the benchmark, run inside its namespace: bun child.ts INVENTORY COUNT WAY.
import { connectAll, loadInventory, startFleet, targetOf } from "../../../lib/index.ts";
import { bootstrapAll } from "../../../lib/swarm/bootstrap.ts";
import { runtimeFor, runtimesFolder } from "../../../lib/swarm/runtime.ts";
import { packRuntime } from "../../../lib/warm/pack.ts";

const [inventory = "", count = "1", way = "spread"] = Bun.argv.slice(2);
const { hosts } = await loadInventory([inventory]).then((loaded) => ({
  hosts: loaded
    .match("all")
    .map((host) => ({ name: host.name, group: "web", target: targetOf(loaded, host) })),
}));
const { signal } = new AbortController();
const chosen = hosts.slice(0, Number(count));
await using fleet = startFleet(chosen, { title: "cold", forks: chosen.length, signal });
await connectAll(fleet);
const [first] = fleet.alive;
if (first?.survey === undefined) throw new Error("no host is connected");
// What takes two seconds once a version of Bun is no part of what is measured.
const runtime = await runtimeFor(first.survey.platform);
const packed = await packRuntime(runtime, { folder: runtimesFolder() });
console.log(JSON.stringify({ event: "begin" }));
const begunMs = performance.now();
if (way === "spread") await bootstrapAll(fleet);
else {
  const unpacked = { bytes: runtime.bytes, sha256: runtime.sha256 };
  await fleet.each(async ({ connection, survey }) => {
    const path = `${survey?.cache}/${runtime.name}`;
    if (way === "packed") await connection?.upload({ path: packed.path }, path, { mode: 0o700, unpacked });
    else await connection?.upload({ path: runtime.path }, path, { mode: 0o700 });
  });
}
const ms = performance.now() - begunMs;
for (const { name } of fleet.members) {
  const error = fleet.state.hosts.get(name)?.error;
  if (error !== undefined) throw new Error(`${name}: ${error.message}`);
}
console.log(
  JSON.stringify({ event: "end", ms, name: runtime.name, bytes: runtime.bytes, packedBytes: packed.bytes }),
);
process.exit(0);
