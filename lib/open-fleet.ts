// A fleet in one line, for scripts that run commands on hosts.
import { type FleetFlags, fleetConfig } from "./config.ts";
import { groupOf } from "./deploy/hosts.ts";
import { readyHosts } from "./deploy/ready.ts";
import { OpsError } from "./errors.ts";
import type { RecordedRun } from "./history/keep-record.ts";
import type { Host, Inventory } from "./inventory/types.ts";
import { FLEET_FLAGS, type Flag, type OwnUsage, type Parsed, parseOptions, type Usage } from "./options.ts";
import { record, watch } from "./script.ts";
import { targetOf } from "./ssh/target.ts";
import { Fleet, type FleetHost, type Member } from "./swarm/fleet.ts";

/** A host of an opened fleet: its `$` and what the inventory says of it. */
export interface ScriptHost extends FleetHost {
  /** Names of its groups, as the inventory has them. */
  readonly groups: readonly string[];
  /**
   * An inventory var of this host, its Jinja rendered; undefined where it isn't set.
   * @throws OpsError `setting` when it can't be rendered
   */
  value(name: string): unknown;
}

/** What a fleet may be opened with: everything the flags of the same names say, and more. */
export interface OpenFleetOptions {
  /** An Ansible pattern, `"web:&eu"`; all hosts otherwise. */
  readonly pattern?: string | undefined;
  readonly limit?: string | undefined;
  /** Over the inventory's: `["version=1.4", "@vars.yml"]`. */
  readonly extraVars?: readonly string[] | undefined;
  /** Hosts worked on at a time. */
  readonly forks?: number | undefined;
  /** Commands run as another user, by sudo or as the inventory says. */
  readonly become?: boolean | undefined;
  readonly becomeUser?: string | undefined;
  /** What the screen calls it; the inventory's name otherwise. */
  readonly title?: string | undefined;
  /** Only troubles are shown, for scripts that print results of their own. */
  readonly quiet?: boolean | undefined;
  /** One JSON object a line instead of text. */
  readonly json?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** How a fleet is called and shown. */
export interface ShowFleetOptions {
  /** What the screen calls it: app and source otherwise. */
  readonly title?: string | undefined;
  readonly signal: AbortSignal;
  readonly json?: boolean;
  readonly verbose?: boolean;
  /** Only troubles are shown, for scripts that print results of their own. */
  readonly quiet?: boolean | undefined;
}

interface Plan<H> {
  readonly hosts: readonly H[];
  readonly forks: number;
  readonly app?: string;
  readonly source?: string | undefined;
}
/** A run that is written down, as those of deploy.ts are; `plan` has the rest. */
type Kept = Pick<RecordedRun, "kind" | "check" | "report" | "metrics">;

/** A fleet that is shown, and where it is asked for written down, while it lives. */
class ShownFleet<H extends FleetHost> extends Fleet<H> {
  readonly #shown: AsyncDisposable;
  readonly #record: AsyncDisposable | undefined;

  constructor({ hosts, forks, app, source }: Plan<H>, options: ShowFleetOptions, run?: RecordedRun) {
    const { signal, json = false, verbose = false, quiet = false } = options;
    const named = source === undefined ? (app ?? "hosts") : `${app} from ${source}`;
    super(hosts, { title: options.title ?? named, forks, signal });
    this.#record = run === undefined ? undefined : record(this, { ...run, json });
    this.#shown = watch(this, { json, verbose, quiet });
  }

  override async [Symbol.asyncDispose](): Promise<void> {
    await super[Symbol.asyncDispose]();
    await this.#shown[Symbol.asyncDispose]();
    await this.#record?.[Symbol.asyncDispose]();
  }
}

/**
 * The hosts of a plan as a fleet, shown while it lives: a screen on a terminal, else lines, with `json` objects. With a
 * `kind` the run goes into the history, and into the report and metrics that flags ask for.
 *
 * @example
 * const plan = await planDeploy(options, { signal });
 * await using fleet = fleetFor(plan, { ...options, kind: "deploy", signal });
 */
export function fleetFor<H extends FleetHost>(
  plan: Plan<H> & Omit<RecordedRun, keyof Kept>,
  options: ShowFleetOptions & Kept,
): Fleet<H>;
export function fleetFor<H extends FleetHost>(
  plan: Plan<H>,
  options: ShowFleetOptions & { readonly kind?: undefined },
): Fleet<H>;
export function fleetFor<H extends FleetHost>(
  plan: Plan<H>,
  options: ShowFleetOptions & { readonly kind?: RecordedRun["kind"] | undefined },
): Fleet<H> {
  const run = options.kind === undefined ? undefined : ({ ...options, ...plan } as unknown as RecordedRun);
  return new ShownFleet(plan, options, run);
}

/** A fleet that is shown while it lives, and knows its inventory. */
export class ScriptFleet extends ShownFleet<ScriptHost> {
  readonly inventory: Inventory;

  constructor(inventory: Inventory, plan: Plan<ScriptHost>, options: ShowFleetOptions) {
    super(plan, options);
    this.inventory = inventory;
  }

  /**
   * The member of that name.
   * @throws OpsError `pattern` when it has none
   */
  host(name: string): Member<ScriptHost> {
    const found = this.members.find((member) => member.name === name);
    if (found !== undefined) return found;
    throw new OpsError("pattern", `no host of this fleet is called ${name}`, {
      hint: `it has ${this.members.map((member) => member.name).join(", ")}`,
    });
  }

  /**
   * The members that also match an Ansible pattern, in inventory order: `fleet.match("web:!web9")`.
   * @throws OpsError `pattern`
   */
  match(pattern: string): readonly Member<ScriptHost>[] {
    const names = new Set(this.inventory.match(pattern).map(({ name }) => name));
    return this.members.filter(({ name }) => names.has(name));
  }
}

/**
 * Options of a script with hosts: every flag of ours (`-i`, `-l`, `-e`, `-f`, `-b`, …), those of `flags`, and `--help`,
 * which begins with `example`.
 * @throws OpsError `usage`
 *
 * @example
 * const options = fleetOptions(Bun.argv.slice(2), {
 *   example: "bun scripts/restart.ts prod web --unit shop",
 *   about: "Restarts a unit on every matching host.",
 *   flags: { unit: { type: "text", value: "UNIT", help: "what is restarted" } },
 * });
 */
export function fleetOptions<const Own extends Record<string, Flag> = Record<never, Flag>>(
  argv: readonly string[],
  own: OwnUsage<Own> & Pick<Usage<Own>, "example" | "about">,
): Parsed<typeof FLEET_FLAGS & Own> {
  const flags = { ...FLEET_FLAGS, ...own.flags } as typeof FLEET_FLAGS & Own;
  return parseOptions(argv, { words: "INVENTORY [PATTERN]", maxWords: 2, ...own, flags });
}

/**
 * The hosts of an inventory as a fleet whose `$` runs commands on them, shown while it does. Nothing is connected before
 * the first command needs it. `what` is the inventory's name or path, or what `fleetOptions` made of a command line.
 * @throws OpsError `usage`, `inventory`, `pattern` or `setting`
 *
 * @example
 * await script(async (signal) => {
 *   await using fleet = await openFleet("prod", { pattern: "web", signal });
 *   const { failed } = await fleet.$`systemctl restart ${"shop"}`;
 *   return failed.length === 0 ? 0 : 2;
 * });
 */
export async function openFleet(
  what: string | FleetFlags,
  { pattern, title, quiet, signal = new AbortController().signal, ...wishes }: OpenFleetOptions = {},
): Promise<ScriptFleet> {
  const flags =
    typeof what === "string" ? { ...fleetOptions([], { example: "", about: "" }), words: [what] } : what;
  const named = flags.inventory.length > 0 ? [] : flags.words.slice(0, 1);
  const given = Object.fromEntries(Object.entries(wishes).filter(([, value]) => value !== undefined));
  const words = pattern === undefined ? flags.words.slice(0, named.length + 1) : [...named, pattern];
  const asked = { ...flags, ...given, words };
  const { inventory, hosts, forks } = await fleetConfig(asked, { signal });
  const members = hosts.map((host) => scriptHost(inventory, host));
  const plan = { hosts: await readyHosts(members, { signal }), forks };
  const { json, verbose } = asked;
  return new ScriptFleet(inventory, plan, { title: title ?? words.join(" "), signal, json, verbose, quiet });
}

function scriptHost(inventory: Inventory, host: Host): ScriptHost {
  return {
    name: host.name,
    group: groupOf(host),
    groups: host.groups,
    target: targetOf(inventory, host),
    value: (name) => inventory.value(host, name),
  };
}
