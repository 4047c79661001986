// One end of the trial flow: flow-peer.ts send|receive ADDRESS BYTES. The receiver says bits a second,
// the sender how many ms a connection takes.
const [role, hostname = "", count] = Bun.argv.slice(2);
const PORT = 5001;
const TRIALS = 5;
const total = Number(count);

if (role === "receive") {
  let received = 0;
  let begunMs = 0;
  let firstBytes = 0;
  Bun.listen({
    hostname,
    port: PORT,
    socket: {
      data: (_socket, chunk) => {
        if (received === 0) {
          begunMs = performance.now();
          firstBytes = chunk.length;
        }
        received += chunk.length;
        if (received < total) return;
        const seconds = (performance.now() - begunMs) / 1000;
        process.stdout.write(`${((received - firstBytes) * 8) / seconds}\n`);
      },
    },
  });
  process.stdout.write("ready\n");
} else {
  const block = new Uint8Array(64 * 1024);
  let left = total;
  const push = (socket: Bun.Socket) => {
    while (left > 0) {
      const written = socket.write(block, 0, Math.min(block.length, left));
      left -= Math.max(0, written);
      if (written < block.length) break;
    }
  };
  // The least of a few: the first asks for the link-layer address, and what runs for the first time is slow.
  let connectMs = Number.POSITIVE_INFINITY;
  for (let trial = 0; trial < TRIALS; trial++) {
    const begunMs = performance.now();
    const socket = await Bun.connect({ hostname, port: PORT, socket: { data: () => {} } });
    connectMs = Math.min(connectMs, performance.now() - begunMs);
    socket.end();
  }
  process.stdout.write(`${connectMs}\n`);
  await Bun.connect({ hostname, port: PORT, socket: { open: push, drain: push, data: () => {} } });
}
