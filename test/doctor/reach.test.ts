import { expect, test } from "bun:test";
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseAnswer } from "../../lib/doctor/reach.ts";
import { temporaryFolder } from "../support/marker.ts";

test.each([
  ["reach 0 ", "open"],
  ["reach 124 ", "silence"],
  ["reach 143 Terminated", "silence"],
  [
    "reach 1 bash: connect: Connection refused bash: line 1: /dev/tcp/127.0.0.1/9: Connection refused",
    "refused",
  ],
  ["reach 1 bash: connect: Connection timed out", "silence"],
  ["reach 1 bash: connect: No route to host", { error: "No route to host" }],
  ["reach 127 ", { error: "exit code 127" }],
  ["reach no-bash", "no bash"],
] as const)("%j means %j", (line, answer) => {
  expect(parseAnswer(line)).toEqual(answer);
});

test("an address that swallows everything is told apart from a closed port", async () => {
  const folder = await temporaryFolder("reach");
  const inventory = join(folder, "hosts.yml");
  const vars = `{ansible_connection: local, rookery_source: ${import.meta.path}, rookery_deploy_to: "${folder}/{{ inventory_hostname }}", rookery_app: app}`;
  // At the other end of the pair nobody feels meant: packets are gone, as with a firewall that drops them.
  // And no route leads to the third.
  const hosts = "{near: {}, far: {rookery_address: 198.51.100.2}, nowhere: {rookery_address: 203.0.113.9}}";
  await writeFile(inventory, `all: {vars: ${vars}, hosts: ${hosts}}\n`);
  const script = join(import.meta.dir, "..", "..", "scripts", "doctor.ts");
  const network = [
    "ip link set lo up",
    "ip link add v0 type veth peer name v1",
    "ip addr add 198.51.100.1/24 dev v0",
    "ip link set v0 up",
    "ip link set v1 up",
    "ip neigh add 198.51.100.2 lladdr 02:00:00:00:00:02 dev v0",
  ].join("; ");
  const run = `${network}; exec "$@"`;
  const { exitCode, stdout } =
    await Bun.$`unshare --net sh -ec ${run} sh ${process.execPath} ${script} -i ${inventory} -v`
      .nothrow()
      .quiet();
  await rm(folder, { recursive: true });
  const reach = stdout
    .toString()
    .split("\n")
    .filter((line) => / reach /.test(line));
  expect(reach.map((line) => line.replace(/ {2,}/g, "  "))).toEqual([
    expect.stringMatching(/^ok {2}near {2}reach {2}it reaches this machine, and this machine reaches it/),
    expect.stringMatching(
      /^warn {2}near {2}reach {2}it does not reach far \(198.51.100.2 port 6881\): no answer in 3 s: filtered$/,
    ),
    expect.stringMatching(
      /^ok {2}far {2}reach {2}it reaches this machine; this machine does not reach it .*one way is enough$/,
    ),
    expect.stringMatching(
      /^warn {2}far {2}reach {2}it does not reach nowhere \(203.0.113.9 port 6881\): Network is unreachable$/,
    ),
    expect.stringMatching(
      /^ok {2}nowhere {2}reach {2}it reaches this machine; this machine does not reach it .*\(Network is unreachable\): one way is enough$/,
    ),
    expect.stringMatching(/^ok {2}nowhere {2}reach {2}it reaches near/),
  ]);
  expect(exitCode).toBe(0);
}, 20_000);
