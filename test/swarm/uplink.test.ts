// The rate of the link, as a shell and as a peer at the other end answer for it.
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { readdir } from "node:fs/promises";
import { bootstrapAll, startPeers } from "../../lib/swarm/bootstrap.ts";
import { connectAll } from "../../lib/swarm/connect.ts";
import { startFleet as hostsOf } from "../../lib/swarm/fleet.ts";
import { measureUplink } from "../../lib/swarm/uplink.ts";
import { type Fleet, startFleet } from "../support/fleet.ts";

setDefaultTimeout(30_000);

let servers: Fleet;
beforeAll(async () => {
  servers = await startFleet({ hosts: 2 });
});
afterAll(() => servers[Symbol.asyncDispose]());

function fleetOf() {
  const hosts = servers.names.map((name) => ({ name, group: "web", target: servers.target(name) }));
  return hostsOf(hosts, { title: "", signal: new AbortController().signal });
}

test("a shell answers, and nothing is left on the host", async () => {
  await using fleet = fleetOf();
  await connectAll(fleet);
  const { bytesPerSecond = 0, roundTripMs = -1 } = (await measureUplink(fleet, fleet.members)) ?? {};
  expect(bytesPerSecond).toBeGreaterThan(1e6);
  expect(roundTripMs).toBeGreaterThan(0);
  for (const name of servers.names) {
    expect(await readdir(servers.home(name))).toEqual([]);
    expect(await readdir(servers.folder(name))).toEqual([]);
  }
});

test("a peer answers; one host that died is left out, and two are no answer", async () => {
  await using fleet = fleetOf();
  await connectAll(fleet);
  await bootstrapAll(fleet);
  await startPeers(fleet);
  expect((await measureUplink(fleet, fleet.members))?.bytesPerSecond).toBeGreaterThan(1e6);
  await servers.kill("web1");
  expect((await measureUplink(fleet, fleet.members))?.bytesPerSecond).toBeGreaterThan(1e6);
  await servers.kill("web2");
  expect(await measureUplink(fleet, fleet.members)).toBeUndefined();
  expect(await measureUplink(fleet, [])).toBeUndefined();
});
