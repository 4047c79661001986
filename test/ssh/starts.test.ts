import { describe, expect, test } from "bun:test";
import { HungUp } from "../../lib/ssh/hung-up.ts";
import { filesFor, openFilesLimit, requireFiles } from "../../lib/ssh/open-files.ts";
import { answersTo, unanswerable } from "../../lib/ssh/prompts.ts";
import { parseSpan } from "../../lib/ssh/spans.ts";
import { briefGate, networkOf, yieldingGate } from "../../lib/ssh/starts.ts";
import type { Target } from "../../lib/ssh/types.ts";

describe("logins at a time", () => {
  /** How many of `count` pieces of work ran at once at most, when everything above `bears` is hung up on. */
  async function most(
    gate: ReturnType<typeof yieldingGate>,
    { count, bears }: { count: number; bears: number },
  ) {
    let running = 0;
    let highest = 0;
    const work = async () => {
      running += 1;
      highest = Math.max(highest, running);
      const tooMany = running > bears;
      await Bun.sleep(1);
      running -= 1;
      if (tooMany) throw new HungUp("unreachable", "busy");
    };
    const results = await Promise.allSettled(Array.from({ length: count }, () => gate(work)));
    return { highest, failed: results.filter(({ status }) => status === "rejected").length };
  }

  test("a server that hangs up is asked for fewer, and in time for more again", async () => {
    const gate = yieldingGate(10);
    expect(await most(gate, { count: 10, bears: 10 })).toEqual({ highest: 10, failed: 0 });
    // A burst that was too much counts once, however many of it failed.
    expect(await most(gate, { count: 10, bears: 5 })).toEqual({ highest: 10, failed: 5 });
    expect(await most(gate, { count: 9, bears: 10 })).toEqual({ highest: 5, failed: 0 });
    expect((await most(gate, { count: 200, bears: 10 })).highest).toBe(10);
    for (const _ of [1, 2, 3, 4, 5]) await most(gate, { count: 20, bears: 0 });
    expect(await most(gate, { count: 5, bears: 1 })).toEqual({ highest: 1, failed: 0 });
  });

  test("only a server that hangs up is spared", async () => {
    const gate = yieldingGate(4);
    const refused = () => Promise.reject(new Error("no key was accepted"));
    await Promise.allSettled([gate(refused), gate(refused)]);
    expect((await most(gate, { count: 4, bears: 4 })).highest).toBe(4);
  });

  test("dead hosts give their place up early", async () => {
    const gate = briefGate(1, { patienceMs: 20 });
    const dead = Promise.withResolvers<void>();
    const first = gate(() => dead.promise);
    expect(await gate(async () => "alive")).toBe("alive");
    dead.reject(new Error("timed out"));
    await expect(first).rejects.toThrow("timed out");
  });
});

for (const [address, network] of [
  ["10.1.2.3", "10.1.2.0/24"],
  ["2001:db8:0:1:2:3:4:5", "2001:db8:0:1::/64"],
  ["2001:DB8::5", "2001:db8:0:0::/64"],
  ["2001:db8:0:01::", "2001:db8:0:1::/64"],
  ["::1", "0:0:0:0::/64"],
  ["fe80::1%eth0", "fe80:0:0:0::/64"],
  ["::ffff:10.0.0.1", "0:0:0:0::/64"],
] as const) {
  test(`${address} is in ${network}`, () => expect(networkOf(address)).toBe(network));
}

describe("keyboard-interactive", () => {
  const asks = (...prompts: string[]) => prompts.map((prompt) => ({ prompt, echo: false }));
  for (const prompts of [
    asks("Password: "),
    asks("deploy@web1's password:"),
    asks("Passwort: "),
    asks("パスワード: "),
    asks("Password: ", "Password: "),
    [],
  ]) {
    test(`answered: ${JSON.stringify(prompts.map(({ prompt }) => prompt))}`, () => {
      expect(answersTo(prompts, "s3cret")).toEqual(prompts.map(() => "s3cret"));
    });
  }
  for (const prompts of [
    asks("Verification code: "),
    asks("Password: ", "Verification code: "),
    asks("One-time password (OATH) for `deploy': "),
    asks("Passcode or option (1-3): "),
    asks("New password: "),
    asks("Password: ", "Your favourite colour: "),
    [{ prompt: "Password: ", echo: true }],
  ]) {
    test(`left alone: ${JSON.stringify(prompts.map(({ prompt }) => prompt))}`, () => {
      expect(answersTo(prompts, "s3cret")).toBeUndefined();
    });
  }
  test("what was asked is quoted without control characters, and not for ever", () => {
    const question = unanswerable(asks(`\x1b[2JToken\n for ${"x".repeat(200)}`));
    expect(question).toStartWith("[2JToken  for xxx");
    expect(question?.length).toBeLessThanOrEqual(60);
  });
});

test("times as ssh_config has them", () => {
  const where = { where: "ConnectTimeout", host: "web1" };
  const spans = ["30", "2m", "1h30M", "none", "0", undefined].map((text) => parseSpan(text, where));
  expect(spans).toEqual([30, 120, 5400, 0, 0, undefined]);
  expect(() => parseSpan("soon", where)).toThrow('web1: ConnectTimeout: not a time: "soon"');
});

describe("open files", () => {
  const targets = (count: number, via: Target["via"] = "ssh") =>
    Array.from(
      { length: count },
      (_, index): Target => ({
        name: `h${index}`,
        via,
        address: "10.0.0.1",
        port: 22,
        hostKeyChecking: "yes",
      }),
    );

  test("a fleet that doesn't fit is told which line to type", () => {
    expect(() => requireFiles(targets(100), { limit: 1024 })).not.toThrow();
    const message = "1,000 hosts need up to 2,128 open files, and this process may have 1,024";
    expect(() => requireFiles(targets(1000), { limit: 1024, isRoot: false })).toThrow(message);
    const hint = (isRoot: boolean) => {
      try {
        requireFiles(targets(1000), { limit: 1024, isRoot });
      } catch (error) {
        return (error as { hint?: string }).hint;
      }
    };
    expect(hint(true)).toContain("type: ulimit -n 3072");
    expect(hint(false)).toContain("sudo prlimit --pid $$ --nofile=3072:3072");
    expect(filesFor(targets(10, "local"))).toBeGreaterThan(filesFor(targets(10)));
  });

  test("Bun has raised the soft limit to the hard one", () => {
    const line = `ulimit -Sn 256; exec "$@"`;
    const module = new URL("../../lib/ssh/open-files.ts", import.meta.url).pathname;
    const program = `console.log((await import(${JSON.stringify(module)})).openFilesLimit())`;
    const { stdout } = Bun.spawnSync(["sh", "-c", line, "sh", process.execPath, "-e", program]);
    expect(stdout.toString()).toBe(`${openFilesLimit()}\n`);
  });
});
