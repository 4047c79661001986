// What ansible.cfg and ANSIBLE_* say about passwords, and about becoming another user.
import type { ConfigValues } from "./config-values.ts";
import type { BecomeDefaults } from "./types.ts";

/** Which passwords to ask for, or which files hold them. */
export interface PasswordSources {
  readonly askPass: boolean;
  readonly askBecomePass: boolean;
  readonly connectionPasswordFile: string | undefined;
  readonly becomePasswordFile: string | undefined;
}

/** Of one method; its own section and variables win over those of all methods. */
export function becomeDefaults({ text }: ConfigValues, method: "sudo" | "su"): BecomeDefaults {
  const own = `${method}_become_plugin`;
  const upper = method.toUpperCase();
  const names = (name: string) => ["BECOME", upper].map((each) => `ANSIBLE_${each}_${name}`);
  return {
    user: text(names("USER"), "privilege_escalation.become_user", `${own}.user`),
    exe: text(names("EXE"), "privilege_escalation.become_exe", `${own}.executable`),
    flags: text(names("FLAGS"), "privilege_escalation.become_flags", `${own}.flags`),
    password: text(names("PASS"), `${own}.password`),
  };
}

/** Of the settings; flags come before them. */
export function passwordSources(read: ConfigValues): PasswordSources {
  return {
    askPass: read.flag("ANSIBLE_ASK_PASS", "defaults.ask_pass") ?? false,
    askBecomePass: read.flag("ANSIBLE_BECOME_ASK_PASS", "privilege_escalation.become_ask_pass") ?? false,
    connectionPasswordFile: read.path(
      "ANSIBLE_CONNECTION_PASSWORD_FILE",
      "defaults.connection_password_file",
    ),
    becomePasswordFile: read.path("ANSIBLE_BECOME_PASSWORD_FILE", "defaults.become_password_file"),
  };
}
