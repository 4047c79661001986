// Hosts without a Bun, each in a network namespace of its own, get one from each other. Needs root, as namespaces do.
import { afterEach, beforeEach, expect, setDefaultTimeout, test } from "bun:test";
import { randomBytes } from "node:crypto";
import { mkdir, rm, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { inside, ip } from "../bench/swarm/ip.ts";
import { buildNetwork, type Network, payloadBytes } from "../bench/swarm/network.ts";
import { sha256 } from "../bench/swarm/verify.ts";
import { type ColdHosts, type ColdHostsOptions, startColdHosts } from "../support/cold-hosts.ts";
import { temporaryFolder } from "../support/marker.ts";
import { killAll, listProcesses } from "../support/processes.ts";
import { type Event, readEvents } from "./events.ts";

setDefaultTimeout(240_000);

const DEPLOY = join(import.meta.dir, "..", "..", "scripts", "deploy.ts");

let root: string;
beforeEach(async () => {
  root = await temporaryFolder("warm");
});
afterEach(async () => {
  await rm(root, { recursive: true, force: true });
});

interface Fleet extends AsyncDisposable {
  readonly network: Network;
  readonly hosts: ColdHosts;
  readonly names: readonly string[];
  deploy(
    words: readonly string[],
    onEvent?: (event: Event, pid: number) => void,
  ): Promise<{ readonly exitCode: number; readonly events: readonly Event[]; readonly text: string }>;
}

async function startCold(count: number, options: ColdHostsOptions = {}, rate?: number): Promise<Fleet> {
  await using stack = new AsyncDisposableStack();
  const network = stack.use(await buildNetwork({ rates: Array(count + 1).fill(rate) }));
  const hosts = stack.use(await startColdHosts(network, root, options));
  const kept = stack.move();
  return {
    network,
    hosts,
    names: network.hosts.map(({ name }) => name),
    deploy: async (words, onEvent) => {
      const argv = [process.execPath, DEPLOY, "-i", hosts.inventory, "--json", "-v", ...words];
      const child = Bun.spawn(inside(network.seeder, argv), {
        env: { ...process.env, HOME: hosts.home, SSH_AUTH_SOCK: undefined, XDG_CACHE_HOME: undefined },
        stdout: "pipe",
        stderr: "pipe",
      });
      const read = readEvents(onEvent);
      const decoder = new TextDecoder();
      const errors = new Response(child.stderr).text();
      let text = "";
      for await (const chunk of child.stdout) {
        const piece = decoder.decode(chunk, { stream: true });
        text += piece;
        read.push(piece, child.pid);
      }
      const exitCode = await child.exited;
      return { exitCode, events: read.end(), text: `${text}\n${await errors}` };
    },
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

/** What a warmed host's cache holds is the runtime, its bytes right, and the peer program; nothing else. */
async function expectWarm({ hosts }: Fleet, name: string, runtime: string): Promise<void> {
  const files = await hosts.cached(name);
  expect([name, files.map((file) => file.replace(/-[0-9a-f]{16}\.js$/, ""))]).toEqual([
    name,
    [`bun-${Bun.version}-${runtime.slice(0, 16)}`, "peer"],
  ]);
  expect(await sha256(join(hosts.cacheOf(name), files[0] ?? ""))).toBe(runtime);
}

/** Servers, fetchers and shells of ours end with the script. */
async function expectQuiet({ hosts, names }: Fleet): Promise<void> {
  const marks = names.map((name) => hosts.mark(name));
  const running = () =>
    listProcesses().filter(({ environment }) => marks.some((mark) => environment.includes(mark)));
  const deadline = performance.now() + 20_000;
  while (running().length > 0 && performance.now() < deadline) await Bun.sleep(50);
  expect(running().map(({ command }) => command.slice(0, 100))).toEqual([]);
}

test("six hosts, no two with the same programs, warm each other; after that two commands a host are enough", async () => {
  const peculiar = {
    host2: { without: ["curl", "python3"] }, // wget, perl
    host3: { without: ["curl", "wget", "python3"] }, // bash, perl
    host4: { without: ["curl", "wget", "python3", "perl", "python"] }, // bash, and nothing to serve with before it has Bun
    host5: { without: ["perl"] },
  };
  await using fleet = await startCold(6, { peculiar, vars: { rookery_ports: "21000-21001" } });
  const { network, hosts, names } = fleet;
  const runtime = await sha256(process.execPath);
  const first = await fleet.deploy(["-r", "one", "--via", "swarm"]);
  expect([first.exitCode, first.exitCode === 0 ? "" : first.text]).toEqual([0, ""]);
  for (const name of names) await expectWarm(fleet, name, runtime);
  await expectQuiet(fleet);
  const [packed] = await Array.fromAsync(
    new Bun.Glob("*.gz").scan({ cwd: join(hosts.home, ".cache/rookery/runtimes"), absolute: true }),
  );
  const copies = payloadBytes(await network.sent(network.seeder)) / Bun.file(packed ?? "").size;
  expect(copies).toBeGreaterThan(1);
  expect(copies).toBeLessThan(1.5);

  // Stale ones go on the way; what is used stays, however old it is.
  const cache = hosts.cacheOf("host1");
  const old = new Date(Date.now() - 40 * 24 * 3600 * 1000);
  const [own = ""] = await hosts.cached("host1");
  await writeFile(join(cache, "bun-1.3.0-0123456789abcdef"), "");
  await mkdir(join(cache, ".rookery-warm-0123456789abcdef"));
  for (const name of [own, "bun-1.3.0-0123456789abcdef", ".rookery-warm-0123456789abcdef"])
    await utimes(join(cache, name), old, old);
  const before = await Promise.all(names.map((name) => hosts.commands(name)));
  const second = await fleet.deploy(["-r", "two", "--via", "swarm"]);
  expect([second.exitCode, second.exitCode === 0 ? "" : second.text]).toEqual([0, ""]);
  const after = await Promise.all(names.map((name) => hosts.commands(name)));
  // One of them is asked for the list of files that all of them run, too.
  const counts = after.map((count, index) => count - (before[index] ?? 0));
  expect(counts.toSorted()).toEqual([...names.slice(1).map(() => 2), 3]);
  for (const name of names) await expectWarm(fleet, name, runtime);
  await expectQuiet(fleet);
});

test("a host that serves garbage, one behind a firewall, one that dies half-way: the others are warm, those two as well", async () => {
  const garbage = join(root, "garbage");
  await mkdir(garbage);
  for (let index = 0; index < 100; index++) await writeFile(join(garbage, `${index}.gz`), randomBytes(1000));
  // Our own server, in a folder that holds other bytes.
  const programs = {
    python3: `#!/bin/sh\ncase $2 in *serving*) cd ${garbage} ;; esac\nexec /usr/bin/python3 "$@"\n`,
  };
  await using fleet = await startCold(6, { peculiar: { host2: { programs } } }, 200e6);
  const { network, hosts } = fleet;
  // What host3 sends to other hosts ends nowhere, and nobody tells it so.
  const walled = network.hosts[2];
  if (walled === undefined) throw new Error("no third host");
  const others = network.hosts.filter((node) => node !== walled);
  await ip(
    walled.namespace,
    others.map(({ address }) => `neigh replace ${address} lladdr 02:00:00:00:ff:ff dev eth0 nud permanent`),
  );
  let killed = false;
  const result = await fleet.deploy(["-r", "one", "--allow-failures", "1", "--via", "ssh"], (event) => {
    if (killed || event.type !== "status" || event.host !== "host5") return;
    if (!/^sending bun.* [2-9]\d %/.test(event.detail ?? "")) return;
    killed = true;
    const mark = hosts.mark("host5");
    const sessions = listProcesses().filter(({ environment }) => environment.includes(mark));
    killAll([hosts.sshd("host5").pid, ...sessions.map(({ pid }) => pid)]);
  });
  const text = result.text;
  expect(killed).toBe(true);
  const runtime = await sha256(process.execPath);
  for (const name of ["host1", "host2", "host3", "host4", "host6"]) await expectWarm(fleet, name, runtime);
  const statuses = result.events.flatMap((event) =>
    event.type === "host" ? [`${event.host} ${event.status}`] : [],
  );
  const warm = ["host1 ok", "host2 ok", "host3 ok", "host4 ok", "host6 ok"];
  expect([
    statuses.filter((line) => !line.startsWith("host5")).sort(),
    text.includes("reaches no other host"),
  ]).toEqual([warm, true]);
  // Whether its connection or its programs were seen to end first.
  expect(statuses.find((line) => line.startsWith("host5"))).toMatch(/unreachable|failed/);
  expect([2, 4]).toContain(result.exitCode);
});

test("Ctrl+C half-way leaves nothing on any host, neither running nor lying about", async () => {
  await using fleet = await startCold(4, {}, 200e6);
  const { hosts, names } = fleet;
  let interrupted = false;
  const result = await fleet.deploy(["-r", "one"], (event, pid) => {
    if (interrupted || event.type !== "status" || !/^sending bun.* [2-9]\d %/.test(event.detail ?? ""))
      return;
    interrupted = true;
    process.kill(pid, "SIGINT");
  });
  expect([interrupted, result.exitCode]).toEqual([true, 130]);
  await expectQuiet(fleet);
  expect(await Promise.all(names.map((name) => hosts.cached(name)))).toEqual(names.map(() => []));
});
