// Swarm or SSH: pure choices, in tables.
import { describe, expect, test } from "bun:test";
import { chooseVia, type ViaCase } from "../../lib/deploy/choose-via.ts";
import { agreedVia } from "../../lib/deploy/via.ts";

const MB = 1e6;
const [SLOW, FAST, GIGABIT, BUSY] = [1.25 * MB, 12 * MB, 115 * MB, 80 * MB];

const situation = (
  megabytes: number,
  hosts: number,
  rate?: number,
  more: Partial<ViaCase> = {},
): ViaCase => ({
  ...{ payloadBytes: megabytes * MB, hosts, localHosts: 0, forks: 50, peerStartMs: 60 },
  uplink: rate === undefined ? undefined : { bytesPerSecond: rate, roundTripMs: 1, busy: rate === BUSY },
  ...more,
});

describe("the way by size, hosts and rate", () => {
  test.each([
    // One host: a swarm of two has nothing to share, unless SSH's own work is what holds it up.
    [1, 1, FAST, "ssh"],
    [50, 1, FAST, "ssh"],
    [50, 1, GIGABIT, "ssh"],
    [1000, 1, GIGABIT, "ssh"],
    [50, 1, BUSY, "swarm"],
    [1, 1, BUSY, "ssh"],
    // Few bytes: as many hosts as go down the link while a swarm starts.
    [1, 2, FAST, "ssh"],
    [1, 4, FAST, "swarm"],
    [1, 8, FAST, "swarm"],
    [1, 8, GIGABIT, "ssh"],
    [1, 100, GIGABIT, "swarm"],
    [0.01, 100, FAST, "ssh"],
    [0.01, 100, SLOW, "swarm"],
    [1, 2, SLOW, "swarm"],
    // Many bytes: always, from the second host on.
    [50, 2, FAST, "swarm"],
    [50, 8, FAST, "swarm"],
    [50, 2, GIGABIT, "swarm"],
    [50, 8, BUSY, "swarm"],
  ] as const)("%p MB to %p hosts at %p bytes/s: %s", (megabytes, hosts, rate, way) => {
    const choice = chooseVia(situation(megabytes, hosts, rate));
    expect(choice.way).toBe(way);
    expect(choice.reason).toStartWith(`by ${way}: `);
  });

  test("a machine whose peers start slowly waits with the swarm", () => {
    expect(chooseVia(situation(1, 4, FAST, { peerStartMs: 40 })).way).toBe("swarm");
    expect(chooseVia(situation(1, 4, FAST, { peerStartMs: 800 })).way).toBe("ssh");
  });

  test("hosts far away join late", () => {
    const uplink = { bytesPerSecond: FAST, roundTripMs: 60, busy: false };
    expect(chooseVia(situation(1, 4, FAST, { uplink })).way).toBe("ssh");
    expect(chooseVia(situation(50, 4, FAST, { uplink })).way).toBe("swarm");
  });

  test("behind a bastion or NAT SSH feeds the swarm as well: it takes a moment longer, and what SSH is worth", () => {
    expect(chooseVia(situation(50, 8, FAST, { distant: true })).way).toBe("swarm");
    expect(chooseVia(situation(1, 4, FAST)).way).toBe("swarm");
    const { way, reason } = chooseVia(situation(1, 4, FAST, { distant: true }));
    expect(way).toBe("ssh");
    expect(reason).toEndWith("so SSH may be the only way to the swarm as well");
    expect(chooseVia(situation(50, 1, BUSY, { distant: true })).way).toBe("ssh");
  });

  test("hosts that may send little are no help to each other", () => {
    expect(chooseVia(situation(50, 3, FAST, { maxUpload: 0.1 * MB })).way).toBe("ssh");
    expect(chooseVia(situation(50, 30, FAST, { maxUpload: 6 * MB })).way).toBe("swarm");
    // Each takes so little that all can be fed at once.
    expect(chooseVia(situation(50, 8, FAST, { maxDownload: MB })).way).toBe("ssh");
  });
});

test("what need not be measured, is not", () => {
  const sure = (megabytes: number, hosts: number) => chooseVia(situation(megabytes, hosts)).sure;
  expect([sure(1, 1), sure(0.001, 2), sure(500, 4), sure(50, 8), sure(100, 1000)]).toEqual([
    true,
    true,
    true,
    true,
    true,
  ]);
  expect([sure(1, 4), sure(5, 2), sure(200, 1)]).toEqual([false, false, false]);
});

test("hosts on this machine share no link", () => {
  const all = chooseVia(situation(50, 8, FAST, { localHosts: 8 }));
  expect(all).toMatchObject({ way: "ssh", sure: true, reason: expect.stringContaining("on this machine") });
  expect(chooseVia(situation(50, 8, FAST, { localHosts: 7 })).way).toBe("ssh");
  expect(chooseVia(situation(50, 8, FAST, { localHosts: 4 })).way).toBe("swarm");
});

test("the reason says how long both would take, what rate that is from, and where the crossover is", () => {
  expect(chooseVia(situation(50, 12, FAST)).reason).toBe(
    "by swarm: 47.7 MiB to 12 hosts about 4.9 s by swarm, 50 s over SSH (11.4 MiB/s measured); SSH is quicker for up to 1 host",
  );
  expect(chooseVia(situation(1, 1)).reason).toContain("MiB/s assumed)");
  expect(chooseVia(situation(0.0001, 3, GIGABIT, { forks: 1e6 })).reason).toEndWith(
    "SSH is quicker for 10000 hosts and more",
  );
  expect(chooseVia(situation(200, 3, BUSY)).reason).toEndWith("a swarm is quicker for any number of hosts");
});

describe("what hosts want", () => {
  const [web1, web2] = [
    { name: "web1", via: "ssh" },
    { name: "web2", via: "auto" },
  ] as const;

  test("a flag goes before vars, and hosts must agree", () => {
    expect(agreedVia([web1, web1], undefined)).toBe("ssh");
    expect(agreedVia([web1, web2], "swarm")).toBe("swarm");
    expect(() => agreedVia([web1, web2], undefined)).toThrow("ssh for web1 and auto for web2");
  });

  test("another word is refused", () => {
    expect(() => agreedVia([web1], "scp")).toThrow('auto, swarm or ssh, not "scp"');
  });
});
