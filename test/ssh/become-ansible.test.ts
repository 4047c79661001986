// Which user and which password it is where several are given: Ansible is asked, with a program in sudo's place that tells.
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { chmod, mkdir, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { PROJECT } from "../docs/readme.ts";
import { expectNothingLeft, footprint } from "../support/leftovers.ts";
import { temporaryFolder } from "../support/marker.ts";

// Ansible takes a while, and other work may share the machine.
setDefaultTimeout(120_000);

/** Stands for sudo and su: asks as they do, writes down who and what, and runs the command as whoever runs it. */
const WITNESS = `#!/bin/sh
name=\${0##*/} user= word=none prompt='Password: ' asks=yes
while [ $# -gt 0 ]; do
  case "$1" in
  -p) prompt=$2; shift 2 ;;
  -u) user=$2; shift 2 ;;
  --) shift; break ;;
  -n) asks=; shift ;;
  -*) shift ;;
  *) break ;;
  esac
done
if [ -z "$user" ]; then user=$1; shift 2; set -- sh -c "$1"; fi
if [ -n "$asks" ]; then printf '%s' "$prompt" >&2; read -r word; fi
echo "$user $word" > "$WITNESSED/$name"
exec "$@"
`;

/** Vars of each host; what is expected is what Ansible does. */
const HOSTS: Readonly<Record<string, string>> = {
  plain: "",
  var: "ansible_become_password=from-var",
  two: "ansible_become_password=a ansible_become_pass=b",
  three: "ansible_sudo_pass=c ansible_become_password=a ansible_become_pass=b",
  empty: "ansible_become_password=''",
  user: "ansible_become_user=one ansible_sudo_user=two ansible_su_user=three",
  off: "ansible_become=no",
  on: "ansible_become=yes",
  su: "ansible_become_method=su ansible_su_pass=s ansible_sudo_pass=x ansible_become_pass=b",
  full: "ansible_become_method=ansible.builtin.su ansible_become_user=three",
  flags: "ansible_become_flags=-H",
};

interface Run {
  readonly name: string;
  readonly flags: readonly string[];
  readonly config?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly stdin?: string;
}

const RUNS: readonly Run[] = [
  {
    name: "-K beside vars and the environment",
    flags: ["-b", "-K", "--become-user", "from-flag", "-l", "all:!su:!full"],
    env: { ANSIBLE_BECOME_PASS: "from-env", ANSIBLE_BECOME_USER: "from-env" },
    stdin: "asked\n",
  },
  {
    name: "the environment, and ansible.cfg under it",
    flags: ["-b", "-l", "all"],
    config:
      "[privilege_escalation]\nbecome_user = from-cfg\n[sudo_become_plugin]\nuser = from-section\npassword = p\n",
    env: { ANSIBLE_SU_PASS: "from-env" },
  },
  {
    name: "no answer to -K is that of -k",
    flags: [
      "--become",
      "-k",
      "-K",
      "--become-method",
      "su",
      "--become-user",
      "you",
      "-l",
      "plain:var:su:full",
    ],
    stdin: "first\n\n",
  },
  {
    name: "a file, and become of ansible.cfg",
    flags: ["--become-pass-file", "secret", "-l", "plain:var:off:user"],
    config: "[privilege_escalation]\nbecome = yes\nbecome_user = app\n",
  },
  {
    name: "what ansible.cfg asks for",
    flags: ["-l", "plain:var:off:su"],
    config:
      "[defaults]\nask_pass = yes\n[privilege_escalation]\nbecome = yes\nbecome_ask_pass = yes\nbecome_user = app\n",
    stdin: "first\nsecond\n",
  },
  {
    name: "extra vars win over all",
    flags: [
      "-b",
      "-K",
      "-e",
      "ansible_become_password=extra ansible_become_user=them",
      "-l",
      "plain:var:two:three",
    ],
    stdin: "asked\n",
  },
];

const before = footprint();
let folder: string;

beforeAll(async () => {
  folder = await temporaryFolder("witness");
  await mkdir(join(folder, "exe"));
  await writeFile(join(folder, "witness"), WITNESS);
  await chmod(join(folder, "witness"), 0o755);
  for (const name of Object.keys(HOSTS)) await symlink("../witness", join(folder, "exe", name));
  const lines = Object.entries(HOSTS).map(([name, vars]) => `${name} ${vars}`);
  const common = `[all:vars]\nansible_connection=local\nansible_become_exe=${folder}/exe/{{ inventory_hostname }}\n`;
  await writeFile(join(folder, "hosts"), `${lines.join("\n")}\n${common}`);
  await writeFile(join(folder, "secret"), "in the file\n");
});
afterAll(async () => {
  await rm(folder, { recursive: true });
  await expectNothingLeft(before);
});

/** Host → user and password that its witness saw. */
async function witnessed(
  who: string,
  command: readonly string[],
  { env = {}, stdin = "", config = "", name }: Run,
): Promise<object> {
  const place = join(folder, `${who} ${RUNS.findIndex((run) => run.name === name)}`);
  await mkdir(place);
  await writeFile(`${place}.cfg`, config);
  // Without a terminal the answers come from stdin.
  const child = Bun.spawn(["setsid", "--wait", ...command], {
    cwd: folder,
    env: { ...process.env, ...env, WITNESSED: place, ANSIBLE_CONFIG: `${place}.cfg`, HOME: folder },
    stdin: Buffer.from(stdin),
    stdout: "pipe",
    stderr: "pipe",
  });
  const said = (await Promise.all([child.stdout.text(), child.stderr.text()])).join("");
  const code = await child.exited;
  if (code !== 0) throw new Error(`${basename(command[0] ?? "")} ended with ${code}:\n${said}`);
  expect(said).not.toMatch(/asked|from-env|in the file/);
  const names = await readdir(place);
  const texts = names.map(async (each) => [each, await readFile(join(place, each), "utf8")] as const);
  return Object.fromEntries(await Promise.all(texts));
}

test.each(RUNS)("$name", async (run) => {
  const ours = [process.execPath, join(PROJECT, "scripts/run.ts"), "-i", "hosts", ...run.flags, "--", "true"];
  const theirs = ["ansible", "-i", "hosts", "-m", "raw", "-a", "true", ...run.flags, "all"];
  const seen = await witnessed("ansible", theirs, run);
  expect(Object.keys(seen)).not.toEqual([]);
  expect(await witnessed("rookery", ours, run)).toEqual(seen);
});
