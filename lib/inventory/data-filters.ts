// Jinja filters between values and what they are written as: JSON, YAML, base64, hashes, URLs, times.

import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { type Filters, needText } from "./filters.ts";
import { parseJson } from "./json.ts";
import { pythonJson } from "./python-json.ts";
import { pythonText } from "./python-text.ts";
import { finished, keysOf, memberOf, TemplateError, truthy } from "./results.ts";
import { isMapping } from "./scalars.ts";
import { tool } from "./signatures.ts";
import { strftime } from "./times.ts";
import type { Value } from "./types.ts";
import { urlParts } from "./urls.ts";

/** Namespace of Ansible's own UUIDs. */
const UUIDS = "361E6D51-FAEC-444A-9079-341386DA8E2E";

const text = (item: Value | undefined) => (item === undefined ? "" : pythonText(item));
const hashed = (kind: string) => tool("", (input) => digest(text(input), kind));

export const DATA_FILTERS: Filters = {
  to_json: tool("indent sort_keys ensure_ascii", (input, indent = null, sortKeys = false, ascii = true) =>
    json(input, { indent, sortKeys, ascii }),
  ),
  to_nice_json: tool("indent sort_keys ensure_ascii", (input, indent = 4, sortKeys = true, ascii = true) =>
    json(input, { indent, sortKeys, ascii }),
  ),
  tojson: tool("indent", (input, indent = null) =>
    json(input, { indent, sortKeys: true, ascii: true }).replace(
      /[<>&']/g,
      (char) => `\\u00${char.charCodeAt(0).toString(16)}`,
    ),
  ),
  from_json: tool("", (input) => reading("from_json", () => parseJson(needText(input)))),
  b64encode: tool("encoding", (input, encoding = "utf-8") =>
    Buffer.from(text(input), encodingOf(encoding)).toString("base64"),
  ),
  b64decode: tool("encoding", (input, encoding = "utf-8") => {
    const bare = text(input).replace(/[^A-Za-z0-9+/=]/g, "");
    if (bare.replace(/=.*$/, "").length % 4 === 1 || (!bare.includes("=") && bare.length % 4 !== 0))
      throw new TemplateError("b64decode: that is no base64");
    return Buffer.from(bare, "base64").toString(encodingOf(encoding));
  }),
  hash: tool("hashtype", (input, kind = "sha1") => digest(text(input), text(kind))),
  sha1: hashed("sha1"),
  md5: hashed("md5"),
  checksum: hashed("sha1"),
  to_uuid: tool("namespace", (input, namespace = UUIDS) => {
    const hex = text(namespace).replace(/[{}-]|urn:|uuid:/g, "");
    if (!/^[\da-f]{32}$/i.test(hex)) throw new TemplateError(`to_uuid: '${text(namespace)}' is no namespace`);
    const hash = createHash("sha1").update(Buffer.from(hex, "hex")).update(text(input), "utf8").digest();
    hash[6] = ((hash[6] ?? 0) & 0x0f) | 0x50;
    hash[8] = ((hash[8] ?? 0) & 0x3f) | 0x80;
    return hash.toString("hex", 0, 16).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
  }),
  urlencode: tool("", (input) => {
    if (!isMapping(input) && !Array.isArray(input)) return quoted(text(input));
    const pairs = isMapping(input)
      ? keysOf(input).map((key) => [key, memberOf(input, key) ?? null])
      : (input as readonly (readonly Value[])[]);
    return pairs
      .map((pair) =>
        pair.map((part) => quoted(text(part)).replaceAll("/", "%2F").replaceAll("%20", "+")).join("="),
      )
      .join("&");
  }),
  urldecode: tool("", (input) => decodeURIComponent(needText(input).replaceAll("+", " "))),
  urlsplit: tool("query", (input, query = "") => {
    const parts = urlParts(needText(input));
    if (query === "") return parts;
    const found = memberOf(parts, query);
    if (found === undefined) throw new TemplateError(`urlsplit: a URL has no '${text(query)}'`);
    return found;
  }),
  strftime: tool("second utc", (input, second = null, utc = false) => {
    const at = second === null ? Date.now() / 1000 : Number(second);
    if (Number.isNaN(at)) throw new TemplateError(`strftime: ${text(second)} is no time in seconds`);
    return strftime(needText(input), new Date(Math.floor(at) * 1000), { utc: truthy(utc) });
  }),
};

interface Json {
  readonly indent: Value;
  readonly sortKeys: Value;
  readonly ascii: Value;
}

function json(input: Value, { indent, sortKeys, ascii }: Json): string {
  return pythonJson(finished(input), {
    ascii: truthy(ascii),
    sortKeys: truthy(sortKeys),
    ...(indent !== null && { indent: Number(indent) }),
  });
}

function digest(input: string, kind: string): string {
  return reading(`hash('${kind}')`, () => createHash(kind).update(input, "utf8").digest("hex")) as string;
}

function encodingOf(name: Value): "utf8" | "utf16le" | "latin1" | "ascii" {
  const known = {
    utf8: "utf8",
    utf16le: "utf16le",
    latin1: "latin1",
    iso88591: "latin1",
    ascii: "ascii",
  } as const;
  const found = known[text(name).toLowerCase().replace(/[-_]/g, "") as keyof typeof known];
  if (found === undefined)
    throw new TemplateError(`the encoding '${text(name)}' is not supported in inventory values`);
  return found;
}

function quoted(part: string): string {
  return encodeURIComponent(part)
    .replaceAll("%2F", "/")
    .replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
}

function reading(what: string, read: () => Value): Value {
  try {
    return read();
  } catch (error) {
    throw new TemplateError(`${what}: ${(error as Error).message}`);
  }
}
