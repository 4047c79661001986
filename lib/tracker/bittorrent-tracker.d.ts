// The part of bittorrent-tracker 11 that start.ts uses. The package's root import needs a native WebRTC build; this doesn't.

declare module "bittorrent-tracker/server" {
  import type { EventEmitter } from "node:events";
  import type { IncomingMessage, ServerResponse } from "node:http";

  export interface ServerOptions {
    http: false;
    udp: false;
    ws: false;
    stats: false;
    /** Milliseconds. */
    interval: number;
    peersCacheLength: number;
    /** `infohash` in hex. */
    filter: (infohash: string, params: unknown, answer: (error: Error | null) => void) => void;
  }

  export default class Server extends EventEmitter {
    constructor(options: ServerOptions);
    readonly torrents: Readonly<Record<string, { readonly complete: number; readonly incomplete: number }>>;
    onHttpRequest(
      request: IncomingMessage,
      response: ServerResponse,
      options: { action: "announce"; trustProxy: true },
    ): void;
    close(callback?: () => void): void;
  }
}
