// Tells an HTTP tracker that we are here and learns who else is. `bittorrent-tracker/client` needs a native WebRTC
// build to import, and wouldn't send the address we are to be reached at.
import bencode from "bencode";
import type { Address } from "./links.ts";

export interface AnnounceOptions {
  readonly url: string;
  readonly infohash: Buffer;
  readonly peerId: Buffer;
  /** Where others reach us, for trackers that heed `ip`: a host can have several addresses, and the inventory knows. */
  readonly address?: string | undefined;
  readonly port: number;
  readonly status: () => {
    readonly uploadedBytes: number;
    readonly downloadedBytes: number;
    readonly leftBytes: number;
  };
  readonly onPeers: (peers: readonly Address[]) => void;
  /** Why the last announce failed; undefined when it didn't. */
  readonly onFault: (fault: string | undefined) => void;
}

interface Answer {
  readonly "failure reason"?: unknown;
  readonly interval?: unknown;
  readonly peers?: unknown;
  readonly peers6?: unknown;
}

const ANSWER_MS = 10_000;
const GOODBYE_MS = 1000;
const RETRY_MS = 2000;
const DEFAULT_INTERVAL_S = 60;
const PEERS_WANTED = 80;

/**
 * Announces now and at the tracker's interval until it is disposed, which says goodbye.
 * @see https://www.bittorrent.org/beps/bep_0003.html https://www.bittorrent.org/beps/bep_0023.html (compact), bep_0007 (IPv6)
 */
export function startAnnouncing({ onPeers, onFault, ...options }: AnnounceOptions): AsyncDisposable {
  const stop = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let said = false;

  async function round(): Promise<void> {
    let waitMs = RETRY_MS;
    try {
      const signal = AbortSignal.any([stop.signal, AbortSignal.timeout(ANSWER_MS)]);
      const { peers, intervalSeconds } = await announce(options, said ? undefined : "started", signal);
      said = true;
      waitMs = intervalSeconds * 1000;
      if (stop.signal.aborted) return;
      onFault(undefined);
      onPeers(peers.filter(({ address, port }) => address !== options.address || port !== options.port));
    } catch (error) {
      if (stop.signal.aborted) return;
      onFault(error instanceof Error ? error.message : String(error));
    }
    timer = setTimeout(() => void round(), waitMs);
  }
  const first = round();

  return {
    [Symbol.asyncDispose]: async () => {
      if (stop.signal.aborted) return;
      stop.abort();
      clearTimeout(timer);
      await first;
      // A tracker that is gone already forgets us by itself.
      if (said) await announce(options, "stopped", AbortSignal.timeout(GOODBYE_MS)).catch(() => undefined);
    },
  };
}

async function announce(
  { url, infohash, peerId, address, port, status }: Omit<AnnounceOptions, "onPeers" | "onFault">,
  event: "started" | "stopped" | undefined,
  signal: AbortSignal,
): Promise<{ peers: Address[]; intervalSeconds: number }> {
  const { uploadedBytes, downloadedBytes, leftBytes } = status();
  const fields = [
    `info_hash=${escaped(infohash)}`,
    `peer_id=${escaped(peerId)}`,
    ...(address === undefined ? [] : [`ip=${encodeURIComponent(address)}`]),
    `port=${port}`,
    `uploaded=${uploadedBytes}&downloaded=${downloadedBytes}&left=${leftBytes}`,
    `compact=1&numwant=${event === "stopped" ? 0 : PEERS_WANTED}`,
    ...(event === undefined ? [] : [`event=${event}`]),
  ];
  const response = await fetch(`${url}${url.includes("?") ? "&" : "?"}${fields.join("&")}`, { signal });
  const body = new Uint8Array(await response.arrayBuffer());
  if (!response.ok) throw new Error(`tracker: HTTP ${response.status}`);
  const answer = bencode.decode(body) as Answer;
  if (answer["failure reason"] !== undefined) throw new Error(`tracker: ${text(answer["failure reason"])}`);
  const peers = [...listed(answer.peers), ...compact(answer.peers6, 16)];
  return { peers, intervalSeconds: Math.max(1, Number(answer.interval ?? DEFAULT_INTERVAL_S)) };
}

function escaped(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => `%${byte.toString(16).padStart(2, "0")}`).join("");
}

function text(value: unknown): string {
  return value instanceof Uint8Array ? new TextDecoder().decode(value) : String(value);
}

/** `peers` is a string of 6 bytes each, or, from trackers that don't know BEP 23, a list of dictionaries. */
function listed(peers: unknown): Address[] {
  if (!Array.isArray(peers)) return compact(peers, 4);
  return peers.map((peer: { ip?: unknown; port?: unknown }) => ({
    address: text(peer.ip),
    port: Number(peer.port),
  }));
}

function compact(peers: unknown, addressBytes: 4 | 16): Address[] {
  if (!(peers instanceof Uint8Array)) return [];
  const found: Address[] = [];
  for (let at = 0; at + addressBytes + 2 <= peers.length; at += addressBytes + 2) {
    const bytes = Buffer.from(peers.subarray(at, at + addressBytes + 2));
    const address =
      addressBytes === 4
        ? bytes.subarray(0, 4).join(".")
        : Array.from({ length: 8 }, (_, group) => bytes.readUInt16BE(group * 2).toString(16)).join(":");
    found.push({ address, port: bytes.readUInt16BE(addressBytes) });
  }
  return found;
}
