import { expect, test } from "bun:test";
import {
  checkReleaseId,
  isReleaseId,
  layoutOf,
  newReleaseId,
  releasePath,
} from "../../lib/release/layout.ts";

test("release ids are Capistrano's: the UTC second", () => {
  expect(newReleaseId(new Date("2026-11-23T01:02:03.999+03:00"))).toBe("20261122220203");
});

test.each(["20261123010203", "v1.2.3", "a", "A_b-c.d", `a${"b".repeat(99)}`])("%p is a release id", (id) => {
  expect(isReleaseId(id)).toBe(true);
  checkReleaseId(id);
});

test.each(["", ".", "..", ".hidden", "-rf", "a/b", "a b", "a\n", "ü", "a\0", `a${"b".repeat(100)}`, "$(id)"])(
  "%p is none",
  (id) => {
    expect(isReleaseId(id)).toBe(false);
    expect(() => releasePath(layoutOf("/srv/app"), id)).toThrow("not a release id");
  },
);

test.each(["", "srv/app", "/", "//", "/..", "/srv/\0", "."])("%p is no place for releases", (deployTo) => {
  expect(() => layoutOf(deployTo)).toThrow("not a place for releases");
});

test("paths are Capistrano's, with one folder of ours", () => {
  const layout = layoutOf("/srv//app/");
  expect(layout.deployTo).toBe("/srv/app");
  expect([layout.releases, layout.shared, layout.current, layout.revisionsLog, layout.own]).toEqual([
    "/srv/app/releases",
    "/srv/app/shared",
    "/srv/app/current",
    "/srv/app/revisions.log",
    "/srv/app/.rookery",
  ]);
});
