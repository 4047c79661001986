// The health check as a host makes it: real HTTP servers, real commands.
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { mkdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { checkHealth } from "../../lib/peer/health.ts";
import type { Upward } from "../../lib/peer/protocol.ts";
import { temporaryFolder } from "../support/marker.ts";
import { freePort } from "../support/ports.ts";

setDefaultTimeout(60_000);

let deployTo: string;
let server: ReturnType<typeof Bun.serve>;
let asked = 0;

beforeAll(async () => {
  deployTo = await temporaryFolder("health");
  await mkdir(join(deployTo, "releases", "one"), { recursive: true });
  server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    fetch: async (request) => {
      asked += 1;
      const { pathname } = new URL(request.url);
      if (pathname === "/third") return new Response("", { status: asked < 3 ? 503 : 200 });
      if (pathname === "/moved") return new Response("", { status: 302, headers: { location: "/404" } });
      if (pathname === "/silent") await new Promise(() => {});
      return new Response("", { status: Number(pathname.slice(1)) });
    },
  });
});
afterAll(async () => {
  await server.stop(true);
  await rm(deployTo, { recursive: true });
});

const stop = new AbortController();

async function check(what: string, { retries = 0, timeoutMs = 20_000 } = {}) {
  asked = 0;
  const told: Upward[] = [];
  const text = what.startsWith("/") ? `http://user:secret@127.0.0.1:${server.port}${what}` : what;
  const params = { deployTo, id: "one", check: text, retries, delayMs: 5, timeoutMs };
  const result = await checkHealth(params, { signal: stop.signal, tell: (event) => told.push(event) });
  return { ...result, told };
}

test.each([
  ["/200", true, "status 200"],
  ["/204", true, "status 204"],
  // Where it leads is not followed: a login page is a sign of life.
  ["/moved", true, "status 302"],
  ["/404", false, "status 404"],
  ["/500", false, "status 500"],
  ["exit 0", true, "exit code 0"],
  ["exit 7", false, "exit code 7"],
  ["test -d ../one", true, "exit code 0"],
  ["kill -9 $$", false, "exit code 137"],
])("%s", async (what, well, last) => {
  expect(await check(what)).toMatchObject({ well, last, tries: 1 });
});

test("it is tried again until it is well", async () => {
  expect(await check("/third", { retries: 5 })).toMatchObject({ well: true, tries: 3, last: "status 200" });
  expect(await check("/503", { retries: 2 })).toMatchObject({ well: false, tries: 3, last: "status 503" });
  const count = join(deployTo, "count");
  const command = `echo x >> ${count}; test "$(wc -l < ${count})" -ge 4`;
  expect(await check(command, { retries: 9 })).toMatchObject({ well: true, tries: 4 });
});

test("one try has a deadline", async () => {
  expect(await check("/silent", { timeoutMs: 50 })).toMatchObject({
    well: false,
    last: "no answer within 0.05 s",
  });
  expect(await check("echo begun; sleep 600", { timeoutMs: 500 })).toMatchObject({
    ...{ well: false, last: "no end within 0.5 s" },
    told: [{ type: "output", stream: "stdout", text: "begun\n" }],
  });
});

test("nobody listening is said, without the URL, which may hold secrets", async () => {
  const { last } = await check(`http://user:secret@127.0.0.1:${await freePort()}/`);
  expect(last).toBe("no answer (ECONNREFUSED)");
});

test("only the last of failing tries tells its output", async () => {
  const { told } = await check(`echo try; exit 1`, { retries: 2 });
  expect(told.filter(({ type }) => type === "output")).toEqual([
    { type: "output", stream: "stdout", text: "try\n" },
  ]);
  expect(told.filter(({ type }) => type === "detail")).toHaveLength(2);
  expect((await check("echo fine")).told).toEqual([]);
});

test("a run that is stopped stops the checks", async () => {
  const controller = new AbortController();
  const params = {
    deployTo,
    id: "one",
    check: `touch ${deployTo}/begun; sleep 600`,
    retries: 0,
    delayMs: 5,
    timeoutMs: 600_000,
  };
  const running = checkHealth(params, { signal: controller.signal, tell: () => {} });
  while (!(await Bun.file(join(deployTo, "begun")).exists())) await Bun.sleep(10);
  controller.abort(new Error("stopped"));
  await expect(running).rejects.toThrow();
  expect(await readFile(join(deployTo, "begun"), "utf8")).toBe("");
});
