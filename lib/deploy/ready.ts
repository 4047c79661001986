// The last of a plan: what can be asked and found wanting before anything is begun or shown.
import { askSecret, hasTerminal } from "../ask.ts";
import { requireFiles } from "../ssh/open-files.ts";
import { unlockKeys } from "../ssh/passphrases.ts";
import type { Target } from "../ssh/types.ts";

/**
 * `hosts` with the encrypted keys they need opened: each passphrase is asked for once, on the terminal; without one
 * such keys are left to ssh-agent.
 * @throws OpsError `setting` when this process may not have as many files open, `auth` for wrong passphrases, `interrupted`
 */
export async function readyHosts<H extends { readonly target: Target | undefined }>(
  hosts: readonly H[],
  { signal }: { readonly signal?: AbortSignal | undefined } = {},
): Promise<readonly H[]> {
  const targets = hosts.flatMap(({ target }) => target ?? []);
  requireFiles(targets);
  const ask = (question: string) => (hasTerminal() ? askSecret(question, { signal }) : undefined);
  const unlocked = await unlockKeys(targets, { ask });
  if (unlocked.size === 0) return hosts;
  return hosts.map((host) =>
    host.target === undefined ? host : { ...host, target: { ...host.target, unlocked } },
  );
}
