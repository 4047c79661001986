// What went wrong in a template, as an operator is told: var, host, file, and the vars on the way there.

import { OpsError } from "../errors.ts";
import { TemplateError, UndefinedError } from "./results.ts";
import { similar } from "./trouble.ts";
import type { Host } from "./types.ts";

export interface Asked {
  readonly host: Host;
  readonly name: string;
  /** ` (group_vars/web.yml)`, or nothing. */
  readonly from: string;
  /** Vars the host has, one of which may have been meant. */
  readonly names: readonly string[];
}

/** OpsError `setting` for trouble in a template; any other error as it is. */
export function explained(error: unknown, { host, name, from, names }: Asked): unknown {
  if (!(error instanceof UndefinedError || error instanceof TemplateError)) return error;
  const missing = error instanceof UndefinedError ? error.path : undefined;
  const links = error.links.map((link) => {
    const [owner, path = ""] = link.split("\0");
    return owner === host.name ? path : `${path} of ${owner}`;
  });
  if (missing !== undefined) links.push(missing);
  // One step from the var to what is missing is what the message says anyway.
  const direct = links.length < 2 || (links.length === 2 && links[0] === name && missing !== undefined);
  const via = direct ? "" : ` (${links.join(" → ")})`;
  const message = `${name} of ${host.name}${from}: ${error.message}${via}`;
  if (missing === undefined) return new OpsError("setting", message, { host: host.name });
  const close = similar(missing, names);
  const meant = close.length > 0 ? `did you mean ${close.join(", ")}? ` : "";
  const [, other, theirs = ""] = /^hostvars\.(.+)\.([^.]+)$/.exec(missing) ?? [];
  const [wanted, owner, written] =
    other === undefined ? [missing, host.name, missing] : [theirs, other, `hostvars['${other}'].${theirs}`];
  return new OpsError("setting", message, {
    hint: `${meant}set ${wanted} for ${owner}, or give it a default: {{ ${written} | default('…') }}`,
    host: host.name,
  });
}
