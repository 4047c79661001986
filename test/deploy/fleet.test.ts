// A run's hosts as one: rows for failures, the exit code, events in order, and an end for everything.
import { describe, expect, test } from "bun:test";
import { OpsError } from "../../lib/errors.ts";
import type { FleetEvent } from "../../lib/swarm/events.ts";
import { type Fleet, startFleet } from "../../lib/swarm/fleet.ts";

const target = { via: "local", address: "127.0.0.1", port: 0, hostKeyChecking: "yes" } as const;
const names = ["web1", "web2", "web3"];

function fleetOf({ signal = new AbortController().signal, forks = 50 } = {}): Fleet {
  const hosts = names.map((name) => ({ name, group: "web", target: { ...target, name } }));
  return startFleet(hosts, { title: "test", signal, forks });
}

async function eventsOf(fleet: Fleet): Promise<FleetEvent[]> {
  const events: FleetEvent[] = [];
  for await (const event of fleet.events()) events.push(event);
  return events;
}

test("a failed host is a row, and the others go on", async () => {
  await using fleet = fleetOf();
  const lengths = await fleet.each(async ({ name }) => {
    if (name === "web2") throw new OpsError("disk-full", "no room", { hint: "make some" });
    return name.length;
  });
  expect([...lengths].map(([{ name }, length]) => [name, length])).toEqual([
    ["web1", 4],
    ["web3", 4],
  ]);
  expect(fleet.alive.map(({ name }) => name)).toEqual(["web1", "web3"]);
  expect(fleet.state.hosts.get("web2")).toMatchObject({
    status: "failed",
    error: { code: "disk-full", message: "no room", hint: "make some" },
  });
});

test("the first reason counts, and a host that is out stays out", async () => {
  await using fleet = fleetOf();
  const [first] = fleet.members;
  if (first === undefined) throw new Error("no members");
  fleet.fail(first, new OpsError("auth", "no key was accepted"));
  fleet.fail(first, new OpsError("remote", "its echo"));
  fleet.emit({ type: "status", host: "web1", status: "ready" });
  expect(fleet.state.hosts.get("web1")).toMatchObject({ status: "unreachable", error: { code: "auth" } });
});

test("a bug in one host's work ends the whole with its stack", async () => {
  await using fleet = fleetOf();
  const bug = new TypeError("undefined is not a function");
  const through: string[] = [];
  const work = fleet.each(async ({ name }) => {
    if (name === "web1") throw bug;
    through.push(name);
  });
  await expect(work).rejects.toBe(bug);
  expect(through).toEqual(["web2", "web3"]);
});

test("no more than `forks` hosts at a time", async () => {
  await using fleet = fleetOf({ forks: 2 });
  let [now, most] = [0, 0];
  await fleet.each(async () => {
    most = Math.max(most, ++now);
    await Bun.sleep(2);
    now--;
  });
  expect(most).toBe(2);
});

describe("exit codes are Ansible's", () => {
  const fail = (fleet: Fleet, ...codes: ("remote" | "unreachable")[]) => {
    for (const [index, code] of codes.entries()) {
      const member = fleet.members[index];
      if (member !== undefined) fleet.fail(member, new OpsError(code, code));
    }
  };
  const cases: readonly [string, number, (fleet: Fleet) => void][] = [
    ["all well", 0, () => {}],
    ["one failed", 2, (fleet) => fail(fleet, "remote")],
    ["one unreachable", 4, (fleet) => fail(fleet, "unreachable")],
    ["both", 4, (fleet) => fail(fleet, "remote", "unreachable")],
    ["all failed", 2, (fleet) => fail(fleet, "remote", "remote", "remote")],
    [
      "could not start",
      1,
      () => {
        throw new OpsError("port", "taken");
      },
    ],
    [
      "stopped because one failed",
      2,
      (fleet) => {
        fail(fleet, "remote");
        throw new OpsError("remote", "nothing was switched");
      },
    ],
    [
      "interrupted, whatever else",
      130,
      (fleet) => {
        fail(fleet, "unreachable");
        throw new OpsError("interrupted", "interrupted");
      },
    ],
  ];
  test.each(cases)("%s: %p", async (_, code, work) => {
    await using fleet = fleetOf();
    const telling = eventsOf(fleet);
    const exitCode = await fleet.run(async () => {
      work(fleet);
      return "done";
    });
    expect(exitCode).toBe(code);
    // Every host has an end, then comes the summary, and then nothing.
    const last = (await telling).at(-1);
    expect(last).toMatchObject({ type: "summary", summary: { exitCode: code } });
    for (const name of names)
      expect(["ok", "failed", "unreachable", "skipped"]).toContain(fleet.status(name));
  });
});

test("an interrupt ends what is being waited for, and hosts not through are skipped", async () => {
  const controller = new AbortController();
  await using fleet = fleetOf({ signal: controller.signal });
  const exitCode = await fleet.run(async () => {
    fleet.emit({ type: "status", host: "web1", status: "ok" });
    const waiting = fleet.each(
      ({ name }) =>
        new Promise<void>((_, reject) => {
          fleet.signal.addEventListener("abort", () => reject(new OpsError("remote", `${name} was cut off`)));
        }),
    );
    controller.abort(new OpsError("interrupted", "interrupted"));
    await waiting;
    return "not reached";
  });
  expect(exitCode).toBe(130);
  expect(names.map((name) => fleet.status(name))).toEqual(["ok", "skipped", "skipped"]);
});

test("phases are timed, also one that fails", async () => {
  await using fleet = fleetOf();
  await fleet.phase("connect", () => Bun.sleep(5));
  await fleet.run(() => fleet.phase("distribute", () => Promise.reject(new OpsError("remote", "no"))));
  const { seconds } = fleet.state.summary ?? {};
  expect(seconds?.connect).toBeGreaterThan(0);
  expect(fleet.state.phases.distribute?.endedAtMs).toBeNumber();
  expect(seconds?.activate).toBe(0);
});
