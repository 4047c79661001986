// `prod` → inventories/prod, inventories/prod.yml, …

import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { OpsError } from "../errors.ts";
import { similar } from "./trouble.ts";

const ENDINGS = ["", ".yml", ".yaml", ".ini", ".json", ".toml"];
const SHOWN = /^\.|~$|^(?:group_vars|host_vars)$/;

/**
 * Path of the inventory called `name`: a file (any supported ending) or folder in `folder`, or else `name` itself
 * where it is a path or a `host1,host2,` list.
 * @throws OpsError `inventory` naming the inventories there are
 */
export async function findInventory(
  name: string,
  {
    folder = "inventories",
    onlyInFolder = false,
  }: {
    readonly folder?: string | undefined /** Not what is called so nearby. */;
    readonly onlyInFolder?: boolean;
  } = {},
): Promise<string> {
  if (name.includes(",")) return name;
  // A bare word is looked for in the folder first: `test` is inventories/test, not a folder of that name nearby.
  const candidates =
    name.includes("/") || name === "." || name === ".."
      ? []
      : ENDINGS.map((ending) => join(folder, name + ending));
  for (const path of onlyInFolder ? candidates : [...candidates, name]) if (await exists(path)) return path;
  const names = await namesIn(folder);
  const close = similar(name, names);
  const hint =
    names.length === 0
      ? `put one at ${join(folder, `${name}.yml`)}, or give its path with -i`
      : `there ${names.length === 1 ? "is" : "are"} ${names.join(", ")}${close.length > 0 ? `; did you mean ${close[0]}?` : ""}`;
  throw new OpsError("inventory", `there is no inventory '${name}' in ${folder}/`, { hint });
}

async function namesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT" || error.code === "ENOTDIR") return [];
    throw error;
  });
  const known = entries.filter((entry) => !SHOWN.test(entry));
  const bare = known.map((entry) => entry.replace(/\.(?:ya?ml|ini|json|toml)$/, ""));
  return [...new Set(bare)].sort();
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT" || error.code === "ENOTDIR" || error.code === "ENAMETOOLONG") return false;
      throw error;
    },
  );
}
