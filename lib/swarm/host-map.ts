// Hosts by name as a value that is never changed, cheap to make anew with a few of them changed.

const CHUNK = 32;

/**
 * A ReadonlyMap of as many hosts as it began with. Each event makes a new state, and with a Map that meant copying
 * every host for each of a thousand hosts' every step; here one chunk of them is copied and the list of chunks.
 */
export class HostMap<T> implements ReadonlyMap<string, T> {
  readonly #places: ReadonlyMap<string, number>;
  readonly #chunks: readonly (readonly (readonly [string, T])[])[];

  private constructor(
    places: ReadonlyMap<string, number>,
    chunks: readonly (readonly (readonly [string, T])[])[],
  ) {
    this.#places = places;
    this.#chunks = chunks;
  }

  /** In this order; of two with one name the later counts. One that is such a map already is taken as it is. */
  static of<T>(entries: Iterable<readonly [string, T]>): HostMap<T> {
    if (entries instanceof HostMap) return entries;
    const all = [...new Map(entries)];
    const places = new Map(all.map(([name], place) => [name, place]));
    const chunks = Array.from({ length: Math.ceil(all.length / CHUNK) }, (_, at) =>
      all.slice(at * CHUNK, (at + 1) * CHUNK),
    );
    return new HostMap(places, chunks);
  }

  /** The same hosts with `change` made to those named. @throws Error for a name that isn't among them */
  changed(names: Iterable<string>, change: (value: T) => T): HostMap<T> {
    const chunks = [...this.#chunks];
    for (const name of names) {
      const place = this.#places.get(name);
      if (place === undefined) throw new Error(`no such host: ${name}`);
      const at = Math.floor(place / CHUNK);
      const before = chunks[at] ?? [];
      const chunk = before === this.#chunks[at] ? [...before] : (before as (readonly [string, T])[]);
      const [, value] = before[place % CHUNK] as readonly [string, T];
      chunk[place % CHUNK] = [name, change(value)];
      chunks[at] = chunk;
    }
    return new HostMap(this.#places, chunks);
  }

  get size(): number {
    return this.#places.size;
  }

  has(name: string): boolean {
    return this.#places.has(name);
  }

  get(name: string): T | undefined {
    const place = this.#places.get(name);
    return place === undefined ? undefined : this.#chunks[Math.floor(place / CHUNK)]?.[place % CHUNK]?.[1];
  }

  forEach(visit: (value: T, name: string, map: ReadonlyMap<string, T>) => void): void {
    for (const [name, value] of this) visit(value, name, this);
  }

  *entries(): MapIterator<[string, T]> {
    for (const chunk of this.#chunks) for (const [name, value] of chunk) yield [name, value];
  }

  *values(): MapIterator<T> {
    for (const chunk of this.#chunks) for (const [, value] of chunk) yield value;
  }

  keys(): MapIterator<string> {
    return this.#places.keys();
  }

  [Symbol.iterator](): MapIterator<[string, T]> {
    return this.entries();
  }
}
