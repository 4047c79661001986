// How many logins may be under way at once: as many as a server bears, and not a whole fleet's at one network's door.
import { isIPv6 } from "node:net";
import { HungUp } from "./hung-up.ts";
import { limiter } from "./pool.ts";

/** Runs work when its turn comes. */
export type Gate = <R>(work: () => Promise<R>) => Promise<R>;

/** sshd begins to drop connections when more than 10 are logging in (MaxStartups 10:30:100). */
const LOGINS_A_SERVER = 10;
const LOGINS_A_NETWORK = 64;
/** Hosts that are down must not hold up the others of their network. */
const NETWORK_PATIENCE_MS = 1000;
/** Logins without trouble before one more at a time is tried. */
const CALM_LOGINS = 10;

const servers = new Map<string, Gate>();
const networks = new Map<string, Gate>();

/** The gate of one server: of a host, or of those behind one bastion. */
export function startsAt(server: string): Gate {
  return gateOf(servers, server, () => yieldingGate(LOGINS_A_SERVER));
}

/** The gate of the network an IP address is in: its /24 or /64. */
export function startsIn(address: string): Gate {
  return gateOf(networks, networkOf(address), () =>
    briefGate(LOGINS_A_NETWORK, { patienceMs: NETWORK_PATIENCE_MS }),
  );
}

/** A gate through which `most` hosts behind one bastion are dialled at a time. */
export function startsThrough(bastion: string): Gate {
  return gateOf(networks, `through ${bastion}`, () =>
    briefGate(LOGINS_A_NETWORK, { patienceMs: NETWORK_PATIENCE_MS }),
  );
}

/** The network of an IP address: `10.1.2.0/24`, `2001:db8:0:1::/64`. */
export function networkOf(address: string): string {
  if (isIPv6(address)) return `${firstWords(address, 4).join(":")}::/64`;
  return `${address.split(".").slice(0, 3).join(".")}.0/24`;
}

/** Lets `most` in at a time, in order; fewer when a server hangs up on us, then slowly more again. */
export function yieldingGate(most: number): Gate {
  const waiting: (() => void)[] = [];
  let limit = most;
  let running = 0;
  let calm = 0;
  /** Counts reductions: of a burst that was too much, every login fails, and that must count once. */
  let burst = 0;
  const admit = () => {
    while (running < limit && waiting.length > 0) {
      running += 1;
      waiting.shift()?.();
    }
  };
  return async (work) => {
    const turn = new Promise<void>((resolve) => waiting.push(resolve));
    admit();
    await turn;
    const mine = burst;
    try {
      const result = await work();
      calm += 1;
      if (calm >= CALM_LOGINS && limit < most) {
        limit += 1;
        calm = 0;
      }
      return result;
    } catch (error) {
      if (error instanceof HungUp && mine === burst) {
        limit = Math.max(1, Math.floor(limit / 2));
        burst += 1;
        calm = 0;
      }
      throw error;
    } finally {
      running -= 1;
      admit();
    }
  };
}

/** Lets `most` in at a time, in order, counting none for longer than `patienceMs`. */
export function briefGate(most: number, { patienceMs }: { readonly patienceMs: number }): Gate {
  const slot = limiter(most);
  return <R>(work: () => Promise<R>) => {
    const { promise, resolve, reject } = Promise.withResolvers<R>();
    void slot(async () => {
      const running = work();
      running.then(resolve, reject);
      const { promise: late, resolve: expire } = Promise.withResolvers<void>();
      const timer = setTimeout(expire, patienceMs);
      await Promise.race([Promise.allSettled([running]), late]);
      clearTimeout(timer);
    });
    return promise;
  };
}

function gateOf(gates: Map<string, Gate>, name: string, make: () => Gate): Gate {
  const gate = gates.get(name) ?? make();
  gates.set(name, gate);
  return gate;
}

/** The first `count` groups of an IPv6 address, with what `::` stands for written out. */
function firstWords(address: string, count: number): readonly string[] {
  const [head = "", tail] = address.toLowerCase().replace(/%.*/, "").split("::");
  const words = (part: string) => (part === "" ? [] : part.split(":"));
  const last = tail === undefined ? [] : words(tail);
  // An IPv4 address at the end takes two groups' room.
  const room = last.at(-1)?.includes(".") ? last.length + 1 : last.length;
  const missing = tail === undefined ? 0 : Math.max(0, 8 - words(head).length - room);
  const all = [...words(head), ...Array<string>(missing).fill("0"), ...last];
  return all.slice(0, count).map((word) => word.replace(/^0+(?=.)/, ""));
}
