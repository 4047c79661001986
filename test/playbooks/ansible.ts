// ansible-playbook as an operator starts it, and its recap.
import { dirname, join } from "node:path";

const PROJECT = join(import.meta.dir, "..", "..");
export const PLAYBOOKS = join(PROJECT, "playbooks");

export interface Played {
  readonly exitCode: number;
  /** Both streams. */
  readonly text: string;
  /** `changed=1 unreachable=0 failed=0` of each host. */
  readonly recap: Readonly<Record<string, string>>;
}

/** Runs a playbook of ours by its name, or any by its path. */
export async function play(
  playbook: string,
  inventory: string,
  {
    args = [],
    env = {},
    stdin,
  }: {
    readonly args?: readonly string[];
    readonly env?: Readonly<Record<string, string | undefined>>;
    readonly stdin?: string;
  } = {},
): Promise<Played> {
  const path = playbook.includes("/") ? playbook : join(PLAYBOOKS, playbook);
  const child = Bun.spawn(["ansible-playbook", "-i", inventory, path, ...args], {
    cwd: dirname(inventory), // no ansible.cfg of somebody's
    env: {
      ...process.env,
      ANSIBLE_NOCOLOR: "1",
      ANSIBLE_RETRY_FILES_ENABLED: "0",
      PYTHONDONTWRITEBYTECODE: "1",
      // One connection a task instead of four.
      ANSIBLE_PIPELINING: "1",
      PATH: `${dirname(process.execPath)}:${process.env.PATH}`,
      SSH_AUTH_SOCK: undefined,
      ...env,
    },
    stdin: stdin === undefined ? "ignore" : Buffer.from(stdin),
    stdout: "pipe",
    stderr: "pipe",
  });
  const [stdout, stderr] = await Promise.all([child.stdout.text(), child.stderr.text()]);
  const rows = stdout.matchAll(/^(\S+) +: ok=\d+ +(changed=\d+ +unreachable=\d+ +failed=\d+)/gm);
  const recap = Object.fromEntries([...rows].map(([, host, told = ""]) => [host, told.replace(/ +/g, " ")]));
  return { exitCode: await child.exited, text: stdout + stderr, recap };
}
