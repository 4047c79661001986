// What a deploy refuses before it touches any network.
import { afterAll, beforeAll, expect, test } from "bun:test";
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { deployOptions } from "../../lib/deploy/flags.ts";
import { planDeploy } from "../../lib/deploy/plan.ts";
import { temporaryFolder } from "../support/marker.ts";

let folder: string;
beforeAll(async () => {
  folder = await temporaryFolder("plan");
});
afterAll(() => rm(folder, { recursive: true }));

const VARS = "[all:vars]\nrookery_source=.\nrookery_deploy_to=/srv/shop\n";

async function plan(hosts: string, words: readonly string[] = []) {
  const inventory = join(folder, "hosts");
  await writeFile(inventory, `${hosts}\n${VARS}`);
  return planDeploy(deployOptions(["-i", inventory, ...words]));
}

test.each([
  [["--source", ""], "--source is empty"],
  [["--limit="], "--limit is empty"],
  [["--release", " "], "--release is empty"],
  [[""], "a word is empty"],
])("an unset shell variable doesn't mean everything: %p", async (words, message) => {
  await expect(plan("web1", words)).rejects.toMatchObject({
    code: "usage",
    message: expect.stringContaining(message),
  });
});

test.each(["shop/eu", "..", "a\nb"])("an app can't be called %p", async (app) => {
  await expect(plan("web1", ["-e", JSON.stringify({ rookery_app: app })])).rejects.toMatchObject({
    code: "setting",
    host: "web1",
    message: expect.stringContaining("rookery_app wants a plain name"),
  });
});

test("one folder under two names would wait for its own lock", async () => {
  const twice = "web1 ansible_host=10.0.0.1\nweb2 ansible_host=10.0.0.1";
  await expect(plan(twice)).rejects.toMatchObject({
    code: "setting",
    message: "web1 and web2 are one folder: /srv/shop on 10.0.0.1:22",
  });
  const here = "a ansible_connection=local\nb ansible_connection=local";
  await expect(plan(here)).rejects.toThrow("a and b are one folder: /srv/shop on this machine");
  const apart = [
    twice.replace("web2", "web2 ansible_port=2222"),
    twice.replace("web2", "web2 rookery_deploy_to=/srv/b"),
  ];
  for (const hosts of apart) expect((await plan(hosts, ["-e", "rookery_app=shop"])).hosts).toHaveLength(2);
  expect((await plan(twice, ["--limit", "web2"])).hosts).toHaveLength(1);
});
