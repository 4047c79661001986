// What ~/.ssh/config and /etc/ssh/ssh_config say about a host.
import { readFile } from "node:fs/promises";
import { dirname, isAbsolute, join } from "node:path";
import SSHConfig from "ssh-config";
import { OpsError } from "../errors.ts";
import { spelledOut } from "./config-spelling.ts";
import type { SshEnvironment } from "./environment.ts";
import { parseCount, parseSpan } from "./spans.ts";

/** undefined where the files say nothing. Paths are absolute. */
export interface ClientConfig {
  readonly hostName: string | undefined;
  readonly user: string | undefined;
  readonly port: string | undefined;
  readonly identityFiles: readonly string[];
  readonly identitiesOnly: boolean;
  /** A socket path; `none` switches the agent off. */
  readonly identityAgent: string | undefined;
  readonly proxyJump: string | undefined;
  readonly proxyCommand: string | undefined;
  readonly hostKeyAlias: string | undefined;
  readonly strictHostKeyChecking: string | undefined;
  readonly userKnownHostsFiles: readonly string[] | undefined;
  readonly globalKnownHostsFiles: readonly string[] | undefined;
  readonly connectTimeoutMs: number | undefined;
  /** ServerAliveInterval and ServerAliveCountMax. */
  readonly keepalive: { readonly seconds: number | undefined; readonly count: number | undefined };
}

const MAX_INCLUDES = 16;

/**
 * The settings for `name`, which is what one would type after `ssh`. `Match exec` sections are not run.
 * @throws OpsError `setting` when a file can't be read or understood
 */
export async function readClientConfig(
  name: string,
  { user, environment }: { user: string | undefined; environment: SshEnvironment },
): Promise<ClientConfig> {
  const { configFiles, home } = environment;
  const texts = await Promise.all(configFiles.map((file) => readConfig(file, { home })));
  // Each file begins outside of any section, whatever section the one before ended in.
  const all = computeConfig(texts.join("\nHost *\n"), name, user, configFiles);
  const one = (key: string): string | undefined => [all[key] ?? []].flat()[0];
  const many = (key: string): readonly string[] => [...new Set([all[key] ?? []].flat())];
  const hostName = one("hostname")?.replaceAll("%h", name).replaceAll("%%", "%");
  const login = user ?? one("user") ?? environment.user;
  const tokens: Readonly<Record<string, string>> = {
    "%": "%",
    d: home,
    h: hostName ?? name,
    n: name,
    p: one("port") ?? "22",
    r: login,
    u: environment.user,
  };
  const expand = (path: string) =>
    path.replace(/^~(?=\/|$)/, home).replace(/%(.)/g, (token, letter) => tokens[letter] ?? token);
  const files = (key: string) => (all[key] === undefined ? undefined : many(key).map(expand));
  const span = (key: string, where: string) =>
    parseSpan(one(key), { where: `ssh_config: ${where}`, host: name });
  const count = (key: string, where: string) =>
    parseCount(one(key), { where: `ssh_config: ${where}`, host: name });
  return {
    hostName,
    user: one("user"),
    port: one("port"),
    identityFiles: files("identityfile") ?? [],
    identitiesOnly: one("identitiesonly")?.toLowerCase() === "yes",
    identityAgent: files("identityagent")?.[0],
    proxyJump: one("proxyjump"),
    proxyCommand: many("proxycommand").join(" ") || undefined,
    hostKeyAlias: one("hostkeyalias"),
    strictHostKeyChecking: one("stricthostkeychecking"),
    userKnownHostsFiles: files("userknownhostsfile"),
    globalKnownHostsFiles: files("globalknownhostsfile"),
    connectTimeoutMs: milliseconds(span("connecttimeout", "ConnectTimeout")),
    keepalive: {
      seconds: span("serveraliveinterval", "ServerAliveInterval"),
      count: count("serveralivecountmax", "ServerAliveCountMax"),
    },
  };
}

/**
 * Every key file that ssh_config names, for whatever host; undefined when that can't be told without one (tokens, agents
 * of its own).
 * @throws OpsError `setting` when a file can't be read
 */
export async function namedIdentities({
  configFiles,
  home,
}: SshEnvironment): Promise<readonly string[] | undefined> {
  const text = (await Promise.all(configFiles.map((file) => readConfig(file, { home })))).join("\n");
  if (/^\s*identityagent/im.test(text)) return undefined;
  const found = text.matchAll(/^\s*identityfile[\s=]+"?([^"\n]+?)"?\s*$/gim);
  const files = Array.from(found, ([, file = ""]) => file.replace(/^~(?=\/)/, home));
  return files.some((file) => file.includes("%")) ? undefined : files;
}

/** 0, as `none`, leaves the deadline to us. */
function milliseconds(seconds: number | undefined): number | undefined {
  return seconds === undefined || seconds === 0 ? undefined : seconds * 1000;
}

function computeConfig(text: string, name: string, user: string | undefined, files: readonly string[]) {
  try {
    const who = user === undefined ? {} : { User: user };
    // `User` may be left out, whatever the package's types say.
    const asked = { Host: name, ...who } as { Host: string; User: string };
    return SSHConfig.parse(spelledOut(text)).compute(asked, { ignoreCase: true, matchExec: false });
  } catch (error) {
    throw new OpsError("setting", `can't understand ${files.join(" or ")}: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

/** The text of `file` with its `Include` lines replaced by what they name, each back in the section it stood in. */
async function readConfig(
  file: string,
  { home, depth = 0 }: { home: string; depth?: number },
): Promise<string> {
  const text = await readOptional(file);
  const lines: string[] = [];
  let section = "Host *";
  for (const line of text.split("\n")) {
    if (/^\s*(host|match)[\s=]/i.test(line)) section = line;
    const patterns = /^\s*include[\s=]+(.*)$/i.exec(line)?.[1];
    if (patterns === undefined) {
      lines.push(line);
      continue;
    }
    if (depth === MAX_INCLUDES)
      throw new OpsError("setting", `${file}: Include goes more than ${depth} files deep`);
    for (const word of patterns.match(/"[^"]*"|\S+/g) ?? []) {
      const pattern = word.replace(/^"(.*)"$/, "$1").replace(/^~(?=\/)/, home);
      for (const path of await included(isAbsolute(pattern) ? pattern : join(dirname(file), pattern))) {
        lines.push(await readConfig(path, { home, depth: depth + 1 }));
      }
    }
    lines.push(section);
  }
  return lines.join("\n");
}

async function included(pattern: string): Promise<readonly string[]> {
  if (!/[*?[]/.test(pattern)) return [pattern];
  const found = await Array.fromAsync(
    new Bun.Glob(pattern.slice(1)).scan({ cwd: "/", dot: true, absolute: true }),
  );
  return found.sort();
}

async function readOptional(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return "";
    throw new OpsError("setting", `can't read ${file}: ${(error as Error).message}`, { cause: error });
  }
}
