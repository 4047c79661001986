// Where bencoded values begin and end. The decoder only hands out values; an infohash is over the bytes as they stand.

const MAX_DEPTH = 32;
const D = 0x64;
const E = 0x65;
const I = 0x69;
const L = 0x6c;
const COLON = 0x3a;

/**
 * End of the bencoded value that starts at `start`.
 * @throws SyntaxError when it is cut short, malformed or nested too deep
 * @see https://www.bittorrent.org/beps/bep_0003.html, "bencoding"
 */
export function endOfValue(bytes: Uint8Array, start: number, depth = 0): number {
  const kind = bytes[start];
  if (kind === I) {
    const end = bytes.indexOf(E, start);
    if (end < 0 || !/^(0|-?[1-9]\d{0,15})$/.test(ascii(bytes, start + 1, end)))
      throw malformed("integer", start);
    return end + 1;
  }
  if (kind === L || kind === D) {
    if (depth >= MAX_DEPTH) throw malformed("nesting", start);
    let at = start + 1;
    while (bytes[at] !== E) {
      if (kind === D) at = stringAt(bytes, at).end;
      at = endOfValue(bytes, at, depth + 1);
    }
    return at + 1;
  }
  return stringAt(bytes, start).end;
}

/**
 * The bytes of `key`'s value in the dictionary that is all of `bytes`; undefined when it isn't there.
 * @throws SyntaxError when `bytes` isn't exactly one well-formed dictionary
 */
export function valueBytes(bytes: Uint8Array, key: string): Uint8Array | undefined {
  if (bytes[0] !== D) throw malformed("dictionary", 0);
  if (endOfValue(bytes, 0) !== bytes.length) throw new SyntaxError("bytes follow the dictionary");
  let found: Uint8Array | undefined;
  for (let at = 1; bytes[at] !== E; ) {
    const name = stringAt(bytes, at);
    const end = endOfValue(bytes, name.end);
    if (ascii(bytes, name.start, name.end) === key) {
      if (found !== undefined) throw new SyntaxError(`two "${key}" keys`);
      found = bytes.subarray(name.end, end);
    }
    at = end;
  }
  return found;
}

function stringAt(bytes: Uint8Array, at: number): { start: number; end: number } {
  const colon = bytes.subarray(at, at + 16).indexOf(COLON);
  const digits = colon < 0 ? "" : ascii(bytes, at, at + colon);
  if (!/^(0|[1-9]\d*)$/.test(digits)) throw malformed("value", at);
  const start = at + colon + 1;
  const end = start + Number(digits);
  if (end > bytes.length) throw malformed("string", at);
  return { start, end };
}

function ascii(bytes: Uint8Array, start: number, end: number): string {
  return String.fromCharCode(...bytes.subarray(start, Math.min(end, start + 64)));
}

function malformed(what: string, at: number): SyntaxError {
  return new SyntaxError(`malformed ${what} at byte ${at}`);
}
