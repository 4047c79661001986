// The Bun that runs peers: the one we run on where the host is like us, else the same version from Bun's npm packages.
import { mkdir, rename, rm } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { $, ProcessOutput } from "zx";
import { OpsError } from "../errors.ts";
import { temporaryFolder } from "../temporary.ts";
import { touch } from "../warm/pack.ts";
import type { Runtime } from "../warm/types.ts";
import type { Platform, Survey } from "./survey.ts";

/** Bun's npm packages by `uname -m`; each comes as glibc and as musl, for x86_64 also without AVX2. */
const PACKAGES: Readonly<Record<string, { package: string; cpu: string; node: string }>> = {
  x86_64: { package: "@oven/bun-linux-x64", cpu: "x64", node: "x64" },
  aarch64: { package: "@oven/bun-linux-aarch64", cpu: "arm64", node: "arm64" },
};

/** Hosts' own Bun is used from this version on. */
const OLDEST_BUN = "1.4.0";

/** Path of a Bun that is on the host already and new enough; undefined when ours has to travel. */
export function ownBun({ bun }: Survey): string | undefined {
  return bun !== undefined && Bun.semver.satisfies(bun.version, `>=${OLDEST_BUN}`) ? bun.path : undefined;
}

const found = new Map<string, Promise<Runtime>>();

/**
 * The runtime for hosts of `platform`, fetched once when it is not our own.
 * @throws OpsError `remote` when Bun isn't made for that platform, `tool` when it can't be fetched
 */
export function runtimeFor(platform: Platform): Promise<Runtime> {
  const key = Object.values(platform).join(" ");
  const known = found.get(key) ?? findRuntime(platform);
  found.set(key, known);
  return known;
}

/** Where runtimes are kept on this machine: those fetched, and each as it is packed for hosts. */
export function runtimesFolder(): string {
  return join(homedir(), ".cache", "rookery", "runtimes");
}

async function findRuntime({ system, machine, libc, avx2 }: Platform): Promise<Runtime> {
  const kind = PACKAGES[machine];
  if (system !== "Linux" || kind === undefined) {
    throw new OpsError("remote", `no Bun is made for ${system} ${machine}`, {
      hint: "targets are Linux on x86_64 or aarch64; limit the run to those",
    });
  }
  const baseline = kind.cpu === "x64" && !avx2;
  const suffix = `${libc === "musl" ? "-musl" : ""}${baseline ? "-baseline" : ""}`;
  const likeUs =
    process.platform === "linux" &&
    process.arch === kind.node &&
    libc === (await ownLibc()) &&
    // Where our own runs without AVX2 it is the build for that.
    !(baseline && (await ownAvx2()));
  const path = likeUs ? process.execPath : await fetchRuntime(`${kind.package}${suffix}`, kind.cpu);
  const digest = new Bun.CryptoHasher("sha256");
  for await (const chunk of Bun.file(path).stream()) digest.update(chunk);
  const sha256 = digest.digest("hex");
  const name = `bun-${Bun.version}-${sha256.slice(0, 16)}`;
  return { path, name, bytes: Bun.file(path).size, sha256 };
}

async function ownAvx2(): Promise<boolean> {
  return /\bavx2\b/.test(await Bun.file("/proc/cpuinfo").text());
}

async function ownLibc(): Promise<"glibc" | "musl"> {
  const musl = await Array.fromAsync(new Bun.Glob("ld-musl-*").scan({ cwd: "/lib", onlyFiles: false }));
  return musl.length > 0 ? "musl" : "glibc";
}

/** Bun's own package manager fetches the package, so registry settings and integrity checks are those of any install. */
async function fetchRuntime(packageName: string, cpu: string): Promise<string> {
  const kept = join(runtimesFolder(), `${packageName.replace("/", "-")}-${Bun.version}`);
  if (await Bun.file(kept).exists()) {
    await touch(kept);
    return kept;
  }
  const folder = await temporaryFolder("runtime");
  try {
    await Bun.write(join(folder, "package.json"), "{}");
    await $({
      cwd: folder,
      quiet: true,
    })`${process.execPath} add --exact --ignore-scripts --os linux --cpu ${cpu} ${`${packageName}@${Bun.version}`}`;
    await mkdir(join(kept, ".."), { recursive: true });
    // Beside its final name first: /tmp may be another file system, where a rename can't go.
    await Bun.write(
      `${kept}.${process.pid}`,
      Bun.file(join(folder, "node_modules", packageName, "bin", "bun")),
    );
    await rename(`${kept}.${process.pid}`, kept);
    return kept;
  } catch (error) {
    const output = error instanceof ProcessOutput ? error.stderr : String(error);
    const said = output.trim().split("\n").slice(-3).join(" / ");
    throw new OpsError("tool", `can't fetch ${packageName}@${Bun.version} for hosts of that kind: ${said}`, {
      cause: error,
      hint: `install Bun ${Bun.version} on those hosts, or see that this machine reaches its npm registry`,
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
