// How long a deploy takes to hosts that only SSH through a bastion leads to, as multiples of F/u (the payload's bits over
// the control host's rate): fed over SSH and passed on, each fed over SSH, and the same hosts without the bastion.
//   bun test/bench/bastion.ts [HOSTS] [MiB] [Mbit/s] [ROUNDS] [WAY]      (root, Linux; WAY is fed, ssh or open)
import { randomBytes } from "node:crypto";
import { rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { startBastionFleet } from "../support/bastion.ts";

const [hosts = 6, mebibytes = 48, megabits = 50, rounds = 3] = Bun.argv.slice(2, 6).map(Number);
const only = Bun.argv[6];
const bytes = mebibytes * 1024 * 1024;
const limit = (bytes * 8) / (megabits * 1e6);
console.log(`${hosts} hosts, ${mebibytes} MiB, ${megabits} Mbit/s each way: F/u = ${limit.toFixed(2)} s`);
const ways = [
  { way: "fed", name: "fed over SSH", open: false, via: "swarm" },
  { way: "ssh", name: "--via ssh", open: false, via: "ssh" },
  { way: "open", name: "no bastion", open: true, via: "swarm" },
] as const;
for (const { name, open, via } of ways.filter(({ way }) => only === undefined || way === only)) {
  await using fleet = await startBastionFleet({ hosts, rate: megabits * 1e6, open, stray: "dropped" });
  // The first puts the peer program there.
  await writeFile(join(fleet.source, "payload.bin"), "small");
  await fleet.run("deploy", ["--via", via]);
  for (let round = 0; round < rounds; round++) {
    await writeFile(join(fleet.source, "payload.bin"), randomBytes(bytes));
    const before = await fleet.sentBytes();
    const { events, exitCode } = await fleet.run("deploy", ["--via", via, "-v"]);
    const copies = ((await fleet.sentBytes()) - before) / bytes;
    const seconds = events.find((event) => event.type === "summary")?.seconds.distribute ?? Number.NaN;
    console.log(
      `${name}: exit ${exitCode}, ${seconds.toFixed(2)} s = ${(seconds / limit).toFixed(2)} F/u, ${copies.toFixed(2)} copies sent`,
    );
  }
  for (const host of fleet.names) await rm(dirname(fleet.place(host, "x")), { recursive: true, force: true });
}
