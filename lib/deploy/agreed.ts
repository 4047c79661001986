// What must be the same on all hosts of a deploy, for one torrent goes to all of them.
import { OpsError } from "../errors.ts";
import type { HostSettings } from "../settings.ts";

interface HostWish {
  readonly name: string;
  readonly settings: HostSettings;
}

/** @throws OpsError `setting` naming what hosts want where they differ; `pattern` when there are none */
export function agreed(hosts: readonly HostWish[]): {
  app: string;
  source: string;
  exclude: readonly string[];
} {
  const kinds = Map.groupBy(hosts, ({ settings: { app, source, exclude } }) =>
    JSON.stringify({ app, source, exclude }),
  );
  const [first] = hosts;
  if (first === undefined) throw new OpsError("pattern", "no host to deploy to");
  if (kinds.size > 1) {
    const parts = [...kinds.values()].map((members) => {
      const { app, source } = members[0]?.settings ?? {};
      return `${app} from ${source} (${members
        .map(({ name }) => name)
        .slice(0, 3)
        .join(", ")}${members.length > 3 ? ` and ${members.length - 3} more` : ""})`;
    });
    throw new OpsError("setting", `these hosts want different releases: ${parts.join("; ")}`, {
      hint: "deploy one app at a time: give a pattern or --limit that names its hosts",
    });
  }
  return first.settings;
}
