// What ~/.ssh/config and /etc/ssh/ssh_config say about a host.
import { OpsError } from "../errors.ts";
import { configNeeds, markUndecidable } from "./config-needs.ts";
import { configText, sectionsAbout } from "./config-sections.ts";
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
  /** What of it only the system's own ssh can do, ProxyCommand apart. */
  readonly needs: string | undefined;
}

/**
 * The settings for `name`, which is what one would type after `ssh`. `Match exec` sections are not run.
 * @throws OpsError `setting` when a file can't be read or understood
 */
export async function readClientConfig(
  name: string,
  { user, environment }: { user: string | undefined; environment: SshEnvironment },
): Promise<ClientConfig> {
  const { configFiles, home } = environment;
  const compute = (files: readonly string[]) => computeConfig(name, user, { configFiles: files, home });
  const all = compute(configFiles);
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
    needs: configNeeds(all, () => compute(configFiles.filter((file) => !file.startsWith("/etc/")))),
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
  const text = configText({ files: configFiles, home });
  if (/^\s*identityagent/im.test(text)) return undefined;
  const found = text.matchAll(/^\s*identityfile[\s=]+"?([^"\n]+?)"?\s*$/gim);
  const files = Array.from(found, ([, file = ""]) => file.replace(/^~(?=\/)/, home));
  return files.some((file) => file.includes("%")) ? undefined : files;
}

/** 0, as `none`, leaves the deadline to us. */
function milliseconds(seconds: number | undefined): number | undefined {
  return seconds === undefined || seconds === 0 ? undefined : seconds * 1000;
}

/** ssh_config as the package understands it. */
function readably(text: string): string {
  return spelledOut(markUndecidable(text));
}

function computeConfig(
  name: string,
  user: string | undefined,
  { configFiles, home }: Pick<SshEnvironment, "configFiles" | "home">,
) {
  try {
    const who = user === undefined ? {} : { User: user };
    // `User` may be left out, whatever the package's types say.
    const asked = { Host: name, ...who } as { Host: string; User: string };
    const sections = sectionsAbout(name, { files: configFiles, home, edit: readably });
    return sections.compute(asked, { ignoreCase: true, matchExec: false });
  } catch (error) {
    if (error instanceof OpsError) throw error;
    throw new OpsError(
      "setting",
      `can't understand ${configFiles.join(" or ")}: ${(error as Error).message}`,
      {
        cause: error,
      },
    );
  }
}
