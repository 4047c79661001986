import { expect, test } from "bun:test";
import fc from "fast-check";
import { HostMap } from "../../lib/swarm/host-map.ts";

test("is the Map that copying would have given, and leaves those before it alone", () => {
  const size = fc.integer({ min: 0, max: 200 });
  const steps = fc.array(fc.uniqueArray(fc.nat({ max: 199 }), { maxLength: 80 }), { maxLength: 6 });
  fc.assert(
    fc.property(size, steps, (count, changes) => {
      const names = Array.from({ length: count }, (_, at) => `web${at}`);
      const history = [
        { ours: HostMap.of(names.map((name): [string, number] => [name, 0])), plain: new Map() },
      ];
      history[0]?.ours.forEach((value, name) => {
        history[0]?.plain.set(name, value);
      });
      for (const change of changes) {
        const last = history.at(-1);
        if (last === undefined) return;
        const chosen = change.filter((at) => at < count).map((at) => `web${at}`);
        const plain = new Map(last.plain);
        for (const name of chosen) plain.set(name, plain.get(name) + 1);
        history.push({ ours: last.ours.changed(chosen, (value) => value + 1), plain });
      }
      for (const { ours, plain } of history) {
        expect([...ours]).toEqual([...plain]);
        expect([[...ours.keys()], [...ours.values()], ours.size]).toEqual([
          [...plain.keys()],
          [...plain.values()],
          plain.size,
        ]);
        for (const name of names) expect([ours.get(name), ours.has(name)]).toEqual([plain.get(name), true]);
      }
    }),
    { numRuns: 60 },
  );
});

test("knows only the hosts it began with", () => {
  const map = HostMap.of([["web1", 1]]);
  expect([map.get("web2"), map.has("web2")]).toEqual([undefined, false]);
  expect(() => map.changed(["web2"], (value) => value)).toThrow("web2");
  expect(HostMap.of(map)).toBe(map);
});
