// A file at the other end: whole, or not at all.
import { randomBytes } from "node:crypto";
import { stat } from "node:fs/promises";
import { posix } from "node:path";
import { OpsError } from "../errors.ts";
import { interrupted } from "./pool.ts";
import { lost, type Program, type Starter } from "./program.ts";
import type { Connection } from "./types.ts";

type UploadOptions = NonNullable<Parameters<Connection["upload"]>[2]>;

const CHUNK_BYTES = 256 * 1024;
const REMOVE_MS = 3000;

// $1 target, $2 temporary name beside it, $3 mode, $4 size, $5 SHA-256 of what comes as gzip (else empty). A lost connection looks like the end of the file, so the
// size decides, and saying so may find nobody listening (PIPE). Through stdin rather than SFTP because it is one round trip and works behind sudo, too.
const RECEIVE = `set -e; LC_ALL=C; export LC_ALL
[ ! -d "$1" ] || { echo "$1: is a folder" >&2; exit 1; }
mkdir -p -- "\${1%/*}/"
trap 'rm -f -- "$2"' EXIT; trap 'exit 1' HUP INT PIPE TERM
umask 077; sum=
if [ -z "$5" ]; then cat > "$2"; else sum=$(gzip -dc | tee "$2" | sha256sum); sum=\${sum%% *}; fi
size=$(wc -c < "$2"); [ "$size" -eq "$4" ] || { echo "got $size of $4 bytes" >&2; exit 1; }
[ "$sum" = "$5" ] || { echo "got other bytes (SHA-256 $sum, not $5)" >&2; exit 1; }
chmod -- "$3" "$2"; mv -f -- "$2" "$1"`;

/**
 * Puts `content` at `remotePath` (absolute), making its parent folders.
 * @throws OpsError `disk-full`, `remote` (both quote what the host said), `source` when the local file can't be
 *   read, `unreachable`, `interrupted`; TypeError when the path isn't absolute. Nothing is left behind then.
 */
export async function uploadFile(
  starter: Starter,
  content: Uint8Array | { readonly path: string },
  remotePath: string,
  { mode = 0o600, unpacked, signal, onProgress }: UploadOptions,
): Promise<void> {
  if (!posix.isAbsolute(remotePath) || remotePath.endsWith("/"))
    throw new TypeError(`not a file's path: ${remotePath}`);
  const { host } = starter;
  const size = content instanceof Uint8Array ? content.length : await sizeOf(content.path);
  const temporary = posix.join(
    posix.dirname(remotePath),
    `.rookery-upload-${randomBytes(8).toString("hex")}`,
  );
  const argv = ["sh", "-c", RECEIVE, "sh", remotePath, temporary, mode.toString(8)];
  const expected = [`${unpacked?.bytes ?? size}`, unpacked?.sha256 ?? ""];
  await using program = await starter
    .start([...argv, ...expected], { signal })
    .catch(async (error: unknown) => {
      // It may have begun on the host before the interruption reached us here.
      if (signal?.aborted) await removeTemporary(starter, temporary);
      throw error;
    });
  const sent = await Promise.allSettled([send(program, content, onProgress)]);
  const { code, signal: ended } = await program.exit;
  if (signal?.aborted) {
    await removeTemporary(starter, temporary);
    throw interrupted(signal, host);
  }
  if (code === null && ended === undefined) throw lost(host);
  if (code === 0) return;
  await program.stderrEnded;
  const said = program.stderr().trim();
  const [failure] = sent;
  // Trouble at this end (the local file) explains a short file at the other.
  if (
    failure.status === "rejected" &&
    failure.reason instanceof OpsError &&
    failure.reason.code === "source"
  ) {
    throw failure.reason;
  }
  const full = /No space left on device|Disk quota exceeded/i.test(said);
  throw new OpsError(
    full ? "disk-full" : "remote",
    `${host}: can't put ${remotePath}: ${said || `exit code ${code ?? ended}`}`,
    {
      host,
      hint: full ? `make room on ${host} (df -h ${posix.dirname(remotePath)})` : undefined,
    },
  );
}

/** After a kill, which leaves the receiver no time to tidy up. A host that is gone by now did so when its stdin ended. */
async function removeTemporary({ start }: Starter, temporary: string): Promise<void> {
  const signal = AbortSignal.timeout(REMOVE_MS);
  await Promise.allSettled([start(["rm", "-f", "--", temporary], { signal }).then(({ exit }) => exit)]);
}

async function send(
  program: Program,
  content: Uint8Array | { readonly path: string },
  onProgress: ((sentBytes: number) => void) | undefined,
): Promise<void> {
  let sentBytes = 0;
  try {
    for await (const chunk of chunksOf(content)) {
      await program.write(chunk);
      sentBytes += chunk.length;
      onProgress?.(sentBytes);
    }
  } finally {
    program.end();
  }
}

async function* chunksOf(content: Uint8Array | { readonly path: string }): AsyncGenerator<Uint8Array> {
  if (content instanceof Uint8Array) {
    for (let at = 0; at < content.length; at += CHUNK_BYTES) yield content.subarray(at, at + CHUNK_BYTES);
    return;
  }
  try {
    yield* Bun.file(content.path).stream();
  } catch (error) {
    throw unreadable(content.path, error);
  }
}

async function sizeOf(path: string): Promise<number> {
  try {
    const info = await stat(path);
    if (!info.isFile()) throw new OpsError("source", `not a file: ${path}`);
    return info.size;
  } catch (error) {
    throw error instanceof OpsError ? error : unreadable(path, error);
  }
}

function unreadable(path: string, cause: unknown): OpsError {
  return new OpsError("source", `can't read ${path}: ${(cause as Error).message}`, { cause });
}
