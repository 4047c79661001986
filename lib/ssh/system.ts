// Hosts that only the system's own ssh reaches: certificates, ProxyCommand, and whatever else ssh2 doesn't have.
import { spawn } from "node:child_process";
import { createSocket } from "node:dgram";
import { isIP } from "node:net";
import { OpsError } from "../errors.ts";
import type { Exit, Pipes, Transport } from "./pipes.ts";
import { limiter } from "./pool.ts";
import { lost } from "./program.ts";
import { shellCommand } from "./quote.ts";
import { retrying } from "./retry.ts";
import { throughMaster } from "./system-arguments.ts";
import { type Master, type MasterOptions, startMaster } from "./system-master.ts";
import type { Target } from "./types.ts";

/** Each is a process here; behind a proxy it is a login on what is mostly one bastion, and MaxStartups is 10:30:100. */
const STARTS_AT_ONCE = { direct: 30, proxied: 10 };
/** What ssh itself ends with, and what the host's commands may end with as well. */
const SSH_FAILED = 255;
// The shell stays to tell of signals by number (128 + n), which ssh would tell as 255.
const WAIT = '"$@"; exit $?';

const gates = { direct: limiter(STARTS_AT_ONCE.direct), proxied: limiter(STARTS_AT_ONCE.proxied) };

/**
 * A transport over the system's ssh: one ControlMaster a host, a further `ssh` for each command through it. `reason`:
 * why, as `wayTo` has it.
 * @throws OpsError `unreachable`, `host-key`, `auth`, `setting`, `tool`, `interrupted`
 */
export async function systemTransport(
  target: Target,
  reason: string,
  options: MasterOptions,
): Promise<Transport> {
  const { name: host } = target;
  const proxied = /Proxy/.test(reason) || (target.jumps ?? []).length > 0;
  const master = await logIn(target, gates[proxied ? "proxied" : "direct"], options);
  const live = new Set<Pipes>();
  let over = false;
  const closed = master.closed.then((reason) => {
    over = true;
    for (const pipes of live) pipes.close();
    return reason;
  });
  const { remoteAddress, localAddress } = await addresses(target, master);
  return {
    target,
    remoteAddress,
    localAddress,
    user: master.log.user ?? target.user ?? options.env.user,
    closed,
    open: async (argv) => {
      if (over) throw lost(host, await closed);
      const command = `exec ${shellCommand(["sh", "-c", WAIT, "sh", ...argv])}`;
      const pipes = await spawnSsh(
        target,
        throughMaster(master.socket, [], command),
        options,
        async (code) => code === SSH_FAILED && (over || !(await isAlive(target, master, options))),
      );
      live.add(pipes);
      void pipes.exited.then(() => live.delete(pipes));
      await running(pipes, host);
      return pipes;
    },
    close: () => master.close(),
  };
}

/** Tries again when the server, or one on the way, hung up before the login: it may be busy (MaxStartups). */
async function logIn(target: Target, gate: typeof gates.direct, options: MasterOptions): Promise<Master> {
  return retrying(() => gate(() => startMaster(target, options)), {
    host: target.name,
    signal: options.signal,
  });
}

async function isAlive(target: Target, master: Master, options: MasterOptions): Promise<boolean> {
  const check = await spawnSsh(
    target,
    throughMaster(master.socket, ["-O", "check"]),
    options,
    async () => false,
  );
  check.stdout.resume();
  check.stderr.resume();
  check.stdin.end();
  return (await check.exited).code === 0;
}

function spawnSsh(
  { name: host, sshProgram = "ssh" }: Target,
  args: readonly string[],
  { env }: MasterOptions,
  isLost: (code: number | null) => Promise<boolean>,
): Promise<Pipes> {
  const child = spawn(sshProgram, args, { detached: true, env: env.variables, stdio: "pipe" });
  const { promise: exited, resolve: settle } = Promise.withResolvers<Exit>();
  child.once("exit", async (code) => {
    const nothing = code === null || (await isLost(code));
    settle({ code: nothing ? null : code, signal: undefined });
  });
  const close = () => {
    settle({ code: null, signal: undefined });
    child.kill("SIGKILL");
    for (const stream of [child.stdin, child.stdout, child.stderr]) stream.destroy();
  };
  return new Promise((resolve, reject) => {
    child.once("spawn", () =>
      resolve({ stdin: child.stdin, stdout: child.stdout, stderr: child.stderr, exited, close }),
    );
    child.once("error", (cause) =>
      reject(new OpsError("tool", `${host}: can't start ${sshProgram}: ${cause.message}`, { host, cause })),
    );
  });
}

/** What our own ssh says when there is no session to be had. */
const NO_SESSION = /^(?:mux_client|Control socket connect|Connection closed by UNKNOWN)/;

/** Settles when the command, which begins by saying something, has done so or has ended. */
async function running({ stdout, stderr, exited }: Pipes, host: string): Promise<void> {
  const { promise: begun, resolve } = Promise.withResolvers<void>();
  for (const stream of [stdout, stderr]) stream.once("readable", resolve);
  await Promise.race([begun, exited]);
  // As long as somebody waits for this event, no data flows.
  for (const stream of [stdout, stderr]) stream.off("readable", resolve);
  const said: Buffer | null = stderr.read();
  if (said === null) return;
  const text = said.toString("utf8");
  if (!NO_SESSION.test(text)) return stderr.unshift(said);
  const { code } = await exited;
  if (code === null) throw lost(host);
  throw new OpsError("remote", `${host}: can't start a command: ${text.trim().split("\n")[0]}`, {
    host,
    hint: "its sshd may allow fewer sessions at once: raise MaxSessions",
  });
}

/** Where the host is, and where we are for it. Behind a proxy only the host knows its address. */
async function addresses({ address }: Target, { log, seen }: Master) {
  const [client = "", , server = ""] = seen.split(" ");
  const remoteAddress = plain((log.proxied ? undefined : log.ip) ?? (isIP(server) ? server : address));
  return { remoteAddress, localAddress: (await addressTowards(remoteAddress)) ?? plain(client) };
}

/** This machine's own address on the way to `ip`; nothing is sent. */
function addressTowards(ip: string): Promise<string | undefined> {
  const family = isIP(ip);
  if (family === 0) return Promise.resolve(undefined);
  const socket = createSocket(family === 6 ? "udp6" : "udp4");
  const { promise, resolve } = Promise.withResolvers<string | undefined>();
  // No route: then the host's own view of us has to do.
  socket.once("error", () => resolve(undefined));
  socket.connect(9, ip, () => resolve(socket.address().address));
  return promise.finally(() => socket.close());
}

function plain(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.)/i, "");
}
