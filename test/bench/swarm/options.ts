// Flags of the benchmark.
import { OpsError } from "../../../lib/errors.ts";
import { Help, parseOptions } from "../../../lib/options.ts";
import { CONTENDERS, type Contender } from "./contenders/all.ts";
import { SCENARIOS, type Scenario } from "./scenarios.ts";

export interface SwarmOptions {
  readonly hosts: number;
  readonly sizeBytes: number;
  /** Bits a second each way. */
  readonly rate: number;
  readonly rounds: number;
  readonly pieceLength: number | undefined;
  readonly contenders: readonly Contender[];
  readonly scenario: Scenario;
  readonly json: string | undefined;
  readonly svg: string | undefined;
  readonly timeoutMs: number | undefined;
}

const MIB = 1024 * 1024;

/** @throws OpsError `usage`; Help for `--help` */
export function swarmOptions(argv: readonly string[]): SwarmOptions {
  const options = parse(argv);
  const { hosts = 12, size = 48, rate = 50, rounds = 3, piece, timeout } = options;
  const only = options.only ?? CONTENDERS.map(({ name }) => name).join(",");
  return {
    hosts,
    sizeBytes: size * MIB,
    rate: rate * 1e6,
    rounds,
    pieceLength: piece === undefined ? undefined : piece * 1024,
    contenders: only.split(",").map((name) => named(CONTENDERS, name, "contender")),
    scenario: named(SCENARIOS, options.scenario ?? "clean", "scenario"),
    json: options.json,
    svg: options.svg,
    timeoutMs: timeout === undefined ? undefined : timeout * 1000,
  };
}

function parse(argv: readonly string[]) {
  try {
    return parseOptions(argv, {
      example: "bun run bench:swarm --hosts 12 --size 48 --rate 50 --rounds 3 --svg swarm.svg",
      about: [
        "Puts a file on N hosts (network namespaces behind shaped links) by our peers, other clients and plain copies,",
        "one after the other on the same network, and prints how long it took as a multiple of F/u: the file's bits",
        "over the rate of one link. Needs Linux and root; installs missing programs with apt where there is one.",
        "",
        ...SCENARIOS.map(({ name, about }) => `  --scenario ${name.padEnd(12)} ${about}`),
      ].join("\n"),
      words: "",
      maxWords: 0,
      flags: {
        hosts: { type: "count", value: "N", min: 1, help: "hosts beside the seeder (12)" },
        size: { type: "count", value: "MIB", min: 1, help: "size of the file (48)" },
        rate: {
          type: "count",
          value: "MBIT",
          min: 1,
          help: "rate of every link each way, the seeder's too (50)",
        },
        rounds: {
          type: "count",
          value: "R",
          min: 1,
          help: "times each contender runs; medians are shown (3)",
        },
        only: { type: "text", value: "NAMES", help: `of ${CONTENDERS.map(({ name }) => name).join(",")}` },
        scenario: { type: "text", value: "NAME", help: "what happens meanwhile, see above (clean)" },
        piece: { type: "count", value: "KIB", min: 16, help: "piece length (as deploys choose it)" },
        timeout: {
          type: "count",
          value: "SECONDS",
          min: 1,
          help: "longest a run may take (60 s and 20 x F/u)",
        },
        json: { type: "text", value: "FILE", help: "all numbers of all rounds" },
        svg: { type: "text", value: "FILE", help: "plot of hosts complete over time" },
      },
    });
  } catch (error) {
    if (error instanceof Help)
      throw new Help(error.text.replace("Usage: bun script", "Usage: bun run bench:swarm"));
    throw error;
  }
}

function named<T extends { readonly name: string }>(all: readonly T[], name: string, what: string): T {
  const found = all.find((each) => each.name === name);
  if (found !== undefined) return found;
  throw new OpsError("usage", `no ${what} is called "${name}"`, {
    hint: `name one of ${all.map((each) => each.name).join(", ")}`,
  });
}
