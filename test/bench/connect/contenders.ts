// Who runs `true` on every host of a fleet, each in the way that suits it best.
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Thousand } from "../../support/thousand/start.ts";

export interface Contender {
  readonly name: string;
  /** Debian package and the program it brings; undefined: ours. */
  readonly needs: readonly [packageName: string, program: string] | undefined;
  /** What is worth knowing of how it is started. */
  readonly settings: string;
  argv(fleet: Thousand): readonly string[];
  env(fleet: Thousand): Readonly<Record<string, string>>;
  /** How many hosts its output says went well; undefined when it says that by its exit code alone. */
  succeeded(output: string): number | undefined;
}

const ROOT = join(import.meta.dir, "..", "..", "..");
export const FAN_OUT = 50;

/** Files the others are told the hosts by, for they read no Ansible inventory. */
export const HOST_FILE = "addresses";

/** Nothing but what the login needs: no other keys, no GSSAPI, no configuration to read. */
function sshOptions({ keyFile, knownHostsFile }: Thousand): string {
  const options = [
    `UserKnownHostsFile=${knownHostsFile}`,
    "GlobalKnownHostsFile=none",
    "GSSAPIAuthentication=no",
    "PreferredAuthentications=publickey",
    "IdentitiesOnly=yes",
    "IdentityAgent=none",
    "LogLevel=ERROR",
  ];
  return ["-F none", `-i ${keyFile}`, ...options.map((option) => `-o ${option}`)].join(" ");
}

const count = (pattern: RegExp) => (output: string) => output.match(pattern)?.length ?? 0;

export const CONTENDERS: readonly Contender[] = [
  {
    name: "Rookery",
    needs: undefined,
    settings: `scripts/run.ts INVENTORY all -f ${FAN_OUT} -- true`,
    argv: ({ inventory }) => [
      process.execPath,
      join(ROOT, "scripts/run.ts"),
      ...["-i", inventory, "all", "-f", String(FAN_OUT), "--", "true"],
    ],
    env: () => ({}),
    succeeded: count(/ \| rc=0 >>/g),
  },
  {
    name: "Rookery, survey",
    needs: undefined,
    settings:
      "what a deploy asks first: a script of some ten programs on each host, so mostly the hosts' own time",
    argv: ({ inventory }) => [process.execPath, join(import.meta.dir, "survey.ts"), inventory],
    env: () => ({}),
    succeeded: count(/^web\d+ Linux/gm),
  },
  {
    name: "clush",
    needs: ["clustershell", "clush"],
    settings: `-f ${FAN_OUT}, ssh -F none, publickey only, no agent, no GSSAPI`,
    argv: (fleet) => [
      ...["clush", "--nostdin", "-S", "-f", String(FAN_OUT), "-l", fleet.user],
      ...["--hostfile", join(fleet.root, HOST_FILE), "-o", `-p ${fleet.port} ${sshOptions(fleet)}`, "true"],
    ],
    env: () => ({}),
    succeeded: () => undefined,
  },
  {
    name: "pssh",
    needs: ["pssh", "parallel-ssh"],
    settings: `-p ${FAN_OUT}, ssh as for clush`,
    argv: (fleet) => [
      ...["parallel-ssh", "-p", String(FAN_OUT), "-t", "0", "-l", fleet.user],
      ...["-h", join(fleet.root, HOST_FILE), "-x", `-p ${fleet.port} ${sshOptions(fleet)}`, "true"],
    ],
    env: () => ({}),
    succeeded: count(/\[SUCCESS\]/g),
  },
  {
    name: "ansible",
    needs: ["ansible-core", "ansible"],
    settings: `all -m raw -a true -f ${FAN_OUT} -o, ssh -F none, no ControlMaster: one command has nobody to share it with`,
    argv: ({ inventory }) => [
      ...["ansible", "all", "-i", inventory, "-m", "raw", "-a", "true", "-f", String(FAN_OUT), "-o"],
    ],
    env: ({ root }) => ({
      ANSIBLE_SSH_ARGS:
        "-F none -o ControlMaster=no -o ControlPath=none -o IdentityAgent=none -o IdentitiesOnly=yes",
      ANSIBLE_LOCAL_TEMP: join(root, "ansible-local"),
      ANSIBLE_NOCOLOR: "1",
    }),
    succeeded: count(/ \| CHANGED \| rc=0 /g),
  },
];

/** Whether its program is installed. */
export function isInstalled({ needs }: Contender): boolean {
  if (needs === undefined) return true;
  const [, program] = needs;
  return (process.env.PATH ?? "").split(":").some((folder) => existsSync(join(folder, program)));
}
