// Jinja in values, against Ansible's own templating, and what operators are told when it goes wrong.
import { afterAll, beforeAll, expect, test } from "bun:test";
import { join } from "node:path";
import { OpsError } from "../../lib/errors.ts";
import { loadInventory } from "../../lib/inventory/load.ts";
import { pythonText } from "../../lib/inventory/python-text.ts";
import type { Inventory, Value } from "../../lib/inventory/types.ts";
import { ANSIBLE_TIMEOUT_MS, type Folder, folderOf, oracle } from "./ansible.ts";

const HOSTS = `
web:
  hosts:
    web1.example.net: {app_port: 8080, tags: [b, a, B], ratio: 1.0}
    web2.example.net: {app_port: 9090, own: "{{ inventory_hostname }}"}
  vars:
    app: shop
    version: 1.0
    base: "/srv/{{ app }}"
    cfg: {port: "{{ app_port }}", name: "{{ app }}", deep: {list: [1, "{{ app }}"]}}
    users: [{name: ann, admin: true, age: 3}, {name: bob, admin: false, age: 2}]
    half: {fine: "{{ app }}", broken: "{{ nowhere }}"}
    empty: ""
    nothing: null
    yes_text: "yes"
    json_text: '{"a": [1, 2.0, "x"]}'
    raw: !unsafe "{{ not rendered }}"
    multi: |
      line {{ app }}
      two
    loop_a: "{{ loop_b }}"
    loop_b: "{{ loop_a }}"
db:
  hosts:
    db1: {}
`;

const SAME = [
  "{{ app }}",
  "a {{ app }} b",
  "{{ app }}{{ app_port }}",
  "{{ base }}/x",
  "={{ version }}",
  "v{{ version }}",
  "{{ app_port }}",
  "={{ ratio }}",
  "={{ ratio * 2 }}",
  "{{ 7 / 2 }} {{ 7 // 2 }} {{ 7 % 4 }} {{ 2 ** 8 }}",
  "{{ cfg.port }}",
  "{{ cfg['name'] }}",
  "{{ cfg.deep.list[1] }}",
  "{{ cfg.deep.list }}",
  "{{ tags }}",
  "x{{ tags }}",
  "{{ tags | join(',') }}",
  "{{ tags | sort | join(' ') }}",
  "{{ tags | unique | length }}",
  "{{ tags[0] }} {{ tags[-1] }} {{ tags[1:] }}",
  "{{ tags | first }}{{ tags | last }}",
  "{{ missing | default('d') }}",
  "{{ missing.deeper.still | default('d') }}",
  "{{ empty | default('d', true) }}",
  "{{ empty | default('d') }}|",
  "{{ cfg.none | d(5) }}",
  "{{ app is defined }} {{ missing is defined }} {{ missing is not defined }}",
  "{{ 'a' if app == 'shop' else 'b' }}",
  "{{ 'eu' if 'web' in group_names else 'us' }}",
  "{{ app_port | int + 1 }}",
  "{{ '5' | int }}",
  "{{ 'x' | int }}",
  "{{ '3.7' | int }}",
  "{{ '3.5' | float }}",
  "={{ 3 | float }}",
  "{{ 'yes' | bool }} {{ 'no' | bool }} {{ 1 | bool }} {{ 'On' | bool }}",
  "{{ app | upper }} {{ 'ABC' | lower }} {{ 'abc def' | title }} {{ 'aBC' | capitalize }}",
  "{{ '  x ' | trim }}|",
  "{{ 'a.b.c' | replace('.', '-') }}",
  "{{ 'web01' | regex_replace('^web(\\d+)$', 'n\\1') }}",
  "{{ 'abc' | regex_replace('(?P<x>b)', '[\\g<x>]') }}",
  "{{ 'a1b22' | regex_findall('[0-9]+') }}",
  "{{ 'a1b22' | regex_search('[0-9]+') }}",
  "{{ '/a/b.txt' | basename }} {{ '/a/b.txt' | dirname }} {{ 'x' | dirname }}|",
  "{{ 'b.tar.gz' | splitext | join('+') }}",
  "{{ 'hi' | b64encode }} {{ 'aGk=' | b64decode }}",
  "{{ users | to_json }}",
  "{{ {'b': 1, 'a': [1.0, none, true]} | to_json }}",
  "{{ users | to_nice_json }}",
  "{{ 'é' | to_json }}",
  "={{ (json_text | from_json).a }}",
  "{{ ('a: [1, yes]' | from_yaml).a }}",
  "{{ users | map(attribute='name') | list }}",
  "{{ users | map(attribute='name') | join(',') }}",
  "{{ users | selectattr('admin') | map(attribute='name') | list }}",
  "{{ users | selectattr('name', 'equalto', 'bob') | list }}",
  "{{ users | rejectattr('admin') | list | length }}",
  "{{ ['a', 'b'] | map('upper') | list }}",
  "{{ ['web1', 'db1'] | select('match', '^web') | list }}",
  "{{ [1, 2, 3] | reject('odd') | list }}",
  "{{ {'a': 1} | combine({'b': 2}) }}",
  "{{ {'a': {'x': 1}} | combine({'a': {'y': 2}}, recursive=true) }}",
  "{{ {'a': 1} | dict2items }}",
  "{{ [{'key': 'a', 'value': 1}] | items2dict }}",
  "{{ (app == 'shop') | ternary('y', 'n') }}",
  '{{ "it\'s" | quote }}',
  "{{ 'plain' | quote }}",
  "{{ 'a,b' | split(',') }}",
  "{{ 'a b' | split }}",
  "{{ 'a-b'.split('-')[1] }}",
  "{{ app.upper() }} {{ app.startswith('s') }}",
  "{{ [3, 1, 2] | max }} {{ [3, 1, 2] | min }} {{ [3, 1, 2] | sum }}",
  "{{ [1, [2, [3]]] | flatten }}",
  "{{ [1, 2] | union([2, 3]) }} {{ [1, 2] | intersect([2]) }} {{ [1, 2] | difference([2]) }}",
  "{{ 2.5 | round }} {{ 3.14159 | round(2) }} {{ 3.2 | round(0, 'ceil') }}",
  "{{ '%s-%03d' | format(app, 7) }}",
  "{{ '%.2f' % 1.5 }}",
  "{{ app ~ '-' ~ app_port ~ none }}",
  "{{ [1, 2] + [3] }}",
  "{{ 'ab' * 2 }}",
  "{{ 1 < 2 and not false }}",
  "{{ 'a' in ['a'] }} {{ 'x' not in 'abc' }}",
  "{{ app is string }} {{ tags is iterable }} {{ app_port is number }} {{ nothing is none }}",
  "{{ 'web1' is match('web') }} {{ 'xweb' is search('web') }} {{ 'web' is not match('db') }}",
  "{{ '1.10' is version('1.9', '>') }}",
  "{{ inventory_hostname }} {{ inventory_hostname_short }} {{ group_names }}",
  "{{ groups['web'] }}",
  "{{ groups.web | length }}",
  "{{ groups['db'][0] }}",
  "{{ hostvars['web2.example.net'].app_port }}",
  "{{ hostvars['web2.example.net']['own'] }}",
  "{{ hostvars[inventory_hostname].base }}",
  "{% if app == 'shop' %}yes{% else %}no{% endif %}",
  "{% for u in users %}{{ u.name }}{% if not loop.last %},{% endif %}{% endfor %}",
  "{% set x = 5 %}{{ x + 1 }}",
  "[{% for t in tags %}'{{ t }}',{% endfor %}]",
  "{% for h in groups['web'] if h != inventory_hostname %}{{ h }} {% endfor %}",
  "{% if true %}True{% endif %}",
  "{# comment #}x",
  "{{ raw }}",
  "x{{ nothing }}y",
  "{{ none }}",
  "no template",
  "100%",
  "{ not }",
  "{{ '{{' }}",
  "{{ multi }}",
  "{{ yes_text }}",
  "{{ users[0].name if users else 'none' }}",
  "{{ {'a': {'b': [1, {'c': 'd'}]}}.a.b[1].c }}",
  "{{ lookup('vars', 'app') }}",
  "{{ range(3) | list }}",
  "{{ 'a\\nb' }}",
  "{{ 'tab\\t' }}|",
  "{{ tags | reverse | list }}",
  "{{ ansible_host | default(inventory_hostname) }}",
  "{{ users | sort(attribute='age') | map(attribute='name') | first }}",
  "{{ 'a' | ansible.builtin.b64encode }}",
  "{{ app | hash('md5') }} {{ app | hash }}",
  "{{ '/a' | regex_escape }}",
  "{{ ['/a', 'b'] | path_join }}",
  "{{ (1, 2) | list }}",
  "{{ 'x' | indent(2, true) }}",
  "{{ users | json_query_missing }}",
  "{{ loop_a }}",
  "{{ missing }}",
  "{{ half.broken }}",
  "{{ app | default(missing) }}",
  "{{ users[9].name | default('gone') }}",
  "{{ -app_port }} {{ -1 }} {{ 5 - 3 }} {{ 5 -3 }}",
  "{{ not missing }}",
  "{{ 'A' ~ 1.0 ~ true }}",

  "{{ 'a' == \"a\" }}",
];

let folder: Folder;
let inventory: Inventory;
let answers: Awaited<ReturnType<typeof oracle>>[number] = [];
beforeAll(async () => {
  const cases = Object.fromEntries(SAME.map((text, index) => [`case_${index}`, text]));
  cases.half_fine = "{{ half.fine }}";
  folder = await folderOf({
    "hosts.yml": HOSTS,
    "group_vars/web.json": JSON.stringify(cases),
    "note.txt": "from file\n",
  });
  inventory = await loadInventory([join(folder.path, "hosts.yml")], { environment: { WHO: "me" } });
  const question = {
    ask: "templates",
    sources: [join(folder.path, "hosts.yml")],
    host: "web1.example.net",
    cases: SAME,
  };
  answers = (await oracle(question))[0] ?? [];
}, ANSIBLE_TIMEOUT_MS);
afterAll(() => folder[Symbol.asyncDispose]());

function value(name: string, host = "web1.example.net"): Value | undefined {
  const found = inventory.hosts.get(host);
  if (found === undefined) throw new Error(`no host ${host}`);
  return inventory.value(found, name);
}

test("values render to the text Ansible renders", () => {
  const ours = SAME.map((text, index) => {
    try {
      return [text, pythonText(value(`case_${index}`) ?? "")];
    } catch (error) {
      if (error instanceof OpsError && error.code === "setting") return [text, "error"];
      throw error;
    }
  });
  const theirs = SAME.map((text, index) => [text, String(answers[index]?.value ?? "error")]);
  expect(ours).toEqual(theirs);
  expect(value("half_fine")).toBe("shop"); // Ansible would render, and fail on, the other values of the mapping too
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
    3,
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
broken: "{{ app_name "
unordered: "{{ [1, 'a'] | sort }}"
divided: "{{ 1 / 0 }}"
expression: "{{ 'a' is match('(') }}"
pipe: "{{ lookup('dig', 'id') }}"
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
  expect(told("odd")).toBe(
    `setting: odd of ${file}: the filter 'frobnicate' is not supported in inventory values → `,
  );
  expect(told("broken")).toStartWith(`setting: broken of ${file}: not a template: `);
  expect(told("pipe")).toContain("lookup('dig') is not supported in inventory values");
  expect(told("unordered")).toContain("can't compare");
  expect(told("divided")).toContain("division by zero");
  expect(told("expression")).toContain("not a regular expression");
  expect(told("app_name")).toBe("nothing"); // an error before leaves no trace
});
