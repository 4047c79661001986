import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { appendFile, copyFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { connect } from "../../lib/ssh/connect.ts";
import type { SshEnvironment } from "../../lib/ssh/environment.ts";
import { eachLimited } from "../../lib/ssh/pool.ts";
import type { Target } from "../../lib/ssh/types.ts";
import { type Fleet, generateKey, startFleet } from "../support/fleet.ts";
import { expectNothingLeft, footprint } from "../support/leftovers.ts";
import { temporaryFolder } from "../support/marker.ts";
import { environmentAt, failure } from "./support.ts";

// Generous, for other work may share the machine.
setDefaultTimeout(30_000);

const before = footprint();
let fleet: Fleet;
let home: string;
let place: string;
/** web1's key line, and its fingerprint as ssh-keygen says. */
let line: string;
let print: string;

beforeAll(async () => {
  home = await temporaryFolder("host-key");
  const rsa = join(home, "rsa_host_key");
  await generateKey(rsa, { type: "rsa" });
  fleet = await startFleet({ hosts: 2 });
  place = `[127.0.0.1]:${fleet.port("web1")}`;
  const keys = await Bun.file(fleet.knownHostsFile).text();
  line = keys.split("\n").find((text) => text.startsWith(place)) ?? "";
  const listed = Bun.spawnSync(["ssh-keygen", "-lf", join(fleet.root, "web1", "host_key.pub")]);
  print = listed.stdout.toString().split(" ")[1] ?? "";
});
afterAll(async () => {
  await fleet[Symbol.asyncDispose]();
  await rm(home, { recursive: true });
  await expectNothingLeft(before);
});

interface Known {
  readonly file: string;
  readonly target: Target;
  readonly env: SshEnvironment;
}

async function knownAs(text: string, more: Partial<Target> = {}): Promise<Known> {
  const file = join(home, `known_hosts_${Bun.randomUUIDv7()}`);
  await writeFile(file, text);
  const target = { ...fleet.target("web1"), knownHostsFiles: [file], ...more };
  return { file, target, env: environmentAt(home) };
}

async function reach({ target, env }: Known): Promise<number> {
  await using connection = await connect(target, { env });
  return (await connection.run(["true"])).exitCode;
}

test("unknown: type, fingerprint and what to run", async () => {
  const known = await knownAs("");
  const error = await failure(reach(known));
  expect(error).toMatchObject({ code: "host-key", host: "web1" });
  expect(error.message).toBe(`web1: the host key of ${place} is not known: it shows ssh-ed25519 ${print}`);
  expect(error.hint).toContain(`ssh-keyscan -p ${fleet.port("web1")} 127.0.0.1 >> ${known.file}`);
});

test("the suggested ssh-keyscan mends it", async () => {
  const known = await knownAs("");
  const { hint } = await failure(reach(known));
  const command = /ssh-keyscan .* >> \S+/.exec(hint ?? "")?.[0] ?? "false";
  expect(Bun.spawnSync(["sh", "-c", command]).exitCode).toBe(0);
  expect(await reach(known)).toBe(0);
});

test("changed: file, line and the ssh-keygen line that removes the old key", async () => {
  const other = (await Bun.file(fleet.knownHostsFile).text())
    .split("\n")
    .find((text) => !text.startsWith(place));
  const known = await knownAs(`# first line\n${place} ${other?.split(" ").slice(1).join(" ")}\n`);
  const error = await failure(reach(known));
  expect(error.code).toBe("host-key");
  expect(error.message).toContain(`the host key of ${place} changed: it shows ssh-ed25519 ${print}`);
  expect(error.message).toContain(`${known.file}:2 has ssh-ed25519 SHA256:`);
  const command = /ssh-keygen -f \S+ -R '[^']+'/.exec(error.hint ?? "")?.[0] ?? "false";
  expect(command).toBe(`ssh-keygen -f ${known.file} -R '${place}'`);
  expect(Bun.spawnSync(["sh", "-c", command]).exitCode).toBe(0);
  expect((await failure(reach(known))).message).toContain("is not known");
  // Nor does accept-new, or a password, get past a changed key.
  const lax = await knownAs(`${place} ${other?.split(" ").slice(1).join(" ")}\n`, {
    hostKeyChecking: "accept-new",
  });
  expect((await failure(reach(lax))).message).toContain("changed");
});

test("revoked, even where nothing is checked", async () => {
  const [, ...key] = line.split(" ");
  const known = await knownAs(`${line}\n@revoked * ${key.join(" ")}\n`, { hostKeyChecking: "no" });
  const error = await failure(reach(known));
  expect(error.code).toBe("host-key");
  expect(error.message).toContain(`is revoked (ssh-ed25519 ${print}, ${known.file}:2)`);
});

test("known only by a certificate authority", async () => {
  const [, ...key] = line.split(" ");
  const known = await knownAs(`@cert-authority [127.0.0.1]:* ${key.join(" ")}\n`);
  const error = await failure(reach(known));
  // Its plain key says nothing to that: ssh looks for a certificate, and there is none.
  expect(error.message).toBe(`web1: the host key of ${place} is not known: it shows ssh-ed25519 ${print}`);
});

test("hashed", async () => {
  const known = await knownAs(`${line}\n`);
  expect(Bun.spawnSync(["ssh-keygen", "-H", "-f", known.file]).exitCode).toBe(0);
  expect(await Bun.file(known.file).text()).toStartWith("|1|");
  expect(await reach(known)).toBe(0);
});

test("the machine's own known_hosts counts as well", async () => {
  const known = await knownAs("");
  const machine = join(home, "machine");
  await writeFile(machine, `${line}\n`);
  expect(await reach({ ...known, env: environmentAt(home, { globalKnownHostsFiles: [machine] }) })).toBe(0);
});

test("a file that can't be read is not an empty one", async () => {
  const known = await knownAs("", { knownHostsFiles: [home], hostKeyChecking: "accept-new" });
  const error = await failure(reach(known));
  expect(error.code).toBe("host-key");
  expect(error.message).toContain(`can't read ${home}`);
});

test("accept-new: added once, by many at a time, and what was there stays", async () => {
  const folder = join(home, "not", "there", "yet");
  const file = join(folder, "known_hosts");
  const known = await knownAs("", { knownHostsFiles: [file], hostKeyChecking: "accept-new" });
  const names = ["web1", "web2", "web1", "web2", "web1", "web2"];
  const results = await eachLimited(names, { limit: 6 }, (name) =>
    reach({ ...known, target: { ...known.target, port: fleet.port(name) } }),
  );
  expect(results.map(({ status }) => status)).toEqual(names.map(() => "fulfilled"));
  const lines = (await Bun.file(file).text()).trimEnd().split("\n");
  expect(lines.sort()).toEqual((await Bun.file(fleet.knownHostsFile).text()).trimEnd().split("\n").sort());
  expect([(await stat(folder)).mode & 0o777, (await stat(file)).mode & 0o777]).toEqual([0o700, 0o600]);
  // Strict from now on.
  expect(await reach({ ...known, target: { ...known.target, hostKeyChecking: "yes" } })).toBe(0);
});

test("accept-new after a last line without its end", async () => {
  const known = await knownAs("# no newline", { hostKeyChecking: "accept-new" });
  expect(await reach(known)).toBe(0);
  expect(await Bun.file(known.file).text()).toBe(`# no newline\n${line}\n`);
});

test("unchecked when that was asked for: nothing is written", async () => {
  const known = await knownAs("", { hostKeyChecking: "no" });
  expect(await reach(known)).toBe(0);
  expect(await Bun.file(known.file).text()).toBe("");
});

test("a server with two keys is asked for the one we know", async () => {
  const rsa = join(home, "rsa_host_key");
  await using both = await startFleet({
    hosts: 1,
    prefix: "db",
    config: { db1: [`HostKey ${rsa}`, `HostKey ${fleet.root}/web1/host_key`] },
  });
  const text = (await Bun.file(`${rsa}.pub`).text()).split(" ").slice(0, 2).join(" ");
  const name = `[127.0.0.1]:${both.port("db1")}`;
  const known = await knownAs(`${name} ${text}\n`);
  const target = { ...both.target("db1"), knownHostsFiles: known.target.knownHostsFiles };
  expect(await reach({ ...known, target })).toBe(0);
  // And with only the other kind on offer, a known host isn't a new one.
  await using single = await startFleet({ hosts: 1, prefix: "db" });
  await copyFile(known.file, `${known.file}.2`);
  await appendFile(`${known.file}.2`, `[127.0.0.1]:${single.port("db1")} ${text}\n`);
  const strange: Target = {
    ...single.target("db1"),
    knownHostsFiles: [`${known.file}.2`],
    hostKeyChecking: "accept-new",
  };
  const error = await failure(reach({ ...known, target: strange }));
  expect(error.message).toMatch(/changed: it shows ssh-ed25519 .*:2 has ssh-rsa/);
});
