// What is deployed: many files that nothing compresses, and the same with a part of them changed.
import { randomBytes } from "node:crypto";
import { mkdir, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";

export const FILES = 2000;
const FOLDERS = 40;

/** Fills `root` with 2000 files of `bytes` in all. */
export async function makeSource(root: string, bytes: number): Promise<void> {
  for (let folder = 0; folder < FOLDERS; folder++) await mkdir(join(root, `part-${folder}`));
  for (let file = 0; file < FILES; file++) await writeFile(pathOf(root, file), randomBytes(bytes / FILES));
}

/** Gives `percent` of the files, spread over all folders, new content, as a build does: by a new file in its place. */
export async function changeSource(root: string, percent: number, bytes: number): Promise<void> {
  const changed = Math.round((FILES * percent) / 100);
  for (let count = 0; count < changed; count++) {
    const path = pathOf(root, Math.floor((count * FILES) / changed));
    await writeFile(`${path}.new`, randomBytes(bytes / FILES));
    await rename(`${path}.new`, path);
  }
}

function pathOf(root: string, file: number): string {
  return join(root, `part-${file % FOLDERS}`, `file-${file}.bin`);
}
