import { expect, test } from "bun:test";
import fc from "fast-check";
import { table } from "../../lib/ui/table.ts";
import { clean, cleanLines, cut, firstFitting, fit, widthOf, wrap } from "../../lib/ui/text.ts";
import { lookFor, theme } from "../../lib/ui/theme.ts";

test.each([
  ["plain", "plain"],
  ["two\nlines\tand a tab", "two lines and a tab"],
  ["\u001b[31mred\u001b[0m", "red"],
  ["\u001b]0;a new window title\u0007text", "text"],
  ["back\b\b\bspace \u009b2Jclear", "backspace clear"],
  ["evil\u202Etxt.exe", "eviltxt.exe"],
  ["ünïcödé 主机", "ünïcödé 主机"],
])("%j is shown as %j", (text, shown) => {
  expect(clean(text)).toBe(shown);
});

test("lines of output keep their indentation and lose everything that moves the cursor", () => {
  expect(cleanLines("one\r\n  two\u001b[2J\n\tthree\rfour\n\n")).toEqual(["one", "  two", "  three", "four"]);
});

test.each([
  ["web1", 6, "web1  "],
  ["web1.example.net", 8, "web1.ex…"],
  ["主机一号", 6, "主机… "],
  ["主机", 4, "主机"],
  ["x", 0, ""],
])("%j in %p columns is %j", (text, width, fitted) => {
  expect(fit(text, width)).toBe(fitted);
  expect(widthOf(fitted)).toBe(width);
});

test("fitted text is exactly as wide as wanted", () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[a-z主机é]{0,30}$/), fc.integer({ min: 0, max: 40 }), (text, width) => {
      expect(widthOf(fit(clean(text), width))).toBe(width);
    }),
  );
});

test("numbers are aligned at the right", () => expect(fit("7 B", 6, "right")).toBe("   7 B"));

test("wrapped lines lose no words and are never too wide", () => {
  const words = fc.array(fc.stringMatching(/^[a-z主é]{1,30}$/), { minLength: 1, maxLength: 20 });
  fc.assert(
    fc.property(
      words,
      fc.integer({ min: 20, max: 60 }),
      fc.integer({ min: 0, max: 8 }),
      (list, width, indent) => {
        const text = list.join(" ");
        const lines = wrap(text, width, indent);
        for (const line of lines) expect(widthOf(line)).toBeLessThanOrEqual(width);
        expect(lines.join("").replaceAll(" ", "")).toBe(text.replaceAll(" ", ""));
      },
    ),
  );
});

test("a reason that is too long goes on below itself", () => {
  expect(wrap("0:12 ✗ web4: no space left on /srv/app", 24, 7)).toEqual([
    "0:12 ✗ web4: no space",
    "       left on /srv/app",
  ]);
});

test("the best text that fits is taken, the shortest is cut", () => {
  expect(firstFitting(["a long one", "short"], 7)).toBe("short");
  expect(firstFitting(["a long one", "short"], 4)).toBe("sho…");
  expect(cut("short", 0)).toBe("");
});

test("tables line up, whatever the script of the names", () => {
  interface Row {
    readonly name: string;
    readonly bytes: number;
  }
  const rows: Row[] = [
    { name: "web1", bytes: 7 },
    { name: "主机", bytes: 12345 },
  ];
  const columns = [
    { title: "host", value: (row: Row) => row.name },
    { title: "bytes", align: "right" as const, value: (row: Row) => String(row.bytes) },
  ];
  expect(table(rows, columns)).toBe("host  bytes\nweb1      7\n主机  12345\n");
  expect(table(rows, columns, { width: 8 })).toBe("host  b…\nweb1   …\n主机  1…\n");
  expect(table([], columns)).toBe("");
});

test.each([
  [{}, true, true, true],
  [{}, false, false, true],
  [{ NO_COLOR: "1" }, true, false, true],
  [{ NO_COLOR: "" }, true, true, true],
  [{ FORCE_COLOR: "1" }, false, true, true],
  [{ FORCE_COLOR: "0" }, false, false, true],
  [{ FORCE_COLOR: "1", NO_COLOR: "1" }, true, false, true],
  [{ TERM: "dumb" }, true, false, true],
  [{ TERM: "linux" }, true, true, false],
  [{ LANG: "en_US.UTF-8" }, true, true, true],
  [{ LANG: "de_DE.ISO-8859-1" }, true, true, false],
  [{ LANG: "C", LC_ALL: "C.utf8" }, true, true, true],
])("with %j on a terminal (%p): colours %p, unicode %p", (env, isTTY, color, unicode) => {
  expect(lookFor({ isTTY }, env)).toEqual({ color, unicode });
});

test("every status has a sign of its own, one column wide, in both character sets", () => {
  const statuses = [
    ...["waiting", "connecting", "connected", "ready", "fetching", "complete"],
    ...["prepared", "active", "ok", "failed", "unreachable", "skipped"],
  ] as const;
  for (const unicode of [true, false]) {
    const look = theme({ color: false, unicode });
    const signs = (statuses as readonly Parameters<typeof look.sign>[0][]).map((status) => look.sign(status));
    expect(new Set(signs).size).toBe(statuses.length);
    for (const sign of signs) expect(widthOf(sign)).toBe(1);
    const levels = Array.from({ length: 101 }, (_, percent) => look.sign("fetching", percent / 100));
    expect(new Set(levels).size).toBe(unicode ? 7 : 10);
  }
});
