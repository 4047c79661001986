// What a way of getting a file to many hosts must offer to be measured.
import type { Node } from "../network.ts";
import type { Race } from "../race.ts";

export interface Contender {
  /** What `--only` calls it. */
  readonly name: string;
  readonly title: string;
  /** The settings it runs with, one line for the reader. */
  readonly settings: string;
  /** Debian package → a program it brings, or a Python module (`python:NAME`). */
  readonly needs: Readonly<Record<string, string>>;
  /** Before the clock starts: only what hosts have running anyway, such as sshd. */
  prepare?(race: Race): Promise<void>;
  /** Starts seeder and hosts; resolves when all are told what to do. Ends with the race. */
  start(race: Race, hosts: readonly Node[]): Promise<Running>;
  /** The folder in which a host's file ends up. */
  place(race: Race, node: Node): string;
}

export interface Running extends AsyncDisposable {
  /** Starts a host that comes late. */
  join(node: Node): Promise<void>;
}
