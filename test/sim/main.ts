// What the policy makes of a hundred, a thousand, ten thousand hosts: bun run bench:simulation
import { script } from "../../lib/script.ts";
import { simulationOptions } from "./options.ts";
import { scalePlot } from "./plot.ts";
import { type Run, simulationTable } from "./report.ts";
import { simulate } from "./simulate.ts";

const BLOCK_BYTES = 16 * 1024;
/** Blocks of all hosts together that are simulated one by one, or so many as one. */
const STEPS = 5e6;
/** A datacenter: half of what a packet takes there and back, a switch's buffer, a turn of a peer's event loop. */
const DATACENTER = { latencyMs: 0.05, queueMs: 1, turnMs: 0.1 } as const;

await script(async (signal) => {
  const options = simulationOptions(Bun.argv.slice(2));
  const { totalBytes, pieceLength, rate, seed, svg } = options;
  const pieces = Math.ceil(totalBytes / pieceLength);
  const size = `${totalBytes / 2 ** 20} MiB in ${pieces} pieces, ${rate / 1e6} Mbit/s each way`;
  process.stderr.write(`${size}; F/u = ${((totalBytes * 8) / rate).toFixed(2)} s\n`);
  const runs: Run[] = [];
  for (const hosts of options.hosts) {
    signal.throwIfAborted();
    const blocksAChunk =
      options.blocksAChunk ?? step(hosts * (totalBytes / BLOCK_BYTES), pieceLength / BLOCK_BYTES);
    const begunMs = performance.now();
    const result = simulate({ hosts, totalBytes, pieceLength, rate, seed, blocksAChunk, ...DATACENTER });
    runs.push({ hosts, pieces, blocksAChunk, result, wallSeconds: (performance.now() - begunMs) / 1000 });
    process.stderr.write(`${hosts} hosts: ${(result.events / 1e6).toFixed(1)} million events\n`);
  }
  process.stdout.write(`${simulationTable(runs)}\n`);
  if (svg !== undefined) await Bun.write(svg, scalePlot(runs, `Simulated: ${size}`));
  return 0;
});

/** The smallest power of two that keeps the number of steps bearable, a piece at most. */
function step(blocks: number, pieceBlocks: number): number {
  let size = 1;
  while (size < pieceBlocks && blocks / size > STEPS) size *= 2;
  return size;
}
