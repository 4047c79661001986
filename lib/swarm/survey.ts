// What a host is and holds, found out in one round trip by a shell script that changes nothing there.
import { OpsError } from "../errors.ts";
import type { HostReport } from "../release/types.ts";
import type { Connection } from "../ssh/types.ts";
import { parseSurvey } from "./survey-facts.ts";
import { SURVEY_BEGINS, SURVEY_ENDS, SURVEY_SCRIPT } from "./survey-script.ts";

export interface Platform {
  /** `uname -s` and `-m`: "Linux", "x86_64". */
  readonly system: string;
  readonly machine: string;
  readonly libc: "glibc" | "musl";
  /** x86_64 with AVX2, which Bun's usual build needs. */
  readonly avx2: boolean;
}

export interface Survey {
  readonly platform: Platform;
  /** Where runtime and peer program are kept between deploys; made on first use. */
  readonly cache: string;
  /** Names of what the cache holds, with sizes in bytes. */
  readonly cached: ReadonlyMap<string, number>;
  /** It has gzip, tee and sha256sum, so what is sent may be packed. */
  readonly unpacks: boolean;
  /** A Bun of the host's own, on its PATH. */
  readonly bun: { readonly version: string; readonly path: string } | undefined;
  /** The address this machine's connections come from, as the host sees them; undefined without SSH. */
  readonly seenFrom: string | undefined;
  /** The address at which SSH reached it, its own or its bastion's word for it; undefined without SSH. */
  readonly seenAt?: string | undefined;
  /** What is under `deployTo`; undefined when none was asked about. */
  readonly report: HostReport | undefined;
}

/**
 * Surveys a host, and what it holds under `deployTo` when given.
 * @throws OpsError `remote` quoting what the shell said when the script does not run through
 */
export async function survey(
  connection: Connection,
  {
    deployTo,
    signal,
    timeoutMs = 30_000,
  }: {
    readonly deployTo?: string | undefined;
    readonly signal?: AbortSignal;
    readonly timeoutMs?: number;
  } = {},
): Promise<Survey> {
  const argv = ["sh", "-c", SURVEY_SCRIPT, "sh", deployTo ?? ""];
  const { stdout, stderr, exitCode } = await connection.run(argv, { signal, timeoutMs }).catch((error) => {
    throw error instanceof OpsError && error.code === "timeout"
      ? silent(connection, timeoutMs, error)
      : error;
  });
  const lines = stdout.split("\n");
  const begin = lines.indexOf(SURVEY_BEGINS);
  const end = lines.lastIndexOf(SURVEY_ENDS);
  if (begin === -1 || end < begin) {
    const said = (stderr.trim() || stdout.trim()).split("\n").slice(-3).join(" / ");
    throw new OpsError(
      "remote",
      `its shell answered nothing sensible (exit ${exitCode})${said === "" ? "" : `: ${said}`}`,
      {
        host: connection.target.name,
        hint: "the login user needs a POSIX shell, as does whom it becomes where ansible_become is set",
      },
    );
  }
  return parseSurvey(lines.slice(begin + 1, end), { deployTo, host: connection.target.name });
}

function silent({ target: { name: host } }: Connection, timeoutMs: number, cause: OpsError): OpsError {
  const message = `${host}: it let us in, but its shell said nothing for ${timeoutMs / 1000} s (waited for what it is and holds)`;
  const hint = "log in by hand and see what hangs: the profile, a home or release folder on a dead mount";
  return new OpsError("timeout", message, { host, hint, cause });
}
