// The parts of a URL, as Python's urlsplit names them.

import { TemplateError } from "./results.ts";
import type { Value } from "./types.ts";

/** Of any text: what is missing is an empty text, or null where Python has None. */
export function urlParts(url: string): Record<string, Value> {
  const [, scheme = "", netloc, path = "", query = "", fragment = ""] =
    /^(?:([A-Za-z][\w+.-]*):)?(?:\/\/([^/?#]*))?([^?#]*)(?:\?([^#]*))?(?:#([\s\S]*))?$/.exec(url) ?? [];
  const [, user, host = ""] = /^(?:([\s\S]*)@)?([\s\S]*)$/.exec(netloc ?? "") ?? [];
  const [, bracketed, plain, port] = /^(?:\[([^\]]*)\]|([^:]*))(?::([\s\S]*))?$/.exec(host) ?? [];
  if (port !== undefined && port !== "" && !(/^\d+$/.test(port) && Number(port) < 65_536))
    throw new TemplateError(`urlsplit: '${port}' is no port`);
  const name = bracketed ?? plain ?? "";
  const at = user?.indexOf(":") ?? -1;
  return {
    fragment,
    hostname: name === "" ? null : name.toLowerCase(),
    netloc: netloc ?? "",
    password: user === undefined || at === -1 ? null : user.slice(at + 1),
    path,
    port: port === undefined || port === "" ? null : Number(port),
    query,
    scheme: scheme.toLowerCase(),
    username: user === undefined ? null : at === -1 ? user : user.slice(0, at),
  };
}
