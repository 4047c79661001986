// Files that are read and written again and again, kept open; few at a time.
import { type FileHandle, open } from "node:fs/promises";

export interface OpenFiles extends AsyncDisposable {
  /** Calls `use` with the file, which stays open until then. One path is always opened with the same flags. */
  use<T>(path: string, flags: number, use: (handle: FileHandle) => Promise<T>): Promise<T>;
}

/** A torrent may have more files than a process may open. */
const MAX_OPEN = 128;

interface OpenFile {
  readonly handle: Promise<FileHandle>;
  users: number;
}

export function openFiles({ max = MAX_OPEN } = {}): OpenFiles {
  const opened = new Map<string, OpenFile>();

  async function closeOne(): Promise<void> {
    for (const [path, entry] of opened) {
      if (entry.users > 0) continue;
      opened.delete(path);
      await (await entry.handle).close();
      return;
    }
  }

  return {
    use: async (path, flags, use) => {
      const entry = opened.get(path) ?? { handle: open(path, flags), users: 0 };
      entry.users++;
      // Kept in order of use, so that the first idle one is the least recently used.
      opened.delete(path);
      opened.set(path, entry);
      try {
        if (opened.size > max) await closeOne();
        return await use(await entry.handle);
      } catch (error) {
        if (entry.users === 1 && (await failed(entry.handle))) opened.delete(path);
        throw error;
      } finally {
        entry.users--;
      }
    },
    [Symbol.asyncDispose]: async () => {
      const handles = [...opened.values()].map(({ handle }) => handle);
      opened.clear();
      for (const handle of handles) if (!(await failed(handle))) await (await handle).close();
    },
  };
}

async function failed(handle: Promise<FileHandle>): Promise<boolean> {
  return handle.then(
    () => false,
    () => true,
  );
}
