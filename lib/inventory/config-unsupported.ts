// Settings of Ansible that would change what is read or how hosts are reached, and that we don't know how to follow: each
// is told, for to be silent would be to get it wrong.

import type { ConfigValues } from "./config-values.ts";

interface Setting {
  readonly names: readonly [variable: string, ...keys: string[]];
  /** Values that change nothing. */
  readonly harmless: RegExp;
  /** What happens instead. */
  readonly instead: string;
}

const NO = /^(?:|n|no|off|0|f|false|none|0\.0)$/i;
const EMPTY = /^$/;

const SETTINGS: readonly Setting[] = [
  {
    names: ["ANSIBLE_VARS_PLUGIN_STAGE", "vars_host_group_vars.stage"],
    harmless: /^(?:|all)$/,
    instead: "group_vars and host_vars count as if it weren't set",
  },
  {
    names: ["ANSIBLE_JINJA2_NATIVE", "defaults.jinja2_native"],
    harmless: NO,
    instead: "templates give texts",
  },
  {
    names: ["ANSIBLE_JINJA2_EXTENSIONS", "defaults.jinja2_extensions"],
    harmless: EMPTY,
    instead: "templates are Jinja without extensions",
  },
  {
    names: ["ANSIBLE_PKCS11_PROVIDER", "ssh_connection.pkcs11_provider"],
    harmless: EMPTY,
    instead: "keys of smart cards come from ssh-agent",
  },
  {
    names: ["ANSIBLE_INVENTORY_PLUGINS", "defaults.inventory_plugins"],
    harmless: EMPTY,
    instead: "plugins there are used where a YAML file names one under `plugin:`",
  },
  {
    names: ["ANSIBLE_VARS_PLUGINS", "defaults.vars_plugins"],
    harmless: EMPTY,
    instead: "of vars plugins, only group_vars and host_vars count",
  },
];

/** A warning for each such setting, naming where it is set. */
export function unsupportedSettings({ setting }: Pick<ConfigValues, "setting">): string[] {
  return SETTINGS.flatMap(({ names: [variable, ...keys], harmless, instead }) => {
    const found = setting(variable, ...keys);
    return found === undefined || harmless.test(found.value.trim())
      ? []
      : [`${found.name} is not supported: ${instead}`];
  });
}
