// The programs contenders need: installed where we may (root on Debian or Ubuntu), named otherwise.
import { existsSync } from "node:fs";
import { OpsError } from "../../../lib/errors.ts";
import type { Contender } from "./contenders/all.ts";
import { run } from "./run.ts";

/** What the network itself needs: Debian package → program. */
const NETWORK: Readonly<Record<string, string>> = { iproute2: "tc", "util-linux": "nsenter" };
const PATHS = [...(process.env.PATH ?? "").split(":"), "/usr/sbin", "/sbin"];

/** @throws OpsError `tool` naming the packages when they are missing and can't be installed */
export async function ensureTools(contenders: readonly Contender[]): Promise<void> {
  const needs = Object.assign(
    {},
    NETWORK,
    ...contenders.map((contender) => contender.needs),
  ) as typeof NETWORK;
  const missing = await missingOf(needs);
  if (missing.length === 0) return;
  const install = ["apt-get", "install", "-y", "--no-install-recommends", ...missing];
  const hint = `run: ${install.join(" ")}   (or leave them out with --only)`;
  if (!existsSync("/usr/bin/apt-get"))
    throw new OpsError("tool", `programs are missing: ${missing.join(", ")}`, { hint });
  console.error(`installing ${missing.join(" ")}`);
  const env = ["env", "DEBIAN_FRONTEND=noninteractive"];
  await run([...env, "apt-get", "update"]);
  await run([...env, ...install]);
  const still = await missingOf(needs);
  if (still.length > 0)
    throw new OpsError("tool", `installed, but not to be found: ${still.join(", ")}`, { hint });
}

async function missingOf(needs: Readonly<Record<string, string>>): Promise<string[]> {
  const found = await Promise.all(Object.values(needs).map(isThere));
  return Object.keys(needs).filter((_, index) => found[index] !== true);
}

async function isThere(program: string): Promise<boolean> {
  const [, module] = /^python:(.+)$/.exec(program) ?? [];
  if (module === undefined) return PATHS.some((folder) => existsSync(`${folder}/${program}`));
  return run([PYTHON, "-c", `import ${module}`]).then(
    () => true,
    () => false,
  );
}

/** Debian's own: the one its packages are for. */
export const PYTHON = "/usr/bin/python3";
