// By which address a host is named to others.
import { expect, test } from "bun:test";
import { addressOf, isDistant } from "../../lib/swarm/addresses.ts";
import type { Member } from "../../lib/swarm/fleet.ts";
import type { Survey } from "../../lib/swarm/survey.ts";

/** A host that was reached at `reached`, through a bastion or not, and says what it saw. */
function member(
  reached: string,
  { jumps = [], seenAt, seenFrom }: { jumps?: string[]; seenAt?: string; seenFrom?: string },
): Member {
  return {
    ...{ name: "web1", group: "web" },
    target: { name: "web1", via: "ssh", address: reached, port: 22, hostKeyChecking: "yes", jumps },
    connection: { remoteAddress: reached, localAddress: "192.0.2.1" } as Member["connection"],
    survey: { seenAt, seenFrom } as Survey,
  } as unknown as Member;
}

test("what the inventory says, else the address it was reached by", async () => {
  expect(await addressOf(member("10.0.0.1", { seenAt: "10.0.0.2" }), "10.0.0.3")).toBe("10.0.0.3");
  expect(await addressOf(member("10.0.0.1", { seenAt: "10.0.0.2" }), undefined)).toBe("10.0.0.1");
  expect(await addressOf(member("localhost", { seenAt: "10.0.0.2" }), undefined)).toMatch(
    /^(127.0.0.1|::1)$/,
  );
});

test("a name that is for the bastion to know is not looked up here", async () => {
  const jumps = ["bastion"];
  expect(await addressOf(member("localhost", { jumps, seenAt: "10.0.0.2" }), undefined)).toBe("10.0.0.2");
  const unknown = "web1.rookery-test.invalid";
  expect(await addressOf(member(unknown, { seenAt: "10.0.0.2" }), undefined)).toBe("10.0.0.2");
  await expect(addressOf(member(unknown, {}), undefined)).rejects.toMatchObject({
    code: "setting",
    host: "web1",
  });
  await expect(addressOf(member("10.0.0.1", { seenAt: "10.0.0.2" }), unknown)).rejects.toMatchObject({
    hint: "set rookery_address to its IP in host_vars",
  });
});

test("a host that sees another address than ours is behind something", () => {
  expect(isDistant(member("10.0.0.1", { seenFrom: "192.0.2.1" }))).toBe(false);
  expect(isDistant(member("10.0.0.1", { seenFrom: "10.0.0.9" }))).toBe(true);
  expect(isDistant(member("10.0.0.1", {}))).toBe(false);
});
