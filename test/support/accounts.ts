// A host with accounts of its own: real sshd, sudo and su, on files that only they see as /etc/passwd, shadow and sudoers.
import { chmod, chown, cp, mkdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Become, Target } from "../../lib/ssh/types.ts";
import { generateKey } from "./fleet.ts";
import { RUN_ID, RUN_VARIABLE, temporaryFolder } from "./marker.ts";
import { descendants, killAll, listProcesses } from "./processes.ts";
import { startSshd } from "./sshd.ts";

/** Who there is on the host besides the machine's own users, and what sudoers says of each. */
const ACCOUNTS = {
  keeper: "ALL=(ALL:ALL) ALL",
  /** sudo asks her once a minute, wherever she comes from. */
  cached: "ALL=(ALL:ALL) ALL\nDefaults:cached timestamp_type=global, timestamp_timeout=1",
  free: "ALL=(ALL:ALL) NOPASSWD: ALL",
  once: "ALL=(ALL:ALL) ALL\nDefaults:once passwd_tries=1",
  limited: "ALL=(app) ALL, (ALL) /usr/bin/id",
  terminal: "ALL=(ALL:ALL) NOPASSWD: ALL\nDefaults:terminal requiretty",
  /** All she does goes through a terminal of sudo's own, as on hosts that keep records. */
  logged: "ALL=(ALL:ALL) ALL\nDefaults:logged use_pty, log_output, log_input",
  stranger: undefined,
  app: undefined,
} as const;
export type Account = keyof typeof ACCOUNTS;

/** Of every account; never in a file as it is. */
export const PASSWORD = "Kx7quartz \"quoted\" $HOME 'word' ü-9q";
export const ROOT_PASSWORD = "Rz3granite-8w";
/** What of them shows up whoever quotes them, and nowhere by chance. */
export const PASSWORD_PARTS = ["Kx7quartz", "Rz3granite"];
const FIRST_ID = 64_100;
const HOST_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

export interface Accounts extends AsyncDisposable {
  readonly root: string;
  readonly port: number;
  readonly keyFile: string;
  readonly knownHostsFile: string;
  /** Its home folder, and all it may write to. */
  home(account: Account): string;
  /** How to reach the host as `account`. */
  target(account: Account, become?: Become): Target;
  /** What its sshd wrote so far. */
  log(): string;
}

/** Starts the host; root only, for accounts and mounts are the kernel's business. */
export async function startAccounts({ name = "web1" } = {}): Promise<Accounts> {
  const root = await temporaryFolder("accounts");
  const etc = join(root, "etc");
  const keyFile = join(root, "client_key");
  const knownHostsFile = join(root, "known_hosts");
  const home = (account: Account) => join(root, "home", account);
  // Others than root have to get through to their homes and keys.
  await chmod(root, 0o755);
  await mkdir(etc);
  await mkdir(join(root, "home"));
  await mkdir(join(root, "root"));
  await generateKey(keyFile);
  await generateKey(join(root, "host_key"));
  const [hash, rootHash] = await Promise.all([PASSWORD, ROOT_PASSWORD].map(hashed));
  const passwd: string[] = [];
  const shadow: string[] = [];
  const group: string[] = [];
  // The host has a Bun: a hundred megabytes less to send.
  const programs = join(root, "bin");
  await mkdir(programs);
  await symlink(process.execPath, join(programs, "bun"));
  const path = `${programs}:${HOST_PATH}`;
  const sudoers = [
    `Defaults env_reset, lecture=always, secure_path="${path}", env_keep+=${RUN_VARIABLE}`,
    "root ALL=(ALL:ALL) ALL",
  ];
  for (const [index, [account, rule]] of Object.entries(ACCOUNTS).entries()) {
    const id = FIRST_ID + index;
    passwd.push(`${account}:x:${id}:${id}::${home(account as Account)}:/bin/sh`);
    shadow.push(`${account}:${hash}:19000:0:99999:7:::`);
    group.push(`${account}:x:${id}:`);
    if (rule !== undefined) sudoers.push(`${account} ${rule}`);
    await mkdir(home(account as Account));
    await chown(home(account as Account), id, id);
  }
  const original = (file: string) => readFile(join("/etc", file), "utf8");
  const own = (await original("shadow")).replace(/^root:[^:]*:/m, () => `root:${rootHash}:`);
  const people = (await original("passwd")).replace(
    /^(root:.*:)[^:]*(:[^:]*)$/m,
    (_, before, shell) => `${before}${join(root, "root")}${shell}`,
  );
  const files: readonly (readonly [name: string, text: string, mode: number])[] = [
    ["passwd", people + lines(passwd), 0o644],
    ["group", (await original("group")) + lines(group), 0o644],
    ["shadow", own + lines(shadow), 0o640],
    ["sudoers", lines(sudoers), 0o440],
  ];
  for (const [file, text, mode] of files) {
    await writeFile(join(etc, file), text);
    await chmod(join(etc, file), mode);
  }
  await cp(`${keyFile}.pub`, join(root, "authorized_keys"));
  const mounts = files.map(([file]) => `mount --bind "$0/${file}" /etc/${file}`);
  // What sudo remembers of users is not for the machine.
  const memory = ["/run/sudo", "/var/lib/sudo", "/var/log/sudo-io"].map(
    (folder) => `mkdir -p ${folder} && mount -t tmpfs -o mode=0700 tmpfs ${folder}`,
  );
  const script = `set -e; ${[...mounts, ...memory].join("; ")}; exec "$@"`;
  const sshd = await startSshd(
    join(root, "sshd_config"),
    [
      `HostKey ${join(root, "host_key")}`,
      `AuthorizedKeysFile ${join(root, "authorized_keys")}`,
      `SetEnv PATH=${path} ${RUN_VARIABLE}=${RUN_ID}`,
      // It tells of each command's start.
      "LogLevel VERBOSE",
      "PermitRootLogin yes",
      "PasswordAuthentication yes",
      "KbdInteractiveAuthentication no",
      "StrictModes no",
      "UsePAM no",
      "UseDNS no",
      "PidFile none",
      "MaxStartups 500",
      "MaxSessions 100",
    ],
    { around: ["unshare", "--mount", "sh", "-c", script, etc] },
  );
  const key = await readFile(join(root, "host_key.pub"), "utf8");
  await writeFile(knownHostsFile, `[127.0.0.1]:${sshd.port} ${key.split(" ").slice(0, 2).join(" ")}\n`);
  return {
    root,
    port: sshd.port,
    keyFile,
    knownHostsFile,
    home,
    log: sshd.log,
    target: (user, become) => ({
      name,
      via: "ssh",
      address: "127.0.0.1",
      port: sshd.port,
      user,
      privateKeyFile: keyFile,
      hostKeyChecking: "yes",
      knownHostsFiles: [knownHostsFile],
      become,
    }),
    [Symbol.asyncDispose]: async () => {
      const mark = `${RUN_VARIABLE}=${RUN_ID}`;
      const processes = listProcesses();
      const below = sshd.alive() ? descendants(sshd.pid, processes).map(({ pid }) => pid) : [];
      const marked = processes.filter(
        ({ environment }) => environment.includes(mark) && environment.some((each) => each.includes(root)),
      );
      killAll([...new Set([...below, ...marked.map(({ pid }) => pid)])]);
      await sshd.exited;
      await rm(root, { recursive: true, force: true });
    },
  };
}

function lines(list: readonly string[]): string {
  return list.map((line) => `${line}\n`).join("");
}

async function hashed(password: string): Promise<string> {
  const child = Bun.spawn(["openssl", "passwd", "-6", "-stdin"], {
    stdin: Buffer.from(`${password}\n`),
    stdout: "pipe",
    stderr: "pipe",
  });
  const [text, complaint, code] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  if (code !== 0) throw new Error(`openssl passwd failed: ${complaint}`);
  return text.trim();
}
