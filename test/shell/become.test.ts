// `$` as another user: sudo and su take their password first, the command its own input after it.
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { remoteShell } from "../../lib/shell/remote-shell.ts";
import { connect } from "../../lib/ssh/connect.ts";
import type { Become } from "../../lib/ssh/types.ts";
import { environmentAt } from "../ssh/support.ts";
import { type Accounts, PASSWORD, ROOT_PASSWORD, startAccounts } from "../support/accounts.ts";
import { expectNothingLeft, footprint } from "../support/leftovers.ts";

setDefaultTimeout(60_000);

const before = footprint();
let host: Accounts;

beforeAll(async () => {
  host = await startAccounts();
});
afterAll(async () => {
  await host[Symbol.asyncDispose]();
  await expectNothingLeft(before);
});

const ways: readonly Become[] = [
  { method: "sudo", user: "root", password: PASSWORD },
  { method: "sudo", user: "app", password: PASSWORD },
  { method: "su", user: "root", password: ROOT_PASSWORD },
];

test.each(ways)("$method to $user", async (become) => {
  await using connection = await connect(host.target("keeper", become), { env: environmentAt(host.root) });
  const $ = remoteShell({ name: "web1", connection: async () => connection, onOutput: () => undefined });
  const words = ["it's", "$(id -un)", "a b\n"];
  const { stdout, stderr } = await $({
    input: "in put",
    env: { A: "b" },
  })`id -un; cat; printf '[%s]' ${words} "$A"; echo own >&2`;
  expect({ stdout, stderr }).toEqual({
    stdout: `${become.user}\nin put[it's][$(id -un)][a b\n][b]`,
    stderr: "own\n",
  });
  expect(await $`exit 4`.nothrow()).toMatchObject({ exitCode: 4 });
});
