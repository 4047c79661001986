// Flags of the simulation.
import { Help, parseOptions } from "../../lib/options.ts";
import { pieceLength } from "../../lib/torrent/piece-length.ts";

export interface SimulationOptions {
  readonly hosts: readonly number[];
  readonly totalBytes: number;
  readonly pieceLength: number;
  /** Bits a second. */
  readonly rate: number;
  readonly seed: number;
  readonly blocksAChunk: number | undefined;
  readonly svg: string | undefined;
}

const MIB = 1024 * 1024;
const COUNTS = [100, 1000, 10_000];

/** @throws OpsError `usage`; Help for `--help` */
export function simulationOptions(argv: readonly string[]): SimulationOptions {
  const { hosts, size = 1024, rate = 10_000, piece, seed = 1, blocks, svg } = parse(argv);
  const totalBytes = size * MIB;
  return {
    hosts: hosts.length === 0 ? COUNTS : hosts.flatMap((list) => list.split(",")).map(counted),
    totalBytes,
    pieceLength: piece === undefined ? pieceLength(totalBytes) : piece * 1024,
    rate: rate * 1e6,
    seed,
    blocksAChunk: blocks,
    svg,
  };
}

function counted(text: string): number {
  const count = Number(text);
  if (!(Number.isSafeInteger(count) && count > 0)) throw new RangeError(`not a number of hosts: ${text}`);
  return count;
}

function parse(argv: readonly string[]) {
  try {
    return parseOptions(argv, {
      example: "bun run bench:simulation --hosts 100,1000,10000 --size 1024 --rate 10000 --svg scale.svg",
      about: [
        "Simulates swarms that no machine at hand could hold: the policy modules of our peers on links and a clock that",
        "are simulated. Prints how long hosts take as a multiple of F/u, what the seeder gives and what hosts tell each",
        "other. The same seed gives the same numbers. 10,000 hosts take a few minutes and some GiB of memory.",
      ].join("\n"),
      words: "",
      maxWords: 0,
      flags: {
        hosts: { type: "list", value: "N,...", help: `hosts beside the seeder (${COUNTS.join(",")})` },
        size: { type: "count", value: "MIB", min: 1, help: "size of the file (1024)" },
        rate: {
          type: "count",
          value: "MBIT",
          min: 1,
          help: "rate of every link each way, the seeder's too (10000)",
        },
        piece: { type: "count", value: "KIB", min: 16, help: "piece length (as deploys choose it)" },
        blocks: {
          type: "count",
          value: "N",
          min: 1,
          help: "blocks that are simulated as one (1 for few hosts, up to a piece for thousands)",
        },
        seed: { type: "count", value: "N", min: 1, help: "another one, another swarm (1)" },
        svg: { type: "text", value: "FILE", help: "plot of time and seeder's copies over hosts" },
      },
    });
  } catch (error) {
    if (error instanceof Help)
      throw new Help(error.text.replace("Usage: bun script", "Usage: bun run bench:simulation"));
    throw error;
  }
}
