import { OpsError } from "../../lib/errors.ts";

/** The OpsError `work` fails with. @throws Error when it doesn't fail, or with anything else */
export async function opsError(work: Promise<unknown> | (() => unknown)): Promise<OpsError> {
  try {
    await (typeof work === "function" ? work() : work);
  } catch (error) {
    if (error instanceof OpsError) return error;
    throw error;
  }
  throw new Error("it did not fail");
}
