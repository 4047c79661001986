// What ansible-playbook is started with so that it sees the hosts as this run does.
import { readVaultSecrets } from "../inventory/vault-secrets.ts";

/** Flags and settings of a run, as ansible-playbook wants them; made by `fleetConfig`. */
export interface AnsibleAccess {
  /** As `-i` takes them. */
  readonly inventories: readonly string[];
  /** As `-e` takes them. */
  readonly extraVars: readonly string[];
  readonly become: boolean;
  readonly becomeUser: string | undefined;
  readonly becomeMethod: string | undefined;
  /** Hosts at a time, where a flag says so. */
  readonly forks: number | undefined;
  /** Asked for or read already, never again. */
  readonly password: string | undefined;
  readonly becomePassword: string | undefined;
  readonly vault: VaultAccess;
  /** Folders of callback plugins: the operator's, or else Ansible's own. */
  readonly callbackFolders: readonly string[];
  /** Environment of the programs that are started. */
  readonly variables: Readonly<Record<string, string | undefined>>;
}

export interface VaultAccess {
  /** `label@source` of flags; where the source is `prompt`, `prompt` has the answer. */
  readonly ids: readonly string[];
  /** The same of ansible.cfg. */
  readonly configuredIds: readonly string[];
  readonly passwordFiles: readonly string[];
  /** Whether the password of `identity` is asked for. */
  readonly ask: boolean;
  readonly identity: string;
  /** Asks once for each question, and remembers. */
  readonly prompt: (question: string) => Promise<string>;
}

/** Puts a secret where only ansible-playbook gets it; the answer is the path it reads it from. */
export type HandOver = (secret: string | Uint8Array) => Promise<string>;

interface Invocation {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
}

/**
 * Words for ansible-playbook, without playbook and --limit, and its environment. Passwords go by `handOver`: command lines and
 * environments can be read by others.
 * @throws OpsError `interrupted` or `usage` when somebody is asked for a password and doesn't answer
 */
export async function invocation(
  access: AnsibleAccess,
  { handOver, passwords = true }: { readonly handOver: HandOver; readonly passwords?: boolean },
): Promise<Invocation> {
  const { vault, become, becomeUser, becomeMethod, forks, password, becomePassword } = access;
  const { prompt, identity } = vault;
  const opened = async (id: string): Promise<string> => {
    const [, label = "", source = ""] = /^(?:([^@]*)@)?(.*)$/s.exec(id) ?? [];
    if (source !== "prompt" && source !== "prompt_ask_vault_pass") return id;
    const [secret] = await readVaultSecrets({ ids: [id], identity, prompt });
    return `${label || identity}@${await handOver(secret?.password ?? "")}`;
  };
  const ids: string[] = [];
  for (const id of [...vault.ids, ...(vault.ask ? [`${identity}@prompt_ask_vault_pass`] : [])])
    ids.push(await opened(id));
  const configured: string[] = [];
  for (const id of vault.configuredIds) configured.push(await opened(id));
  const argv = [
    ...access.inventories.flatMap((path) => ["-i", path]),
    ...access.extraVars.flatMap((text) => ["-e", text]),
    ...ids.flatMap((id) => ["--vault-id", id]),
    ...vault.passwordFiles.flatMap((path) => ["--vault-password-file", path]),
    ...(become ? ["--become"] : []),
    ...(becomeUser === undefined ? [] : ["--become-user", becomeUser]),
    ...(becomeMethod === undefined ? [] : ["--become-method", becomeMethod]),
    ...(forks === undefined ? [] : ["--forks", String(forks)]),
  ];
  if (passwords && password !== undefined) argv.push("--connection-password-file", await handOver(password));
  if (passwords && becomePassword !== undefined)
    argv.push("--become-password-file", await handOver(becomePassword));
  const env = {
    ...access.variables,
    ANSIBLE_NOCOLOR: "1",
    ANSIBLE_FORCE_COLOR: undefined,
    ANSIBLE_CALLBACK_PLUGINS: [...access.callbackFolders, CALLBACK_FOLDER].join(":"),
    PYTHONDONTWRITEBYTECODE: "1",
    // What ansible.cfg wants asked was asked.
    ANSIBLE_ASK_PASS: "0",
    ANSIBLE_BECOME_ASK_PASS: "0",
    ANSIBLE_ASK_VAULT_PASS: "0",
    ...(configured.length === 0 ? {} : { ANSIBLE_VAULT_IDENTITY_LIST: configured.join(",") }),
  };
  return { argv, env };
}

const CALLBACK_FOLDER = `${import.meta.dir}/callback_plugins`;
