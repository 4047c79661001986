// How long until the last host has it: our peers, other clients and plain copies on the same network of namespaces.
//   bun run bench:swarm --hosts 12 --size 48 --rate 50     (root, Linux)
import { script } from "../../../lib/script.ts";
import { benchmark } from "./benchmark.ts";
import { swarmOptions } from "./options.ts";

await script(async (signal) => benchmark(swarmOptions(Bun.argv.slice(2)), { signal }));
