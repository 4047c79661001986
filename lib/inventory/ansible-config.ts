// ansible.cfg and ANSIBLE_* variables: what Ansible is told besides the inventory, as far as it concerns us.

import { accessSync, constants, existsSync, readFileSync, statSync } from "node:fs";
import { extname, join } from "node:path";
import { OpsError } from "../errors.ts";
import { becomeDefaults, type PasswordSources, passwordSources } from "./become-config.ts";
import { type ConfigFile, parseConfigFile } from "./config-file.ts";
import { unsupportedSettings } from "./config-unsupported.ts";
import { configValues, type Environment, expandPath } from "./config-values.ts";
import type { ConnectionDefaults } from "./types.ts";

/** Settings that change what an inventory means; every default is Ansible's. */
export interface InventoryRules {
  readonly hashBehaviour: "replace" | "merge";
  /** Readers that are tried on a source, in this order. */
  readonly enabledPlugins: readonly string[];
  /** Endings of names in a folder that are no inventory; undefined for Ansible's own list. */
  readonly ignoreExtensions: readonly string[] | undefined;
  /** Expressions for such names. */
  readonly ignorePatterns: readonly string[];
  /** Endings of YAML files, for inventories and for vars files. */
  readonly yamlExtensions: readonly string[];
  /** No source could be read: an error, and else: worth a warning. */
  readonly unparsedFailed: boolean;
  readonly unparsedWarning: boolean;
  /** One of several sources could not be read: an error instead of a warning. */
  readonly anyUnparsedFailed: boolean;
  readonly hostPatternMismatch: "warning" | "error" | "ignore";
  /** Whether characters that no var name could have are replaced in names of groups. */
  readonly groupNames: "always" | "never" | "ignore" | "silently";
  readonly duplicateKeys: "warn" | "error" | "ignore";
  /** Order in which vars of groups are merged: names from Ansible's VARIABLE_PRECEDENCE. */
  readonly precedence: readonly string[];
  /** Whether group_vars/ and host_vars/ count. */
  readonly varsFiles: boolean;
  /** A vault value is only opened with the password of its own id. */
  readonly vaultIdMatch: boolean;
}

export interface AnsibleConfig {
  /** The file that was read; undefined when there is none. */
  readonly file: string | undefined;
  readonly warnings: readonly string[];
  /** Sources to read when none is named: absolute paths, or host lists. */
  readonly inventory: readonly string[] | undefined;
  readonly rules: InventoryRules;
  readonly vault: {
    readonly passwordFile: string | undefined;
    /** `label@source`, as `--vault-id` takes them. */
    readonly ids: readonly string[];
    /** The label of passwords given without one. */
    readonly identity: string;
    readonly ask: boolean;
  };
  readonly export: boolean;
  readonly playbookDir: string | undefined;
  readonly connection: ConnectionDefaults;
  readonly passwords: PasswordSources;
  /** Where Ansible looks for callback plugins. */
  readonly callbackFolders: readonly string[];
}

export const DEFAULT_RULES: InventoryRules = {
  hashBehaviour: "replace",
  enabledPlugins: ["host_list", "script", "auto", "yaml", "ini", "toml"],
  ignoreExtensions: undefined,
  ignorePatterns: [],
  yamlExtensions: [".yml", ".yaml", ".json"],
  unparsedFailed: false,
  unparsedWarning: true,
  anyUnparsedFailed: false,
  hostPatternMismatch: "warning",
  groupNames: "never",
  duplicateKeys: "warn",
  precedence: [
    ...["all_inventory", "groups_inventory", "all_plugins_inventory", "all_plugins_play"],
    ...["groups_plugins_inventory", "groups_plugins_play"],
  ],
  varsFiles: true,
  vaultIdMatch: false,
};

/**
 * Ansible's settings: the first of $ANSIBLE_CONFIG, `folder`/ansible.cfg (unless anybody may write there),
 * ~/.ansible.cfg and /etc/ansible/ansible.cfg; ANSIBLE_* variables win over it.
 * @throws OpsError `usage` naming file and line of what can't be read, or a value that can't be
 * @see https://docs.ansible.com/ansible/latest/reference_appendices/config.html
 */
export function readAnsibleConfig({
  environment,
  folder,
}: {
  readonly environment: Environment;
  readonly folder: string;
}): AnsibleConfig {
  const warnings: string[] = [];
  const path = findConfigFile(environment, folder, warnings);
  const file = path === undefined ? undefined : readConfigFile(path);
  const read = configValues({ environment, folder, file, path });
  const { text, list, flag, whole, choice } = read;
  const varsPlugins = list("ANSIBLE_VARS_ENABLED", "defaults.vars_plugins_enabled") ?? [VARS_PLUGIN];
  for (const each of varsPlugins)
    if (each !== "" && !isVarsPlugin(each))
      warnings.push(
        `the vars plugin ${each} is enabled, and not supported: only group_vars and host_vars count`,
      );
  warnings.push(...unsupportedSettings(read));
  const rules: InventoryRules = {
    hashBehaviour:
      choice(["replace", "merge"], "ANSIBLE_HASH_BEHAVIOUR", "defaults.hash_behaviour") ??
      DEFAULT_RULES.hashBehaviour,
    enabledPlugins:
      list("ANSIBLE_INVENTORY_ENABLED", "inventory.enable_plugins") ?? DEFAULT_RULES.enabledPlugins,
    ignoreExtensions: list(
      "ANSIBLE_INVENTORY_IGNORE",
      "defaults.inventory_ignore_extensions",
      "inventory.ignore_extensions",
    ),
    ignorePatterns:
      list(
        "ANSIBLE_INVENTORY_IGNORE_REGEX",
        "defaults.inventory_ignore_patterns",
        "inventory.ignore_patterns",
      ) ?? [],
    yamlExtensions:
      list("ANSIBLE_YAML_FILENAME_EXT", "defaults.yaml_valid_extensions") ?? DEFAULT_RULES.yamlExtensions,
    unparsedFailed: flag("ANSIBLE_INVENTORY_UNPARSED_FAILED", "inventory.unparsed_is_failed") ?? false,
    unparsedWarning:
      flag("ANSIBLE_INVENTORY_UNPARSED_WARNING", "inventory.inventory_unparsed_warning") ?? true,
    anyUnparsedFailed:
      flag("ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED", "inventory.any_unparsed_is_failed") ?? false,
    hostPatternMismatch:
      choice(
        ["warning", "error", "ignore"],
        "ANSIBLE_HOST_PATTERN_MISMATCH",
        "inventory.host_pattern_mismatch",
      ) ?? DEFAULT_RULES.hostPatternMismatch,
    groupNames:
      choice(
        ["always", "never", "ignore", "silently"],
        "ANSIBLE_TRANSFORM_INVALID_GROUP_CHARS",
        "defaults.force_valid_group_names",
      ) ?? DEFAULT_RULES.groupNames,
    duplicateKeys:
      choice(["warn", "error", "ignore"], "ANSIBLE_DUPLICATE_YAML_DICT_KEY", "defaults.duplicate_dict_key") ??
      DEFAULT_RULES.duplicateKeys,
    precedence: list("ANSIBLE_PRECEDENCE", "defaults.precedence") ?? DEFAULT_RULES.precedence,
    varsFiles: varsPlugins.some(isVarsPlugin),
    vaultIdMatch: flag("ANSIBLE_VAULT_ID_MATCH", "defaults.vault_id_match") ?? false,
  };
  return {
    file: path,
    warnings,
    // `a,b` in ansible.cfg is two paths, never a host list; nothing before or after a comma is the folder itself.
    inventory: read.paths("ANSIBLE_INVENTORY", "defaults.inventory"),
    rules,
    vault: {
      passwordFile: read.path("ANSIBLE_VAULT_PASSWORD_FILE", "defaults.vault_password_file"),
      ids: list("ANSIBLE_VAULT_IDENTITY_LIST", "defaults.vault_identity_list") ?? [],
      identity: text("ANSIBLE_VAULT_IDENTITY", "defaults.vault_identity") ?? "default",
      ask: flag("ANSIBLE_ASK_VAULT_PASS", "defaults.ask_vault_pass") ?? false,
    },
    export: flag("ANSIBLE_INVENTORY_EXPORT", "inventory.export") ?? false,
    playbookDir: read.path("ANSIBLE_PLAYBOOK_DIR", "defaults.playbook_dir"),
    passwords: passwordSources(read),
    callbackFolders: read.folders("ANSIBLE_CALLBACK_PLUGINS", "defaults.callback_plugins") ?? [
      expandPath("~/.ansible/plugins/callback", folder, environment),
      "/usr/share/ansible/plugins/callback",
    ],
    connection: {
      hostKeyChecking: flag(
        ["ANSIBLE_HOST_KEY_CHECKING", "ANSIBLE_SSH_HOST_KEY_CHECKING"],
        "defaults.host_key_checking",
        "ssh_connection.host_key_checking",
      ),
      sshArgs: text("ANSIBLE_SSH_ARGS", "ssh_connection.ssh_args"),
      sshCommonArgs: text("ANSIBLE_SSH_COMMON_ARGS", "ssh_connection.ssh_common_args"),
      sshExtraArgs: text("ANSIBLE_SSH_EXTRA_ARGS", "ssh_connection.ssh_extra_args"),
      sshExecutable: text("ANSIBLE_SSH_EXECUTABLE", "ssh_connection.ssh_executable"),
      remoteUser: text("ANSIBLE_REMOTE_USER", "defaults.remote_user"),
      remotePort: whole("ANSIBLE_REMOTE_PORT", "defaults.remote_port"),
      privateKeyFile: read.path("ANSIBLE_PRIVATE_KEY_FILE", "defaults.private_key_file"),
      timeoutSeconds: whole(
        ["ANSIBLE_TIMEOUT", "ANSIBLE_SSH_TIMEOUT"],
        "defaults.timeout",
        "ssh_connection.timeout",
      ),
      forks: whole("ANSIBLE_FORKS", "defaults.forks"),
      transport: text("ANSIBLE_TRANSPORT", "defaults.transport"),
      become: flag("ANSIBLE_BECOME", "privilege_escalation.become"),
      becomeMethod: text("ANSIBLE_BECOME_METHOD", "privilege_escalation.become_method"),
      becomeBy: { sudo: becomeDefaults(read, "sudo"), su: becomeDefaults(read, "su") },
    },
  };
}

const VARS_PLUGIN = "host_group_vars";

function isVarsPlugin(name: string): boolean {
  return name === VARS_PLUGIN || name === `ansible.builtin.${VARS_PLUGIN}`;
}

/** @throws OpsError `usage` for what is no ansible.cfg; one in YAML says nothing, to Ansible too */
function readConfigFile(path: string): ConfigFile {
  const ending = extname(path);
  if (ending === ".yml" || ending === ".yaml") return new Map();
  if (ending !== ".cfg" && ending !== ".ini") {
    throw new OpsError("usage", `ANSIBLE_CONFIG names ${path}, and Ansible only takes .cfg and .ini`, {
      hint: "give the file one of these endings",
    });
  }
  return parseConfigFile(readFileSync(path, "utf8"), path);
}

function findConfigFile(environment: Environment, folder: string, warnings: string[]): string | undefined {
  const given = environment.ANSIBLE_CONFIG;
  const named = given === undefined ? undefined : expandPath(given, folder, environment);
  const first = named !== undefined && isFolder(named) ? join(named, "ansible.cfg") : named;
  const here = join(folder, "ansible.cfg");
  const open = (statSync(folder).mode & constants.S_IWOTH) !== 0;
  const candidates = [
    ...(first ? [first] : []),
    ...(open ? [] : [here]),
    expandPath("~/.ansible.cfg", folder, environment),
    "/etc/ansible/ansible.cfg",
  ];
  const found = candidates.find(readable);
  if (open && existsSync(here) && (first === undefined || found !== first)) {
    warnings.push(
      `${here} is ignored: anybody may write to this folder (name it in ANSIBLE_CONFIG to use it)`,
    );
  }
  return found;
}

function readable(path: string): boolean {
  try {
    accessSync(path, constants.R_OK);
    return !isFolder(path);
  } catch {
    return false; // what can't be read is passed over, as Ansible does
  }
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}
