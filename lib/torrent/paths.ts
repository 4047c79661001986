// Paths as payloads and torrents name them: relative, `/` between parts, told apart and sorted by their UTF-8 bytes.

/**
 * Why `path` may not be created below a folder, or undefined when it may. A good path is relative, has no empty, `.`
 * or `..` part and no NUL, and is text that survives UTF-8.
 */
export function pathProblem(path: string): string | undefined {
  if (path === "") return "is empty";
  if (path.startsWith("/")) return "is absolute";
  if (path.includes("\0")) return "holds a NUL byte";
  if (!path.isWellFormed()) return "is not valid Unicode";
  for (const part of path.split("/")) {
    if (part === "") return "has an empty part";
    if (part === "." || part === "..") return `has a "${part}" part`;
  }
  return undefined;
}

/** Orders paths by their UTF-8 bytes, so a folder comes before what it holds. */
export function comparePaths(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const left = a.charCodeAt(i);
    const right = b.charCodeAt(i);
    if (left !== right) return rank(left) - rank(right);
  }
  return a.length - b.length;
}

/** `path` for a message: as it is, or quoted with escapes when it holds control characters. */
export function printable(path: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  return /[\u0000-\u001f\u007f-\u009f]/.test(path) ? JSON.stringify(path) : path;
}

/** The folder `path` lies in, "" at the top. */
export function parentOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf("/")));
}

/** Whether `path` is `top` or lies below it. */
export function isAtOrBelow(path: string, top: string): boolean {
  return path === top || path.startsWith(`${top}/`);
}

// UTF-16 puts characters beyond U+FFFF (as surrogates) before U+E000; UTF-8 puts them last.
function rank(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
}
