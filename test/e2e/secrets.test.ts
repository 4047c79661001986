// Secrets of the inventory reach the command that needs them, and nothing else that anybody can read.
import { expect, setDefaultTimeout, test } from "bun:test";
import { writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { readTexts } from "./digest.ts";
import { processTexts } from "./process-texts.ts";
import { startStage, textAt } from "./stage.ts";

setDefaultTimeout(60_000);

const VAULTED = "vaulted-Xq7-value";
const PASSWORD = "login-Xq8-password";
const EXTRA = "extra-Xq9-value";
const SECRETS = [VAULTED, PASSWORD, EXTRA];
const LOOK_EVERY_MS = 10;

test("a vaulted value, an extra var and ansible_password show up nowhere while a deploy runs, nor after it", async () => {
  await using stage = await startStage();
  const { fleet } = stage;
  const passwordFile = join(stage.home, "vault-password");
  await writeFile(passwordFile, "opens the vault\n");
  const encrypt = ["ansible-vault", "encrypt_string", "--vault-password-file", passwordFile, "--stdin-name"];
  const vaulted = await Bun.$`printf %s ${VAULTED} | ${encrypt} db_password`.quiet().text();
  const password = await Bun.$`printf %s ${PASSWORD} | ${encrypt} ansible_password`.quiet().text();
  await writeFile(join(dirname(fleet.inventory), "group_vars", "web.yml"), `${vaulted}\n${password}\n`);
  await writeFile(join(stage.home, "extra.yml"), `api_token: ${EXTRA}\n`);
  // While the command waits, we look at every process there is.
  const use = `test "{{ db_password }}" = ${VAULTED.replace("Xq7", '"X"q7')} && test "{{ api_token }}" != "" && echo used > used; sleep 0.4`;
  await stage.setVars({
    rookery_before_activate: [use],
    rookery_after_activate: ["false # {{ db_password }}"],
  });

  const seen = new Set<string>();
  const timer = setInterval(() => {
    for (const place of processTexts())
      for (const secret of SECRETS) if (place.text.includes(secret)) seen.add(place.name);
  }, LOOK_EVERY_MS);
  const words = [
    "-v",
    "-r",
    "one",
    "--vault-password-file",
    passwordFile,
    "-e",
    `@${join(stage.home, "extra.yml")}`,
  ];
  const json = await stage.json("deploy", words).finally(() => clearInterval(timer));
  const lines = await stage.run("deploy", words);

  // The command that failed is named by its place, for its text holds the secret.
  expect(json.host("web1").error).toBe("rookery_after_activate[0] ended with exit code 1");
  expect(json.exitCode).toBe(2);
  expect(await textAt(stage, "web1", "releases/one/used")).toBe("used\n");
  expect([...seen]).toEqual([]);
  for (const text of [json.stdout, json.stderr, lines.stdout, lines.stderr])
    for (const secret of SECRETS) expect(text).not.toContain(secret);
  // Hosts hold nothing of it either: no log, no record, no file in a cache.
  for (const host of fleet.names)
    for (const [path, text] of readTexts(join(fleet.root, host)))
      for (const secret of SECRETS) expect([path, text.includes(secret)]).toEqual([path, false]);
  await stage.expectTidy();
});
