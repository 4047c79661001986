// The README's two commands where nothing of ours is: a clean clone, an empty HOME, Node.js and npm, no Bun on PATH.
import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdir, readdir, readlink, symlink } from "node:fs/promises";
import { join, resolve } from "node:path";
import { $ } from "zx";
import { temporaryFolder } from "../support/marker.ts";

/** Downloads of Bun and of the packages, twice over a slow mirror. */
const MINUTES = 60_000;
const ROOT = resolve(import.meta.dir, "../..");

let machine: { root: string; clone: string; environment: Record<string, string> };

beforeAll(async () => {
  const root = await temporaryFolder("fresh");
  const [clone, home, programs, temporary] = ["clone", "home", "programs", "tmp"].map((name) =>
    join(root, name),
  ) as [string, string, string, string];
  for (const folder of [home, programs, temporary]) await mkdir(folder);
  // Every program this machine has, but for Bun.
  for (const folder of (process.env.PATH ?? "").split(":").filter((path) => !path.includes("node_modules"))) {
    for (const name of await readdir(folder).catch(() => [])) {
      if (/^bunx?$/.test(name)) continue;
      await symlink(join(folder, name), join(programs, name)).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== "EEXIST") throw error;
      });
    }
  }
  await $({ quiet: true })`git clone --quiet --no-hardlinks ${ROOT} ${clone}`;
  const { NODE_EXTRA_CA_CERTS } = process.env;
  const certificates = NODE_EXTRA_CA_CERTS === undefined ? {} : { NODE_EXTRA_CA_CERTS };
  machine = {
    root,
    clone,
    environment: {
      PATH: `${programs}:/usr/sbin:/sbin`,
      HOME: home,
      TMPDIR: temporary,
      CI: "true",
      ...certificates,
    },
  };
}, 2 * MINUTES);

afterAll(async () => {
  await $({ quiet: true })`rm -rf ${machine.root}`;
}, MINUTES);

function npm(...args: string[]) {
  return $({
    cwd: machine.clone,
    env: machine.environment,
    quiet: true,
    nothrow: true,
    stdio: ["ignore", "pipe", "pipe"],
  })`npm ${args}`;
}

test(
  "npm start sets everything up and deploys to the embedded default",
  async () => {
    const { exitCode, stdout, stderr } = await npm("start");
    expect({ exitCode, stderr: exitCode === 0 ? "" : stderr }).toEqual({ exitCode: 0, stderr: "" });
    expect(stdout).toMatch(/rookery is \d{14} on 8 of 8 hosts/);
    for (let host = 1; host <= 8; host++) {
      const site = join(machine.environment.TMPDIR ?? "", "rookery-local", `rook${host}`);
      expect(await readlink(join(site, "current"))).toMatch(/^releases\/\d{14}$/);
      expect(await Bun.file(join(site, "current", "package.json")).json()).toMatchObject({ name: "rookery" });
    }
  },
  10 * MINUTES,
);

test(
  "npm test sets everything up and runs checks and tests",
  async () => {
    // One small test stands for all of them: the others are running right now.
    const { exitCode, stdout, stderr } = await npm("test", "--", "test/ssh/quote.test.ts");
    expect({ exitCode, output: exitCode === 0 ? "" : stdout + stderr }).toEqual({ exitCode: 0, output: "" });
    expect(stderr + stdout).toMatch(/^ 0 fail$/m);
  },
  10 * MINUTES,
);
