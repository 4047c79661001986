// What the operating system refuses, in words an operator can act on.
import { OpsError } from "../errors.ts";

/** `error` is a system error with one of these codes. */
export function hasCode(error: unknown, ...codes: readonly string[]): error is NodeJS.ErrnoException {
  return error instanceof Error && codes.includes((error as NodeJS.ErrnoException).code ?? "");
}

/**
 * `error` as an OpsError when the operator can mend its cause: no space, no right to write, read-only. `doing` says what
 * failed and where ("can't make /srv/app/releases"). Any other error comes back as it is.
 */
export function fileFault(error: unknown, doing: string): unknown {
  if (error instanceof OpsError || !(error instanceof Error)) return error;
  const { code, path } = error as NodeJS.ErrnoException;
  const where = path === undefined || doing.includes(path) ? doing : `${doing} (at ${path})`;
  const fault = (kind: "disk-full" | "release", reason: string, hint: string) =>
    new OpsError(kind, `${where}: ${reason}`, { hint, cause: error });
  switch (code) {
    case "ENOSPC":
      return fault(
        "disk-full",
        "no space left on the device",
        "free some space or inodes there, or lower rookery_keep_releases",
      );
    case "EDQUOT":
      return fault(
        "disk-full",
        "the user's disk quota is used up",
        "raise the quota, or lower rookery_keep_releases",
      );
    case "EACCES":
    case "EPERM":
      return fault(
        "release",
        "not permitted",
        "give the deploying user that folder (playbooks/prepare.yml does), or set ansible_become_user",
      );
    case "EROFS":
      return fault(
        "release",
        "the file system is read-only",
        "see the host's kernel log for disk errors, then remount it",
      );
    case "ENOTDIR":
    case "EEXIST":
      return fault("release", "something that isn't a folder is in the way", "move it away");
    case "EBUSY":
      return fault(
        "release",
        "something there is in use",
        "see what is mounted below it (findmnt), unmount it, and deploy again",
      );
    case "EIO":
      return fault(
        "release",
        "the disk can't read or write there",
        "see the host's kernel log for disk errors",
      );
    case "ENAMETOOLONG":
      return fault("release", "the path is too long", "choose a shorter rookery_deploy_to");
    default:
      return error;
  }
}

/** Ends a wait: throws the reason of an aborted `signal`, as OpsError `interrupted` unless it is an OpsError already. */
export function checkSignal(signal: AbortSignal | undefined, doing: string): void {
  if (signal?.aborted) throw interruption(signal, doing);
}

/** The OpsError for an aborted `signal`. */
export function interruption(signal: AbortSignal, doing: string): OpsError {
  if (signal.reason instanceof OpsError) return signal.reason;
  return new OpsError("interrupted", `interrupted while ${doing}`, { cause: signal.reason });
}
