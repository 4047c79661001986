// A deploy from a play: real ansible-playbook, real sshd hosts, each with a result of its own.
import { afterEach, expect, setDefaultTimeout, test } from "bun:test";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Stage, startStage, textAt } from "../e2e/stage.ts";
import { PLAYBOOKS, play } from "./ansible.ts";

// ansible-playbook takes seconds to start where others share the machine.
setDefaultTimeout(600_000);

let stage: Stage;
afterEach(async () => {
  await stage[Symbol.asyncDispose]();
});

const run = (args: readonly string[] = [], playbook = "deploy.yml") =>
  play(playbook, stage.fleet.inventory, { args, env: { HOME: stage.home, TMPDIR: stage.temporary } });

const CHANGED = "changed=1 unreachable=0 failed=0";
const SAME = "changed=0 unreachable=0 failed=0";
const FAILED = "changed=0 unreachable=0 failed=1";

test("deploy.yml deploys, tells changes from none for each host, and --check shows what would be", async () => {
  stage = await startStage({ hosts: 2 });
  const checked = await run(["--check", "--diff"]);
  expect(checked).toMatchObject({ exitCode: 0, recap: { web1: CHANGED, web2: CHANGED } });
  expect(checked.text).toMatch(/\+release \d{14}/);
  expect(await stage.releases("web1")).toEqual([]);

  expect(await run(["--limit", "web1"])).toMatchObject({ exitCode: 0, recap: { web1: CHANGED } });
  expect(await stage.current("web2")).toBeUndefined();
  // web1 has these bytes already.
  expect(await run()).toMatchObject({ exitCode: 0, recap: { web1: SAME, web2: CHANGED } });
  expect(await stage.current("web2")).toBe((await stage.current("web1")) as string);
  expect(await run()).toMatchObject({ exitCode: 0, recap: { web1: SAME, web2: SAME } });
  await stage.expectTidy();
});

test("failures: each host's own row, and what stays as it was counts as failed", async () => {
  stage = await startStage({
    hosts: 3,
    hostVars: { web2: { rookery_before_activate: ["echo no room for web2 >&2; exit 7"] } },
  });
  const kept = await run();
  expect(kept).toMatchObject({ exitCode: 2, recap: { web1: FAILED, web2: FAILED, web3: FAILED } });
  expect(kept.text).toMatch(/fatal: \[web2\]: FAILED.*rookery_before_activate\[0\] ended with exit code 7/);
  expect(kept.text).toMatch(/fatal: \[web1\]: FAILED.*nothing was switched: 1 of 3 hosts failed \(web2\)/);
  expect(await stage.current("web1")).toBeUndefined();

  await stage.fleet.kill("web3");
  const allowed = await run(["-e", '{"rookery_args": ["--allow-failures", "2"]}']);
  expect(allowed).toMatchObject({
    exitCode: 4,
    recap: { web1: CHANGED, web2: FAILED, web3: "changed=0 unreachable=1 failed=0" },
  });
  expect(await stage.current("web1")).toBeDefined();

  const nowhere = await run(["--limit", "web1", "-e", "rookery_source=/no/such/folder"]);
  expect(nowhere).toMatchObject({ exitCode: 2, recap: { web1: FAILED } });
  expect(nowhere.text).toContain("/no/such/folder: no such file or folder");
  const noBun = await run(["--limit", "web1", "-e", "rookery_bun=no-such-bun"]);
  expect(noBun).toMatchObject({ exitCode: 2, recap: { web1: FAILED } });
  expect(noBun.text).toContain("there is no no-such-bun on the PATH of this machine");
});

test("in a play of one's own: batches get one name, vars of play and vault arrive, nothing follows a failure", async () => {
  stage = await startStage({ hosts: 3, hostVars: { web3: { rookery_before_activate: ["exit 1"] } } });
  const here = stage.fleet.root;
  const own = join(here, "own.yml");
  await writeFile(
    own,
    `
- hosts: web
  gather_facts: false
  serial: 1
  vars:
    rookery_after_activate: ['printf %s "$ROOKERY_RELEASE {{ word }} {{ vaulted }}" > ../../said']
  roles:
    - role: ${join(PLAYBOOKS, "roles", "rookery")}
  tasks:
    - name: What comes after a deploy
      ansible.builtin.copy:
        content: "{{ rookery.release }}"
        dest: "{{ rookery_deploy_to }}/followed"
`,
  );
  await writeFile(join(here, "password"), "opens it\n");
  await writeFile(join(here, "plain"), "granite");
  const vault = ["--vault-id", `prod@${join(here, "password")}`];
  const words = ["ansible-vault", "encrypt_string", ...vault, "--stdin-name", "vaulted"];
  const encrypted = await Bun.$`${words} < ${join(here, "plain")}`.quiet().text();
  await writeFile(join(here, "inventory", "group_vars", "web.yml"), encrypted);
  const changed = "changed=2 unreachable=0 failed=0";
  const played = await run([...vault, "-e", "word=spoken"], own);
  expect(played).toMatchObject({ exitCode: 2, recap: { web1: changed, web2: changed, web3: FAILED } });
  const id = await stage.current("web1");
  for (const host of ["web1", "web2"]) {
    expect(await textAt(stage, host, "said")).toBe(`${id} spoken granite`);
    expect(await textAt(stage, host, "followed")).toBe(id as string);
  }
  expect(await stage.current("web3")).toBeUndefined();
  expect(played.text).not.toContain("granite");
});
