// The journals that hosts keep themselves, read over SSH.
import { OpsError } from "../errors.ts";
import { type JournalEntry, journalFiles, parseJournal } from "../release/journal.ts";
import { layoutOf } from "../release/layout.ts";
import type { Fleet, FleetHost } from "../swarm/fleet.ts";

/** A line of a host's journal. */
export interface HostEntry extends JournalEntry {
  readonly host: string;
}

/** A host that keeps releases. */
export interface JournalHost extends FleetHost {
  readonly settings: { readonly deployTo: string };
}

/** Prints the last `$1` lines of the files that are there. What else stands on stderr is a login's own noise. */
const TAIL = [
  "n=$1; shift",
  'for f; do if [ -f "$f" ] && ! [ -r "$f" ]; then echo "$f: Permission denied" >&2; exit 1; fi; done',
  'for f; do [ ! -f "$f" ] || cat -- "$f"; done | tail -n "$n"',
].join("\n");

/**
 * The newest `last` entries of each host's journal, of all hosts that are connected, oldest first by the hosts' clocks.
 * A host whose journal can't be read is a failed row; one that has none says nothing.
 */
export async function readJournals<H extends JournalHost>(
  fleet: Fleet<H>,
  { last = 100 }: { readonly last?: number | undefined } = {},
): Promise<HostEntry[]> {
  const { signal } = fleet;
  const found = await fleet.each(async ({ name, connection, settings }) => {
    if (connection === undefined) return [];
    const files = journalFiles(layoutOf(settings.deployTo));
    const argv = ["sh", "-c", TAIL, "sh", `${last}`, ...files];
    const { stdout, stderr, exitCode } = await connection.run(argv, { signal, timeoutMs: 30_000 });
    if (exitCode !== 0)
      throw new OpsError("remote", `can't read its journal: ${stderr.trim() || `exit code ${exitCode}`}`, {
        host: name,
        hint: "let the login user read it, or set ansible_become",
      });
    return parseJournal(stdout).map((entry) => ({ ...entry, host: name }));
  });
  return [...found.values()].flat().sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
}

/** Who put a host's current release there, and when: host → the newest such entry about its `current`. */
export function deployedBy<H extends JournalHost>(
  fleet: Fleet<H>,
  entries: readonly HostEntry[],
): ReadonlyMap<string, HostEntry> {
  const current = new Map(fleet.members.map(({ name, survey }) => [name, survey?.report?.current]));
  const telling = entries.filter(
    ({ host, event, release, outcome }) =>
      outcome === "ok" &&
      (event === "deployed" || event === "rolled back") &&
      release !== undefined &&
      release === current.get(host),
  );
  return new Map(telling.map((entry) => [entry.host, entry]));
}
