import { startThousand } from "./test/support/thousand/start.ts";
import { readdirSync, readFileSync } from "node:fs";
const n = Number(Bun.argv[2] ?? 1000);
await using fleet = await startThousand({ hosts: n });
const cpu = (pid: number) => { const f = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]!.split(" "); return [11,12,13,14].map((i) => Number(f[i]) * 10); };
const go = async (extra: string[], bunFlags: string[] = []) => {
  const before = fleet.pids.map(cpu);
  const t = performance.now();
  const r = Bun.spawn([process.execPath, ...bunFlags, "scripts/run.ts", "-i", fleet.inventory, "all", ...extra, "--", "true"], { stdout: Bun.file("/tmp/w/prof/out.txt"), stderr: "inherit", env: { ...process.env, HOME: fleet.root } });
  let th: Record<string, number> = {}; const tick = setInterval(() => { try { th = {}; for (const d of readdirSync(`/proc/${r.pid}/task`)) { const t = readFileSync(`/proc/${r.pid}/task/${d}/stat`, "utf8"); const nm = t.slice(t.indexOf("(") + 1, t.lastIndexOf(")")); const f = t.slice(t.lastIndexOf(")") + 2).split(" "); th[nm] = (th[nm] ?? 0) + (Number(f[11]) + Number(f[12])) * 10; } } catch {} }, 200);
  let out = ''; const code = await r.exited; clearInterval(tick); console.log(JSON.stringify(th)); out = await Bun.file('/tmp/w/prof/out.txt').text(); const u = r.resourceUsage()!;
  const after = fleet.pids.map(cpu);
  const s = [0,1,2,3].map((i) => after.reduce((a, x, k) => a + x[i]! - before[k]![i]!, 0));
  console.log(`${n} ${extra} exit ${code} lines ${out.split("\n").length} wall ${(performance.now() - t).toFixed(0)} ms; client cpu ${(Number(u.cpuTime.total) / 1000).toFixed(0)} ms (user ${Number(u.cpuTime.user)/1000|0}), rss ${(u.maxRSS / 2 ** 20).toFixed(0)} MiB; servers u ${s[0]} s ${s[1]} children u ${s[2]} s ${s[3]} ms`);
};
for (let i = 0; i < Number(Bun.argv[3] ?? 3); i++) await go([]);
if (Bun.argv[4]) await go([], Bun.argv.slice(4));
