// Places to put releases, and payloads to put there.
import { createHash } from "node:crypto";
import { mkdir, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { serializeManifest } from "../../lib/payload/manifest.ts";
import { type Entry, PAYLOAD_VERSION } from "../../lib/payload/types.ts";
import { temporaryFolder } from "../support/marker.ts";

/** A file's text, `{ link }`, `{ folder }` or `{ text, mode }`. */
export type Content =
  | string
  | { readonly text: string; readonly mode: number }
  | { readonly link: string }
  | { readonly folder: number };

export interface Site extends AsyncDisposable {
  readonly deployTo: string;
  /** Beside `deployTo`, removed with it. */
  readonly root: string;
}

/** A folder for one test; `deployTo` in it doesn't exist yet. */
export async function newSite(): Promise<Site> {
  const root = await temporaryFolder("release");
  const remove = () => rm(root, { recursive: true, force: true });
  return { root, deployTo: join(root, "app"), [Symbol.asyncDispose]: remove };
}

/** Packs `tree` by hand into the files a torrent brings. Folders are made where a path needs them. */
export async function writePayload(folder: string, tree: Readonly<Record<string, Content>>): Promise<string> {
  const entries = new Map<string, Entry>();
  const content = new Map<string, Buffer>();
  const paths = Object.keys(tree).flatMap((path) =>
    path.split("/").map((_, at, parts) => parts.slice(0, at + 1).join("/")),
  );
  for (const path of [...new Set(paths)].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))) {
    const value = tree[path] ?? { folder: 0o755 };
    if (typeof value === "object" && "link" in value)
      entries.set(path, { type: "symlink", path, target: value.link });
    else if (typeof value === "object" && "folder" in value)
      entries.set(path, { type: "folder", path, mode: value.folder });
    else {
      const { text, mode } = typeof value === "string" ? { text: value, mode: 0o644 } : value;
      const bytes = Buffer.from(text);
      const sha256 = createHash("sha256").update(bytes).digest("hex");
      entries.set(path, { type: "file", path, mode, size: bytes.length, sha256 });
      content.set(sha256, bytes);
    }
  }
  await mkdir(folder, { recursive: true });
  const manifest = {
    version: PAYLOAD_VERSION,
    compression: "none",
    keptBytes: 0,
    newBytes: Buffer.concat([...content.values()]).length,
    kept: [],
    entries: [...entries.values()],
  } as const;
  await writeFile(join(folder, "manifest.json"), serializeManifest(manifest));
  await writeFile(join(folder, "new"), Buffer.concat([...content.values()]));
  return folder;
}

/** Releases as Capistrano leaves them, `current` pointing at the last one. */
export async function writeCapistranoTree(deployTo: string, ids: readonly string[]): Promise<void> {
  for (const id of ids) {
    const folder = join(deployTo, "releases", id);
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, "REVISION"), `revision-of-${id}\n`);
  }
  await mkdir(join(deployTo, "shared", "log"), { recursive: true });
  await mkdir(join(deployTo, "repo"), { recursive: true });
  await symlink(join(deployTo, "releases", ids.at(-1) ?? ""), join(deployTo, "current"));
}

export const INFOHASH = "a".repeat(40);
