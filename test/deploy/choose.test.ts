// Which name the bytes get, which release a rollback goes to, how many hosts may fail: pure choices, in tables.
import { describe, expect, test } from "bun:test";
import { allowedFailures, parseAllowance } from "../../lib/deploy/allowance.ts";
import { chooseRelease } from "../../lib/deploy/choose.ts";
import { chooseRollback, previousGood } from "../../lib/deploy/rollback.ts";
import type { HostReport, ReleaseInfo } from "../../lib/release/types.ts";

const THIS = "a".repeat(64);
const OTHER = "b".repeat(64);

type Given = readonly [id: string, tree?: string | undefined, state?: ReleaseInfo["state"]];

function report(current: string | undefined, given: readonly Given[], previous?: string): HostReport {
  const releases = given.map(([id, tree, state = "good"]) => ({
    ...{ id, tree, state, revision: undefined, infohash: tree?.slice(0, 40) },
    activatedAt: state === "good" ? `2026-01-01T00:00:0${id.length}.000Z` : undefined,
  }));
  return { current, previous, releases, lock: undefined, freeBytes: 1, freeInodes: 1 };
}

const reports = (...hosts: HostReport[]) => new Map(hosts.map((host, index) => [`web${index + 1}`, host]));

describe("chooseRelease", () => {
  const now = new Date("2026-11-23T12:03:07.900Z");
  const choose = (hosts: Map<string, HostReport>, wanted?: string) => {
    const { id, running, holding } = chooseRelease(hosts, { tree: THIS, wanted, now });
    return [id, [...running], [...holding]];
  };

  test("new bytes are named by the clock, in UTC", () => {
    expect(choose(reports(report("old", [["old", OTHER]]), report(undefined, [])))).toEqual([
      "20261123120307",
      [],
      [],
    ]);
  });
  test("bytes that hosts hold keep the name most of them know", () => {
    const hosts = reports(report("x", [["x", THIS]]), report("y", [["y", THIS]]), report("y", [["y", THIS]]));
    expect(choose(hosts)).toEqual(["y", ["web2", "web3"], []]);
  });
  test("of names as many hosts know, the newest", () => {
    const hosts = reports(report("1", [["1", THIS]]), report("2", [["2", THIS]]));
    expect(choose(hosts)).toEqual(["2", ["web2"], []]);
  });
  test("a host that holds it and runs another only switches", () => {
    const hosts = reports(
      report("old", [
        ["old", OTHER],
        ["new", THIS, "unpacked"],
      ]),
      report("old", [["old", OTHER]]),
    );
    expect(choose(hosts)).toEqual(["new", [], ["web1"]]);
  });
  test("current and never good: its commands have failed, so they run again", () => {
    expect(choose(reports(report("new", [["new", THIS, "unpacked"]])))).toEqual(["new", [], ["web1"]]);
  });
  test("a name that was asked for wins, and is no other bytes' name", () => {
    const hosts = reports(report("mine", [["mine", OTHER]]), report("old", [["old", THIS]]));
    expect(choose(hosts, "mine")).toEqual(["mine", [], []]);
  });
});

describe("chooseRollback", () => {
  test("all go to what most of them ran before, and who lacks it is named", () => {
    const hosts = reports(
      report("c", [["a"], ["b"], ["c"]], "b"),
      report("c", [["a"], ["b"], ["c"]], "b"),
      report("c", [["a"], ["c"]], "a"),
    );
    const { id, running, lacking } = chooseRollback(hosts);
    expect([id, [...running], [...lacking]]).toEqual(["b", [], ["web3"]]);
  });
  test("who runs it already has nothing to do", () => {
    const hosts = reports(report("b", [["a"], ["b"]], "a"), report("a", [["a"], ["b"]], "b"));
    expect([...chooseRollback(hosts, "a").running]).toEqual(["web2"]);
  });
  test("nothing to go back to is an error, and so is a name nobody holds, with those there are", () => {
    expect(() => chooseRollback(reports(report("a", [["a"]])))).toThrow(
      "no host holds a good release besides",
    );
    const wrong = () => chooseRollback(reports(report("b", [["a"], ["b"]])), "z");
    expect(wrong).toThrow("no host holds release z");
    expect(wrong).toThrow(expect.objectContaining({ code: "release", hint: "they hold a" }));
  });
  test.each([
    ["what the host's record says", report("ccc", [["a"], ["bb"], ["ccc"]], "a"), "a"],
    ["else the one activated last", report("ccc", [["a"], ["bb"], ["ccc"]]), "bb"],
    ["never one that was never good", report("ccc", [["a"], ["bb", THIS, "unpacked"], ["ccc"]]), "a"],
    [
      "another tool's by name, if older",
      report("2025", [["2024", undefined, "foreign"], ["2026", undefined, "foreign"], ["2025"]]),
      "2024",
    ],
    ["nothing when there is nothing", report("a", [["a"]]), undefined],
  ])("the release before: %s", (_, host, wanted) => {
    expect(previousGood(host)).toBe(wanted);
  });
});

describe("--allow-failures", () => {
  test.each([
    [undefined, 8, 0],
    ["0", 8, 0],
    ["2", 8, 2],
    ["5%", 8, 0],
    ["25%", 8, 2],
    ["34%", 3, 1],
    ["100%", 3, 3],
    ["0%", 1000, 0],
  ])("%p of %p hosts is %p", (text, hosts, allowed) => {
    expect(allowedFailures(parseAllowance(text), hosts)).toBe(allowed);
  });
  test.each(["-1", "1.5", "101%", "some", "%", "", "5 %"])("%p is refused", (text) => {
    expect(() => parseAllowance(text)).toThrow(expect.objectContaining({ code: "usage" }));
  });
});
