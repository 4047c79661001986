// ssh2, or the system's own ssh? The former is quicker and lighter; the latter can do everything.
import { readFile } from "node:fs/promises";
import { agentKeyTypes } from "./agent-keys.ts";
import { readCertificate } from "./certificate.ts";
import { type Endpoint, routeTo } from "./endpoint.ts";
import type { SshEnvironment } from "./environment.ts";
import { onlyAuthority, readKnownHosts } from "./known-hosts.ts";
import type { Target } from "./types.ts";

/** How a host is reached: the servers to go through, or why it takes the system's ssh, in words fit for many hosts. */
export type Way =
  | { readonly route: readonly Endpoint[]; readonly needs: undefined }
  | { readonly needs: string };

/** @throws OpsError `setting` for ssh_config that can't be followed, `host-key` for known_hosts that can't be read */
export async function wayTo(target: Target, env: SshEnvironment): Promise<Way> {
  if (target.needs !== undefined) return { needs: target.needs };
  const route = await routeTo(target, env);
  for (const endpoint of route) {
    const needs = endpoint.needs ?? (await keyNeeds(endpoint, env)) ?? (await hostKeyNeeds(endpoint));
    if (needs !== undefined) return { needs };
  }
  return { route, needs: undefined };
}

async function keyNeeds(
  { identityFiles, explicitIdentities, identitiesOnly, agentSocket }: Endpoint,
  { home }: SshEnvironment,
): Promise<string | undefined> {
  const tilde = (file: string) => (file.startsWith(`${home}/`) ? `~${file.slice(home.length)}` : file);
  for (const file of identityFiles) {
    const path = `${file}-cert.pub`;
    if ((await readCertificate(path)) !== undefined) return `${tilde(path)} is a certificate`;
    if (explicitIdentities && (await isSecurityKey(file))) return `${tilde(file)} is a security key`;
  }
  if (agentSocket === undefined || identitiesOnly) return undefined;
  const types = await agentKeyTypes(agentSocket);
  if (types.some((type) => type.includes("-cert-"))) return "ssh-agent holds a certificate";
  // One security key among others is left alone: it would have to be touched for every host.
  const hard = types.length > 0 && types.every((type) => type.startsWith("sk-"));
  return hard && !explicitIdentities ? "ssh-agent holds only security keys" : undefined;
}

/** Both halves of a key name its type. */
async function isSecurityKey(file: string): Promise<boolean> {
  const texts = await Promise.allSettled([readFile(`${file}.pub`, "utf8"), readFile(file, "utf8")]);
  return texts.some((result) => {
    if (result.status === "rejected") return false;
    const [, body = ""] = /-----BEGIN OPENSSH PRIVATE KEY-----([^-]*)/.exec(result.value) ?? [];
    return /^sk-/.test(result.value) || Buffer.from(body, "base64").includes("sk-");
  });
}

async function hostKeyNeeds({
  keyName,
  port,
  hostKeyChecking,
  userKnownHostsFiles,
  globalKnownHostsFiles,
}: Endpoint): Promise<string | undefined> {
  if (hostKeyChecking === "no") return undefined;
  const known = await readKnownHosts([...userKnownHostsFiles, ...globalKnownHostsFiles]);
  const authority = onlyAuthority(known, { host: keyName, port });
  return authority && `${authority.file}:${authority.line} has a certificate authority for host keys`;
}
