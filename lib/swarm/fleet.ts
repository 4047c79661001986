// The hosts of one run, seen as one: who still takes part, what happens to them, and how it ends.
import { atHost, isUnreachable, OpsError } from "../errors.ts";
import { type FleetShell, fleetShell } from "../shell/fleet-shell.ts";
import { eachLimited } from "../ssh/pool.ts";
import type { FleetEvent, HostStatus, Phase } from "./events.ts";
import { PHASES } from "./events.ts";
import { faultOf } from "./fault.ts";
import type { FleetHost, Member } from "./member.ts";
import { Pause } from "./pause.ts";
import { type Queue, queue } from "./queue.ts";
import { shellFleet, withShell } from "./shells.ts";
import { emptyState, type FleetState, isFinal, reduce } from "./state.ts";

export type { FleetHost, Member } from "./member.ts";

export interface FleetOptions {
  readonly title: string;
  /** Hosts worked on at a time. */
  readonly forks?: number | undefined;
  readonly signal: AbortSignal;
}

/** What a run says when it is through: the outcome in one sentence. */
export interface Outcome {
  readonly text: string;
  /** Why the whole run stopped, where it did; hosts still waiting become `skipped` with it. */
  readonly error?: OpsError | undefined;
}

type Distribute<T> = T extends unknown ? Omit<T, "atMs"> : never;
export type NewEvent = Distribute<FleetEvent>;

/** Ansible's codes for how hosts fared. */
const EXIT_FAILED = 2;
const EXIT_UNREACHABLE = 4;

/**
 * The hosts of a run: who still takes part (`alive`), what happens to them (`events`), `$` on all of them, and, through
 * `run`, how it ends. Disposing closes peers and connections.
 */
export class Fleet<H extends FleetHost = FleetHost> implements AsyncDisposable {
  readonly signal: AbortSignal;
  readonly forks: number;
  readonly pause = new Pause();
  #state: FleetState;
  readonly #members = new Map<string, Member<H>>();
  readonly #readers = new Set<Queue<FleetEvent>>();
  #done = false;

  constructor(hosts: readonly H[], { title, forks = 50, signal }: FleetOptions) {
    this.signal = signal;
    this.forks = forks;
    this.#state = emptyState(Date.now());
    for (const host of hosts) this.#members.set(host.name, withShell(this, host));
    this.emit({ type: "plan", title, hosts: hosts.map(({ name, group }) => ({ host: name, group })) });
  }

  /** Everything is closed, and nothing more will happen. */
  get over(): boolean {
    return this.#done;
  }

  get state(): FleetState {
    return this.#state;
  }

  /** Every event from the plan on, until the summary; each caller gets them all from when it asks. */
  events(): AsyncIterable<FleetEvent> {
    const reader = queue<FleetEvent>();
    if (this.#done) reader.end();
    else this.#readers.add(reader);
    return reader;
  }

  emit(event: NewEvent): void {
    const stamped = { ...event, atMs: Date.now() } as FleetEvent;
    this.#state = reduce(this.#state, stamped);
    for (const reader of this.#readers) reader.push(stamped);
  }

  note(
    message: string,
    { level = "info", host }: { level?: "info" | "warning" | "detail"; host?: string } = {},
  ): void {
    this.emit({ type: "note", level, message, ...(host === undefined ? {} : { host }) });
  }

  /** Members that have neither failed nor finished. */
  get alive(): readonly Member<H>[] {
    return [...this.#members.values()].filter(({ name }) => !isFinal(this.status(name)));
  }

  /** zx's `$` on all hosts that have not failed; see `FleetShell`. */
  get $(): FleetShell<Member<H>> {
    return fleetShell(shellFleet(this));
  }

  get members(): readonly Member<H>[] {
    return [...this.#members.values()];
  }

  /** How many hosts have this status now. */
  count(status: HostStatus): number {
    return [...this.#state.hosts.values()].filter((host) => host.status === status).length;
  }

  status(name: string): HostStatus {
    const host = this.#state.hosts.get(name);
    if (host === undefined) throw new Error(`no such host in this fleet: ${name}`);
    return host.status;
  }

  /** A host is out: a row with its reason, never the end of the others. */
  fail(member: FleetHost, error: OpsError, status?: "failed" | "unreachable" | "skipped"): void {
    if (isFinal(this.status(member.name))) return;
    const switched = this.status(member.name) === "active";
    const fault = faultOf(error, { host: member.name, switched });
    const as = status ?? (isUnreachable(error.code) ? "unreachable" : "failed");
    this.emit({ type: "failed", host: member.name, status: as, error: fault });
  }

  /** Times `work` as one phase of the run. */
  async phase<R>(phase: Phase, work: () => Promise<R>): Promise<R> {
    this.emit({ type: "phase", phase, state: "start" });
    try {
      return await work();
    } finally {
      this.emit({ type: "phase", phase, state: "end" });
    }
  }

  /**
   * `work` on every host that is still alive, `forks` at a time. A host's OpsError makes it a failed row;
   * the answers are those of the others. An interrupt, or a bug, ends the whole.
   */
  async each<R>(
    work: (member: Member<H>) => Promise<R>,
    { members = this.alive, limit = this.forks } = {},
  ): Promise<Map<Member<H>, R>> {
    const results = new Map<Member<H>, R>();
    const settled = await eachLimited(members, { limit, signal: this.signal }, async (member) => {
      try {
        results.set(member, await work(member));
      } catch (error) {
        this.signal.throwIfAborted();
        this.fail(member, atHost(error, member.name));
      }
    });
    this.signal.throwIfAborted();
    const bug = settled.find((result) => result.status === "rejected");
    if (bug !== undefined) throw bug.reason;
    return results;
  }

  /**
   * Runs the whole of a script's work, then closes everything and sums up.
   * @returns the exit code: 0 all well, 1 could not go on, 2 some hosts failed, 4 some unreachable, 130 interrupted
   */
  async run(work: () => Promise<Outcome | string>): Promise<number> {
    let outcome: Outcome;
    try {
      const result = await work();
      outcome = typeof result === "string" ? { text: result } : result;
    } catch (error) {
      if (!(error instanceof OpsError)) throw error;
      outcome = { text: error.message, error };
    }
    const stopped = outcome.error;
    for (const member of this.alive) {
      if (stopped === undefined) this.emit({ type: "status", host: member.name, status: "ok" });
      else this.fail(member, new OpsError(stopped.code, stopped.message), "skipped");
    }
    await this.close();
    const exitCode = this.#exitCode(stopped);
    this.#summarize(outcome, exitCode);
    return exitCode;
  }

  /** Closes peers, then connections: hosts tidy up while theirs still stands. */
  async close(): Promise<void> {
    await Promise.all(
      this.members.map(async ({ peer, connection }) => {
        await peer?.[Symbol.asyncDispose]();
        await connection?.[Symbol.asyncDispose]();
      }),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
    this.#finish();
  }

  #exitCode(stopped: OpsError | undefined): number {
    if (stopped?.code === "interrupted") return 130;
    const { unreachable, failed } = this.#counts();
    if (unreachable > 0) return EXIT_UNREACHABLE;
    if (failed > 0) return EXIT_FAILED;
    return stopped === undefined ? 0 : 1;
  }

  #counts() {
    const counts = { ok: 0, failed: 0, unreachable: 0, skipped: 0 };
    for (const { status } of this.#state.hosts.values())
      if (status in counts) counts[status as keyof typeof counts]++;
    return counts;
  }

  #summarize(outcome: Outcome, exitCode: number): void {
    const { torrent, phases, startedAtMs } = this.#state;
    const seconds = Object.fromEntries(
      PHASES.map((phase) => {
        const times = phases[phase];
        return [phase, times?.endedAtMs === undefined ? 0 : (times.endedAtMs - times.startedAtMs) / 1000];
      }),
    ) as Record<Phase, number>;
    const hint = outcome.error?.hint;
    this.emit({
      type: "summary",
      summary: {
        ...this.#counts(),
        release: torrent?.release,
        infohash: torrent?.infohash,
        bytes: torrent?.totalBytes ?? 0,
        seconds: { ...seconds, total: (Date.now() - startedAtMs) / 1000 },
        outcome: hint === undefined ? outcome.text : `${outcome.text}\n  → ${hint}`,
        exitCode,
      },
    });
    this.#finish();
  }

  #finish(): void {
    this.#done = true;
    for (const reader of this.#readers) reader.end();
    this.#readers.clear();
  }
}

/** A fleet of these hosts; nothing is connected yet, and nobody shows it: see `fleetFor`. */
export function startFleet<H extends FleetHost>(hosts: readonly H[], options: FleetOptions): Fleet<H> {
  return new Fleet(hosts, options);
}
