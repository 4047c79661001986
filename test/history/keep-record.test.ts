// What a record holds of runs that end in another way than they should.
import { Database } from "bun:sqlite";
import { expect, test } from "bun:test";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { OpsError } from "../../lib/errors.ts";
import { keepRecord } from "../../lib/history/keep-record.ts";
import { openHistory } from "../../lib/history/open.ts";
import { startFleet } from "../../lib/swarm/fleet.ts";
import { temporaryFolder } from "../support/marker.ts";

const RUN = {
  kind: "deploy",
  app: "shop",
  environment: "prod",
  pattern: "all",
  owner: "ops@deploy1",
} as const;
const target = { name: "", via: "local", address: "", port: 22, hostKeyChecking: "yes" } as const;
const hosts = ["web1", "web2"].map((name) => ({ name, group: "web", target: { ...target, name } }));

/** A run of two hosts whose script is `main`; what the history and the operator were told of it. */
async function recorded(
  main: (fleet: ReturnType<typeof startFleet>, path: string) => Promise<unknown>,
  check = false,
) {
  const folder = await temporaryFolder("record");
  const path = join(folder, "history.db");
  const told: string[] = [];
  const say = (text: string) => void told.push(text);
  const act = async () => {
    await using fleet = startFleet(hosts, { title: "shop", signal: new AbortController().signal });
    await using _record = keepRecord(fleet, { ...RUN, check }, { path, warn: say, tell: say });
    await main(fleet, path);
  };
  await act().catch((error: Error) => told.push(`thrown: ${error.message}`));
  const runs = () => {
    using history = openHistory({ path });
    return history.runs();
  };
  const kept = told.some((text) => text.includes("can't be used")) ? [] : runs();
  await rm(folder, { recursive: true });
  return { runs: kept, told };
}

test("a run that a bug ended is remembered as that, and the bug is thrown on", async () => {
  const { runs, told } = await recorded(async (fleet) => {
    await fleet.run(async () => {
      fleet.emit({ type: "release", release: "one", infohash: "aa" });
      throw new Error("a bug");
    });
  });
  expect(told).toEqual(["thrown: a bug"]);
  expect(runs).toMatchObject([
    {
      release: "one",
      infohash: "aa",
      exitCode: 1,
      outcome: "stopped by a bug in Rookery",
      hosts: [{ status: "skipped" }, {}],
    },
  ]);
});

test("an interrupted run ends with 130, and says how far each host came", async () => {
  const { runs } = await recorded(async (fleet) => {
    await fleet.run(async () => {
      fleet.emit({ type: "status", host: "web1", status: "fetching" });
      throw new OpsError("interrupted", "interrupted");
    });
  });
  expect(runs).toMatchObject([
    { exitCode: 130, outcome: "interrupted", hosts: [{ status: "skipped", error: "interrupted" }, {}] },
  ]);
});

test("a run that only looks leaves nothing behind", async () => {
  const { runs } = await recorded((fleet) => fleet.run(async () => "checked"), true);
  expect(runs).toEqual([]);
});

test("a history that breaks half-way is told once, and the run goes on", async () => {
  let exitCode: unknown;
  const { told } = await recorded(async (fleet, path) => {
    exitCode = await fleet.run(async () => {
      using other = new Database(path);
      other.run("ALTER TABLE chosen RENAME TO lost");
      for (const release of ["one", "two"]) fleet.emit({ type: "release", release });
      return "well";
    });
  });
  expect(exitCode).toBe(0);
  expect(told[0]).toContain("history.db can't be used");
  expect(told.filter((text) => !text.startsWith("thrown"))).toHaveLength(1);
});
