// Who reaches whom over TCP: a closed port answers at once, a filtered one not at all. Nothing is sent.
import { connect as dial } from "node:net";
import { $ } from "zx";
import { OpsError } from "../errors.ts";
import { HANG_UP, listenInRange } from "../peer/listen.ts";
import type { PortRange } from "../peer/protocol.ts";
import { eachLimited } from "../ssh/pool.ts";
import type { Connection } from "../ssh/types.ts";
import { about, type Finding } from "./finding.ts";

/** A host that was connected to, and a port on it that a peer would take. */
export interface Reachable {
  readonly name: string;
  readonly connection: Connection;
  /** The address others dial. */
  readonly address: string;
  readonly port: number;
}

/** "no bash": could not be tried there. */
type Answer = "open" | "refused" | "silence" | "no bash" | { readonly error: string };

const DIAL_SECONDS = 3;
/** For two dials and a slow login shell. */
const SCRIPT_TIMEOUT_MS = 30_000;

// $1 seconds, then pairs of address and port. Only bash can dial by itself, and only `timeout` ends it in time.
const SCRIPT = String.raw`
seconds=$1; shift
if ! command -v bash >/dev/null || ! command -v timeout >/dev/null; then
  while [ $# -ge 2 ]; do echo "reach no-bash"; shift 2; done; exit 0
fi
LC_ALL=C; export LC_ALL
while [ $# -ge 2 ]; do
  said=$(timeout "$seconds" bash -c 'exec 3<>"/dev/tcp/$0/$1"' "$1" "$2" 2>&1)
  echo "reach $? $(echo "$said" | tr '\n' ' ')"
  shift 2
done
`;

/**
 * Tries host → this machine, this machine → host, and host → the next host. One way between host and this machine is
 * enough for the seeder to feed it, for either side dials; without one, a few hosts are fed over SSH for the others.
 */
export async function checkReach(
  hosts: readonly Reachable[],
  {
    ports,
    forks,
    signal,
  }: { readonly ports: PortRange | undefined; readonly forks: number; readonly signal: AbortSignal },
): Promise<readonly Finding[]> {
  // A real listener, so that a firewall that refuses is told apart from a port nobody listens on.
  const listener = await listening(ports);
  try {
    const results = await eachLimited(hosts, { limit: forks, signal }, async (host, index) => {
      const next = hosts.length > 1 ? hosts[(index + 1) % hosts.length] : undefined;
      const [inward, outward] = await Promise.all([
        dialFrom(host, listener?.port, next, signal),
        dialFromHere(host.address, host.port),
      ]);
      return judge(host, { ...inward, outward, next, herePort: listener?.port });
    });
    signal.throwIfAborted();
    return results.flatMap((result, index) => {
      if (result.status === "fulfilled") return result.value;
      if (!(result.reason instanceof OpsError)) throw result.reason;
      return [about("reach", hosts[index]?.name)("warn", `not checked: ${result.reason.message}`)];
    });
  } finally {
    listener?.listener.stop(true);
  }
}

/** undefined when no port of the range is free here: another finding says so. */
async function listening(ports: PortRange | undefined) {
  try {
    return await listenInRange(HANG_UP, { ports });
  } catch (error) {
    if (error instanceof OpsError && error.code === "port") return undefined;
    throw error;
  }
}

async function dialFrom(
  { connection }: Reachable,
  herePort: number | undefined,
  next: Reachable | undefined,
  signal: AbortSignal,
): Promise<{ here: Answer | undefined; other: Answer | undefined }> {
  const targets = [
    ...(herePort === undefined ? [] : [connection.localAddress, `${herePort}`]),
    ...(next === undefined ? [] : [next.address, `${next.port}`]),
  ];
  const { stdout } = await connection.run(["sh", "-c", SCRIPT, "sh", `${DIAL_SECONDS}`, ...targets], {
    signal,
    timeoutMs: SCRIPT_TIMEOUT_MS,
  });
  const answers = stdout
    .split("\n")
    .flatMap((line) => (line.startsWith("reach ") ? [parseAnswer(line)] : []));
  const here = herePort === undefined ? undefined : answers.shift();
  return { here, other: next === undefined ? undefined : answers.shift() };
}

/** One line of the script; pure. */
export function parseAnswer(line: string): Answer {
  const [, code = "", said = ""] = /^reach (\S+) ?(.*)$/.exec(line) ?? [];
  if (code === "no-bash") return "no bash";
  if (code === "0") return "open";
  // 124 is what coreutils' timeout says, 143 busybox's.
  if (code === "124" || code === "143" || /timed out/i.test(said)) return "silence";
  if (/refused/i.test(said)) return "refused";
  const words = said.trim().split(": ").at(-1) ?? "";
  return { error: words === "" ? `exit code ${code}` : words };
}

async function dialFromHere(address: string, port: number): Promise<Answer> {
  const { promise, resolve } = Promise.withResolvers<Answer>();
  const socket = dial({ host: address, port });
  const timer = setTimeout(() => resolve("silence"), DIAL_SECONDS * 1000);
  socket.once("connect", () => resolve("open"));
  socket.once("error", ({ code, message }: NodeJS.ErrnoException) =>
    resolve(code === "ECONNREFUSED" ? "refused" : code === "ETIMEDOUT" ? "silence" : { error: message }),
  );
  const answer = await promise;
  clearTimeout(timer);
  socket.destroy();
  return answer === "refused" ? refusedBy(address, port) : answer;
}

/** Bun (1.4) calls every connection that fails refused, also those that no route leads to: asks bash what it was. */
async function refusedBy(address: string, port: number): Promise<Answer> {
  const { stdout } = await $({ quiet: true })`sh -c ${SCRIPT} sh ${DIAL_SECONDS} ${address} ${port}`;
  const answer = parseAnswer(stdout.trimEnd());
  return answer === "no bash" ? "refused" : answer;
}

function judge(
  { name, address, port }: Reachable,
  {
    here,
    other,
    outward,
    next,
    herePort,
  }: {
    here: Answer | undefined;
    other: Answer | undefined;
    outward: Answer;
    next: Reachable | undefined;
    herePort: number | undefined;
  },
): Finding[] {
  const say = about("reach", name);
  const toUs = `it reaches this machine`;
  const fromUs = `this machine reaches it (${address} port ${port})`;
  const findings: Finding[] = [];
  if (arrives(outward) || here === "open") {
    const blocked = [
      ...(here === undefined || here === "open" || here === "no bash"
        ? []
        : [`${negated(toUs)} on TCP ${herePort} (${words(here)})`]),
      ...(arrives(outward) ? [] : [`${negated(fromUs)} (${words(outward)})`]),
    ];
    findings.push(
      blocked.length === 0
        ? say("ok", here === "open" ? `${toUs}, and ${fromUs}` : fromUs)
        : say("ok", `${arrives(outward) ? fromUs : toUs}; ${blocked.join("; ")}: one way is enough`),
    );
  } else if (here === "no bash") {
    findings.push(
      say("warn", `${negated(fromUs)} (${words(outward)}); the other way was not checked: no bash there`),
    );
  } else {
    findings.push(
      say(
        "warn",
        `${negated(fromUs)} (${words(outward)})${here === undefined ? "" : `, nor does it reach us on TCP ${herePort} (${words(here)})`}: what it gets from this machine goes over SSH`,
        "to have it sooner, open TCP rookery_ports between this machine and the host, or set rookery_address to the address others reach it by",
      ),
    );
  }
  if (next === undefined || other === undefined) return findings;
  const peer = `${next.name} (${next.address} port ${next.port})`;
  if (arrives(other)) findings.push(say("ok", `it reaches ${peer}`));
  else if (other === "no bash")
    findings.push(say("ok", `whether it reaches ${peer} was not checked: no bash there`));
  else
    findings.push(
      say(
        "warn",
        `it does not reach ${peer}: ${words(other)}`,
        "open TCP rookery_ports between the hosts, or set rookery_address; until then others must pass everything on",
      ),
    );
  return findings;
}

/** Somebody's kernel answered: nothing in between swallows the connection. */
function arrives(answer: Answer): boolean {
  return answer === "open" || answer === "refused";
}

function negated(text: string): string {
  return text.replace("reaches", "does not reach");
}

function words(answer: Answer): string {
  if (typeof answer === "object") return answer.error;
  if (answer === "silence") return `no answer in ${DIAL_SECONDS} s: filtered`;
  return answer;
}
