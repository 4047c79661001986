// Playbooks around batches that are rolled back: a host that went back is in service again. Real ansible-playbook.
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Stage, startStage, textAt } from "../e2e/stage.ts";

setDefaultTimeout(240_000);

let stage: Stage;
beforeAll(async () => {
  stage = await startStage({ hosts: 3, vars: VARS, files: { sick: "\n" } });
});
afterAll(() => stage[Symbol.asyncDispose]());

const VARS = {
  rookery_serial: 1,
  rookery_health: ["! grep -qx {{ inventory_hostname }} sick"],
  rookery_health_retries: 0,
};

async function playbook(word: string): Promise<string> {
  const shell = `echo "${word} at $(basename "$(readlink current || echo nothing)")" >> trace`;
  const path = join(stage.fleet.root, `${word}.yml`);
  const task = { "ansible.builtin.shell": shell, args: { chdir: "{{ rookery_deploy_to }}" } };
  await writeFile(path, JSON.stringify([{ hosts: "all", gather_facts: false, tasks: [task] }]));
  return path;
}

test("each batch is drained and restored; the one that goes back is restored at its old release", async () => {
  expect((await stage.run("deploy", ["-r", "v1", "--serial", "0"])).exitCode).toBe(0);
  const around = ["--before", await playbook("drained"), "--after", await playbook("restored")];
  await stage.write({ sick: "web2\n" });
  const { exitCode, host, events } = await stage.json("deploy", [
    "-r",
    "v2",
    "--on-failure",
    "rollback",
    ...around,
  ]);
  expect(exitCode).toBe(2);
  const row = events.findLast((event) => event.type === "host" && event.host === "web2");
  expect(row).toMatchObject({
    status: "failed",
    error: "rookery_health[0] is not well: exit code 1; went back to v1",
  });
  expect([host("web1").status, host("web3").status]).toEqual(["ok", "skipped"]);
  expect(await textAt(stage, "web1", "trace")).toBe("drained at v1\nrestored at v2\n");
  expect(await textAt(stage, "web2", "trace")).toBe("drained at v1\nrestored at v1\n");
  expect(await Bun.file(stage.place("web3", "trace")).exists()).toBe(false);
  await stage.expectTidy();
});
