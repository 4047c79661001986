// What a test must not leave behind: processes it started, however far they wandered off, ports still listening, and
// temporary folders.
import { readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { FOLDER_PREFIX, RUN_ID, RUN_VARIABLE } from "./marker.ts";
import { descendants, listeningPorts, listProcesses, type ProcessInfo } from "./processes.ts";

export interface Footprint {
  readonly pids: ReadonlySet<number>;
  readonly ports: ReadonlySet<string>;
  readonly folders: ReadonlySet<string>;
}

/** Less than bun's own limit for hooks (five seconds), so that the list is seen. */
const WITHIN_MS = 3000;

/** Our processes, the ports that they and this very process listen on, and this run's temporary folders, now. */
export function footprint(): Footprint {
  const processes = ownProcesses();
  const pids = new Set(processes.map(({ pid }) => pid));
  return { pids, ports: new Set([...pids, process.pid].flatMap(listeningPorts)), folders: ownFolders() };
}

/** What is there now and was not `before`, one line each; empty when all is clean. */
export function leftovers(before: Footprint): readonly string[] {
  const processes = ownProcesses().filter(({ pid }) => !before.pids.has(pid));
  const lines = processes.map(
    ({ pid, parent, command }) => `process ${pid} (of ${parent}): ${command.slice(0, 200)}`,
  );
  const pids = [process.pid, ...processes.map(({ pid }) => pid)];
  const ports = pids.flatMap((pid) => listeningPorts(pid).map((address) => ({ pid, address })));
  const fresh = ports.filter(({ address }) => !before.ports.has(address));
  const folders = [...ownFolders()].filter((name) => !before.folders.has(name));
  return [
    ...lines,
    ...folders.map((name) => `folder ${name} in ${tmpdir()}`),
    ...fresh.map(({ pid, address }) => `process ${pid} listens on ${address}`),
  ];
}

/**
 * For `afterAll`: waits until nothing is left that wasn't there `before`.
 * @throws Error listing what is left when `withinMs` have passed
 */
export async function expectNothingLeft(before: Footprint, { withinMs = WITHIN_MS } = {}): Promise<void> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    const lines = leftovers(before);
    if (lines.length === 0) return;
    if (performance.now() > deadline) throw new Error(`left behind:\n  ${lines.join("\n  ")}`);
    await Bun.sleep(50);
  }
}

function ownFolders(): ReadonlySet<string> {
  return new Set(readdirSync(tmpdir()).filter((name) => name.startsWith(FOLDER_PREFIX)));
}

/** Children of this process, and whatever carries our mark although it has found another parent. */
function ownProcesses(): readonly ProcessInfo[] {
  const processes = listProcesses();
  const family = new Set(descendants(process.pid, processes));
  const mark = `${RUN_VARIABLE}=${RUN_ID}`;
  return processes.filter((candidate) => {
    if (candidate.pid === process.pid) return false;
    if (family.has(candidate)) return true;
    const { environment, command, cwd } = candidate;
    return environment.includes(mark) || command.includes(FOLDER_PREFIX) || cwd.includes(FOLDER_PREFIX);
  });
}
