// What may happen during a race, and on which network.
import type { Network, NetworkPlan, Node } from "./network.ts";
import type { Payload } from "./race.ts";

/** What a scenario can do while a race is on. */
export interface Stage {
  readonly network: Network;
  readonly payload: Payload;
  pidOf(node: Node): number | undefined;
  join(node: Node): Promise<void>;
  kill(node: Node): void;
  readonly signal: AbortSignal;
}

export interface Twist {
  /** Hosts that aren't started with the others. */
  late(network: Network): readonly Node[];
  /** Hosts whose own times say nothing about the others'. */
  apart(network: Network): readonly Node[];
  readonly crosses: boolean;
  play(stage: Stage): Promise<void>;
}

export interface Scenario extends Twist {
  readonly name: string;
  readonly about: string;
  plan(options: { readonly hosts: number; readonly rate: number }): NetworkPlan;
}

const none = () => [];

const clean: Scenario = {
  name: "clean",
  about: "every link has the same rate, everybody starts at once",
  plan: ({ hosts, rate }) => ({ rates: Array.from({ length: hosts + 1 }, () => rate) }),
  late: none,
  apart: none,
  crosses: false,
  play: async () => {},
};

export const SCENARIOS: readonly Scenario[] = [clean];
