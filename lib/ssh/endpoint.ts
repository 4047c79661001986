// A target, and the hops to it, with everything ssh_config and the defaults add.
import { join } from "node:path";
import { OpsError } from "../errors.ts";
import { parseHostKeyChecking, parseJumps, parsePort } from "./args.ts";
import { type ClientConfig, readClientConfig } from "./client-config.ts";
import type { SshEnvironment } from "./environment.ts";
import type { Target } from "./types.ts";

/** One SSH server to log in to. */
export interface Endpoint {
  /** Inventory name of the host this is about; messages begin with it, for hops as well. */
  readonly host: string;
  readonly address: string;
  readonly port: number;
  readonly user: string;
  /** What known_hosts calls it, without the port. */
  readonly keyName: string;
  /** Private keys to try; `explicit` ones were named, so that a missing one is worth a word. */
  readonly identityFiles: readonly string[];
  readonly explicitIdentities: boolean;
  readonly identitiesOnly: boolean;
  readonly agentSocket: string | undefined;
  readonly password: string | undefined;
  readonly hostKeyChecking: Target["hostKeyChecking"];
  /** The first one gets new keys. */
  readonly userKnownHostsFiles: readonly string[];
  readonly globalKnownHostsFiles: readonly string[];
  /** How long each step may take, where anybody says. */
  readonly connectTimeoutMs: number | undefined;
  /** Signs of life asked for every so often, and how many may fail to come; 0: none. */
  readonly keepalive: { readonly intervalMs: number; readonly count: number };
  /** Encrypted keys that were opened before, by path. */
  readonly unlocked: Target["unlocked"];
  /** On the way to the host, not the host itself. */
  readonly jump: boolean;
  /** What ssh_config has for it that only the system's own ssh can do. */
  readonly needs: string | undefined;
}

const DEFAULT_PORT = 22;
const DEFAULT_IDENTITIES = ["id_ed25519", "id_ecdsa", "id_rsa"];
const MAX_HOPS = 8;
const KEEPALIVE_SECONDS = 10;
const KEEPALIVE_COUNT = 3;

/**
 * The servers to go through, nearest first; the last is the target itself.
 * @throws OpsError `setting` for ssh_config that can't be read or goes in circles
 */
export async function routeTo(target: Target, environment: SshEnvironment): Promise<readonly Endpoint[]> {
  const { address, user } = target;
  const config = await readClientConfig(address, { user, environment });
  const last = endpoint(target, config, environment, { first: target.jumps === undefined });
  const jumps = target.jumps ?? jumpsOf(config);
  return [...(await hopsTo(jumps, target, environment, 1)), last];
}

/** Address and port as people write them: `10.0.0.1:22`, `[::1]:22`. */
export function placeOf({ address, port }: Pick<Endpoint, "address" | "port">): string {
  return `${address.includes(":") ? `[${address}]` : address}:${port}`;
}

async function hopsTo(
  jumps: readonly string[],
  target: Target,
  environment: SshEnvironment,
  depth: number,
): Promise<readonly Endpoint[]> {
  const host = target.name;
  if (depth > MAX_HOPS) throw new OpsError("setting", `${host}: more than ${MAX_HOPS} jump hosts`, { host });
  const hops = jumps.map(async (jump, index) => {
    const { user, address, port } = parseJump(jump, host);
    const config = await readClientConfig(address, { user, environment });
    const hop: Target = {
      name: host,
      via: "ssh",
      address,
      port: port ?? DEFAULT_PORT,
      user,
      // ssh wouldn't hand these on to a hop, but whoever names a key or a known_hosts file means it for the way, too.
      privateKeyFile: target.privateKeyFile,
      identitiesOnly: target.identitiesOnly,
      hostKeyChecking: target.hostKeyChecking,
      knownHostsFiles: target.knownHostsFiles,
      connectTimeoutMs: target.connectTimeoutMs,
      keepalive: target.keepalive,
      unlocked: target.unlocked,
      unset: [
        ...(port === undefined ? (["port"] as const) : []),
        ...(target.unset ?? []).filter((name) => name !== "port"),
      ],
    };
    // Only the nearest hop is reached from here, so only its own ProxyJump counts.
    const before = index === 0 ? await hopsTo(jumpsOf(config), hop, environment, depth + 1) : [];
    return [...before, { ...endpoint(hop, config, environment, { first: index === 0 }), jump: true }];
  });
  return (await Promise.all(hops)).flat();
}

/** `first`: nothing before it was named, so its own ProxyCommand counts. */
function endpoint(
  target: Target,
  config: ClientConfig,
  environment: SshEnvironment,
  { first }: { first: boolean },
): Endpoint {
  const { name, unset = [] } = target;
  const { home } = environment;
  const where = { where: "ssh_config", host: name };
  const address = config.hostName ?? target.address;
  const explicit = target.privateKeyFile === undefined ? config.identityFiles : [target.privateKeyFile];
  const strict = parseHostKeyChecking(config.strictHostKeyChecking ?? "");
  const agent = config.identityAgent === undefined ? environment.agentSocket : config.identityAgent;
  const known = target.knownHostsFiles?.map((file) => atHome(file, home)) ?? config.userKnownHostsFiles;
  const aliveSeconds = target.keepalive?.seconds ?? config.keepalive.seconds ?? KEEPALIVE_SECONDS;
  return {
    host: name,
    address,
    port: unset.includes("port") && config.port !== undefined ? parsePort(config.port, where) : target.port,
    user: target.user ?? config.user ?? environment.user,
    keyName: config.hostKeyAlias ?? address,
    identityFiles: (explicit.length > 0 ? explicit : defaultIdentities(home)).map((file) =>
      atHome(file, home),
    ),
    explicitIdentities: explicit.length > 0,
    identitiesOnly: target.identitiesOnly ?? config.identitiesOnly,
    agentSocket: agent === "none" ? undefined : agent === "SSH_AUTH_SOCK" ? environment.agentSocket : agent,
    password: target.password,
    hostKeyChecking: unset.includes("hostKeyChecking")
      ? (strict ?? target.hostKeyChecking)
      : target.hostKeyChecking,
    userKnownHostsFiles: known ?? ["known_hosts", "known_hosts2"].map((file) => join(home, ".ssh", file)),
    globalKnownHostsFiles: config.globalKnownHostsFiles ?? environment.globalKnownHostsFiles,
    connectTimeoutMs: target.connectTimeoutMs ?? config.connectTimeoutMs,
    keepalive: {
      intervalMs: aliveSeconds * 1000,
      count: target.keepalive?.count ?? config.keepalive.count ?? KEEPALIVE_COUNT,
    },
    unlocked: target.unlocked,
    jump: false,
    needs: config.needs ?? (first && hasProxyCommand(config) ? "ssh_config has ProxyCommand" : undefined),
  };
}

function jumpsOf({ proxyJump }: ClientConfig): readonly string[] {
  return proxyJump === undefined ? [] : parseJumps(proxyJump);
}

function hasProxyCommand({ proxyCommand }: ClientConfig): boolean {
  return proxyCommand !== undefined && proxyCommand.toLowerCase() !== "none";
}

/** `user@host:port`, `[::1]:22`, `ssh://…`: user and port are optional. */
function parseJump(jump: string, host: string) {
  const parts = /^(?:ssh:\/\/)?(?:(.+)@)?(?:\[([^\]]+)\]|([^:@]+))(?::(\d+))?$/.exec(jump);
  const address = parts?.[2] ?? parts?.[3];
  if (address === undefined) {
    throw new OpsError("setting", `${host}: not a jump host: ${JSON.stringify(jump)}`, {
      host,
      hint: "write user@host:port",
    });
  }
  const port =
    parts?.[4] === undefined ? undefined : parsePort(parts[4], { where: `ProxyJump ${jump}`, host });
  return { user: parts?.[1], address, port };
}

/** The keys tried where none is named. */
export function defaultIdentities(home: string): readonly string[] {
  return DEFAULT_IDENTITIES.map((file) => join(home, ".ssh", file));
}

/** `file` with `~` written out. */
export function atHome(file: string, home: string): string {
  return file.replace(/^~(?=\/|$)/, home);
}
