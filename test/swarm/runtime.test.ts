// Which build of Bun a host gets, and that a package that was tampered with is refused: a registry of our own, and Bun's
// own package manager.
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { createHash } from "node:crypto";
import { mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Platform } from "../../lib/swarm/survey.ts";
import { run } from "../bench/swarm/run.ts";
import { temporaryFolder } from "../support/marker.ts";

setDefaultTimeout(60_000);

let root: string;
let registry: Bun.Server<undefined>;
/** Package → the bytes its tarball is served with; what the registry says of it is what it was made with. */
const served = new Map<string, Uint8Array<ArrayBuffer>>();
const promised = new Map<string, string>();

beforeAll(async () => {
  root = await temporaryFolder("runtime");
  registry = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    fetch: ({ url }) => {
      const path = decodeURIComponent(new URL(url).pathname).slice(1);
      const tarball = served.get(path.replace(/\.tgz$/, ""));
      if (tarball === undefined) return new Response("{}", { status: 404 });
      if (path.endsWith(".tgz")) return new Response(tarball);
      const dist = { tarball: new URL(`/${path}.tgz`, url).href, integrity: promised.get(path) };
      const version = { name: path, version: Bun.version, dist };
      const tags = { "dist-tags": { latest: Bun.version }, versions: { [Bun.version]: version } };
      return Response.json({ name: path, ...tags });
    },
  });
});
afterAll(async () => {
  await registry.stop(true);
  await rm(root, { recursive: true });
});

/** A package with a `bin/bun` that holds `text`. */
async function publish(name: string, text: string): Promise<Uint8Array<ArrayBuffer>> {
  const folder = join(root, "made", name);
  await mkdir(join(folder, "package", "bin"), { recursive: true });
  await writeFile(join(folder, "package", "package.json"), JSON.stringify({ name, version: Bun.version }));
  await writeFile(join(folder, "package", "bin", "bun"), text, { mode: 0o755 });
  await run(["tar", "-C", folder, "-czf", join(folder, "package.tgz"), "package"]);
  const bytes = await Bun.file(join(folder, "package.tgz")).bytes();
  served.set(name, bytes);
  promised.set(name, `sha512-${createHash("sha512").update(bytes).digest("base64")}`);
  return bytes;
}

/** `runtimeFor` in a process with a home of its own: what it finds, or says. */
async function runtimeAt(home: string, platform: Platform): Promise<Record<string, unknown>> {
  await mkdir(home, { recursive: true });
  await writeFile(join(home, ".npmrc"), `registry=${registry.url}\n`);
  const module = join(import.meta.dir, "..", "..", "lib", "swarm", "runtime.ts");
  const code = `import { runtimeFor } from ${JSON.stringify(module)};
    const answer = (value) => console.log(JSON.stringify(value));
    await runtimeFor(${JSON.stringify(platform)}).then(answer, ({ code, message }) => answer({ code, message }));`;
  // npm tells what it runs its own registry and folders this way, and Bun heeds that before any file.
  const rest = Object.entries(process.env).filter(([name]) => !/^(?:npm_|bun_|xdg_)/i.test(name));
  const env = { ...Object.fromEntries(rest), HOME: home };
  const child = Bun.spawn([process.execPath, "-e", code], { env, stdout: "pipe", stderr: "inherit" });
  return JSON.parse(await child.stdout.text()) as Record<string, unknown>;
}

const linux = { system: "Linux", machine: "x86_64", libc: "glibc", avx2: true } as const;

test.each([
  [{ ...linux, libc: "musl" }, "@oven/bun-linux-x64-musl"],
  [{ ...linux, libc: "musl", avx2: false }, "@oven/bun-linux-x64-musl-baseline"],
  [{ ...linux, machine: "aarch64", avx2: false }, "@oven/bun-linux-aarch64"],
  [{ ...linux, machine: "aarch64", libc: "musl", avx2: false }, "@oven/bun-linux-aarch64-musl"],
] as const)("hosts that are %o get %s", async (platform, name) => {
  const text = `this is ${name}`;
  await publish(name, text);
  const home = join(root, "home", name);
  const sha256 = new Bun.CryptoHasher("sha256").update(text).digest("hex");
  const found = await runtimeAt(home, platform);
  const kept = `${name.replace("/", "-")}-${Bun.version}`;
  const expected = { name: `bun-${Bun.version}-${sha256.slice(0, 16)}`, bytes: text.length, sha256 };
  expect(found).toEqual({ ...expected, path: join(home, ".cache/rookery/runtimes", kept) });
  // Kept: the next run asks nobody.
  served.delete(name);
  expect(await runtimeAt(home, platform)).toEqual(found);
});

test("a package whose bytes are not those of its integrity is refused, and nothing of it kept", async () => {
  const name = "@oven/bun-linux-aarch64";
  const before = await publish(name, "as it was published");
  const integrity = promised.get(name) ?? "";
  await publish(name, "something else, by somebody else");
  promised.set(name, integrity);
  const home = join(root, "home", "tampered");
  const refused = await runtimeAt(home, { ...linux, machine: "aarch64", avx2: false });
  expect(refused).toMatchObject({ code: "tool", message: expect.stringMatching(/integrity/i) });
  expect(await readdir(join(home, ".cache/rookery/runtimes")).catch(() => [])).toEqual([]);
  served.set(name, before);
  expect(await runtimeAt(home, { ...linux, machine: "aarch64", avx2: false })).toMatchObject({ bytes: 19 });
});

test("no Bun is made for it", async () => {
  const said = await runtimeAt(join(root, "home", "other"), { ...linux, machine: "riscv64" });
  expect(said).toMatchObject({ code: "remote", message: "no Bun is made for Linux riscv64" });
});
