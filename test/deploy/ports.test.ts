// The port range of tracker and seeder.
import { expect, test } from "bun:test";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { temporaryFolder } from "../support/marker.ts";
import { runScript } from "../support/run.ts";

test("a range of one port is called that, not taken", async () => {
  const folder = await temporaryFolder("ports");
  await mkdir(join(folder, "release"));
  await writeFile(join(folder, "release", "index.html"), "hello");
  const vars = `{ansible_connection: local, rookery_source: ${folder}/release, rookery_deploy_to: ${folder}/app, rookery_via: swarm, rookery_ports: 20771}`;
  await writeFile(join(folder, "hosts.yml"), `all: {vars: ${vars}, hosts: {one: {}}}\n`);
  const { exitCode, stdout } = await runScript(["deploy", "-i", join(folder, "hosts.yml")]);
  await rm(folder, { recursive: true });
  expect(stdout).toContain("rookery_ports is one port (20771), and this machine needs two");
  expect(exitCode).toBe(1);
}, 30_000);
