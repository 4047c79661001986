// What ssh takes from its surroundings, gathered here so that nothing else in this folder reads them.
import { homedir } from "node:os";
import { join } from "node:path";

export interface SshEnvironment {
  /** Where `~` points. */
  readonly home: string;
  /** SSH_AUTH_SOCK; undefined when no agent runs. */
  readonly agentSocket: string | undefined;
  /** Who runs this: the user name where nothing names another. */
  readonly user: string;
  /** ssh_config files, first wins. */
  readonly configFiles: readonly string[];
  /** known_hosts files of the machine, asked after the user's. */
  readonly globalKnownHostsFiles: readonly string[];
  /** Environment of programs on this machine (`ansible_connection: local`). */
  readonly variables: Readonly<Record<string, string | undefined>>;
}

/** Of this process. */
export function sshEnvironment(): SshEnvironment {
  const home = process.env.HOME || homedir();
  return {
    home,
    agentSocket: process.env.SSH_AUTH_SOCK || undefined,
    user: currentUser(),
    configFiles: [join(home, ".ssh", "config"), "/etc/ssh/ssh_config"],
    globalKnownHostsFiles: ["/etc/ssh/ssh_known_hosts", "/etc/ssh/ssh_known_hosts2"],
    variables: withoutPasswords(process.env),
  };
}

/** What Ansible takes passwords from is not for the programs we start. */
function withoutPasswords(variables: SshEnvironment["variables"]): SshEnvironment["variables"] {
  return Object.fromEntries(Object.entries(variables).filter(([name]) => !/^ANSIBLE_\w+_PASS$/.test(name)));
}

let user: string | undefined;

// Bun's os.userInfo() believes $USER, which sudo and cron get wrong; ssh goes by the user id, as `id` does.
function currentUser(): string {
  user ??= Bun.spawnSync(["id", "-un"]).stdout.toString().trim() || process.env.USER || "root";
  return user;
}
