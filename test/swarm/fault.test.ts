// What a row says of a host's error.
import { expect, test } from "bun:test";
import { OpsError } from "../../lib/errors.ts";
import { lost } from "../../lib/ssh/program.ts";
import { faultOf } from "../../lib/swarm/fault.ts";

test("a host lost after its switch is known to be switched", () => {
  expect(faultOf(lost("web1", new Error("Keepalive timeout")), { host: "web1", switched: true })).toEqual({
    code: "unreachable",
    message: "the connection was lost: it stopped answering",
    hint: "its current is switched already; check that the host is up, then run the same again",
  });
  const error = new OpsError("remote", "web10: no", { host: "web1" });
  expect(faultOf(error, { host: "web1", switched: false })).toEqual({ code: "remote", message: "web10: no" });
});
