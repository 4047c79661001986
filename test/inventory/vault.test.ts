// Vault where a person is asked for the password, and secrets inside templates, beside Ansible's own.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { join } from "node:path";
import { OpsError } from "../../lib/errors.ts";
import { loadInventory } from "../../lib/inventory/load.ts";
import { ANSIBLE_TIMEOUT_MS, environment, type Folder, folderOf, oracle, run } from "./ansible.ts";
import { encrypted } from "./cases/vault.ts";

const OURS = [process.execPath, join(import.meta.dir, "../../scripts/inventory.ts")];
const THEIRS = ["ansible-inventory"];
const DEADLINE_MS = 30_000;
const LIST = ["-i", "hosts", "--list"];

let folder: Folder;
beforeAll(async () => {
  folder = await folderOf({
    hosts: "[web]\nh1\n[db]\nh1\n",
    "group_vars/web.yml": encrypted("secret: from web\n", "s3cret-one", "dev"),
    "group_vars/db.yml": encrypted("other: from db\n", "pässwört two", "prod"),
    "one/hosts": "[web]\nh1\n",
    "one/group_vars/web.yml": encrypted("secret: from web\n", "s3cret-one"),
  });
});
afterAll(() => folder[Symbol.asyncDispose]());

/** What is typed when the screen shows a question. */
type Answers = readonly (readonly [question: string, typed: string])[];

interface Session {
  /** All that was on the screen. */
  readonly screen: string;
  readonly code: number;
}

/** Runs a command on a terminal of its own, as a person would. */
async function onTerminal(command: readonly string[], answers: Answers): Promise<Session> {
  let screen = "";
  let asked = 0;
  let from = 0;
  const child = Bun.spawn([...command], {
    cwd: folder.path,
    env: { ...environment(), TERM: "xterm" },
    terminal: {
      cols: 200,
      rows: 50,
      data(terminal, bytes) {
        screen += new TextDecoder().decode(bytes);
        const [question, typed] = answers[asked] ?? [];
        const at = question === undefined ? -1 : screen.indexOf(question, from);
        if (at === -1 || question === undefined || typed === undefined) return;
        asked++;
        from = at + question.length;
        terminal.write(typed);
      },
    },
  });
  const late = setTimeout(() => child.kill(), DEADLINE_MS);
  const code = await child.exited;
  clearTimeout(late);
  child.terminal?.close();
  if (asked < answers.length)
    throw new Error(`'${answers[asked]?.[0]}' was not asked; the screen:\n${screen}`);
  return { screen, code };
}

/** The JSON on the screen. */
function printed({ screen }: Session): unknown {
  return JSON.parse(screen.slice(screen.indexOf("{\r\n"), screen.lastIndexOf("}") + 1));
}

const ONE = ["-i", "one/hosts", "--list", "--ask-vault-pass"];
const TWO = [...LIST, "--vault-id", "dev@prompt", "--vault-id", "prod@prompt"];
const RIGHT: readonly (readonly [name: string, args: readonly string[], answers: Answers])[] = [
  ["--ask-vault-pass", ONE, [["Vault password: ", "s3cret-one\n"]]],
  ["the Enter key", ONE, [["Vault password: ", "s3cret-one\r"]]],
  ["mistyped and put right", ONE, [["Vault password: ", "s3crex\x7ft-onf\x7fe\n"]]],
  ["begun again", ONE, [["Vault password: ", "nonsense\x15s3cret-one\n"]]],
  [
    "two ids, one after the other",
    TWO,
    [
      ["Vault password (dev): ", "s3cret-one\n"],
      ["Vault password (prod): ", "pässwört two\n"],
    ],
  ],
];

describe("at a terminal", () => {
  test.each(RIGHT)(
    "%s: the same questions, the same answer, no echo",
    async (_name, args, answers) => {
      const [ours, theirs] = await Promise.all([
        onTerminal([...OURS, ...args], answers),
        onTerminal([...THEIRS, ...args], answers),
      ]);
      expect(ours.code).toBe(0);
      expect(printed(ours)).toEqual(printed(theirs));
      for (const word of ["s3c", "ret-one", "pässw", "two", "nonsense"])
        expect(ours.screen).not.toContain(word);
    },
    ANSIBLE_TIMEOUT_MS,
  );

  test(
    "a wrong password names file and id, and ends as Ansible does",
    async () => {
      const answers: Answers = [["Vault password: ", "wr0ng\n"]];
      const [ours, theirs] = await Promise.all([
        onTerminal([...OURS, ...ONE], answers),
        onTerminal([...THEIRS, ...ONE], answers),
      ]);
      expect(ours.code).toBe(theirs.code);
      expect(ours.screen).toContain(
        "one/group_vars/web.yml: the vault password in the prompt does not open it",
      );
      expect(ours.screen).toContain("(vault id 'default')");
      expect(ours.screen).not.toContain("wr0ng");
    },
    ANSIBLE_TIMEOUT_MS,
  );

  test("a password for another id is named by its id", async () => {
    const { screen, code } = await onTerminal(
      [...OURS, ...LIST, "--vault-id", "dev@prompt"],
      [["Vault password (dev): ", "s3cret-one\n"]],
    );
    expect(code).not.toBe(0);
    expect(screen).toContain(
      "group_vars/db.yml: the vault password in the prompt does not open it (vault id 'prod')",
    );
  });

  test("an empty password and no password are refused", async () => {
    const empty = await onTerminal([...OURS, ...ONE], [["Vault password: ", "\n"]]);
    expect(empty.screen).toContain("the vault password given for 'default' is empty");
    const none = await onTerminal([...OURS, ...ONE], [["Vault password: ", "\x04"]]);
    expect(none.screen).toContain("the input ended where a password was asked for");
    expect([empty.code, none.code]).not.toContain(0);
  });

  test("Ctrl+C at the question ends it, and the terminal echoes again", async () => {
    const shell = `"$@"; echo "code $?"; stty -a | grep -o -- '-\\?echo ' `;
    const { screen } = await onTerminal(
      ["/bin/sh", "-c", shell, "sh", ...OURS, ...ONE],
      [["Vault password: ", "s3c\x03"]],
    );
    expect(screen).toContain("code 130");
    expect(screen).not.toContain("s3c");
    expect(screen).toMatch(/\necho /);
  });
});

test("without a terminal the password is the next line of stdin", async () => {
  const { stdout, stderr, code } = await run(["setsid", "--wait", ...OURS, ...TWO], {
    cwd: folder.path,
    stdin: "s3cret-one\npässwört two\n",
  });
  expect(code).toBe(0);
  expect(JSON.parse(stdout)._meta.hostvars.h1).toEqual({ other: "from db", secret: "from web" });
  expect(stderr).not.toContain("s3cret");
});

const indented = (text: string) => text.trimEnd().replace(/^/gm, "  ");
const TEMPLATES = [
  "{{ secret }}",
  "user:{{ secret }}@db",
  "{{ secret | length }}",
  "{{ secret | upper }}",
  "{{ secret == 'hunter2' }}",
  "{{ [secret] }}",
  "{{ secret | b64encode }}",
  "{{ secret | default('none') }}",
  "{{ secret is defined }}",
  "{{ listed }}",
  "{{ listed | length }}",
  "{{ nested.key }}",
  "{{ nested | to_json }}",
  "{{ nested }}",
  "{{ templated }}",
  "{{ secret ~ app }}",
];

test(
  "secrets inside templates are what they are to Ansible, opened when they are used",
  async () => {
    await using small = await folderOf({
      hosts: "[web]\nh1\n",
      "group_vars/web.yml": [
        "app: shop",
        `secret: !vault |\n${indented(encrypted("hunter2", "s3cret-one"))}`,
        `listed: !vault |\n${indented(encrypted("[1, 2]", "s3cret-one"))}`,
        `templated: !vault |\n${indented(encrypted("{{ app }}", "s3cret-one"))}`,
        `nested:\n  key: !vault |\n${indented(indented(encrypted("deep", "s3cret-one")))}`,
        `foreign: !vault |\n${indented(encrypted("x", "another", "prod"))}`,
        'url: "https://{{ foreign }}@{{ app }}"',
        "",
      ].join("\n"),
      pass: "s3cret-one\n",
    });
    const sources = [join(small.path, "hosts")];
    const extraVars = Object.fromEntries(TEMPLATES.map((text, index) => [`case_${index}`, text]));
    const loaded = await loadInventory(sources, { vaultPasswordFile: join(small.path, "pass"), extraVars });
    const question = { ask: "values", sources, host: "h1", extra: {}, vault: "s3cret-one" };
    const [answers = []] = await oracle({ ...question, cases: TEMPLATES });
    const [host] = loaded.match("h1");
    if (host === undefined) throw new Error("no host");
    const ours = TEMPLATES.map((text, index) => [text, loaded.value(host, `case_${index}`)]);
    expect(ours as unknown).toEqual(
      TEMPLATES.map((text, index) => [text, answers[index]?.value ?? answers[index]?.error]),
    );

    const told = (name: string, inventory = loaded) => {
      try {
        return inventory.value(host, name);
      } catch (error) {
        if (error instanceof OpsError) return error.message.replaceAll(small.path, "X");
        throw error;
      }
    };
    const pass = join(small.path, "pass").replace(small.path, "X");
    expect(told("app")).toBe("shop");
    expect(told("foreign")).toBe(
      `foreign of h1 (X/group_vars/web.yml): the vault password in ${pass} does not open it (vault id 'prod')`,
    );
    expect(told("url")).toContain("foreign of h1 (X/group_vars/web.yml)");
    const locked = await loadInventory(sources);
    expect(told("app", locked)).toBe("shop");
    expect(told("secret", locked)).toBe(
      "secret of h1 (X/group_vars/web.yml) is encrypted with Ansible Vault (vault id 'default'), and no password was given",
    );
  },
  ANSIBLE_TIMEOUT_MS,
);

test(
  "what ansible-vault encrypts is read",
  async () => {
    await using small = await folderOf({
      hosts: "[web]\nh1\n",
      pass: "s3cret-one\n",
      "group_vars/web.yml": "whole: file ö\n",
    });
    const vault = async (...args: string[]) => {
      const { stdout, stderr, code } = await run(["ansible-vault", ...args], { cwd: small.path });
      if (code !== 0) throw new Error(stderr);
      return stdout;
    };
    await vault("encrypt", "--vault-id", "dev@pass", "group_vars/web.yml");
    const string = await vault("encrypt_string", "--vault-id", "dev@pass", "--name", "text", "one\ntwo ü");
    await Bun.write(join(small.path, "host_vars/h1.yml"), string);
    const loaded = await loadInventory([join(small.path, "hosts")], {
      vault: { ids: [`dev@${join(small.path, "pass")}`] },
    });
    const [host] = loaded.match("h1");
    expect(host && [loaded.value(host, "whole"), loaded.value(host, "text")]).toEqual([
      "file ö",
      "one\ntwo ü",
    ]);
  },
  ANSIBLE_TIMEOUT_MS,
);

test("errors in encrypted files say where, and show nothing of what was encrypted", async () => {
  await using broken = await folderOf({
    "hosts.yml": "web:\n  hosts:\n    h1:\n",
    "host_vars/h1.yml": encrypted("a: [hunter2\nb: hunter3\n", "one"),
    "bad.ini": encrypted("[web]\nh1 a=1 hunter2\n", "one"),
    "bad.yml": encrypted("web:\n  hosts:\n    h1: hunter2\n", "one"),
    "bad.toml": encrypted("web = hunter2\n", "one"),
    "extra.yml": encrypted("when: 2020-02-30\n", "one"),
    pass: "one\n",
  });
  const told = async (...args: readonly string[]) => {
    const [program = "", script = ""] = OURS;
    const all = [program, script, ...args, "--list", "--vault-id", "pass"];
    const { stderr, code } = await run(all, { cwd: broken.path });
    expect(stderr).not.toMatch(/hunter|02-30/);
    return [code, stderr.split("\n", 1)[0]];
  };
  expect(await told("-i", "hosts.yml")).toEqual([4, "host_vars/h1.yml:2: expected ',' or ']', not ':'"]);
  const passed = "warning: not read as inventory: ";
  expect(await told("-i", "bad.ini")).toEqual([0, `${passed}bad.ini:2: expected name=value, not '…'`]);
  expect(await told("-i", "bad.yml")).toEqual([
    0,
    `${passed}bad.yml:3: vars of host 'h1' must be a mapping, not the text '…'`,
  ]);
  expect(await told("-i", "bad.toml")).toEqual([0, expect.stringContaining("bad.toml:1: ")]);
  expect(await told("-i", "h1,", "-e", "@extra.yml")).toEqual([
    4,
    "-e @extra.yml:1: a date or time that there isn't: put it in quotes",
  ]);
  expect(await told("-i", "h1,", "-e", "db_password='hunter2")).toEqual([
    4,
    "-e 'db_password=…': a quote or {{ }} is not closed",
  ]);
});
