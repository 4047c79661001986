// What was measured in network namespaces, to hold the simulation against:
//   bun run bench:swarm --only ours --hosts HOSTS --size SIZE --rate RATE --piece 64 --rounds 1
// with rates at which the two cores of that machine were not what limits. Start-up is the time of a file of 1 MiB on
// links of 1000 Mbit/s, which is nearly nothing but processes starting: 60 ms a host there.

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

export const MEASURED: readonly Measured[] = [];
