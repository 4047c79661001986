// A real sshd and a real account with a password, in a mount namespace where /etc/passwd and /etc/shadow are the test's.
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { connect } from "../../lib/ssh/connect.ts";
import type { Target } from "../../lib/ssh/types.ts";
import { generateKey } from "../support/fleet.ts";
import { temporaryFolder } from "../support/marker.ts";
import { freePort } from "../support/ports.ts";
import { environmentAt, failure } from "./support.ts";

// Generous, for other work may share the machine.
setDefaultTimeout(30_000);

const PASSWORD = "open sesame";
// crypt(3) of it, by `openssl passwd -6 -salt rookery`.
const HASHED =
  "$6$rookery$fEjMhwZ9OPxe51AjEpdGzgNboD7P17HSn2boTFliw5AQx/Sv7HYhy7HIHjVq3wof/AGDl5t.xrVoFNsA.zpD4.";

let folder: string;
let port: number;
let sshd: ReturnType<typeof start>;

function start(config: string) {
  const binds = ["passwd", "shadow"].map((name) => `mount --bind '${folder}/${name}' /etc/${name}`);
  const script = `${binds.join(" && ")} && exec setpriv --pdeathsig KILL /usr/sbin/sshd -D -e -f '${config}'`;
  return Bun.spawn(["unshare", "--mount", "sh", "-c", script], {
    stdin: "ignore",
    stdout: "ignore",
    stderr: "pipe",
  });
}

beforeAll(async () => {
  folder = await temporaryFolder("password");
  await generateKey(join(folder, "host_key"));
  await mkdir("/run/sshd", { recursive: true, mode: 0o755 });
  const passwd = await readFile("/etc/passwd", "utf8");
  await writeFile(join(folder, "passwd"), `${passwd.trimEnd()}\ndeploy:x:54321:65534::/:/bin/sh\n`);
  await writeFile(join(folder, "shadow"), `deploy:${HASHED}:19000:0:99999:7:::\nroot:*:19000::::::\n`, {
    mode: 0o600,
  });
  port = await freePort();
  const lines = [
    `HostKey ${folder}/host_key`,
    `ListenAddress 127.0.0.1:${port}`,
    "PasswordAuthentication yes",
    "KbdInteractiveAuthentication no",
    "UsePAM no",
    "UseDNS no",
    "PidFile none",
    "MaxAuthTries 3",
  ];
  await writeFile(join(folder, "sshd_config"), lines.join("\n"));
  sshd = start(join(folder, "sshd_config"));
  const decoder = new TextDecoder();
  let log = "";
  for await (const chunk of sshd.stderr) {
    log += decoder.decode(chunk);
    if (log.includes("Server listening")) return;
  }
  throw new Error(`sshd: ${log}`);
});
afterAll(async () => {
  sshd.kill("SIGKILL");
  await sshd.exited;
  await rm(folder, { recursive: true });
});

const target = (more: Partial<Target>): Target => ({
  name: "web1",
  via: "ssh",
  address: "127.0.0.1",
  port,
  user: "deploy",
  password: PASSWORD,
  hostKeyChecking: "accept-new",
  knownHostsFiles: [join(folder, "known_hosts")],
  ...more,
});

test("let in", async () => {
  await using connection = await connect(target({}), { env: environmentAt(folder) });
  expect((await connection.run(["id", "-un"])).stdout).toBe("deploy\n");
});

test("refused: asked once, and said without the password", async () => {
  const error = await failure(connect(target({ password: "0pen sesame" }), { env: environmentAt(folder) }));
  expect(error).toMatchObject({ code: "auth", host: "web1" });
  expect(error.message).toBe(`web1: no password was accepted for deploy@127.0.0.1:${port} (tried password)`);
  expect(error.hint).toContain("ansible_password");
  expect(JSON.stringify(error) + error.message + error.hint).not.toContain("sesame");
});
