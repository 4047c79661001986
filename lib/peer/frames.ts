// Raw bytes among the lines on a peer's stdin: base64 in JSON would make a third more of them, and cost both ends CPU.

/** Begins a frame, and never a line: JSON has no such byte. The length follows, 32 bits big-endian. */
const MARK = 0;
const HEADER_BYTES = 5;
const NEWLINE = 10;

/** What is written before `length` raw bytes, at the beginning of a line. */
export function frameHeader(length: number): Uint8Array {
  const header = Buffer.alloc(HEADER_BYTES, MARK);
  header.writeUInt32BE(length, 1);
  return header;
}

/**
 * The text in `chunks`, whatever stands in frames going to `take`, in order. What `take` is given is valid until its
 * promise settles; nothing more is read before, so whoever sends feels how fast it is taken.
 */
export async function* withoutFrames(
  chunks: AsyncIterable<Uint8Array>,
  take: (bytes: Uint8Array) => Promise<void>,
): AsyncGenerator<Uint8Array> {
  let header = Buffer.alloc(0);
  let left = 0;
  let lineBegins = true;
  for await (const chunk of chunks) {
    for (let rest = chunk; rest.length > 0; ) {
      let part: Uint8Array;
      if (left > 0) {
        part = rest.subarray(0, left);
        left -= part.length;
        await take(part);
      } else if (header.length > 0 || (lineBegins && rest[0] === MARK)) {
        part = rest.subarray(0, HEADER_BYTES - header.length);
        header = Buffer.concat([header, part]);
        if (header.length === HEADER_BYTES) {
          left = header.readUInt32BE(1);
          header = Buffer.alloc(0);
        }
      } else {
        const end = rest.indexOf(NEWLINE);
        part = end === -1 ? rest : rest.subarray(0, end + 1);
        lineBegins = end !== -1;
        yield part;
      }
      rest = rest.subarray(part.length);
    }
  }
}
