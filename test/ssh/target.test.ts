import { describe, expect, test } from "bun:test";
import type { OpsError } from "../../lib/errors.ts";
import type { Host, Inventory, Value, Vars } from "../../lib/inventory/types.ts";
import { targetOf } from "../../lib/ssh/target.ts";

function target(vars: Vars, name = "web1") {
  const host: Host = { name, groups: ["web"], vars };
  const inventory: Inventory = {
    sources: ["inventories/prod"],
    hosts: new Map([[name, host]]),
    groups: new Map(),
    warnings: [],
    match: () => [host],
    value: (_, key): Value | undefined => vars[key],
    origin: (_, key) => (key in vars ? "group_vars/web.yml" : undefined),
  };
  return targetOf(inventory, host);
}

function refusal(vars: Vars): OpsError {
  try {
    target(vars);
  } catch (error) {
    return error as OpsError;
  }
  throw new Error("it was accepted");
}

describe("how to reach a host", () => {
  const plain = { name: "web1", via: "ssh", address: "web1", port: 22, hostKeyChecking: "yes" } as const;
  const cases: [what: string, vars: Vars, expected: object][] = [
    ["nothing said", {}, { ...plain, unset: ["port", "hostKeyChecking"] }],
    [
      "the usual vars",
      {
        ansible_host: "10.0.0.1",
        ansible_port: 2222,
        ansible_user: "deploy",
        ansible_ssh_private_key_file: "~/k",
      },
      { address: "10.0.0.1", port: 2222, user: "deploy", privateKeyFile: "~/k", unset: ["hostKeyChecking"] },
    ],
    ["a port as text", { ansible_port: "2222" }, { port: 2222 }],
    [
      "older names, which Ansible prefers",
      {
        ansible_host: "a",
        ansible_ssh_host: "b",
        ansible_port: 1,
        ansible_ssh_port: 2,
        ansible_ssh_user: "u",
      },
      { address: "b", port: 2, user: "u" },
    ],
    ["a password", { ansible_ssh_pass: "secret" }, { password: "secret" }],
    ["a number as a user", { ansible_user: 1001 }, { user: "1001" }],
    ["paramiko", { ansible_connection: "paramiko_ssh" }, { via: "ssh" }],
    ["this machine", { ansible_connection: "local" }, { via: "local", address: "127.0.0.1" }],
    ["its full name", { ansible_connection: "ansible.builtin.local" }, { via: "local" }],
    ["no checking", { ansible_host_key_checking: false }, { hostKeyChecking: "no" }],
    ["no checking, in words", { ansible_ssh_host_key_checking: "no" }, { hostKeyChecking: "no" }],
    ["checking on purpose", { ansible_host_key_checking: true }, { hostKeyChecking: "yes", unset: ["port"] }],
    ["sudo", { ansible_become: true }, { become: { method: "sudo", user: "root" } }],
    [
      "sudo to somebody",
      { ansible_become: "yes", ansible_become_user: "deploy" },
      { become: { method: "sudo", user: "deploy" } },
    ],
    [
      "no sudo",
      { ansible_become: false, ansible_become_user: "x", ansible_become_password: "y" },
      { become: undefined },
    ],
    [
      "su, with all there is",
      {
        ansible_become: true,
        ansible_become_method: "ansible.builtin.su",
        ansible_become_password: "secret",
        ansible_become_flags: "-s /bin/sh",
        ansible_become_exe: "/opt/su",
      },
      { become: { method: "su", user: "root", password: "secret", flags: "-s /bin/sh", exe: "/opt/su" } },
    ],
    [
      "the names of the method win, and only those",
      {
        ansible_become: true,
        ansible_become_user: "a",
        ansible_sudo_user: "b",
        ansible_su_user: "c",
        ansible_become_password: "d",
        ansible_become_pass: "e",
        ansible_sudo_pass: "f",
        ansible_su_pass: "g",
        ansible_become_flags: "-h",
        ansible_sudo_flags: "",
      },
      { become: { method: "sudo", user: "b", password: "f", flags: "" } },
    ],
    [
      "a password vaulted with the end of its line",
      { ansible_become: true, ansible_become_password: "secret\n" },
      { become: { password: "secret" } },
    ],
    [
      "a password that is a number",
      { ansible_become: true, ansible_become_pass: 1234 },
      { become: { password: "1234" } },
    ],
    ["an empty one", { ansible_become: true, ansible_become_pass: "" }, { become: { password: undefined } }],
    [
      "arguments",
      {
        ansible_ssh_common_args:
          "-o StrictHostKeyChecking=accept-new -o 'UserKnownHostsFile=\"/a b\"' -J u@j:23,k -qC -p2222",
      },
      {
        hostKeyChecking: "accept-new",
        knownHostsFiles: ["/a b"],
        jumps: ["u@j:23", "k"],
        port: 2222,
        unset: [],
      },
    ],
    [
      "Ansible's own arguments and two known_hosts files",
      { ansible_ssh_args: "-C -o ControlMaster=auto -o ControlPersist=60s -o 'UserKnownHostsFile /a /b'" },
      { knownHostsFiles: ["/a", "/b"] },
    ],
    [
      "signs of life",
      { ansible_ssh_common_args: "-o ServerAliveInterval=30 -o ServerAliveCountMax=2" },
      { keepalive: { seconds: 30, count: 2 } },
    ],
    [
      "what comes first on ssh's command line wins",
      {
        ansible_ssh_args: "-l first",
        ansible_user: "second",
        ansible_ssh_common_args: "-o User=third -o Port=1 -i /one",
        ansible_ssh_extra_args: "-o Port=2 -i /two -o ProxyJump=none",
      },
      { user: "first", port: 1, privateKeyFile: "/one", jumps: [] },
    ],
  ];
  const system: typeof cases = [
    [
      "ProxyCommand",
      {
        ansible_ssh_common_args: "-o ProxyCommand='ssh -W %h:%p b'",
        ansible_ssh_args: "-C -o 'ControlMaster auto'",
      },
      {
        needs: "ansible_ssh_common_args has ProxyCommand",
        sshArguments: {
          before: ["-C", "-o", "ControlMaster auto"],
          after: ["-o", "ProxyCommand=ssh -W %h:%p b"],
        },
      },
    ],
    ["no ProxyCommand", { ansible_ssh_common_args: "-o ProxyCommand=none" }, { needs: undefined }],
    [
      "an option ssh2 doesn't have",
      { ansible_ssh_extra_args: "-o Tunnel=yes" },
      { needs: "ansible_ssh_extra_args has the option Tunnel" },
    ],
    [
      "a flag with a value",
      { ansible_ssh_args: "-b 10.0.0.1 -p 23" },
      { needs: "ansible_ssh_args has the flag -b", port: 23 },
    ],
    ["Kerberos", { ansible_ssh_args: "-K" }, { needs: "ansible_ssh_args has the flag -K" }],
    [
      "Kerberos in words",
      { ansible_ssh_args: "-o GSSAPIAuthentication=yes" },
      { needs: "ansible_ssh_args has GSSAPIAuthentication" },
    ],
    ["no Kerberos", { ansible_ssh_args: "-k -o GSSAPIAuthentication=no" }, { needs: undefined }],
    [
      "another program",
      { ansible_ssh_executable: "/opt/bin/ssh" },
      { needs: "ansible_ssh_executable is /opt/bin/ssh", sshProgram: "/opt/bin/ssh" },
    ],
    ["the usual program", { ansible_ssh_executable: "ssh" }, { needs: undefined }],
  ];
  for (const [what, vars, expected] of [...cases, ...system]) {
    test(what, () => expect(target(vars)).toMatchObject(expected));
  }

  test("a host called localhost is like any other", () => {
    expect(target({}, "localhost")).toMatchObject({ via: "ssh", address: "localhost" });
  });
});

describe("what can't be", () => {
  const cases: [vars: Vars, message: RegExp][] = [
    [{ ansible_connection: "docker" }, /web1: ansible_connection \(group_vars\/web.yml\) can't be "docker"/],
    [{ ansible_port: "ssh" }, /ansible_port: not a port: "ssh"/],
    [{ ansible_port: 0 }, /not a port/],
    [{ ansible_host: ["a"] }, /ansible_host .* can't be \["a"\]/],
    [{ ansible_become: "perhaps" }, /ansible_become .* can't be "perhaps"/],
    [{ ansible_become: true, ansible_become_pass: '"x"\nrm' }, /ansible_become_password can't be what it is/],
    [{ ansible_become: true, ansible_become_method: "doas" }, /ansible_become_method .* can't be "doas"/],
    [
      { ansible_become: true, ansible_become_password: ["x"] },
      /ansible_become_password \(group_vars\/web.yml\) can't be what it is/,
    ],
    [{ ansible_ssh_extra_args: "-o" }, /-o without a value/],
    [{ ansible_ssh_extra_args: "host" }, /the argument "host"/],
    [{ ansible_ssh_extra_args: "-Z" }, /the flag -Z/],
    [{ ansible_ssh_args: "-o StrictHostKeyChecking=maybe" }, /StrictHostKeyChecking=maybe/],
  ];
  for (const [vars, message] of cases) {
    test(JSON.stringify(vars), () => {
      const error = refusal(vars);
      expect(error).toMatchObject({ code: "setting", host: "web1" });
      expect(error.message).toMatch(message);
      // Whatever the trouble, a password is not for messages.
      expect(error.message).not.toContain('"x"');
    });
  }
});
