// Where inventories come from: names, programs, plugins, vaults; and what is said when one can't be read.
import { expect, test } from "bun:test";
import { join } from "node:path";
import { OpsError } from "../../lib/errors.ts";
import { findInventory, type LoadOptions, loadInventory } from "../../lib/inventory/load.ts";
import { listJson } from "../../lib/inventory/print.ts";
import { ANSIBLE_TIMEOUT_MS, ansibleInventory, ansiblePython, folderOf, run } from "./ansible.ts";

/** The OpsError of `promise`: message with the folder's path as X, and hint. */
async function refusal(promise: Promise<unknown>, folder = "\0"): Promise<string> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof OpsError)
      return `${error.code}: ${error.message} → ${error.hint ?? ""}`.replaceAll(folder, "X");
    throw error;
  }
  return "no error";
}

test("a name stands for a file or folder in inventories/, a path for itself", async () => {
  await using folder = await folderOf({
    "inventories/prod.yml": "",
    "inventories/stage/hosts": "",
    "inventories/lab.ini": "",
    "inventories/group_vars/all.yml": "",
    "elsewhere/hosts": "",
  });
  const at = { folder: join(folder.path, "inventories") };
  const found = async (name: string) => (await findInventory(name, at)).replace(folder.path, "X");
  expect(await found("prod")).toBe("X/inventories/prod.yml");
  expect(await found("prod.yml")).toBe("X/inventories/prod.yml");
  expect(await found("stage")).toBe("X/inventories/stage");
  expect(await found("lab")).toBe("X/inventories/lab.ini");
  expect(await found(join(folder.path, "elsewhere"))).toBe("X/elsewhere");
  expect(await found("web1,web2")).toBe("web1,web2");
  expect(await refusal(findInventory("prd", at), folder.path)).toBe(
    "inventory: there is no inventory 'prd' in X/inventories/ → there are lab, prod, stage; did you mean prod?",
  );
  expect(await refusal(findInventory("x", { folder: join(folder.path, "none") }), folder.path)).toContain(
    "put one at X/none/x.yml",
  );
});

const BROKEN: readonly [name: string, text: string, message: RegExp, hint?: RegExp][] = [
  [
    "hosts",
    "[web]\nweb1\nweb2 a b=1\n",
    /^inventory: X\/hosts:3: expected name=value, not 'a'\n {4}web2 a b=1 →/,
  ],
  ["hosts", "web1 x='y\n", /^inventory: X\/hosts:1: No closing quotation\n {4}web1 x='y/],
  ["hosts", "[web\nweb1\n", /X\/hosts:1: this section is never closed/],
  ["hosts", "[web:kids]\nx\n", /X\/hosts:1: section \[web:kids\] is neither :children nor :vars/],
  ["hosts", "[web node]\n", /X\/hosts:1: invalid section/],
  [
    "hosts",
    "[site:children]\nweb\n",
    /X\/hosts:2: \[site:children\] names a group that is nowhere defined: web/,
    /add a section \[web\]/,
  ],
  ["hosts", "[web:vars]\na=1\n", /X\/hosts:1: \[web:vars\] is for a group that is nowhere defined: web/],
  [
    "hosts",
    "[a:children]\nb\n[b:children]\na\n",
    /X\/hosts:4: adding group 'a' as child to 'b' makes a loop/,
  ],
  ["hosts", "web1 ansible_password='a b' x=1 oops\n", /\n {4}web1 ansible_password=… x=1 oops →/],
  ["hosts", "web[1:]\n", /X\/hosts:1: host range must specify end value/],
  ["hosts.ini", "web1:\n", /X\/hosts.ini:1: 'web1:' ends in ':'/],
  ["hosts.yml", "web:\n  hosts:\n    web1: {a: 1\n    web2:\n", /X\/hosts\.yml:\d: .*\n {4}/],
  ["hosts.yml", "all:\n  vars:\n    a: {{ b }}\n", /X\/hosts\.yml:3: .*\n {4}a: \{\{ b \}\}/, /in quotes/],
  [
    "hosts.yml",
    "all:\n  hosts: [web1, web2]\n",
    /X\/hosts\.yml:2: hosts of group 'all' must be a mapping, not a list/,
  ],
  [
    "hosts.yml",
    "all:\n  hosts:\n    10:\n",
    /X\/hosts\.yml:3: the name of a host must be a string: write "10" in quotes/,
  ],
  ["hosts.yml", "- a\n- b\n", /X\/hosts\.yml: a YAML inventory is a mapping of groups, this is a list/],
];

test.each(BROKEN)("%s that can't be read: %j", async (name, text, message, hint = /^/) => {
  await using folder = await folderOf({ [name]: text });
  const told = await refusal(loadInventory([join(folder.path, name)]), folder.path);
  expect(told).toMatch(message);
  expect(told.split(" → ")[1] ?? "").toMatch(hint);
});

test("a folder goes on without a file that is no inventory, and says so; a missing source ends it", async () => {
  await using folder = await folderOf({
    "inv/hosts": "web1\n",
    "inv/notes": "just some words\n",
    "inv/group_vars/all.yml": "- a\n",
  });
  const loaded = await loadInventory([join(folder.path, "inv")]);
  expect(loaded.warnings.join()).toContain("inv/notes:1: expected name=value, not 'some'");
  const [web1] = loaded.match("web1");
  expect(() => web1?.vars).toThrow("group_vars/all.yml: a vars file is a mapping of names to values");
  expect(await refusal(loadInventory([join(folder.path, "nope")]), folder.path)).toBe(
    "inventory: the inventory X/nope can't be read: there is no such file or folder → ",
  );
});

test(
  "vault: whole files, single values, ids, password programs",
  async () => {
    await using folder = await folderOf({
      hosts: "[web]\nweb1\nweb2\n",
      "group_vars/db.yml": "unused: 1\n",
      pass: "s3cret\n",
      wrong: "other\n",
      "pass.sh*": "#!/bin/sh\necho s3cret\n",
      "whole.yml": "token: abc\nplain: '{{ secret }}-{{ token }}'\n",
    });
    const inFolder = (command: string[], stdin?: string) =>
      run(command, { cwd: folder.path, ...(stdin === undefined ? {} : { stdin }) });
    const [value, whole] = await Promise.all([
      inFolder(
        [
          "ansible-vault",
          "encrypt_string",
          "--encrypt-vault-id",
          "prod",
          "--vault-id",
          "prod@pass",
          "--stdin-name",
          "secret",
        ],
        "žluť {{ no }}",
      ),
      inFolder([
        "ansible-vault",
        "encrypt",
        "--vault-password-file",
        "pass",
        "whole.yml",
        "--output",
        "group_vars/web.yml",
      ]),
    ]);
    expect([value.code, whole.code]).toEqual([0, 0]);
    await Bun.write(join(folder.path, "host_vars/web1.yml"), value.stdout);
    const load = (options: LoadOptions) => loadInventory([join(folder.path, "hosts")], options);

    for (const file of ["pass", "pass.sh"]) {
      const inventory = await load({ vaultPasswordFile: join(folder.path, file) });
      const [web1] = inventory.match("web1");
      if (web1 === undefined) throw new Error("no host");
      expect(inventory.value(web1, "secret")).toBe("žluť {{ no }}");
      expect(inventory.value(web1, "plain")).toBe("žluť {{ no }}-abc");
      expect(listJson(inventory)).toBe(
        await ansibleInventory(["-i", "hosts", "--vault-password-file", "pass", "--list"], folder.path),
      );
    }
    const problem = async (options: LoadOptions) => {
      const inventory = await load(options);
      const [web1] = inventory.match("web1");
      return refusal((async () => web1 && inventory.value(web1, "secret"))(), folder.path);
    };
    expect(await problem({})).toBe(
      "inventory: X/group_vars/web.yml is encrypted with Ansible Vault (vault id 'default'), and no password was given → give --vault-password-file FILE, or set ANSIBLE_VAULT_PASSWORD_FILE",
    );
    expect(await problem({ vaultPasswordFile: join(folder.path, "wrong") })).toStartWith(
      "inventory: X/group_vars/web.yml: the vault password in X/wrong does not open it (vault id 'default')",
    );
    await Bun.write(join(folder.path, "group_vars/web.yml"), "plain: 1\n");
    expect(await problem({ vaultPasswordFile: join(folder.path, "wrong") })).toStartWith(
      "inventory: secret of web1 (X/host_vars/web1.yml): the vault password in X/wrong does not open it (vault id 'prod')",
    );
    const undemanding = await load({});
    expect(undemanding.match("web").map((host) => undemanding.value(host, "plain"))).toEqual([1, 1]); // no password needed for it
    expect(await refusal(load({ vaultPasswordFile: join(folder.path, "nope") }), folder.path)).toStartWith(
      "inventory: the vault password file X/nope can't be read",
    );
  },
  ANSIBLE_TIMEOUT_MS,
);

test("scripts that fail or print nonsense say so", async () => {
  await using folder = await folderOf({
    "fails*": "#!/bin/sh\necho 'no credentials' >&2\nexit 3\n",
    "prints*": "#!/bin/sh\necho hello\n",
    "wrong*": '#!/bin/sh\necho \'{"web": {"hosts": "web1"}}\'\n',
  });
  const told = (name: string) => refusal(loadInventory([join(folder.path, name)]), folder.path);
  expect(await told("fails")).toBe("inventory: X/fails --list failed with 3: no credentials → ");
  expect(await told("prints")).toContain("X/prints --list printed no JSON");
  expect(await told("wrong")).toContain("X/wrong: hosts of group 'web' must be a list, not the text 'web1'");
});

test(
  "plugin configurations are read through ansible-inventory, after the sources before them",
  async () => {
    await using folder = await folderOf({
      "inv/01-hosts": "web1 role=front\nweb2 role=back\n",
      "inv/02-constructed.yml":
        "plugin: constructed\nstrict: true\ngroups:\n  fronts: role == 'front'\ncompose:\n  shout: role | upper\nkeyed_groups:\n  - key: role\n    prefix: is\n",
      "inv/group_vars/fronts.yml": "seen: true\n",
    });
    const inventory = await loadInventory([join(folder.path, "inv")]);
    expect(
      inventory
        .match("fronts:is_back")
        .map((host) => [
          host.name,
          host.groups,
          inventory.value(host, "shout"),
          inventory.value(host, "seen"),
        ]),
    ).toEqual([
      ["web1", ["fronts", "is_front"], "FRONT", true],
      ["web2", ["is_back"], "BACK", undefined],
    ]);
    expect(JSON.parse(listJson(inventory))).toEqual(
      JSON.parse(await ansibleInventory(["-i", "inv", "--list"], folder.path)),
    );
  },
  ANSIBLE_TIMEOUT_MS,
);

test("localhost needs no entry", async () => {
  const inventory = await loadInventory(["web1,"], { extraVars: { x: 1 } });
  const [host] = inventory.match("localhost");
  const ansible_python_interpreter = await ansiblePython();
  expect(host?.vars).toEqual({ ansible_connection: "local", ansible_python_interpreter, x: 1 });
  expect(host && inventory.value(host, "inventory_hostname")).toBe("localhost");
});

test("ten thousand hosts load, match and render in under a second of CPU", async () => {
  const lines = Array.from(
    { length: 10_000 },
    (_each, index) => `w${index}.example.net ansible_host=10.0.${index >> 8}.${index & 255} n=${index}`,
  );
  await using folder = await folderOf({
    hosts: `[web]\n${lines.join("\n")}\n[eu]\nw[0:9999:2].example.net\n[site:children]\nweb\n[all:vars]\na=1\n`,
    "group_vars/all.yml": 'rookery_deploy_to: "/srv/{{ app }}"\napp: shop\n',
    "group_vars/web.yml": 'where: "{{ ansible_host }}:{{ n }}"\n',
  });
  const before = process.cpuUsage();
  const inventory = await loadInventory([folder.path]);
  const hosts = inventory.match("site:!eu");
  const values = hosts.map((host) => [
    inventory.value(host, "rookery_deploy_to"),
    inventory.value(host, "where"),
  ]);
  const { user, system } = process.cpuUsage(before);
  expect(hosts.length).toBe(5000);
  expect(values[1]).toEqual(["/srv/shop", "10.0.0.3:3"]);
  expect((user + system) / 1e6).toBeLessThan(1);
});
