// What a host's error becomes in events.
import type { OpsError } from "../errors.ts";
import type { Fault } from "./events.ts";

/** `switched`: its `current` is the new release already, which whoever mends the host must know. */
export function faultOf(
  { code, message, hint }: OpsError,
  { host, switched }: { readonly host: string; readonly switched: boolean },
): Fault {
  // The row says which host it is; connections say it in the message too, for those who use them alone.
  const prefix = `${host}: `;
  const hints = [
    ...(switched ? ["its current is switched already"] : []),
    ...(hint === undefined ? [] : [hint]),
  ];
  return {
    code,
    message: message.startsWith(prefix) ? message.slice(prefix.length) : message,
    ...(hints.length === 0 ? {} : { hint: hints.join("; ") }),
  };
}
