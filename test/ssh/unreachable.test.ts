// What is said of hosts that aren't there, on a network of the test's own.
import { expect, test } from "bun:test";
import { join } from "node:path";
import { $ } from "bun";

test("a host that is down is not one that refuses", async () => {
  const script = join(import.meta.dir, "..", "..", "scripts", "run.ts");
  const network = [
    "ip link set lo up",
    "ip link add v0 type veth peer name v1",
    "ip addr add 198.51.100.1/24 dev v0",
    "ip link set v0 up",
    "ip link set v1 up",
  ].join("; ");
  const run = `${network}; exec "$@"`;
  const words = [process.execPath, script, "-i", "198.51.100.2,198.51.100.1,", "--", "true"];
  const { exitCode, stderr } = await $`unshare --net sh -ec ${run} sh ${words}`.nothrow().quiet();
  expect(stderr.toString()).toContain("no host answers at 198.51.100.2:22");
  expect(stderr.toString()).toContain("198.51.100.1:22 refused the connection");
  expect(exitCode).toBe(4);
}, 20_000);
