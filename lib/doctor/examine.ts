// The whole look: this machine, then every host, then who reaches whom.
import { tmpdir } from "node:os";
import { isUnreachable, OpsError } from "../errors.ts";
import { connect } from "../ssh/connect.ts";
import { eachLimited } from "../ssh/pool.ts";
import type { Connection, Target } from "../ssh/types.ts";
import { ownBun, runtimeFor } from "../swarm/runtime.ts";
import { type Survey, survey } from "../swarm/survey.ts";
import { about, type Check, type Finding } from "./finding.ts";
import { checkHere, checkSource } from "./here.ts";
import { firstFree, judgeDeployTo, judgeHost, type Need } from "./judge-host.ts";
import { judgeRuntime } from "./judge-runtime.ts";
import type { DoctorHost, DoctorPlan } from "./plan.ts";
import { type Probe, probe } from "./probe.ts";
import { checkReach, type Reachable } from "./reach.ts";

/**
 * Looks for what would stop a deploy. Changes nothing anywhere: on hosts it reads, here it packs nothing, and the port
 * it listens on for a moment answers nobody.
 * @returns findings of this machine first, then of the hosts in the plan's order
 */
export async function examine(
  { hosts, forks, release, findings }: DoctorPlan,
  { signal }: { readonly signal: AbortSignal },
): Promise<readonly Finding[]> {
  const { need, findings: ofSource } =
    release === undefined
      ? { need: undefined, findings: [] }
      : await checkSource(release.source, { ...release, signal });
  // The port range of the first host is this machine's too, as in a deploy.
  const { ports } = hosts.find(({ target }) => target !== undefined) ?? {};
  const peers = hosts.filter(({ target }) => target?.via === "local").length;
  const here = await checkHere({ ports, folder: tmpdir(), need, hosts: hosts.length, peers });
  await using stack = new AsyncDisposableStack();
  const looks = await eachLimited(hosts, { limit: forks, signal }, (host) =>
    host.target === undefined
      ? Promise.resolve({ findings: [], reachable: undefined })
      : look(host, host.target, { need, signal, keep: (connection) => stack.use(connection) }),
  );
  signal.throwIfAborted();
  const seen = looks.map((result) => {
    if (result.status === "rejected") throw result.reason;
    return result.value;
  });
  const reachable = seen.flatMap((one) => one.reachable ?? []);
  const ofNetwork = await checkReach(reachable, { ports, forks, signal });
  const all = [...findings, ...ofSource, ...here, ...seen.flatMap((one) => one.findings), ...ofNetwork];
  const order = [undefined, ...hosts.map(({ name }) => name)];
  const byHost = Map.groupBy(all, ({ host }) => host);
  return order.flatMap((host) => byHost.get(host) ?? []);
}

async function look(
  { name, deployTo, sharedFiles, address, ports }: DoctorHost,
  target: Target,
  {
    need,
    signal,
    keep,
  }: { need: Need | undefined; signal: AbortSignal; keep: (connection: Connection) => void },
): Promise<{ findings: readonly Finding[]; reachable: Reachable | undefined }> {
  const findings: Finding[] = [];
  /** What `work` brings, or a finding that says why it brings nothing. */
  const attempt = async <T>(check: Check, work: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await work();
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof OpsError)) throw error;
      const { code, message, hint } = error;
      const text = message.startsWith(`${name}: `) ? message.slice(name.length + 2) : message;
      const finding = about(check, name)("fail", text, hint);
      findings.push(isUnreachable(code) ? { ...finding, unreachable: true } : finding);
      return undefined;
    }
  };
  let system = "";
  const onSystem = (reason: string) => {
    system = `, by the system's own ssh, for ${reason}`;
  };
  const connection = await attempt("ssh", () => connect(target, { signal, onSystem }));
  if (connection === undefined) return { findings, reachable: undefined };
  keep(connection);
  findings.push(about("ssh", name)("ok", `${wayTo(target)}${system}`));
  if (target.become !== undefined) {
    const { method, user } = target.become;
    const tried = await attempt("sudo", () => connection.run(["true"], { signal }));
    if (tried === undefined) return { findings, reachable: undefined };
    findings.push(about("sudo", name)("ok", `commands run as ${user}, by ${method}`));
  }
  const local = target.via === "local";
  const surveyed: Survey | undefined = await attempt("cache", () => survey(connection, { signal }));
  const facts: Probe | undefined = await attempt("ssh", () =>
    probe(connection, { deployTo, cache: surveyed?.cache, sharedFiles, signal }),
  );
  if (facts === undefined) return { findings, reachable: undefined };
  if (surveyed !== undefined) {
    const ready = local || ownBun(surveyed) !== undefined;
    const runtime = ready ? undefined : await attempt("platform", () => runtimeFor(surveyed.platform));
    if (ready || runtime !== undefined)
      findings.push(...judgeRuntime(name, surveyed, facts, { local, runtime }));
  }
  if (deployTo !== undefined) findings.push(...judgeDeployTo(name, { deployTo }, facts, need));
  findings.push(...judgeHost(name, facts, ports));
  const port = ports === undefined ? undefined : firstFree(ports, facts.listening);
  const reachable =
    port === undefined ? undefined : { name, connection, address: address ?? connection.remoteAddress, port };
  return { findings, reachable };
}

function wayTo({ via, user, address, port, jumps }: Target): string {
  if (via === "local") return "this machine (ansible_connection: local)";
  const through = jumps === undefined || jumps.length === 0 ? "" : ` through ${jumps.join(", ")}`;
  return `${user === undefined ? "" : `${user}@`}${address}:${port}${through}`;
}
