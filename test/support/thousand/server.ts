// One process of a simulated fleet: the SSH servers of some hundred hosts. Its settings are the first line of stdin,
// whose end ends it; when all hosts listen it says so on stdout.
import { createPrivateKey, createPublicKey, sign, verify } from "node:crypto";
import { mkdirSync } from "node:fs";
import { connect, createServer, type Socket } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { type AuthContext, type ParsedKey, Server, utils } from "ssh2";
import { gatherWrites } from "../../../lib/ssh/gather.ts";
import { limiter } from "../../../lib/ssh/pool.ts";
import { execute } from "./execute.ts";

export interface ServerConfig {
  /** Address → name of the host there. */
  readonly hosts: Readonly<Record<string, string>>;
  readonly port: number;
  /** Text of a private key without passphrase, and of the one public key that may log in. */
  readonly hostKey: string;
  readonly authorizedKey: string;
  /** Homes are made at `ROOT/hosts/NAME`. */
  readonly root: string;
  readonly user: string;
  /** Addresses that take connections and say nothing. */
  readonly silent: readonly string[];
  readonly commandsAtOnce: number;
}

export type ServerReport =
  | { readonly type: "listening" }
  | { readonly type: "failed"; readonly message: string };

/** What sshd gives its sessions by itself. */
const HOST_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

const input = createInterface({ input: process.stdin });
const { promise: firstLine, resolve: gotLine } = Promise.withResolvers<string>();
input.once("line", gotLine);
const running = new Set<number>();
input.once("close", () => {
  for (const pid of running) endGroup(pid);
  process.exit();
});
await serve(JSON.parse(await firstLine) as ServerConfig).then(
  () => report({ type: "listening" }),
  (error: Error) => report({ type: "failed", message: error.message }),
);

async function serve(config: ServerConfig): Promise<void> {
  const { hosts, port, silent, user, root } = config;
  const slot = limiter(config.commandsAtOnce);
  const server = new Server({
    hostKeys: [quickKey(config.hostKey)] as never,
    algorithms: {
      // What costs least here: this is a stand-in for a thousand machines that share two cores with the client.
      kex: ["curve25519-sha256", "curve25519-sha256@libssh.org"],
      cipher: ["aes128-gcm@openssh.com"],
      compress: ["none"],
    },
    keepaliveInterval: 0,
  });
  const mayLogIn = keyCheck(config.authorizedKey);
  const made = new Set<string>();
  const homeOf = (name: string) => {
    const home = join(root, "hosts", name);
    if (!made.has(name)) mkdirSync(home, { recursive: true });
    made.add(name);
    return home;
  };
  server.on("connection", (client, { ip, port: from }) => {
    // Not by its other end: connections to two hosts may well come from one port.
    const { localAddress = "", localPort = 0 } = (client as unknown as { readonly _sock: Socket })._sock;
    const name = hosts[localAddress] ?? "";
    const live = new Set<number>();
    client.on("authentication", (context) => mayLogIn(context));
    client.on("session", (accept) => {
      const session = accept();
      session.on("env", (acceptVariable) => acceptVariable?.());
      // Granted so that those who always ask go on; commands get pipes all the same.
      session.on("pty", (acceptTerminal) => acceptTerminal?.());
      session.on("exec", (acceptCommand, _reject, { command }) => {
        const channel = acceptCommand();
        const env = {
          ...{ PATH: HOST_PATH, HOME: homeOf(name), USER: user, LOGNAME: user, SHELL: "/bin/sh" },
          SSH_CONNECTION: `${ip} ${from} ${localAddress} ${localPort}`,
          ROOKERY_TEST_RUN: process.env.ROOKERY_TEST_RUN,
        };
        void slot(() =>
          execute(channel, command, {
            env,
            onStart: (pid) => running.add(pid) && live.add(pid),
            onEnd: (pid) => running.delete(pid) && live.delete(pid),
          }),
        );
      });
    });
    client.on("tcpip", (accept, reject, { destIP, destPort }) => forward(accept, reject, destIP, destPort));
    // Resets are daily bread to a server; what matters is that it closes.
    client.on("error", () => {});
    client.on("close", () => {
      for (const pid of live) endGroup(pid);
    });
  });
  const take = (socket: Socket) => {
    socket.on("error", () => {});
    if (silent.includes(socket.localAddress ?? "")) return void socket.resume();
    gatherWrites(socket);
    server.injectSocket(socket);
  };
  await Promise.all(
    Object.keys(hosts).map(
      (address) =>
        new Promise<void>((resolve, reject) => {
          const listener = createServer({ noDelay: true }, take);
          listener.once("error", reject);
          listener.listen({ host: address, port, backlog: 128 }, resolve);
        }),
    ),
  );
}

/** A private key that is read once: ssh2 keeps the text and reads it for each signature. */
function quickKey(text: string): { key: ParsedKey } {
  const parsed = utils.parseKey(text);
  if (parsed instanceof Error) throw parsed;
  const key = createPrivateKey(parsed.getPrivatePEM());
  return { key: Object.assign(parsed, { sign: (data: Buffer) => sign(null, data, key) }) };
}

function keyCheck(authorizedKey: string) {
  const parsed = utils.parseKey(authorizedKey);
  if (parsed instanceof Error) throw parsed;
  const wanted = parsed.getPublicSSH();
  const key = createPublicKey(parsed.getPublicPEM());
  return (context: AuthContext) => {
    if (context.method !== "publickey" || !context.key.data.equals(wanted))
      return context.reject(["publickey"]);
    const { signature, blob } = context;
    // Without a signature it only asks whether such a key would do.
    if (signature === undefined || blob === undefined || verify(null, blob, key, signature))
      return context.accept();
    context.reject(["publickey"]);
  };
}

function forward(accept: () => NodeJS.ReadWriteStream, reject: () => void, host: string, port: number): void {
  const socket = connect({ host, port });
  socket.once("connect", () => {
    const channel = accept();
    channel.pipe(socket).pipe(channel);
    channel.once("close", () => socket.destroy());
  });
  socket.on("error", () => socket.connecting && reject());
}

/** A command and all it started: each runs in a process group of its own. */
function endGroup(pid: number): void {
  try {
    process.kill(-pid, "SIGKILL");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

function report(message: ServerReport): void {
  process.stdout.write(`${JSON.stringify(message)}\n`);
}
