// Existing playbooks around the switch: real ansible-playbook, real sshd hosts.
import { afterEach, expect, setDefaultTimeout, test } from "bun:test";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Stage, startStage } from "../e2e/stage.ts";

// ansible-playbook takes seconds to start where others share the machine.
setDefaultTimeout(600_000);

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
      ansible.builtin.shell: echo "restored at $(basename "$(readlink shop/current)")" >> log
      args:
        chdir: "{{ rookery_deploy_to | dirname }}"
`;

async function playbook(name: string, text: string): Promise<string> {
  const path = join(stage.fleet.root, name);
  await writeFile(path, text);
  return path;
}

const logOf = (host: string) =>
  readFile(stage.place(host, "..", "log"), "utf8").then(
    (text) => text.trim().split("\n"),
    () => [],
  );

test("--before drains and --after restores each host around its switch, with --check nothing happens", async () => {
  stage = await startStage({ hosts: 2 });
  const around = [
    "--before",
    await playbook("drain.yml", DRAIN),
    "--after",
    await playbook("restore.yml", RESTORE),
  ];
  const checked = await stage.json("deploy", ["-r", "v1", "--check", ...around]);
  expect(checked).toMatchObject({ exitCode: 0 });
  expect(await logOf("web1")).toEqual([]);

  const deployed = await stage.json("deploy", ["-r", "v1", ...around]);
  expect(deployed).toMatchObject({ exitCode: 0 });
  for (const host of ["web1", "web2"]) {
    expect(await logOf(host)).toEqual(["drained for v1 in batch 1, at nothing", "restored at v1"]);
  }
  const notes = deployed.events.flatMap((event) => (event.type === "note" ? event.message : []));
  expect(notes).toContain(
    "restore.yml | TASK [Put it back] *************************************************************",
  );

  // Hosts at this release are left alone, by playbooks too.
  expect(await stage.run("deploy", ["-r", "v1", ...around])).toMatchObject({ exitCode: 0 });
  expect(await logOf("web1")).toHaveLength(2);
  await stage.expectTidy();
});
