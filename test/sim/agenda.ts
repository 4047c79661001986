// The simulation's clock: what is to happen, in order of time. A heap with four children a node, in flat arrays: a
// large swarm has a hundred thousand events ahead of it at any time, and a hundred million in all.

export interface Agenda {
  /** Milliseconds since the beginning. */
  readonly nowMs: number;
  /** Events that happened. */
  readonly events: number;
  /** Calls `act(about)` when the clock shows `ms`; functions that live long, for there are millions of events. */
  at<T>(ms: number, act: (about: T) => void, about: T): void;
  /** Lets things happen until `over` says so or nothing is left. */
  run(over: () => boolean): void;
}

interface Entry {
  readonly act: (about: never) => void;
  readonly about: unknown;
}

export function openAgenda(): Agenda {
  let times = new Float64Array(1024);
  const entries: (Entry | undefined)[] = [];
  let size = 0;
  let nowMs = 0;
  let events = 0;

  function place(from: number, ms: number, entry: Entry): void {
    let at = from;
    while (at > 0) {
      const above = (at - 1) >> 2;
      const time = times[above] as number;
      if (time <= ms) break;
      times[at] = time;
      entries[at] = entries[above];
      at = above;
    }
    times[at] = ms;
    entries[at] = entry;
  }

  /** Takes the earliest one out. */
  function take(): Entry {
    const first = entries[0] as Entry;
    size--;
    const ms = times[size] as number;
    const entry = entries[size] as Entry;
    entries[size] = undefined;
    let at = 0;
    for (;;) {
      const child = 4 * at + 1;
      if (child >= size) break;
      let least = child;
      const end = Math.min(child + 4, size);
      for (let each = child + 1; each < end; each++)
        if ((times[each] as number) < (times[least] as number)) least = each;
      if ((times[least] as number) >= ms) break;
      times[at] = times[least] as number;
      entries[at] = entries[least];
      at = least;
    }
    if (size > 0) {
      times[at] = ms;
      entries[at] = entry;
    }
    return first;
  }

  return {
    get nowMs() {
      return nowMs;
    },
    get events() {
      return events;
    },
    at: (ms, act, about) => {
      if (size === times.length) {
        const larger = new Float64Array(2 * size);
        larger.set(times);
        times = larger;
      }
      place(size++, ms, { act, about });
    },
    run: (over) => {
      while (size > 0 && !over()) {
        nowMs = times[0] as number;
        events++;
        const { act, about } = take();
        act(about as never);
      }
    },
  };
}
