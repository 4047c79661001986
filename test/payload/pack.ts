// Source → payload in one call, as tests want it.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { PAYLOAD_FILES } from "../../lib/payload/layout.ts";
import { type PackOptions, packSource } from "../../lib/payload/pack.ts";
import { type OpenSourceOptions, openSource } from "../../lib/payload/source.ts";
import type { Payload } from "../../lib/payload/types.ts";

/** Packs `from` into `folder`. */
export async function pack(
  from: string,
  folder: string,
  options: OpenSourceOptions & Omit<PackOptions, "folder"> = {},
): Promise<Payload> {
  await using source = await openSource(from, options);
  return await packSource(source, { ...options, folder });
}

/** Hashes of the payload's files: equal when all bytes are. */
export function fingerprint({ path }: Pick<Payload, "path">): readonly string[] {
  return PAYLOAD_FILES.map((name) => {
    const file = join(path, name);
    return existsSync(file) ? `${name} ${Bun.CryptoHasher.hash("sha256", readFileSync(file), "hex")}` : name;
  });
}
