// The one Connection there is, over whatever leads to the host.
import { OpsError } from "../errors.ts";
import type { Transport } from "./pipes.ts";
import { type Program, type Starter, startProgram } from "./program.ts";
import { runCommand } from "./run.ts";
import type { Connection } from "./types.ts";
import { uploadFile } from "./upload.ts";

/**
 * `transport` as a Connection. Closing it kills what it started.
 * @throws OpsError `remote` when commands are to run as another user and sudo wants a password
 */
export async function connectionOver(
  transport: Transport,
  { signal }: { signal?: AbortSignal | undefined },
): Promise<Connection> {
  const { target, remoteAddress, localAddress, closed, user } = transport;
  // Ansible, too, leaves out sudo from a user to itself.
  const becomeUser = target.becomeUser === user ? undefined : target.becomeUser;
  const programs = new Set<Program>();
  let closing: Promise<void> | undefined;
  const close = async () => {
    await Promise.all([...programs].map((program) => program[Symbol.asyncDispose]()));
    await transport.close();
  };
  const starter: Starter = {
    host: target.name,
    start: async (argv, options) => {
      const program = await startProgram(transport, argv, { ...options, becomeUser });
      programs.add(program);
      program.exit.then(() => programs.delete(program));
      return program;
    },
  };
  const connection: Connection = {
    target,
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
  if (becomeUser !== undefined) await trySudo(connection, { becomeUser, user, signal });
  return connection;
}

async function trySudo(
  connection: Connection,
  { becomeUser, user, signal }: { becomeUser: string; user: string; signal: AbortSignal | undefined },
): Promise<void> {
  const host = connection.target.name;
  const result = await Promise.allSettled([connection.run(["true"], { signal })]);
  if (result[0].status === "fulfilled" && result[0].value.exitCode === 0) return;
  await connection[Symbol.asyncDispose]();
  if (result[0].status === "rejected") throw result[0].reason;
  const { stderr, exitCode } = result[0].value;
  // The host was talked to: to Ansible that is a failed host, not an unreachable one.
  throw new OpsError(
    "remote",
    `${host}: ${user} can't become ${becomeUser} by sudo: ${stderr.trim() || `exit code ${exitCode}`}`,
    { host, hint: `let ${user} run sudo without a password on ${host} (NOPASSWD in sudoers)` },
  );
}
