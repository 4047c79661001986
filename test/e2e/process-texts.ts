// What anybody on this machine may read of every process.
import { readdirSync, readFileSync } from "node:fs";

/** Command line and environment of everything that runs on this machine. */
export function* processTexts(): Generator<{ readonly name: string; readonly text: string }> {
  for (const pid of readdirSync("/proc")) {
    if (!/^\d+$/.test(pid)) continue;
    for (const part of ["cmdline", "environ"]) {
      try {
        const text = readFileSync(`/proc/${pid}/${part}`, "utf8");
        yield { name: `${part} of ${text.split("\0").slice(0, 3).join(" ").slice(0, 80)}`, text };
      } catch {
        // It ended, or is the kernel's.
      }
    }
  }
}
