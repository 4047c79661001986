// A fleet of real hosts, an inventory as a team would keep it, a source to deploy, and our scripts run beside it as an operator would.
import { mkdir, mkdtemp, readdir, readFile, readlink, rm, statfs, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { dump } from "js-yaml";
import { type Fleet, type FleetOptions, startFleet } from "../support/fleet.ts";
import { expectNothingLeft, type Footprint, footprint } from "../support/leftovers.ts";
import { FOLDER_PREFIX, temporaryFolder } from "../support/marker.ts";
import { listProcesses, type ProcessInfo } from "../support/processes.ts";
import { runScript, type ScriptOptions, type ScriptResult } from "../support/run.ts";
import { type Event, readEvents } from "./events.ts";

export interface StageOptions extends Omit<FleetOptions, "vars"> {
  /** Over `rookery_app`, `rookery_source` and `rookery_deploy_to`, in group_vars. */
  readonly vars?: Readonly<Record<string, unknown>>;
  /** What the source holds at first, path → text. */
  readonly files?: Readonly<Record<string, string>>;
  /** Keep what is deployed in memory if there is so much to spare: many files, whose disk we would wait for, not for us. */
  readonly memoryBytes?: number;
}

export interface JsonResult extends ScriptResult {
  readonly events: readonly Event[];
  /** The one of a type; fails when there is none or more than one. */
  one<T extends Event["type"]>(type: T): Extract<Event, { type: T }>;
  host(name: string): Extract<Event, { type: "host" }>;
}

export interface JsonOptions extends ScriptOptions {
  /** Called for every event as it is printed, for tests that act half-way. */
  readonly onEvent?: (event: Event, pid: number) => void;
}

export interface Stage extends AsyncDisposable {
  readonly fleet: Fleet;
  /** Folder that is deployed. */
  readonly source: string;
  /** TMPDIR of the scripts: whatever they leave there is theirs. */
  readonly temporary: string;
  /** HOME of the scripts. */
  readonly home: string;
  /** Group vars from now on, over the usual ones. */
  setVars(vars: Readonly<Record<string, unknown>>): Promise<void>;
  /** Writes files of the source, path → text; undefined removes one. */
  write(files: Readonly<Record<string, string | undefined>>): Promise<void>;
  /** `rookery_deploy_to` of a host, or a path below it. */
  place(host: string, ...path: string[]): string;
  /** `run("deploy")` deploys; with more words, those as well. The inventory is given with -i. */
  run(script: string, words?: readonly string[], options?: ScriptOptions): Promise<ScriptResult>;
  /** The same with --json, its lines parsed. Fails on a line that isn't JSON. */
  json(script: string, words?: readonly string[], options?: JsonOptions): Promise<JsonResult>;
  /** Release id `current` points to; undefined without one. */
  current(host: string): Promise<string | undefined>;
  releases(host: string): Promise<readonly string[]>;
  /** Peers that run on a host now. */
  peers(host: string): readonly ProcessInfo[];
  /** Waits until no script, peer, port, lock, payload or temporary folder is left; fails naming what is. */
  expectTidy(options?: { readonly withinMs?: number; readonly killed?: boolean }): Promise<void>;
}

/** In the environment of everything a host of a fleet runs. */
const HOST_VARIABLE = "ROOKERY_TEST_HOST";
const TIDY_MS = 5000;

export async function startStage({
  vars = {},
  files = { "index.html": "one\n" },
  memoryBytes,
  ...options
}: StageOptions = {}): Promise<Stage> {
  const fleet = await startFleet(options);
  const root = await temporaryFolder("stage");
  const source = join(root, "source");
  const temporary = join(root, "tmp");
  const home = join(root, "home");
  await Promise.all([source, temporary, home].map((folder) => mkdir(folder)));
  const memory = memoryBytes === undefined ? undefined : await memoryFolder(memoryBytes);
  const groupVars = join(dirname(fleet.inventory), "group_vars", "all.yml");
  await mkdir(dirname(groupVars));
  const before: Footprint = footprint();
  const pattern =
    memory === undefined ? join(fleet.root, "HOST", "files", "shop") : join(memory, "HOST", "shop");
  const place = (host: string, ...path: string[]) => join(pattern.replace("HOST", host), ...path);
  const env = {
    TMPDIR: temporary,
    HOME: home,
    SSH_AUTH_SOCK: undefined,
    XDG_CACHE_HOME: undefined,
    // A CI's own variables must not change what is shown.
    CI: undefined,
    NO_COLOR: "1",
    FORCE_COLOR: undefined,
  };

  const stage: Stage = {
    fleet,
    source,
    temporary,
    home,
    setVars: async (more) => {
      const usual = {
        rookery_app: "shop",
        rookery_source: source,
        rookery_deploy_to: pattern.replace("HOST", "{{ inventory_hostname }}"),
        // Ports of this machine that a Rookery in real use wouldn't have by default.
        rookery_ports: "20000-29999",
        // Most of these tests are about the swarm, which fleets as small as these would not choose.
        rookery_via: "swarm",
      };
      await writeFile(groupVars, dump({ ...usual, ...more }));
    },
    write: async (texts) => {
      for (const [path, text] of Object.entries(texts)) {
        const file = join(source, path);
        if (text === undefined) await rm(file);
        else {
          await mkdir(dirname(file), { recursive: true });
          await writeFile(file, text);
        }
      }
    },
    place,
    run: (script, words = [], given = {}) =>
      runScript([script, "-i", fleet.inventory, ...words], { ...given, env: { ...env, ...given.env } }),
    json: async (script, words = [], { onEvent, ...given } = {}) => {
      const read = readEvents(onEvent);
      const result = await stage.run(script, ["--json", ...words], {
        ...given,
        onOutput: (stream, text, pid) => {
          if (stream === "stdout") read.push(text, pid);
          given.onOutput?.(stream, text, pid);
        },
      });
      const events = read.end();
      const one = <T extends Event["type"]>(type: T) => {
        const found = events.filter((event): event is Extract<Event, { type: T }> => event.type === type);
        if (found.length !== 1 || found[0] === undefined)
          throw new Error(`${found.length} events of type ${type}\n${result.stdout}\n${result.stderr}`);
        return found[0];
      };
      const host = (name: string) => {
        const found = events.find((event) => event.type === "host" && event.host === name);
        if (found?.type !== "host") throw new Error(`no host event of ${name}\n${result.stdout}`);
        return found;
      };
      return { ...result, events, one, host };
    },
    current: async (host) => {
      const target = await readlink(place(host, "current")).catch(absent);
      return target?.split("/").at(-1);
    },
    releases: async (host) => {
      const names = (await readdir(place(host, "releases")).catch(absent)) ?? [];
      return names.filter((name) => !name.startsWith(".")).sort();
    },
    peers: (host) => {
      const mark = `${HOST_VARIABLE}=${join(fleet.root, host)}`;
      return listProcesses().filter(
        ({ environment, command }) => environment.includes(mark) && /peer-[0-9a-f]{16}\.js/.test(command),
      );
    },
    expectTidy: async ({ withinMs = TIDY_MS, killed = false } = {}) => {
      await expectNothingLeft(before, { withinMs });
      const left = (await Promise.all(fleet.names.map((host) => unfinished(place(host))))).flat();
      // Nobody can tidy up for a script that was killed with -9: its temporary files wait for the next one.
      if (!killed) left.push(...(await readdir(temporary)).map((name) => join(temporary, name)));
      if (left.length > 0) throw new Error(`left behind:\n  ${left.join("\n  ")}`);
    },
    [Symbol.asyncDispose]: async () => {
      await fleet[Symbol.asyncDispose]();
      for (const folder of [root, memory]) if (folder) await rm(folder, { recursive: true, force: true });
    },
  };
  try {
    await stage.setVars(vars);
    await stage.write(files);
  } catch (error) {
    await stage[Symbol.asyncDispose]();
    throw error;
  }
  return stage;
}

/** A folder in memory, if `bytes` are free there and the machine has them. */
async function memoryFolder(bytes: number): Promise<string | undefined> {
  const meminfo = await readFile("/proc/meminfo", "utf8");
  const available = Number(/^MemAvailable:\s+(\d+) kB/m.exec(meminfo)?.[1] ?? 0) * 1024;
  const room = await statfs("/dev/shm").then(({ bavail, bsize }) => bavail * bsize, absent);
  if (room === undefined || Math.min(room, available) < bytes) return undefined;
  return mkdtemp(join("/dev/shm", `${FOLDER_PREFIX}hosts-`));
}

/** Locks, payloads and half-made releases under a `rookery_deploy_to`. */
async function unfinished(deployTo: string): Promise<string[]> {
  const inside = async (...path: string[]) => {
    const folder = join(deployTo, ...path);
    return ((await readdir(folder).catch(absent)) ?? []).map((name) => join(folder, name));
  };
  const own = (await inside(".rookery")).filter((path) => /\/lock[^/]*$/.test(path));
  const parts = [
    inside(".rookery", "incoming"),
    inside(".rookery", "temporary"),
    inside("releases", ".rookery-partial"),
  ];
  return [...own, ...(await Promise.all(parts)).flat()];
}

function absent(error: NodeJS.ErrnoException): undefined {
  if (error.code !== "ENOENT") throw error;
}

/** Text of a file under a host's `rookery_deploy_to`. */
export async function textAt(stage: Stage, host: string, ...path: string[]): Promise<string> {
  return readFile(stage.place(host, ...path), "utf8");
}
