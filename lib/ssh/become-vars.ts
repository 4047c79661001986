// ansible_become_* → as whom commands run, and how.
import type { OpsError } from "../errors.ts";
import type { ConnectionDefaults, Host } from "../inventory/types.ts";
import type { Become } from "./types.ts";

type Text = (...names: readonly string[]) => string | undefined;

/** What `targetOf` reads a host's vars with. */
export interface VarReader {
  readonly host: Host;
  readonly settings: ConnectionDefaults;
  /** The first that is set and not empty. */
  readonly text: Text;
  /** The first that is set, empty or not. */
  readonly given: Text;
  readonly flag: (...names: readonly string[]) => boolean | undefined;
  readonly bad: (name: string, value: unknown, hint?: string) => OpsError;
}

/**
 * Who commands run as; undefined for the login user. Of two vars that mean the same, the one of the method's own name
 * wins; vars win over flags, flags over ansible.cfg and the environment.
 * @throws OpsError `setting` naming the var
 * @see https://docs.ansible.com/ansible/latest/collections/ansible/builtin/sudo_become.html, and su_become.html
 */
export function becomeOf({ settings, text, given, flag, bad }: VarReader): Become | undefined {
  if ((flag("ansible_become") ?? settings.become) !== true) return undefined;
  const named = text("ansible_become_method") ?? settings.becomeMethod ?? "sudo";
  const method = named.replace(/^ansible\.(?:builtin|legacy)\./, "");
  if (method !== "sudo" && method !== "su") throw bad("ansible_become_method", named, "use sudo or su");
  const { user, exe, flags, password } = settings.becomeBy?.[method] ?? {};
  const secret =
    given(`ansible_${method}_pass`, "ansible_become_pass", "ansible_become_password") ??
    settings.becomePassword ??
    password;
  return {
    method,
    user: text(`ansible_${method}_user`, "ansible_become_user") ?? settings.becomeUser ?? user ?? "root",
    password: passwordFrom(secret, bad),
    flags: given(`ansible_${method}_flags`, "ansible_become_flags") ?? flags,
    exe: text(`ansible_${method}_exe`, "ansible_become_exe") ?? (exe || undefined),
  };
}

/** Vaulted from a file, a password has a line's end; what stands after one would go to the command. */
function passwordFrom(text: string | undefined, bad: VarReader["bad"]): string | undefined {
  const password = text?.replace(/[\r\n]+$/, "");
  if (password !== undefined && /[\r\n\0]/.test(password))
    throw bad("ansible_become_password", undefined, "a password is one line");
  return password === "" ? undefined : password;
}
