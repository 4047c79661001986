// What kinds of keys an ssh-agent holds; ssh2 passes over those it can't use.
import { createConnection } from "node:net";

const LIST = Buffer.from([0, 0, 0, 1, 11]);
const ANSWER = 12;
const ANSWER_MS = 2000;
const LONGEST_ANSWER = 1024 * 1024;
/** A run asks once, however many hosts it has. */
const FRESH_MS = 5000;
const asked = new Map<string, { readonly atMs: number; readonly types: Promise<readonly string[]> }>();

/**
 * Types of the agent's keys (`ssh-ed25519`, `ssh-rsa-cert-v01@openssh.com`). None when it doesn't answer: what is wrong
 * with it will be said when it is to sign something.
 * @see https://datatracker.ietf.org/doc/html/draft-miller-ssh-agent, "Requesting a list of keys"
 */
export function agentKeyTypes(socketPath: string): Promise<readonly string[]> {
  const known = asked.get(socketPath);
  if (known !== undefined && performance.now() - known.atMs < FRESH_MS) return known.types;
  const types = ask(socketPath).then(parse);
  asked.set(socketPath, { atMs: performance.now(), types });
  return types;
}

function ask(path: string): Promise<Buffer> {
  const { promise, resolve } = Promise.withResolvers<Buffer>();
  let answer = Buffer.alloc(0);
  const socket = createConnection({ path });
  const done = () => {
    socket.destroy();
    resolve(answer);
  };
  const timer = setTimeout(done, ANSWER_MS);
  socket.once("connect", () => socket.write(LIST));
  socket.on("data", (chunk: Buffer) => {
    answer = Buffer.concat([answer, chunk]);
    const whole = answer.length >= 4 && answer.length >= 4 + answer.readUInt32BE(0);
    if (whole || answer.length > LONGEST_ANSWER) done();
  });
  socket.once("error", done);
  socket.once("close", done);
  return promise.finally(() => clearTimeout(timer));
}

function parse(answer: Buffer): readonly string[] {
  const types: string[] = [];
  try {
    if (answer[4] !== ANSWER) return [];
    let at = 9;
    for (let left = answer.readUInt32BE(5); left > 0; left -= 1) {
      const length = answer.readUInt32BE(at);
      const typeLength = answer.readUInt32BE(at + 4);
      types.push(answer.toString("latin1", at + 8, at + 8 + typeLength));
      at += 4 + length;
      at += 4 + answer.readUInt32BE(at);
    }
  } catch (error) {
    // A half answer: what came of it counts.
    if (!(error instanceof RangeError)) throw error;
  }
  return types;
}
