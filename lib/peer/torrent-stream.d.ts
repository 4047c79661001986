// The parts of torrent-stream 1.2.1 and its wire that engine.ts and links.ts use; neither package brings types.

declare module "peer-wire-protocol" {
  import type { Duplex } from "node:stream";

  export interface WireRequest {
    readonly piece: number;
    readonly offset: number;
    readonly length: number;
  }

  /** What torrent-stream needs of a wire. */
  export interface StreamWire {
    /** Which pieces it may ask this peer for. */
    peerPieces: boolean[];
    readonly peerAddress: string | null;
    readonly peerExtensions: object;
    readonly peerChoking: boolean;
    readonly peerInterested: boolean;
    readonly amChoking: boolean;
    readonly amInterested: boolean;
    /** Bytes. */
    readonly downloaded: number;
    readonly requests: { readonly length: number };
    on(event: string, listener: (...args: never[]) => void): unknown;
    once(event: string, listener: (...args: never[]) => void): unknown;
    request(
      piece: number,
      offset: number,
      length: number,
      callback: (error: Error | null, block: Buffer | null) => void,
    ): void;
    downloadSpeed(): number;
    uploadSpeed(): number;
    choke(): void;
    unchoke(): void;
    interested(): void;
    uninterested(): void;
    have(piece: number): void;
    bitfield(bits: { readonly buffer: Buffer }): void;
    extended(id: number, message: unknown): void;
    setTimeout(ms: number, listener: () => void): void;
    destroy(): void;
  }

  export interface Wire extends Duplex, Omit<StreamWire, "on" | "once" | "destroy"> {
    peerAddress: string | null;
    readonly requests: readonly WireRequest[];
    /** What the peer asked for and didn't get yet. */
    readonly peerRequests: WireRequest[];
    handshake(infohash: Buffer, peerId: Buffer): void;
    cancel(piece: number, offset: number, length: number): void;
    setKeepAlive(on: boolean): void;
    /** Sends a block. */
    piece(piece: number, offset: number, block: Buffer): void;
    /** Takes a request of the peer's. */
    _onrequest(piece: number, offset: number, length: number): void;
    /** Takes the next `_parserSize` bytes. */
    readonly _parser: (bytes: Buffer) => void;
    readonly _parserSize: number;
    /** Sends bytes; a message may come in two parts. */
    _push(bytes: Buffer): void;
    readonly _finished: boolean;
  }

  export default function protocol(options?: { speed?: number }): Wire;
}

declare module "torrent-stream" {
  import type { EventEmitter } from "node:events";
  import type { StreamWire } from "peer-wire-protocol";

  export interface ChunkStore {
    get(
      index: number,
      range: { readonly offset: number; readonly length: number } | null | undefined,
      callback: (error: Error | null, bytes?: Buffer) => void,
    ): void;
    put(index: number, bytes: Buffer, callback: (error?: Error | null) => void): void;
    close(callback?: (error?: Error | null) => void): void;
    destroy(callback?: (error?: Error | null) => void): void;
  }

  export interface Swarm extends EventEmitter {
    /** Bytes. */
    readonly uploaded: number;
    /** Takes a wire whose handshake is done, and what ends its connection. */
    _onwire(connection: { on(): unknown; destroy(): void }, wire: StreamWire): void;
  }

  export interface TorrentEngine extends EventEmitter {
    readonly infoHash: string;
    /** Hex SHA-1 of each piece: what a piece is compared with. */
    readonly torrent: { pieces: string[] };
    readonly swarm: Swarm;
    destroy(callback?: () => void): void;
  }

  export interface EngineOptions {
    id: string;
    path: string;
    /** Wires at most, for the sums of its choking code; links.ts is what bounds them. */
    connections: number;
    /** Wires it leaves unchoked every ten seconds. */
    uploads: number;
    verify: boolean;
    dht: false;
    tracker: false;
    hotswap: false;
    storage: (pieceLength: number) => ChunkStore;
  }

  export default function torrentStream(metainfo: Buffer, options: EngineOptions): TorrentEngine;
}
