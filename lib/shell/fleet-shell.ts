// `$` on many hosts: fleet.$`systemctl restart ${unit}`

import { OpsError } from "../errors.ts";
import { type BatchSize, batchesOf, parseSerial } from "../serial.ts";
import { limiter } from "../ssh/pool.ts";
import { commandText, type ShellValue } from "./command-text.ts";
import { type FleetOutput, fleetOutput, type HostOutput } from "./fleet-rows.ts";
import { CommandError } from "./output.ts";
import { Command, isTemplate, runText, type ShellHost, type ShellOptions } from "./remote-shell.ts";

/** How the commands of a fleet's `$` run, beside what a host's `$` may be told. */
export interface FleetShellOptions extends ShellOptions {
  /** Which hosts of the fleet; all that have not failed otherwise. */
  readonly members?: readonly { readonly name: string }[] | undefined;
  /** Hosts at a time; the fleet's `forks` otherwise. */
  readonly forks?: number | undefined;
  /**
   * Hosts in batches, as Ansible has them: `2`, `"30%"`, `"1,5,30%"`. A batch begins when the one before has ended; when all
   * hosts of one have failed, those after it are left as they are.
   */
  readonly serial?: number | string | undefined;
}

/** A value for all hosts, or what gives each host its own. */
export type FleetValue<M> = ShellValue | ((member: M) => ShellValue);

/**
 * zx's `$`, on all hosts of a fleet at once. A host where it fails is a row that says why, never the end of the others,
 * and takes no part in what comes after. A value may be a function of the host.
 *
 * @example
 * const { failed } = await fleet.$`nginx -t`;
 * await fleet.$({ forks: 5, timeout: "1m" })`ln -sfn ${({ name }) => `/srv/${name}`} /srv/here`;
 * for await (const { host, stdout } of fleet.$`uptime`.quiet()) console.log(host, stdout.trim());
 */
export interface FleetShell<M> {
  (pieces: TemplateStringsArray, ...values: readonly FleetValue<M>[]): FleetCommand;
  /** The same with other options. */
  (options: FleetShellOptions): FleetShell<M>;
}

/** What a fleet's `$` needs of the fleet. */
export interface ShellFleet<M> {
  /** The members that have not failed. */
  well(): readonly M[];
  /** The members of these names. */
  named(names: readonly string[]): readonly M[];
  readonly forks: number;
  readonly signal: AbortSignal;
  shellHost(member: M): ShellHost;
  /** The host is out, for that reason. */
  fail(member: M, error: OpsError): void;
  /** The host is left out, because of others. */
  skip(member: M, error: OpsError): void;
  /** Work on each, so many at a time; ends with an interrupt, or a bug. */
  each(members: readonly M[], limit: number, work: (member: M) => Promise<void>): Promise<void>;
}

type Run = (wishes: FleetShellOptions, onRow: (row: HostOutput) => void) => Promise<FleetOutput>;

/** A command that runs on many hosts: a promise of all their rows, or, with `for await`, each row as it comes. */
export class FleetCommand
  extends Command<FleetOutput, FleetShellOptions>
  implements AsyncIterable<HostOutput>
{
  readonly #rows: Rows;

  constructor(run: Run, options: FleetShellOptions = {}) {
    const rows = openRows();
    super((wishes) => run(wishes, rows.push), options);
    this.#rows = rows;
  }

  /** Each host's row as it comes. */
  async *[Symbol.asyncIterator](): AsyncIterator<HostOutput> {
    this.then(this.#rows.end, this.#rows.end);
    yield* this.#rows;
    await this;
  }
}

interface Rows extends AsyncIterable<HostOutput> {
  readonly push: (row: HostOutput) => void;
  readonly end: () => void;
}

/** Rows for as many readers as there are, each from the first row on. */
function openRows(): Rows {
  const rows: HostOutput[] = [];
  let ended = false;
  let news = Promise.withResolvers<void>();
  const tell = () => {
    news.resolve();
    news = Promise.withResolvers();
  };
  return {
    push: (row) => {
      rows.push(row);
      tell();
    },
    end: () => {
      ended = true;
      tell();
    },
    async *[Symbol.asyncIterator]() {
      for (let at = 0; ; at += 1) {
        while (at >= rows.length && !ended) await news.promise;
        const row = rows[at];
        if (row === undefined) return;
        yield row;
      }
    },
  };
}

/** The `$` of a fleet. */
export function fleetShell<M extends { readonly name: string }>(
  fleet: ShellFleet<M>,
  options: FleetShellOptions = {},
): FleetShell<M> {
  function shell(pieces: TemplateStringsArray, ...values: readonly FleetValue<M>[]): FleetCommand;
  function shell(more: FleetShellOptions): FleetShell<M>;
  function shell(first: TemplateStringsArray | FleetShellOptions, ...values: readonly FleetValue<M>[]) {
    if (!isTemplate(first)) return fleetShell(fleet, { ...options, ...first });
    // Mistakes are thrown here, where the stack shows them: in the options, and in the template, which is every host's.
    if (options.serial !== undefined) sizes(options.serial);
    const textFor = (member: M) => {
      const own = values.map((value) => (typeof value === "function" ? value(member) : value));
      return commandText(first, own, options);
    };
    const [one] = fleet.well();
    if (one !== undefined) textFor(one);
    return new FleetCommand((wishes, onRow) => runOnAll(fleet, textFor, wishes, onRow), options);
  }
  return shell;
}

function sizes(serial: number | string): readonly BatchSize[] {
  const parsed = parseSerial(String(serial));
  if (parsed === undefined)
    throw new RangeError(`serial wants numbers or percentages of hosts, not ${serial}`);
  return parsed;
}

async function runOnAll<M extends { readonly name: string }>(
  fleet: ShellFleet<M>,
  textFor: (member: M) => ReturnType<typeof commandText>,
  { members, forks = fleet.forks, serial = 0, ...options }: FleetShellOptions,
  onRow: (row: HostOutput) => void,
): Promise<FleetOutput> {
  const rows: HostOutput[] = [];
  const add = (row: HostOutput) => {
    rows.push(row);
    onRow(row);
  };
  const slot = limiter(forks);
  const runOn = async (member: M) => {
    const host = fleet.shellHost(member);
    try {
      await host.connection();
      const { stdout, stderr, exitCode } = await slot(() => runText(host, textFor(member), options));
      add({ host: host.name, ok: true, exitCode, stdout, stderr, error: undefined });
    } catch (error) {
      if (!(error instanceof OpsError) || fleet.signal.aborted) throw error;
      fleet.fail(member, error);
      add(failedRow(host.name, error));
    }
  };
  const skipAll = (batch: readonly M[], error: OpsError) => {
    for (const member of batch) {
      fleet.skip(member, error);
      add(failedRow(member.name, error));
    }
  };
  const chosen = members === undefined ? fleet.well() : fleet.named(members.map(({ name }) => name));
  let stopped: OpsError | undefined;
  for (const batch of batchesOf(chosen, sizes(serial))) {
    if (stopped === undefined) await fleet.each(batch, forks, runOn);
    else skipAll(batch, stopped);
    const failed = rows.filter(({ ok, host }) => !ok && batch.some(({ name }) => name === host));
    if (failed.length === batch.length)
      stopped ??= new OpsError(
        "remote",
        `not tried: it failed on all hosts of the batch before (${failed[0]?.host} …)`,
      );
  }
  return fleetOutput(rows);
}

function failedRow(host: string, error: OpsError): HostOutput {
  const said = error instanceof CommandError ? error : { exitCode: undefined, stdout: "", stderr: "" };
  const { exitCode, stdout, stderr } = said;
  return { host, ok: false, exitCode, stdout, stderr, error };
}
