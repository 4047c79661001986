// ansible_* vars → how to reach a host.
import { OpsError } from "../errors.ts";
import type { Host, Inventory } from "../inventory/types.ts";
import { parsePort, parseSeconds, parseSshArguments, type SshArguments } from "./args.ts";
import { becomeOf } from "./become-vars.ts";
import type { Target } from "./types.ts";

const SSH = new Set(["ssh", "smart", "paramiko", "paramiko_ssh"]);
const DEFAULT_PORT = 22;

/**
 * How to reach `host`, by Ansible's names; where two names mean the same, the one Ansible prefers wins.
 * @throws OpsError `setting` naming the var, for values that can't be and ways that aren't supported
 * @see https://docs.ansible.com/ansible/latest/collections/ansible/builtin/ssh_connection.html
 */
export function targetOf(inventory: Inventory, host: Host): Target {
  const scalar = (name: string): string | undefined => {
    const value = inventory.value(host, name) ?? undefined;
    if (value === undefined) return undefined;
    if (!["string", "number", "bigint", "boolean"].includes(typeof value)) throw bad(name, value);
    return `${value}`;
  };
  const found = (names: readonly string[], isSet: (value: string | undefined) => boolean) => {
    const name = names.find((each) => isSet(scalar(each)));
    return name === undefined ? undefined : scalar(name);
  };
  const text = (...names: readonly string[]) => found(names, Boolean);
  const given = (...names: readonly string[]) => found(names, (value) => value !== undefined);
  const flag = (...names: readonly string[]): boolean | undefined => {
    const value = text(...names)?.toLowerCase();
    if (value === undefined) return undefined;
    if (["yes", "true", "1", "on", "y", "t", "1.0"].includes(value)) return true;
    if (["no", "false", "0", "off", "n", "f", "0.0"].includes(value)) return false;
    throw bad(names.find((name) => text(name) !== undefined) ?? "", value);
  };
  const bad = (name: string, value: unknown, hint?: string) => {
    const origin = inventory.origin(host, name);
    const where = origin === undefined ? name : `${name} (${origin})`;
    const what = /pass/.test(name) ? "what it is" : JSON.stringify(value);
    return new OpsError("setting", `${host.name}: ${where} can't be ${what}`, {
      host: host.name,
      hint,
    });
  };
  const settings = inventory.connection ?? {};
  /** Ssh arguments from var `name`, or else from ansible.cfg or the environment. */
  const args = (name: string, setting: string | undefined) =>
    parseSshArguments(text(name) ?? setting ?? "", { where: name, host: host.name });

  const become = becomeOf({ host, settings, text, given, flag, bad });
  const connection = text("ansible_connection") ?? settings.transport ?? "ssh";
  const via = connection.replace(/^ansible\.builtin\./, "");
  if (via !== "local" && !SSH.has(via)) throw bad("ansible_connection", connection, "use ssh or local");
  if (via === "local") {
    const here = { address: "127.0.0.1", port: 0, hostKeyChecking: "yes" } as const;
    return { name: host.name, via, ...here, become };
  }

  // ssh takes the first value it meets, and this is the order in which Ansible writes its command line.
  const before = args("ansible_ssh_args", settings.sshArgs);
  const after = [
    args("ansible_ssh_common_args", settings.sshCommonArgs),
    args("ansible_ssh_extra_args", settings.sshExtraArgs),
  ];
  const all = [before, ...after];
  const portText = text("ansible_ssh_port", "ansible_port");
  const ownPort =
    portText === undefined
      ? settings.remotePort
      : parsePort(portText, { where: "ansible_port", host: host.name });
  const checking =
    flag("ansible_ssh_host_key_checking", "ansible_host_key_checking") ?? settings.hostKeyChecking;
  const ownKey = text("ansible_ssh_private_key_file", "ansible_private_key_file") ?? settings.privateKeyFile;
  const ownTimeout = text("ansible_ssh_timeout");
  const timeout =
    before.connectTimeoutSeconds ??
    (ownTimeout === undefined
      ? settings.timeoutSeconds
      : parseSeconds(ownTimeout, { where: "ansible_ssh_timeout", host: host.name }));
  const port = before.port ?? ownPort ?? first(after, "port");
  const hostKeyChecking =
    before.hostKeyChecking ?? (checking === false ? "no" : undefined) ?? first(after, "hostKeyChecking");
  return {
    name: host.name,
    via: "ssh",
    address: text("ansible_ssh_host", "ansible_host") ?? host.name,
    port: port ?? DEFAULT_PORT,
    user:
      before.user ?? text("ansible_ssh_user", "ansible_user") ?? settings.remoteUser ?? first(after, "user"),
    privateKeyFile: ownKey ?? all.flatMap(({ identityFiles }) => identityFiles)[0],
    password: text("ansible_ssh_password", "ansible_ssh_pass", "ansible_password") ?? settings.password,
    jumps: first(all, "jumps"),
    hostKeyChecking: hostKeyChecking ?? "yes",
    knownHostsFiles: first(all, "knownHostsFiles"),
    become,
    connectTimeoutMs: timeout && timeout * 1000,
    identitiesOnly: first(all, "identitiesOnly"),
    keepalive: { seconds: first(all, "aliveSeconds"), count: first(all, "aliveCount") },
    ...systemSsh(all, text("ansible_ssh_executable") ?? settings.sshExecutable),
    unset: [
      ...(port === undefined ? (["port"] as const) : []),
      ...(hostKeyChecking === undefined && checking === undefined ? (["hostKeyChecking"] as const) : []),
    ],
  };
}

/** What the system's own ssh would be told, and why it takes that one. */
function systemSsh(
  [before, ...after]: readonly SshArguments[],
  program: string | undefined,
): Pick<Target, "needs" | "sshArguments" | "sshProgram"> {
  const words = { before: before?.words ?? [], after: after.flatMap((source) => source.words) };
  const other = program === undefined || /^(?:\/usr\/bin\/)?ssh$/.test(program) ? undefined : program;
  return {
    needs:
      other === undefined
        ? first([...(before ? [before] : []), ...after], "needs")
        : `ansible_ssh_executable is ${other}`,
    ...(words.before.length + words.after.length === 0 ? {} : { sshArguments: words }),
    ...(other === undefined ? {} : { sshProgram: other }),
  };
}

/** The first of `sources` that says something about `name`. */
function first<T, Name extends keyof T>(sources: readonly T[], name: Name): T[Name] | undefined {
  return sources.find((source) => source[name] !== undefined)?.[name];
}
