// What was measured in network namespaces, to hold the simulation against:
//   bun run bench:swarm --only ours --hosts HOSTS --size SIZE --rate RATE --piece 64 --rounds 1
// One round each. Rates are such that the peers took 42 to 60 % of that machine's two cores. Start-up is the time of a
// file of 1 MiB on links of 1000 Mbit/s, nearly all of which is processes starting: about 70 ms a host there.

export interface Measured {
  readonly hosts: number;
  readonly sizeMib: number;
  /** Mbit/s. */
  readonly rate: number;
  /** From the start of the processes until the last host had it, in F/u. */
  readonly last: number;
  readonly startupMs: number;
  /** Payload the seeder sent, in copies. */
  readonly seederCopies: number;
}

export const MEASURED: readonly Measured[] = [
  { hosts: 8, sizeMib: 48, rate: 30, last: 1.18, startupMs: 536, seederCopies: 1.06 },
  { hosts: 12, sizeMib: 48, rate: 25, last: 1.19, startupMs: 937, seederCopies: 1.04 },
  { hosts: 16, sizeMib: 48, rate: 15, last: 1.21, startupMs: 1008, seederCopies: 1.09 },
  { hosts: 24, sizeMib: 24, rate: 8, last: 1.34, startupMs: 1728, seederCopies: 1.2 },
  { hosts: 32, sizeMib: 24, rate: 6, last: 1.38, startupMs: 2314, seederCopies: 1.23 },
];
