import { expect, test } from "bun:test";
import { shortNames } from "../../lib/report/names.ts";

test.each([
  [
    ["web1.example.net", "web2.example.net"],
    ["web1", "web2"],
  ],
  [
    ["web1.eu.example.net", "web1.us.example.net"],
    ["web1.eu", "web1.us"],
  ],
  [
    ["web1.example.net", "web2.example.org"],
    ["web1.example.net", "web2.example.org"],
  ],
  [
    ["web1.example.net", "db"],
    ["web1.example.net", "db"],
  ],
  [
    ["192.0.2.1", "198.51.2.1"],
    ["192.0.2.1", "198.51.2.1"],
  ],
  [["web1.example.net"], ["web1.example.net"]],
  [[], []],
])("%j", (names, short) => {
  expect([...shortNames(names).values()]).toEqual(short);
});
