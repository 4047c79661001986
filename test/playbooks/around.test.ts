// Existing playbooks around the switch: real ansible-playbook, real sshd hosts.
import { afterEach, expect, setDefaultTimeout, test } from "bun:test";
import { mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { runPlaybook } from "../../lib/index.ts";
import { type JsonResult, type Stage, startStage } from "../e2e/stage.ts";
import { listProcesses } from "../support/processes.ts";

// ansible-playbook takes seconds to start where others share the machine.
setDefaultTimeout(600_000);

/** One connection a task instead of four. */
const PIPELINED = { ansible_pipelining: true };

let stage: Stage;
afterEach(async () => {
  await stage[Symbol.asyncDispose]();
});

/** Each host keeps a log of what happened to it, beside its releases. */
const DRAIN = `
- hosts: all
  gather_facts: false
  tasks:
    - name: Take it out of the balancer
      ansible.builtin.shell: |
        echo "drained for {{ rookery_release }} in batch {{ rookery_batch }}, at $(basename "$(readlink shop/current || echo nothing)")" >> log
        {{ 'echo no such pool >&2; exit 3' if inventory_hostname == fails | default('') else 'true' }}
      args:
        chdir: "{{ rookery_deploy_to | dirname }}"
`;
const RESTORE = `
- hosts: all
  gather_facts: false
  tasks:
    - name: Put it back
      ansible.builtin.shell: |
        echo "restored at $(basename "$(readlink shop/current)")" >> log
        test {{ inventory_hostname }} != {{ breaks | default('nobody') }} || true
      args:
        chdir: "{{ rookery_deploy_to | dirname }}"
`;

async function playbook(name: string, text: string): Promise<string> {
  const path = join(stage.fleet.root, name);
  await writeFile(path, text);
  return path;
}

const notesOf = ({ events }: JsonResult) =>
  events.flatMap((event) => (event.type === "note" ? event.message : []));
const logOf = (host: string) =>
  readFile(stage.place(host, "..", "log"), "utf8").then(
    (text) => text.trim().split("\n"),
    () => [],
  );

test("--before drains and --after restores each host around its switch, on the way back too; --check does nothing", async () => {
  stage = await startStage({ hosts: 2, vars: PIPELINED });
  const around = [
    ...["--before", await playbook("drain.yml", DRAIN)],
    ...["--after", await playbook("restore.yml", RESTORE)],
  ];
  const checked = await stage.json("deploy", ["-r", "v1", "--check", ...around]);
  expect(checked).toMatchObject({ exitCode: 0 });
  expect(await logOf("web1")).toEqual([]);

  const deployed = await stage.json("deploy", ["-r", "v1", ...around]);
  expect(deployed).toMatchObject({ exitCode: 0 });
  for (const host of ["web1", "web2"]) {
    expect(await logOf(host)).toEqual(["drained for v1 in batch 1, at nothing", "restored at v1"]);
  }
  expect(notesOf(deployed)).toContainEqual(expect.stringMatching(/^restore\.yml \| TASK \[Put it back\]/));

  // Hosts at this release are left alone, by playbooks too.
  expect(await stage.run("deploy", ["-r", "v1", ...around])).toMatchObject({ exitCode: 0 });
  expect(await logOf("web1")).toHaveLength(2);
  await stage.write({ "index.html": "two\n" });
  expect(await stage.run("deploy", ["-r", "v2"])).toMatchObject({ exitCode: 0 });
  expect(await stage.run("rollback", around)).toMatchObject({ exitCode: 0 });
  expect((await logOf("web2")).slice(2)).toEqual(["drained for v1 in batch 1, at v2", "restored at v1"]);
  await stage.expectTidy();
});

test("batch by batch: a host that fails in a playbook is out, before the switch or after it, and the others go on", async () => {
  stage = await startStage({ hosts: 4, vars: PIPELINED });
  const around = [
    ...["--before", await playbook("drain.yml", DRAIN), "-e", "fails=web2"],
    ...[
      "--after",
      await playbook("restore.yml", RESTORE.replace("|| true", "|| exit 4")),
      "-e",
      "breaks=web3",
    ],
  ];
  const result = await stage.json("deploy", [
    ...["-r", "v1", "--serial", "2", "--on-failure", "continue", "--allow-failures", "2", ...around],
  ]);
  expect(result).toMatchObject({ exitCode: 2 });
  expect(result.host("web2")).toMatchObject({
    status: "failed",
    error: "drain.yml: Take it out of the balancer: non-zero return code: no such pool",
    hint: "see its output above; current was not switched",
  });
  expect(result.host("web3")).toMatchObject({ status: "failed" });
  expect(result.host("web3").hint).toStartWith("its current is switched already; see its output above");
  expect(await Promise.all(stage.fleet.names.map(stage.current))).toEqual(["v1", undefined, "v1", "v1"]);
  expect(await logOf("web2")).toEqual(["drained for v1 in batch 1, at nothing"]);
  expect(await logOf("web4")).toEqual(["drained for v1 in batch 2, at nothing", "restored at v1"]);
  await stage.expectTidy();
});

test("a playbook that ends early takes all hosts of its batch; one that can't be reached is unreachable", async () => {
  stage = await startStage({ hosts: 2, vars: PIPELINED });
  const strict = await playbook(
    "strict.yml",
    DRAIN.replace("- hosts: all", "- hosts: all\n  any_errors_fatal: true"),
  );
  const early = await stage.json("deploy", ["--before", strict, "-e", "fails=web1"]);
  expect(early).toMatchObject({ exitCode: 2 });
  expect(early.host("web2").error).toBe("strict.yml ended early, because of other hosts");

  const gone =
    "\n- hosts: web2\n  gather_facts: false\n  vars: { ansible_port: 1 }\n  tasks: [{ ansible.builtin.ping: }]\n";
  const lost = await stage.json("deploy", ["--before", await playbook("gone.yml", DRAIN + gone)]);
  expect(lost).toMatchObject({ exitCode: 4 });
  expect(lost.host("web2")).toMatchObject({ status: "unreachable" });
  expect(lost.host("web2").error).toMatch(/^gone\.yml: ansible\.builtin\.ping: .*Connection refused/);
  expect(await stage.current("web2")).toBeUndefined();
  await stage.expectTidy();
});

/** What a playbook runs on this machine; on a host it ends by itself, as after any Ctrl+C of Ansible's. */
const SLOW = `
- hosts: all
  gather_facts: false
  tasks:
    - name: Ask the balancer
      ansible.builtin.shell: sleep 32109; true
      delegate_to: localhost
`;

test("Ctrl+C ends a playbook with all it started here", async () => {
  stage = await startStage({ hosts: 1, vars: PIPELINED });
  const interrupt = new AbortController();
  const look = setInterval(() => {
    if (listProcesses().some(({ command }) => command.includes("sleep 32109; true"))) interrupt.abort();
  }, 50);
  try {
    const words = ["--before", await playbook("slow.yml", SLOW)];
    const result = await stage.json("deploy", words, { signal: interrupt.signal });
    expect(result).toMatchObject({ exitCode: 130 });
  } finally {
    clearInterval(look);
  }
  expect(await stage.current("web1")).toBeUndefined();
  await stage.expectTidy({ withinMs: 20_000 });
});

test("what can't be run is said before anything begins", async () => {
  stage = await startStage({ hosts: 1, vars: PIPELINED });
  const drain = await playbook("drain.yml", DRAIN);
  const broken = await playbook("broken.yml", "- hosts: all\n  tasks:\n    - no.such.module: {}\n");
  // All that a deploy needs here, but no Ansible.
  const bin = join(stage.fleet.root, "here");
  await mkdir(bin);
  for (const name of ["id", "mkfifo", "ssh"]) await symlink(Bun.which(name) ?? "", join(bin, name));
  const absent = await stage.run("deploy", ["--before", "no/such.yml"]);
  const refused = await stage.run("deploy", ["--after", broken]);
  const missing = await stage.run("deploy", ["--before", drain], { env: { PATH: bin } });
  expect([absent, refused, missing].map(({ exitCode }) => exitCode)).toEqual([1, 1, 1]);
  expect(absent.stderr).toContain(
    "--before: the playbook no/such.yml is not there\n  → give its path from here",
  );
  expect(refused.stderr).toContain("couldn't resolve module/action 'no.such.module'");
  expect(missing.stderr).toContain("ansible-playbook, which --before and --after need, is not on the PATH");
  expect(await stage.releases("web1")).toEqual([]);
});

test("runPlaybook hands over vault passwords that were typed, and what it limits to is a file", async () => {
  stage = await startStage({ hosts: 2, vars: PIPELINED });
  const here = stage.fleet.root;
  await writeFile(join(here, "password"), "opens it\n");
  const words = [
    "ansible-vault",
    "encrypt_string",
    "--vault-id",
    `prod@${join(here, "password")}`,
    "--stdin-name",
    "word",
  ];
  await writeFile(join(here, "plain"), "granite");
  await writeFile(join(here, "vars.yml"), await Bun.$`${words} < ${join(here, "plain")}`.quiet().text());
  const path = await playbook(
    "vault.yml",
    "- hosts: all\n  gather_facts: false\n  vars_files: [vars.yml]\n  tasks:\n    - ansible.builtin.debug: { var: word }\n",
  );
  const said: string[] = [];
  const asked: string[] = [];
  const report = await runPlaybook(path, {
    limit: ["web2"],
    onLine: (line) => said.push(line),
    access: {
      ...{ inventories: [stage.fleet.inventory], extraVars: [], become: false, becomeUser: undefined },
      ...{ becomeMethod: undefined, forks: 2, password: undefined, becomePassword: undefined },
      vault: {
        ...{ ids: ["prod@prompt"], configuredIds: [], passwordFiles: [], ask: false, identity: "default" },
        prompt: async (question) => {
          asked.push(question);
          return "opens it";
        },
      },
      callbackFolders: [],
      variables: { ...process.env, HOME: stage.home },
    },
  });
  expect(report).toEqual({ through: true, hosts: new Map([["web2", { status: "ok", changed: 0 }]]) });
  expect(said.join("\n")).toContain('"word": "granite"');
  expect(asked).toEqual(["Vault password (prod): "]);
});
