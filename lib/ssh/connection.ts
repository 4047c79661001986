// The one Connection there is, over whatever leads to the host.
import { PasswordRefused } from "./become.ts";
import type { Transport } from "./pipes.ts";
import { type Program, type Starter, startProgram } from "./program.ts";
import { runCommand } from "./run.ts";
import type { Connection } from "./types.ts";
import { uploadFile } from "./upload.ts";

/** What a step of becoming another user may take where no `ansible_timeout` says: PAM asks elsewhere, at times. */
const BECOME_MS = 20_000;

/** `transport` as a Connection. Closing it kills what it started. */
export function connectionOver(transport: Transport): Connection {
  const { target, remoteAddress, localAddress, closed, user } = transport;
  const { name: host, become, connectTimeoutMs: timeoutMs = BECOME_MS } = target;
  // Ansible, too, leaves out sudo from a user to itself.
  const disguise = become && become.user !== user ? { become, user, host, timeoutMs } : undefined;
  const programs = new Set<Program>();
  let closing: Promise<void> | undefined;
  let refusal: PasswordRefused | undefined;
  const close = async () => {
    await Promise.all([...programs].map((program) => program[Symbol.asyncDispose]()));
    await transport.close();
  };
  const starter: Starter = {
    host,
    start: async (argv, options) => {
      if (refusal !== undefined) throw refusal;
      const [started] = await Promise.allSettled([startProgram(transport, argv, { ...options, disguise })]);
      if (started.status === "rejected") {
        if (started.reason instanceof PasswordRefused) refusal = started.reason;
        throw started.reason;
      }
      const program = started.value;
      programs.add(program);
      program.exit.then(() => programs.delete(program));
      return program;
    },
  };
  return {
    target,
    user,
    remoteAddress,
    localAddress,
    closed,
    run: (argv, options = {}) => runCommand(starter, argv, options),
    start: (argv, options = {}) => starter.start(argv, options),
    upload: (content, remotePath, options = {}) => uploadFile(starter, content, remotePath, options),
    [Symbol.asyncDispose]: () => {
      closing ??= close();
      return closing;
    },
  };
}
