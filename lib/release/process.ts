// A process as /proc/<pid>/stat has it.
import { readFile } from "node:fs/promises";
import { hasCode } from "./faults.ts";

export interface ProcessStatus {
  /** A zombie: it did end, but nobody has asked for its exit code. */
  readonly ended: boolean;
  readonly group: number;
  /** Clock ticks after boot at which it started (field 22); tells it from a later process of that number. */
  readonly startTicks: string;
}

/** undefined when there is no such process, or it is another user's and hidden. */
export async function readProcess(pid: number): Promise<ProcessStatus | undefined> {
  let text: string;
  try {
    text = await readFile(`/proc/${pid}/stat`, "utf8");
  } catch (error) {
    if (hasCode(error, "ENOENT", "ESRCH", "EACCES", "EPERM")) return undefined;
    throw error;
  }
  // The second field is the program's name in parentheses and may hold anything, so count from its end: state is field 3.
  const [state = "", , group, ...others] = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return { ended: "ZX".includes(state), group: Number(group), startTicks: others[16] ?? "" };
}
