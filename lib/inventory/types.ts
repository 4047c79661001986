// The shapes an inventory has once it is read.

/** A var's value, as YAML or JSON has it; strings may hold Jinja that nobody rendered yet. */
export type Value =
  | null
  | boolean
  | number
  | bigint
  | string
  | Date
  | readonly Value[]
  | { readonly [key: string]: Value };
export type Vars = Readonly<Record<string, Value>>;

/** A host of an inventory, its vars merged as Ansible merges them and not rendered yet: `inventory.value` does. */
export interface Host {
  readonly name: string;
  /** Names of the groups it is in, as Ansible's `group_names`: sorted, without `all`. */
  readonly groups: readonly string[];
  /** Its own vars, set inline or in host_vars/; without what its groups have. */
  readonly ownVars?: Vars | undefined;
  /** `vars` in two parts, of which `own` wins: hosts in the same groups have the same object for `shared`. */
  readonly parts?: { readonly shared: Vars; readonly own: Vars } | undefined;
  /** Merged by Ansible's precedence (group depth, priority, name, then host), not rendered. */
  readonly vars: Vars;
}

/** A group of an inventory, with its own vars; hosts and children are those it names itself. */
export interface Group {
  readonly name: string;
  /** Hosts named directly in this group, in inventory order. */
  readonly hosts: readonly string[];
  readonly children: readonly string[];
  /** Its own, set inline or in group_vars/; not what it has from its parents. */
  readonly vars: Vars;
  /** `ansible_group_priority`: of groups at one depth the higher wins; 1 unless set. */
  readonly priority?: number;
}

/** What ansible.cfg and ANSIBLE_* say about connections; a host's own vars win over it. */
export interface ConnectionDefaults {
  readonly hostKeyChecking?: boolean | undefined;
  readonly sshArgs?: string | undefined;
  readonly sshCommonArgs?: string | undefined;
  readonly sshExtraArgs?: string | undefined;
  readonly sshExecutable?: string | undefined;
  readonly remoteUser?: string | undefined;
  readonly remotePort?: number | undefined;
  /** Absolute. */
  readonly privateKeyFile?: string | undefined;
  readonly timeoutSeconds?: number | undefined;
  readonly forks?: number | undefined;
  readonly transport?: string | undefined;
  readonly become?: boolean | undefined;
  readonly becomeMethod?: string | undefined;
  /** Of a flag: over what `becomeBy` says. */
  readonly becomeUser?: string | undefined;
  readonly becomeBy?: { readonly sudo: BecomeDefaults; readonly su: BecomeDefaults } | undefined;
  /** For SSH, as the operator was asked for it or a file holds it. */
  readonly password?: string | undefined;
  readonly becomePassword?: string | undefined;
}

/** What ansible.cfg and ANSIBLE_* say about becoming another user by one method. */
export interface BecomeDefaults {
  readonly user?: string | undefined;
  readonly exe?: string | undefined;
  readonly flags?: string | undefined;
  readonly password?: string | undefined;
}

/** An Ansible inventory, read: what `ansible-inventory` would say of it. */
export interface Inventory {
  /** The files, folders or host lists it was read from, as given. */
  readonly sources: readonly string[];
  readonly hosts: ReadonlyMap<string, Host>;
  readonly groups: ReadonlyMap<string, Group>;
  /** Things Ansible would warn about (a group and a host of one name, a duplicate key). */
  readonly warnings: readonly string[];
  readonly connection?: ConnectionDefaults | undefined;
  /**
   * Hosts matching an Ansible pattern (`web:&eu:!web9`), narrowed by `limit`, in inventory order.
   * @throws OpsError `pattern` when a pattern is malformed or nothing matches
   */
  match(
    pattern: string,
    options?: { readonly limit?: string | undefined /** No host is no error. */; readonly orNone?: boolean },
  ): readonly Host[];
  /**
   * The value of var `name` on `host` with its Jinja rendered (recursively, lazily); undefined when it isn't set.
   * @throws OpsError `setting` naming var, host and the chain of vars that led to an undefined one
   */
  value(host: Host, name: string): Value | undefined;
  /**
   * The text of an encrypted value, `{__ansible_vault: TEXT}` in vars; `where` is for messages.
   * @throws OpsError `inventory` naming the vault id when no password opens it
   */
  readonly decrypt?: ((vaultText: string, where: string) => string) | undefined;
  /** Where var `name` of `host` was set, for messages: `group_vars/web.yml`; undefined when unknown. */
  origin(host: Host, name: string): string | undefined;
}
