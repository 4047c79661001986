// Which paths of a source stay at home.
import { OpsError } from "../errors.ts";

/** Whether the entry at `path` (relative to the source) is left out. A folder's answer holds for all below it. */
export type Excluder = (path: string, isFolder: boolean) => boolean;

/**
 * Patterns as in .gitignore, one each, without `!`:
 * - `node_modules`, `*.log`: without a slash it means any entry of that name, at any depth;
 * - `/build`, `docs/*.md`: with a slash it means that path, counted from the top of the source;
 * - `build/`: a slash at the end means folders only;
 * - `*` and `?` stop at slashes, `**` doesn't; `[a-z]` and `{a,b}` are sets; `\` takes away a special meaning;
 * - a name's leading dot is nothing special, capitals matter.
 *
 * `.git`, a folder or a file, is always left out, at any depth.
 * @throws OpsError `setting` for a pattern that is empty or begins with `!`
 */
export function excluder(patterns: readonly string[] = []): Excluder {
  const rules = patterns.map(parseRule);
  return (path, isFolder) => {
    const name = path.slice(path.lastIndexOf("/") + 1);
    if (name === ".git") return true;
    return rules.some(
      (rule) => (isFolder || !rule.foldersOnly) && rule.glob.match(rule.wholePath ? path : name),
    );
  };
}

function parseRule(pattern: string) {
  const foldersOnly = pattern.endsWith("/");
  const body = pattern.replace(/\/+$/, "");
  if (body === "" || body.startsWith("!")) {
    throw new OpsError("setting", `not an exclude pattern: ${JSON.stringify(pattern)}`, {
      hint: "patterns are like .gitignore's, without !: node_modules, *.log, build/, /docs",
    });
  }
  return { glob: new Bun.Glob(body.replace(/^\.?\//, "")), wholePath: body.includes("/"), foldersOnly };
}
