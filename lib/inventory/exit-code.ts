// How ansible-inventory would end.

import { OpsError } from "../errors.ts";
import { UnclosedError } from "./key-values.ts";

/**
 * Exit code with which ansible-inventory ends for `error`: 5 for what it was asked, 4 for a file or an `-e` that can't be
 * parsed once an inventory is `open`, else 1.
 */
export function ansibleExitCode({ code, cause }: OpsError, { open }: { readonly open: boolean }): number {
  if (code !== "usage") return open && code === "inventory" ? 4 : 1;
  if (cause instanceof OpsError || cause instanceof UnclosedError) return 4;
  if (cause instanceof Error && "errno" in cause) return "code" in cause && cause.code === "ENOENT" ? 1 : 4;
  return 5;
}
