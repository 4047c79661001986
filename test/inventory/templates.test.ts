// Jinja in values, against Ansible's own templating, and what operators are told when it goes wrong.
import { afterAll, beforeAll, expect, test } from "bun:test";
import { join } from "node:path";
import fc from "fast-check";
import { OpsError } from "../../lib/errors.ts";
import { loadInventory } from "../../lib/inventory/load.ts";
import type { Inventory, Value } from "../../lib/inventory/types.ts";
import {
  ANSIBLE_TIMEOUT_MS,
  environment,
  type Folder,
  folderOf,
  type OracleAnswer,
  oracle,
} from "./ansible.ts";
import { EXPRESSIONS, STATEMENTS, UNSUPPORTED, VARS } from "./cases/templates.ts";
import { expressions, templates } from "./random-templates.ts";

const RUNS = Number(process.env.RUNS ?? 800);
/** Fixed, so that a run tells of a change and not of luck; SEED tries another. */
const SEED = Number(process.env.SEED ?? 20_120_501);
const HOST = "web1.example.net";

let folder: Folder;
beforeAll(async () => {
  folder = await folderOf({ "hosts.yml": VARS, "note.txt": "from file\n" });
});
afterAll(() => folder[Symbol.asyncDispose]());

interface Difference {
  readonly text: string;
  readonly ours: unknown;
  readonly theirs: unknown;
}

/** Which of `texts`, as values of a var, we make something else of than Ansible does; shortest first. */
async function differing(texts: readonly string[]): Promise<readonly Difference[]> {
  const extra = { note: join(folder.path, "note.txt") };
  const sources = [join(folder.path, "hosts.yml")];
  const own = Object.fromEntries(texts.map((text, index) => [`case_${index}`, text]));
  const inventory = await loadInventory(sources, {
    environment: environment(),
    extraVars: { ...extra, ...own },
  });
  const [answers = []] = await oracle({ ask: "values", sources, host: HOST, cases: texts, extra });
  return texts
    .map((text, index) => ({
      text,
      ours: comparable(rendered(inventory, `case_${index}`)),
      theirs: comparable(theirs(answers[index], text)),
    }))
    .filter(({ ours, theirs }) => !Bun.deepEquals(ours, theirs))
    .sort((a, b) => a.text.length - b.text.length);
}

/** Ansible leaves a template unread that Python fails to compile, and prints a list's undefined items: we refuse both. */
function theirs(answer: OracleAnswer | undefined, text: string): unknown {
  const unread = answer?.value === text && /\{[{%]/.test(text);
  const undefinedItem = JSON.stringify(answer?.value ?? "").includes("AnsibleUndefined(");
  return answer?.error !== undefined || unread || undefinedItem ? "an error" : answer?.value;
}

function rendered(inventory: Inventory, name: string): Value | undefined {
  const host = inventory.hosts.get(HOST);
  if (host === undefined) throw new Error(`no host ${HOST}`);
  try {
    return inventory.value(host, name);
  } catch (error) {
    if (error instanceof OpsError && error.code === "setting") return "an error";
    throw error;
  }
}

/** Big integers and what JSON has no word for as Python's json and then ours would have it. */
function comparable(value: unknown): unknown {
  const text = JSON.stringify(value, (_key, item: unknown) =>
    typeof item === "bigint" ? Number(item) : item,
  );
  return text === undefined ? undefined : JSON.parse(text);
}

test(
  "each template has the value Ansible gives it",
  async () => {
    const texts = [...new Set([...EXPRESSIONS.map((text) => `{{ ${text} }}`), ...STATEMENTS])];
    expect(texts.length).toBeGreaterThan(1300);
    expect(await differing(texts)).toEqual([]);
  },
  ANSIBLE_TIMEOUT_MS,
);

test(
  "random expressions and templates have the values Ansible gives them",
  async () => {
    const texts = [
      ...fc.sample(expressions, { numRuns: RUNS, seed: SEED }).map((text) => `{{ ${text} }}`),
      ...fc.sample(templates, { numRuns: RUNS, seed: SEED }),
    ];
    const [first, ...others] = await differing([...new Set(texts)]);
    if (first !== undefined) console.log(`${others.length + 1} of ${texts.length} differ (seed ${SEED})`);
    expect(first).toBeUndefined();
  },
  ANSIBLE_TIMEOUT_MS,
);

test.each(UNSUPPORTED)("%s is refused: %s", async (text, message) => {
  const inventory = await loadInventory([join(folder.path, "hosts.yml")], {
    extraVars: { outer: "x{{ inner }}", inner: text },
  });
  const [host] = inventory.match(HOST);
  expect(() => host && inventory.value(host, "outer")).toThrow(
    `outer of ${HOST} (-e): ${message} (outer → inner)`,
  );
});

test("types survive", async () => {
  await using small = await folderOf({
    "hosts.yml": `
all:
  hosts:
    h1:
      list: [1, "{{ two }}", {a: "{{ text }}"}]
      two: 2
      text: t
      same: "{{ list }}"
      number: "{{ two }}"
      sum: "{{ two + 1 }}"
      truth: "{{ two == 2 }}"
      float: 1.0
      half: 0.5
      date: 2020-01-02
      left_out: "{{ nothing | default(omit) }}"
      with_omit: {a: 1, b: "{{ omit }}"}
      env: "{{ lookup('env', 'WHO') }}"
      file: "{{ lookup('file', path) }}"
`,
  });
  const loaded = await loadInventory([join(small.path, "hosts.yml")], {
    environment: { WHO: "me" },
    extraVars: { path: join(folder.path, "note.txt"), text: "extra" },
  });
  const [host] = loaded.match("h1");
  if (host === undefined) throw new Error("no host");
  const names = "list same number sum truth float half left_out with_omit env file nowhere".split(" ");
  expect(names.map((name) => loaded.value(host, name))).toEqual([
    [1, 2, { a: "extra" }],
    [1, 2, { a: "extra" }],
    2,
    "3", // text, as in Ansible without jinja2_native
    true,
    1,
    0.5,
    undefined,
    { a: 1 },
    "me",
    "from file",
    undefined,
  ]);
  expect(typeof loaded.value(host, "float")).toBe("number");
  expect(loaded.value(host, "date")).toBeInstanceOf(Date);
  expect(loaded.origin(host, "text")).toBe("-e");
  expect(loaded.origin(host, "two")).toBe(join(small.path, "hosts.yml"));
});

test("lookups start in the playbook's folder", async () => {
  await using small = await folderOf({
    hosts:
      'h1 where=\'{{ playbook_dir }}\' read=\'{{ lookup("file", "motd") }}\' ran=\'{{ lookup("pipe", "pwd") }}\'\n',
    "plays/motd": "beside the play\n",
    "plays/files/other": "in files\n",
    "plays/group_vars/all.yml": "other: \"{{ lookup('file', 'other') }}\"\n",
  });
  const playbookDir = join(small.path, "plays");
  const loaded = await loadInventory([join(small.path, "hosts")], { playbookDir });
  const [host] = loaded.match("h1");
  if (host === undefined) throw new Error("no host");
  const names = ["where", "read", "ran", "other"];
  expect(names.map((name) => loaded.value(host, name))).toEqual([
    playbookDir,
    "beside the play",
    playbookDir,
    "in files",
  ]);
});

test("trouble names var, host, file and the way to it", async () => {
  await using small = await folderOf({
    hosts: "[web]\nweb1\nweb2\n",
    "group_vars/web.yml": `
app_name: shop
direct: "{{ app_nmae }}"
rookery_deploy_to: "{{ base }}/x"
base: "{{ root }}/y"
root: "{{ nowhere.at.all }}"
self: "a{{ self }}"
circle: "{{ self }}"
other: "{{ hostvars.web2.base }}"
odd: "{{ app_name | frobnicate }}"
elsewhere: "{{ hostvars['web2'].colour }}"
broken: "{{ app_name "
unordered: "{{ [1, 'a'] | sort }}"
divided: "{{ 1 / 0 }}"
expression: "{{ 'a' is match('(') }}"
pipe: "{{ lookup('dig', 'id') }}"
listed: ["{{ app_name }}", "{{ lost }}"]
joined: "{{ listed | join(',') }}"
looked_up: "{{ lookup('vars', 'base') }}"
looped: "{% for each in [1, 2] %}{{ base }}{% endfor %}"
in_macro: "{% macro m(x) %}{{ x }}{{ root }}{% endmacro %}{{ m(1) }}"
in_filter: "{{ [1] | map('regex_replace', '1', root) | list }}"
extracted: "{{ 'web2' | extract(hostvars, 'root') }}"
rescued: "{{ base | default('fallback') }}"
asked: "{{ base is defined }}"
nested: {deep: {er: "{{ odd }}"}}
dug: "{{ nested.deep.er }}"
unclosed: "{% if app_name %}x"
`,
  });
  const loaded = await loadInventory([small.path]);
  const [web1] = loaded.match("web1");
  const told = (name: string) => {
    try {
      if (web1 !== undefined) loaded.value(web1, name);
    } catch (error) {
      if (error instanceof OpsError)
        return `${error.code}: ${error.message.replaceAll(small.path, "X")} → ${error.hint ?? ""}`;
      throw error;
    }
    return "nothing";
  };
  const file = "web1 (X/group_vars/web.yml)";
  expect(told("direct")).toBe(
    `setting: direct of ${file}: 'app_nmae' is undefined → did you mean app_name? set app_nmae for web1, or give it a default: {{ app_nmae | default('…') }}`,
  );
  expect(told("rookery_deploy_to")).toStartWith(
    `setting: rookery_deploy_to of ${file}: 'nowhere.at.all' is undefined (rookery_deploy_to → base → root → nowhere.at.all)`,
  );
  expect(told("self")).toBe(`setting: self of ${file}: 'self' refers to itself → `);
  expect(told("circle")).toBe(`setting: circle of ${file}: 'self' refers to itself (circle → self) → `);
  expect(told("other")).toContain("(other → base of web2 → root of web2 → nowhere.at.all)");
  expect(told("elsewhere")).toContain(
    "set colour for web2, or give it a default: {{ hostvars['web2'].colour | default('…') }}",
  );
  expect(told("odd")).toBe(
    `setting: odd of ${file}: the filter 'frobnicate' is not supported in inventory values → `,
  );
  expect(told("broken")).toStartWith(`setting: broken of ${file}: not a template: `);
  expect(told("pipe")).toContain("lookup('dig') is not supported in inventory values");
  const missing = `of ${file}: 'nowhere.at.all' is undefined`;
  expect(told("joined")).toContain("'lost' is undefined (joined → listed.1 → lost)");
  expect(told("looked_up")).toContain(`${missing} (looked_up → base → root → nowhere.at.all)`);
  expect(told("looped")).toContain(`${missing} (looped → base → root → nowhere.at.all)`);
  expect(told("in_macro")).toContain(`${missing} (in_macro → root → nowhere.at.all)`);
  expect(told("in_filter")).toContain(`${missing} (in_filter → root → nowhere.at.all)`);
  expect(told("extracted")).toContain(`${missing} (extracted → root of web2 → nowhere.at.all)`);
  expect(told("rescued")).toBe("nothing"); // a default helps however far below it is missing
  expect(told("asked")).toBe("nothing");
  expect(told("dug")).toContain(
    "the filter 'frobnicate' is not supported in inventory values (dug → nested.deep.er → odd)",
  );
  expect(told("unclosed")).toContain("not a template: expected {% elif %} or {% else %} or {% endif %}");
  expect(told("base")).toContain(`${missing} (base → root → nowhere.at.all)`); // whoever asked before
  expect(told("unordered")).toContain("can't compare");
  expect(told("divided")).toContain("division by zero");
  expect(told("expression")).toContain("not a regular expression");
  expect(told("app_name")).toBe("nothing"); // an error before leaves no trace
});
