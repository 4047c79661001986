// As whom, and by which passwords: flags of every script with hosts, named as those of ansible-playbook.
import type { Flag } from "./options.ts";

export const PASSWORD_FLAGS = {
  become: { type: "switch", short: "b", help: "run as another user (does not ask for a password)" },
  becomeMethod: { type: "text", value: "METHOD", help: "how: sudo or su (sudo)" },
  becomeUser: { type: "text", value: "USER", help: "who that is (root)" },
  askBecomePass: {
    type: "switch",
    short: "K",
    notWith: "becomePasswordFile",
    help: "ask for the password of sudo or su",
  },
  becomePasswordFile: {
    type: "text",
    alias: "become-pass-file",
    value: "FILE",
    help: "file that holds it, or a program that prints it; - is stdin",
  },
  askPass: {
    type: "switch",
    short: "k",
    notWith: "connectionPasswordFile",
    help: "ask for the SSH password",
  },
  connectionPasswordFile: {
    type: "text",
    alias: "conn-pass-file",
    value: "FILE",
    help: "file that holds it, or a program that prints it",
  },
} as const satisfies Record<string, Flag>;
