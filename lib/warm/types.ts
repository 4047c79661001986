// What spreads: the Bun that runs peers, as it lies on the control host.

export interface Runtime {
  /** A file on the control host. */
  readonly path: string;
  /** Its name in a host's cache, `bun-VERSION-` and 16 hex digits of its SHA-256: another build is another file. */
  readonly name: string;
  readonly bytes: number;
  /** In hex. */
  readonly sha256: string;
}
