// Plain lines when nothing happens any more.
import { afterEach, expect, jest, test } from "bun:test";
import { emptyState, reduce } from "../../lib/swarm/state.ts";
import { linesReporter } from "../../lib/ui/lines.ts";
import { theme } from "../../lib/ui/theme.ts";

afterEach(() => void jest.useRealTimers());

test("a host that hangs: its name is told, once, when all others are through", () => {
  const startMs = 1_000_000;
  jest.useFakeTimers({ now: startMs });
  const lines: string[] = [];
  const reporter = linesReporter({
    verbose: false,
    theme: theme({ color: false, unicode: true }),
    write: (line) => lines.push(line),
  });
  let state = emptyState(startMs);
  const tell = (event: Record<string, unknown>) => {
    state = reduce(state, { atMs: Date.now(), ...event } as never);
    reporter.event({ atMs: Date.now(), ...event } as never, state);
  };
  const hosts = ["web1", "web2"].map((host) => ({ host, group: "web" }));
  tell({ type: "plan", title: "shop", hosts });
  const torrent = { infohash: "0".repeat(40), release: "1", totalBytes: 100, pieces: 100, pieceLength: 1 };
  tell({ type: "torrent", ...torrent });
  tell({ type: "phase", phase: "distribute", state: "start" });
  for (const { host } of hosts) tell({ type: "status", host, status: "fetching" });
  const counts = { downloadedBytes: 0, uploadedBytes: 0, peers: 1 };
  const progress = hosts.map(({ host }, index) => ({ host, verified: index === 0 ? 100 : 23, ...counts }));
  tell({ type: "progress", hosts: progress, seederUploadedBytes: 0 });
  jest.advanceTimersByTime(1000);
  tell({ type: "status", host: "web1", status: "complete" });
  const before = lines.length;
  jest.advanceTimersByTime(60_000);
  expect(lines.slice(before)).toEqual([
    expect.stringMatching(/^\[0:06\] 61 %, 1 of 2 hosts complete,.* waiting for web2 \(23 %\)$/),
  ]);
  reporter.end(state);
});

test("hosts skipped because the whole run stops are no lines of their own", () => {
  const lines = (verbose: boolean) => {
    const said: string[] = [];
    const write = (line: string) => said.push(line);
    const reporter = linesReporter({ verbose, theme: theme({ color: false, unicode: true }), write });
    const error = { code: "source", message: "nothing to deploy" } as const;
    const event = { type: "failed", atMs: 1, host: "web1", status: "skipped", error } as const;
    reporter.event(event, emptyState(1));
    return said;
  };
  expect(lines(false)).toEqual([]);
  expect(lines(true)).toEqual(["[0:00] web1: skipped: nothing to deploy"]);
});
