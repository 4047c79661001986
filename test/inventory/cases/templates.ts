// Templates that Ansible and we must make the same value of, or both refuse.

/** Vars of host `web1`, which the templates use. */
export const VARS = `
web:
  hosts:
    web1.example.net:
      app_port: 8080
      tags: [b, a, B]
      ratio: 1.0
      rack: r1
    web2.example.net: {app_port: 9090, own: "{{ inventory_hostname }}", rack: r2}
    web3.example.net: {app_port: 7070, rack: r1}
  vars:
    app: shop
    version: 1.0
    version_text: "1.10.2"
    big: 12345678901234567890
    negative: -7
    base: "/srv/{{ app }}"
    cfg: {port: "{{ app_port }}", name: "{{ app }}", deep: {list: [1, "{{ app }}"]}, items: own, 8080: eight}
    users:
      - {name: ann, admin: true, age: 3, groups: [a, b], mail: {work: ann@w}}
      - {name: bob, admin: false, age: 2, groups: []}
      - {name: Cid, age: 2, groups: [c]}
    half: {fine: "{{ app }}", broken: "{{ nowhere }}"}
    empty: ""
    empty_list: []
    empty_dict: {}
    nothing: null
    truth: true
    lie: false
    yes_text: "yes"
    true_text: "True"
    list_text: "[1, 2]"
    dict_text: "{'a': 1}"
    number_text: "42"
    json_text: '{"a": [1, 2.0, "x"], "b": null, "c": true}'
    date: 2020-01-02
    moment: 2020-01-02 03:04:05
    raw: !unsafe "{{ not rendered }}"
    multi: |
      line {{ app }}
      two
    two_ends: "{{ app }}\\n\\n"
    loop_a: "{{ loop_b }}"
    loop_b: "{{ loop_a }}"
    undefined_below: "{{ nowhere }}/x"
    undefined_deeper: "{{ undefined_below }}"
    as_json: "{{ users | to_json }}"
    as_list: "{{ [1, 2] }}"
    as_number: "{{ app_port + 1 }}"
    single: "{{ app_port }}"
    single_again: "{{ single }}"
    hello: "Hello, {{ app | upper }}!"
    back: 'C:\\dir\\n'
    quoted: "it's \\"so\\""
    unicode: "h\u00e9llo w\u00f6rld"
    path: /etc/nginx/nginx.conf
    sentence: "the quick brown fox jumps over the lazy dog"
    lines_text: "a\\nb\\n\\nc"
    url: "https://me:pw@example.net:8443/a/b?x=1&y=2#frag"
    pairs: [{key: a, value: 1}, {key: b, value: 2}]
    nested: [[1, 2], [3, [4, null]], 5]
    ports: {http: 80, https: 443}
    left: {a: 1, b: {x: 1, l: [1, 2]}, l: [1, 2]}
    right: {b: {y: 2, l: [2, 3]}, c: 3, l: [2, 3]}
    sizes: [3, 1, 2]
    mixed: [1, "a", 2.5, true, null]
    env_name: HOME
db:
  hosts:
    db1: {app_port: 5432}
`;

const ofNumbers = `
1 + 2 ¦ 7 - 10 ¦ 3 * 4 ¦ 7 / 2 ¦ 8 / 2 ¦ 7 // 2 ¦ -7 // 2 ¦ 7 % 4 ¦ -7 % 4 ¦ 2 ** 8 ¦ 2 ** -1 ¦ 2 ** 0.5
1e3 ¦ 1.5e-3 ¦ 1_000 ¦ 0x1F ¦ 0b101 ¦ 0o17 ¦ 1.0 ¦ 1.50
-2 ** 2 ¦ 2 ** 3 ** 2 ¦ 10 - 3 - 2 ¦ 2 + 3 * 4 ¦ (2 + 3) * 4 ¦ 'a' ~ 1 + 2 ¦ 1 ~ 2 * 3 ¦ 'x' ~ -1 ¦ 5 -3
5 - 3 ¦ +5 ¦ - 5 ¦ 1 + true ¦ true + true ¦ not true
big ¦ big + 1 ¦ big * 2 ¦ big // 3 ¦ big % 7 ¦ -big ¦ negative // 2 ¦ 9007199254740993 + 0 ¦ 2 ** 100
app_port / 80 ¦ app_port // 3 ¦ ratio * 2 ¦ ratio + 1 ¦ 1.5 + 1.5 ¦ 0.1 + 0.2
1 / 0 ¦ 1 % 0 ¦ 'a' + 1 ¦ 'a' * 3 ¦ 3 * 'a' ¦ [1] * 2 ¦ [1, 2] + [3] ¦ (1, 2) + (3,) ¦ 'a' * 2.0 ¦ [1] + 2
-'a' ¦ 1 == 1.0 ¦ 1 == true ¦ 1 == '1' ¦ 'a' < 'b' ¦ 1 < 'a' ¦ [1, 2] < [1, 3]
1 < 2 < 3 ¦ 1 < 3 < 2 ¦ 3 > 2 > 1 ¦ 1 == 1 == 1 ¦ 1 < 2 and 2 < 3 ¦ 1 in [1, 2] ¦ 'a' in 'abc' ¦ 1 in 'abc'
'a' in cfg ¦ 'name' in cfg ¦ 8080 in cfg ¦ '8080' in cfg ¦ 'x' not in [1] ¦ not 1 in [1] ¦ app in ['shop']
nothing in [none]
true and false ¦ true or false ¦ 0 or 'x' ¦ '' and 'y' ¦ 1 and 2 ¦ none or 'z' ¦ not not 1 ¦ not missing
missing or 1 ¦ true or missing ¦ false and missing ¦ [] or {} ¦ {} or 'd'
5 | int ¦ '5' | int ¦ '5.9' | int ¦ 'x' | int ¦ 'x' | int(7) ¦ 'x' | int(default=7) ¦ '0x1F' | int
'0x1F' | int(base=16) ¦ 'ff' | int(0, 16) ¦ '101' | int(base=2) ¦ '017' | int(base=8) ¦ ' 12 ' | int
'1_000' | int ¦ none | int ¦ true | int ¦ [] | int ¦ '1e3' | int ¦ 1.9 | int ¦ -1.9 | int ¦ '-5' | int
'+5' | int ¦ 1e20 | int ¦ number_text | int + 1
'3.5' | float ¦ 3 | float ¦ 'x' | float ¦ 'x' | float(1.5) ¦ '1e3' | float ¦ 'inf' | float ¦ '0x10' | float
none | float ¦ '' | float ¦ true | float ¦ ' 2.5 ' | float ¦ '1_0.5' | float
2.5 | round ¦ 3.5 | round ¦ -2.5 | round ¦ 2.675 | round(2) ¦ 4.35 | round(1) ¦ 1234.5678 | round(2)
1234 | round(-2) ¦ 5 | round ¦ 3.2 | round(0, 'ceil') ¦ 3.7 | round(method='floor')
3.14159 | round(3, 'floor') ¦ 1250 | round(-2) ¦ 0.5 | round ¦ 1.5 | round | int ¦ 'a' | round
-3 | abs ¦ -3.5 | abs ¦ 'x' | abs ¦ 8 | log(2) ¦ 100 | log(10) ¦ 2 | pow(3) ¦ 9 | root ¦ 27 | root(3)
2 | pow(0.5)
1024 | human_readable ¦ 1536 | human_readable ¦ 10 | human_readable ¦ 1048576 | human_readable(unit='K')
2048 | human_readable(isbits=true) ¦ 0 | human_readable ¦ 123456789 | human_readable
'10M' | human_to_bytes ¦ '2K' | human_to_bytes ¦ '1.5GB' | human_to_bytes ¦ '10' | human_to_bytes
'10' | human_to_bytes('M') ¦ '1Mb' | human_to_bytes(isbits=true) ¦ '1Mb' | human_to_bytes
'x' | human_to_bytes ¦ 512 | human_to_bytes ¦ '10 MB' | human_to_bytes
1 | filesizeformat ¦ 1000 | filesizeformat ¦ 1024 | filesizeformat(true) ¦ 123456789 | filesizeformat
1500000 | filesizeformat(binary=true) ¦ 999 | filesizeformat
'yes' | bool ¦ 'no' | bool ¦ 'On' | bool ¦ 'TRUE' | bool ¦ 1 | bool ¦ 0 | bool ¦ 2 | bool ¦ 1.0 | bool
'1' | bool ¦ 'x' | bool ¦ none | bool ¦ [] | bool ¦ ' yes' | bool ¦ true | bool ¦ yes_text | bool
8080 is number ¦ '8' is number ¦ true is number ¦ 1 is integer ¦ true is integer ¦ 1.0 is integer
1.0 is float ¦ 1 is float ¦ true is boolean ¦ 1 is boolean ¦ 3 is odd ¦ 4 is even ¦ -3 is odd
9 is divisibleby 3 ¦ 9 is divisibleby(2) ¦ 'a' is divisibleby 2 ¦ 1 is eq 1 ¦ 1 is ne 2 ¦ 1 is lt 2
2 is ge 2 ¦ 1 is sameas 1 ¦ true is sameas true ¦ 1 is sameas true ¦ none is sameas none ¦ 1 is true
true is true ¦ false is false ¦ 0 is false
`;

const ofTexts = `
app ¦ app ~ '-' ~ app_port ¦ 'a' 'b' ¦ "a" ~ 'b' ¦ 'it''s' ¦ "tab\\t|" ¦ '\\\\d' ¦ 'a\\nb' ¦ '\\u00e9'
'\\x41' ¦ unicode ¦ unicode | upper ¦ unicode | length ¦ unicode | title ¦ quoted ¦ back ¦ '}}' ¦ '%}'
"{{" ¦ '{% x %}'
app[0] ¦ app[-1] ¦ app[1:] ¦ app[:-1] ¦ app[::-1] ¦ app[::2] ¦ app[1:3] ¦ app[9:] ¦ app[9] ¦ app['x']
sentence[4:9] ¦ sentence[-3:] ¦ app[3:0:-1] ¦ app[-2::-1]
app | upper ¦ 'ABC' | lower ¦ 'aBC def' | capitalize ¦ 'foo-bar baz_qux it\`s (abc)' | title
"it's o'clock" | title ¦ '  x ' | trim ~ '|' ¦ 'xxaxx' | trim('x') ¦ 'abc' | length ¦ 'abc' | count
'abc' | list ¦ 'abc' | first ¦ 'abc' | last ¦ 'cab' | sort ¦ 'abc' | reverse ¦ 'aab' | unique | list
'abc' | join('-') ¦ 'b' | center(5) ~ '|' ¦ 'bb' | center(7) ~ '|' ¦ 'bb' | center(5) ~ '|'
'a.b.c' | replace('.', '-') ¦ 'a.b.c' | replace('.', '-', 1) ¦ 'aaa' | replace('a', 'b', count=2)
'a' | replace('', '-') ¦ 123 | replace('2', 'x') ¦ 'a,b' | split(',') ¦ 'a b  c' | split ¦ ' a b ' | split
'a,b,c' | split(',', 1) ¦ 'a b c d' | split(none, 2) ¦ 12 | split('1') ¦ 'a,,b' | split(',')
'' | split(',') ¦ '' | split
sentence | wordcount ¦ 'a-b c' | wordcount ¦ sentence | truncate(20) ¦ sentence | truncate(20, true)
sentence | truncate(20, false, '…') ¦ sentence | truncate(20, true, '', 0) ¦ 'short' | truncate(3)
sentence | truncate(40, leeway=0)
lines_text | indent ¦ lines_text | indent(2, true) ¦ lines_text | indent(width=3, first=true)
lines_text | indent(2, blank=true) ¦ lines_text | indent('> ') ¦ '' | indent ¦ 'a\\n' | indent(2)
'%s-%03d' | format(app, 7) ¦ '%(a)s' | format(a=1) ¦ '%s' | format([1, 2]) ¦ '%d%%' | format(5)
'%s' | format ¦ '%d' | format('x') ¦ '%s %s' | format('a') ¦ '%s' | format(1, 2)
'%5.2f|' | format(3.14159) ¦ '%-5s|' | format('a') ¦ '%05d' | format(-42) ¦ '%x %X %o' | format(255, 255, 8)
'%+d' | format(3) ¦ '%e' | format(12345.678) ¦ '%r' | format('a') ¦ '%i' | format(3.9) ¦ '%s' | format(none)
'%c' | format('x') ¦ '%#x' | format(255) ¦ '%*d' | format(5, 3)
'%s and %s' % ('a', 'b') ¦ '%s' % 'a' ¦ '%s' % [1, 2] ¦ '%s %s' % 'a' ¦ '%.2f' % 1.5 ¦ '%02d:%02d' % (5, 7)
'%(x)s-%(y)d' % {'x': 1, 'y': 2} ¦ '%s' % true
"it's" | quote ¦ 'plain' | quote ¦ '' | quote ¦ none | quote ¦ 'a b' | quote ¦ 5 | quote
'a/b:c@d%e+f=g,h.i-j_k' | quote ¦ 'é' | quote ¦ '$HOME' | quote
'hi' | b64encode ¦ 'aGk=' | b64decode ¦ unicode | b64encode ¦ unicode | b64encode | b64decode
'' | b64encode ¦ 5 | b64encode ¦ 'aGk' | b64decode ¦ 'hi' | b64encode(encoding='utf-16-le')
'aABpAA==' | b64decode(encoding='utf-16-le')
app | hash ¦ app | hash('md5') ¦ app | hash('sha256') ¦ app | hash('sha512') ¦ app | md5 ¦ app | sha1
app | checksum ¦ app | hash('nope') ¦ 5 | hash ¦ app | to_uuid
app | to_uuid(namespace='11111111-2222-3333-4444-555555555555') ¦ app | to_uuid('x')
path | basename ¦ path | dirname ¦ 'x' | dirname ~ '|' ¦ '/a/b/' | basename ~ '|' ¦ '/a/b/' | dirname
'/' | dirname ¦ '//a' | dirname ¦ '/a' | dirname ¦ path | splitext ¦ 'b.tar.gz' | splitext
'.bashrc' | splitext ¦ 'a.b/c' | splitext ¦ path | splitext | last ¦ '~/x' | expanduser
'~nobody_there/x' | expanduser ¦ '/a/b/c' | relpath('/a') ¦ '/a' | relpath('/a/b')
['/a', 'b', 'c.txt'] | path_join ¦ ['a', '/b'] | path_join ¦ ('a', 'b') | path_join ¦ 'a' | path_join
'C:\\\\a\\\\b.txt' | win_basename ¦ 'C:\\\\a\\\\b.txt' | win_dirname
url | urlsplit ¦ url | urlsplit('hostname') ¦ url | urlsplit('port') ¦ url | urlsplit('nope')
'example.net/x' | urlsplit ¦ 'http://[::1]:80/' | urlsplit('hostname') ¦ 'a b/c?d' | urlencode
{'a': 1, 'b': 'x y'} | urlencode ¦ [['a', '/']] | urlencode ¦ 'a%20b+c' | urldecode ¦ 5 | urlencode
'<a href="x">&' | escape ¦ '<b>' | e ¦ 'x' | safe ¦ 'a' | comment ¦ lines_text | comment
lines_text | comment('c') ¦ lines_text | comment('cblock') ¦ lines_text | comment('xml')
lines_text | comment('erlang') ¦ 'a' | comment(decoration='! ')
'a' | comment('plain', prefix='#######\\n#', postfix='#\\n#######') ¦ 'a' | comment('nope')
'web01' | regex_replace('^web(\\d+)$', 'n\\1') ¦ 'abc' | regex_replace('(?P<x>b)', '[\\g<x>]')
'abc' | regex_replace('b') ¦ 'aBc' | regex_replace('b', 'x', ignorecase=true)
'a\\nb' | regex_replace('^', '> ', multiline=true) ¦ 'a.b.c' | regex_replace('\\.', '')
'foo bar' | regex_replace('(\\w+) (\\w+)', '\\2 \\1') ¦ 'héé' | regex_replace('\\w', 'x')
'abc' | regex_replace('x*', '-') ¦ 'a/b' | regex_replace('/', '\\\\') ¦ 'a$b' | regex_replace('\\$', '$$')
'aaa' | regex_replace('a{,2}', 'x') ¦ 'abc' | regex_replace('(x)?b', '[\\1]')
'a-b_c' | regex_replace('[^a-z]', '') ¦ 'a]b' | regex_replace('[]]', 'x')
'tEST' | regex_replace('(?i)test', 'x') ¦ 'a b' | regex_replace('\\s+', '\\n') ¦ 5 | regex_replace('5', 'x')
'(' | regex_replace('(', 'x') ¦ 'a' | regex_replace('a', '\\2')
'10.1.2.3/24' | regex_replace('\\.\\d+/\\d+$', '.1') ¦ 'web01.example.net' | regex_replace('\\..*$', '')
'eth0:1' | regex_replace(':', '.')
'key: value' | regex_replace('^(?P<key>\\w+): (?P<value>\\w+)$', '\\g<value>=\\g<key>')
'a1b22' | regex_findall('[0-9]+') ¦ 'a1b22' | regex_findall('([a-z])([0-9]+)')
'a1b22' | regex_findall('([a-z])[0-9]+') ¦ 'AbC' | regex_findall('[a-z]', ignorecase=true)
'abc' | regex_findall('x') ¦ 'a\\nb' | regex_findall('^.', multiline=true) ¦ 'a\\nb' | regex_findall('^.')
'a\\nb' | regex_findall('.$')
'a1b22' | regex_search('[0-9]+') ¦ 'abc' | regex_search('x')
'a1b22' | regex_search('([a-z])(\\d+)', '\\1', '\\2')
'a1b22' | regex_search('(?P<l>[a-z])(?P<n>\\d+)', '\\g<n>', '\\g<l>')
'ABC' | regex_search('b', ignorecase=true) ¦ 'a1' | regex_search('a', 'x')
'a1' | regex_search('(a)', '\\2') ¦ 'abc\\n' | regex_search('c$') ¦ 'a' | regex_search('^a\\Z')
'foo.bar' | regex_search('\\bbar\\b') ¦ 'éa' | regex_search('\\ba') ¦ ('abc' | regex_search('x')) is none
'v1.2' | regex_search('\\d+\\.\\d+')
'a.b*c' | regex_escape ¦ '/a' | regex_escape ¦ 'a b-c#d' | regex_escape
'^f[o]o$' | regex_escape('posix_basic') ¦ 'a' | regex_escape('x')
app.upper() ¦ app.startswith('s') ¦ app.startswith(('x', 's')) ¦ app.endswith('p') ¦ 'a-b'.split('-')[1]
'a b'.split() ¦ 'a-b-c'.rsplit('-', 1) ¦ 'a-b-c'.split('-', maxsplit=1) ¦ '  a '.strip() ~ '|'
'  a '.rstrip() ~ '|' ¦ 'xax'.lstrip('x') ¦ 'abc'.find('c') ¦ 'abc'.find('x') ¦ 'abcabc'.rfind('b')
'abc'.index('x') ¦ 'aXbX'.replace('X', '-') ¦ 'aXbX'.replace('X', '-', 1) ¦ '-'.join(['a', 'b'])
'-'.join([1]) ¦ '5'.zfill(3) ¦ '-5'.zfill(4) ¦ 'abc'.isdigit() ¦ '12'.isdigit() ¦ 'ab'.isalpha()
'a1'.isalnum() ¦ 'AB'.isupper() ¦ 'a b c'.title() ¦ "it's".title() ¦ 'a,b'.partition(',')
'a,b,c'.rpartition(',') ¦ 'abc'.removeprefix('a') ¦ 'abc'.removesuffix('c') ¦ 'ab'.ljust(4) ~ '|'
'ab'.rjust(4, '.') ¦ 'ab'.center(5, '*') ¦ '{}-{}'.format(1, 'a') ¦ '{0}{1}{0}'.format('a', 'b')
'{x}'.format(x=5) ¦ 'aB'.swapcase() ¦ 'a\\nb\\n'.splitlines() ¦ 'banana'.count('an')
'abc'.nope() ¦ ' a b '.split(' ')
`;

const ofTests = `
app is defined ¦ missing is defined ¦ missing is not defined ¦ missing is undefined ¦ app is not undefined
cfg.nope is defined ¦ cfg.deep.list is defined ¦ missing.a.b is defined ¦ undefined_below is defined
undefined_deeper is undefined ¦ hostvars is defined ¦ hostvars['nope'] is defined
hostvars['web2.example.net'].nope is defined ¦ groups['nope'] is defined ¦ users[9] is defined
app.nope is defined ¦ nothing is defined
nothing is none ¦ app is none ¦ missing is none ¦ nothing is not none ¦ app is string ¦ 5 is string
missing is string ¦ cfg is mapping ¦ users is mapping ¦ users is sequence ¦ app is sequence
cfg is sequence ¦ 5 is sequence ¦ users is iterable ¦ 5 is iterable ¦ app is iterable ¦ missing is iterable
missing is mapping ¦ missing is sequence ¦ missing is number ¦ missing is boolean ¦ app is callable
range is callable
'web1' is match('web') ¦ 'xweb' is match('web') ¦ 'xweb' is search('web')
'WEB' is match('web', ignorecase=true) ¦ 'WEB' is search('web', true) ¦ 'web' is not match('db')
'a\\nb' is search('^b', multiline=true) ¦ 'web1' is regex('\\d$') ¦ 'web1' is regex('^\\d')
'web1' is regex('web', match_type='match') ¦ 'web' is match('(') ¦ 'web-1' is match('web-[0-9]+$')
5 is match('5') ¦ 'abc' is match('(?i)ABC') ¦ missing is match('x')
'1.10' is version('1.9', '>') ¦ '1.9' is version('1.10', 'lt') ¦ version_text is version('1.10', '>=')
'1.0' is version('1.0', '==') ¦ '1.0' is version('1.0') ¦ '1.0.0' is version('1.0', '>')
'2.0b1' is version('2.0', '>') ¦ 'a' is version('1', '>') ¦ '1.0' is version('1.0', 'nope')
'' is version('1', '<') ¦ '1.2.3' is version('1.2.4-rc1', '<', version_type='semver')
'1.2.3-rc.1' is version('1.2.3', '<', version_type='semver')
'1.2' is version('1.2.0', '<', version_type='semver')
'1.2.3+5' is version('1.2.3', '==', version_type='semantic') ¦ '22.04' is version('20.04', '>=')
8 is version('7', '>') ¦ '1.0' is not version('2.0', '>=')
[1, 2] is subset([1, 2, 3]) ¦ [1, 4] is subset([1, 2]) ¦ [1, 2] is superset([1]) ¦ [] is subset([1])
users is contains('x') ¦ [1, 2] is contains(1) ¦ 'abc' is contains('b') ¦ cfg is contains('name')
[true, 1] is all ¦ [true, 0] is all ¦ [0, ''] is any ¦ [0, 1] is any ¦ [] is all ¦ [] is any
'x' is truthy ¦ '' is truthy ¦ '' is falsy ¦ 'no' is truthy ¦ 'no' is truthy(convert_bool=true)
'yes' is falsy(convert_bool=true) ¦ 0 is falsy ¦ [0] is truthy ¦ nothing is truthy
'a' is in ['a'] ¦ 'a' is not in 'abc' ¦ 1 is in(sizes) ¦ app in groups ¦ 'web' in groups
'web' in group_names ¦ 'web1.example.net' in groups['web'] ¦ 'nope' in hostvars ¦ 'db1' in hostvars
'/etc' is directory ¦ '/etc/hosts' is file ¦ '/etc/nope' is exists ¦ '/etc/hosts' is exists
'/etc/hosts' is link ¦ '/a' is abs ¦ 'a' is abs ¦ '/etc/hosts' is directory
app is lower ¦ 'ABC' is upper ¦ 'aB' is upper ¦ '12' is lower ¦ 'http://x' is url ¦ 'x' is url ¦ app is nope
app is defined and app == 'shop' ¦ app is defined and missing is defined ¦ not app is defined
app_port is number and app_port > 80 ¦ 1 + 1 is eq 2 ¦ 'a' ~ 'b' is eq 'ab' ¦ users | length is gt 2
-1 is lt 0 ¦ (app is string) is sameas true ¦ app is string is defined ¦ '8080' is eq app_port
{'failed': true} is failed ¦ {'failed': true} is succeeded ¦ {} is success
`;

const ofCollections = `
tags ¦ tags | join(',') ¦ tags | join ¦ tags | sort ¦ tags | sort(reverse=true)
tags | sort(case_sensitive=true) ¦ tags | sort | join(' ') ¦ tags | unique
tags | unique(case_sensitive=true) ¦ tags | length ¦ tags[0] ¦ tags[-1] ¦ tags[1:] ¦ tags[9] ¦ tags.0
tags['0'] ¦ tags | first ¦ tags | last ¦ empty_list | first ¦ empty_list | last
empty_list | first | default('none') ¦ tags | reverse ¦ tags | reverse | list ¦ tags.index('a')
tags.count('b') ¦ tags.nope ¦ tags | list
sizes | max ¦ sizes | min ¦ sizes | sum ¦ empty_list | max ¦ empty_list | max | default(0)
empty_list | sum ¦ [1.5, 2] | sum ¦ ['a', 'b'] | sum ¦ [[1], [2]] | sum(start=[]) ¦ [1, 2] | sum(start=10)
users | sum(attribute='age') ¦ users | map(attribute='age') | max ¦ users | max(attribute='age')
users | min(attribute='name') ¦ ['b', 'A'] | min ¦ ['b', 'A'] | min(case_sensitive=true) ¦ mixed | max
['10', '9'] | max ¦ ports.values() | max
users | map(attribute='name') ¦ users | map(attribute='name') | list
users | map(attribute='name') | join(',') ¦ users | map(attribute='admin') | list
users | map(attribute='admin', default=false) | list ¦ users | map(attribute='mail.work') | list
users | map(attribute='mail.work', default='-') | list
users | map(attribute='groups.0', default='none') | list
users | map(attribute='nope') | select('defined') | list ¦ ['a', 'b'] | map('upper') | list
['a', 'b'] | map('upper') ¦ ['a1', 'b2'] | map('regex_replace', '\\d', '') | list
['a'] | map('nope') | list ¦ sizes | map('string') | list ¦ sizes | map('int') | sum
['x=1', 'y=2'] | map('split', '=') | list
['x=1', 'y=2'] | map('split', '=') | items2dict(key_name=0, value_name=1)
[1, 2] | map('extract', ['a', 'b', 'c']) | list
['a'] | map('regex_replace', pattern='a', replacement='z') | list ¦ empty_list | map('nope') | list
['/a/b', '/c/d'] | map('basename') | list ¦ [3, 1] | map('human_readable') | list
groups['web'] | map('extract', hostvars, 'app_port') | list
groups['web'] | map('extract', hostvars, ['rack']) | unique | list
groups['web'] | map('extract', hostvars) | map(attribute='rack') | list
groups['web'] | map('extract', hostvars, 'nope') | list
groups['web'] | map('regex_replace', '$', ':80') | join(',') ¦ groups['db'] + groups['web']
groups['web'] | difference([inventory_hostname]) ¦ groups.web.index(inventory_hostname) ¦ groups | length
groups.keys() | list | sort ¦ groups['all'] | length ¦ groups.ungrouped
hostvars['db1'].app_port ¦ hostvars['db1']['app_port'] + 1
hostvars.db1.get('app_port') ¦ hostvars.db1.get('nope', 5) ¦ hostvars['nope'].x ¦ hostvars['nope']
hostvars[groups['db'][0]].app_port ¦ hostvars[inventory_hostname].base ¦ hostvars['web2.example.net'].own
users | selectattr('admin', 'defined') | map(attribute='name') | list ¦ users | selectattr('admin') | list
users | selectattr('admin', 'defined') | selectattr('admin') | map(attribute='name') | list
users | selectattr('name', 'equalto', 'bob') | list
users | selectattr('name', 'in', ['ann', 'Cid']) | map(attribute='name') | list
users | rejectattr('admin', 'defined') | map(attribute='name') | list
users | selectattr('age', '>', 2) | list | length
users | selectattr('age', '==', 2) | map(attribute='name') | list
users | selectattr('name', 'match', '^[ab]') | map(attribute='name') | list
users | selectattr('groups', 'contains', 'a') | map(attribute='name') | list
users | selectattr('mail.work', 'defined') | list | length
users | selectattr('nope', 'undefined') | list | length ¦ users | selectattr('nope', 'equalto', 1) | list
users | rejectattr('groups') | map(attribute='name') | list ¦ users | selectattr('admin', 'none') | list
['web1', 'db1'] | select('match', '^web') | list ¦ [1, 2, 3] | reject('odd') | list
[0, 1, '', 'a', none] | select | list ¦ [0, 1, '', 'a'] | reject | list ¦ [1, 'a'] | select('string') | list
tags | reject('in', ['a']) | list ¦ tags | reject('equalto', 'a') ¦ [1, 5, 9] | select('gt', 4) | list
[missing, 1] | select('defined') | list ¦ [missing, app] | first ¦ [missing, app] | last
[1, 2] | select('nope') | list ¦ groups['web'] | select('search', 'web[12]') | list
groups['all'] | reject('match', '^web') | list
nested | flatten ¦ nested | flatten(levels=1) ¦ nested | flatten(1) ¦ nested | flatten(skip_nulls=false)
'abc' | flatten ¦ [[], [[]]] | flatten ¦ [1, 2] | union([2, 3]) ¦ [1, 2, 2] | union([])
[1, 2, 1] | intersect([1]) ¦ [3, 1, 2] | difference([2]) ¦ [1, 2] | symmetric_difference([2, 3])
['a', 'A'] | union(['b']) ¦ ['a', 'A'] | unique ¦ [[1], [1], [2]] | unique ¦ [{'a': 1}, {'a': 1}] | unique
users | unique(attribute='age') | map(attribute='name') | list ¦ [1, 1.0, true, '1'] | unique
'ab' | union('bc')
[1, 2] | zip(['a', 'b']) | list ¦ [1, 2] | zip(['a', 'b'], [true]) | list ¦ [1, 2] | zip(['a', 'b'])
['a', 'b'] | zip([1, 2]) | items2dict(key_name=0, value_name=1) ¦ dict(['a', 'b'] | zip([1, 2]))
[1, 2, 3] | zip_longest(['a'], fillvalue='-') | list ¦ [1, 2, 3] | zip_longest(['a'])
[1, 2] | product(['a', 'b']) | list ¦ ['a', 'b'] | product([1]) | map('join', '-') | list
[1, 2] | product(repeat=2) | list ¦ [1, 2, 3] | permutations(2) | list ¦ [1, 2, 3] | combinations(2) | list
[1, 2, 3] | permutations | list | length ¦ [1, 2, 3] | combinations
[1, 2, 3, 4, 5] | batch(2) | list ¦ [1, 2, 3] | batch(2, 0) | list ¦ [1, 2, 3, 4, 5] | slice(2) | list
[1, 2, 3] | slice(2, 'x') | list ¦ users | groupby('age') | list
users | groupby('age') | map(attribute=1) | map('length') | list
users | groupby('name') | map('first') | list
users | groupby('admin', default=false) | map(attribute=0) | list
users | sort(attribute='age') | map(attribute='name') | list
users | sort(attribute='age,name') | map(attribute='name') | list
users | sort(attribute='name', reverse=true) | map(attribute='name') | first
users | sort(attribute='nope') ¦ mixed | sort ¦ [2, 1.5, true] | sort ¦ [[2, 1], [1, 9]] | sort
users | sort
cfg.port ¦ cfg['name'] ¦ cfg.deep.list[1] ¦ cfg.deep.list ¦ cfg['items'] ¦ cfg.keys() | list
cfg.get('port') ¦ cfg.get('nope') ¦ cfg.get('nope', 'd') ¦ cfg[8080] ¦ cfg['8080'] ¦ cfg | length ¦ cfg
cfg | list ¦ ports | dict2items ¦ ports | dict2items(key_name='name', value_name='port')
ports.items() | list ¦ (1, 2) == [1, 2] ¦ (1, 2) < (1, 3) ¦ (1, 2) < [3] ¦ none | b64encode ¦ none | replace('N', 'x') ¦ 0 | map('upper') ¦ none | select ¦ [ports.keys()] ¦ 'x' ~ ports.items() ¦ ports.keys()[0] ¦ ports.keys() + [1] ¦ ports.values() | join ¦ ports.keys() is sequence ¦ ports.keys()[0:1] ¦ [2, 1] in ports ¦ ports.values() | list + [1] ¦ ports.items() ¦ ports | items | list ¦ pairs | items2dict
users | items2dict(key_name='name', value_name='age') ¦ users | items2dict ¦ ports | dictsort
ports | dictsort(by='value', reverse=true) ¦ ports | dictsort(false, 'value') ¦ ports | list
ports.values() | list | sum ¦ ports | first ¦ [1] | dict2items ¦ {'b': 1, 'a': 2} | dictsort ¦ ports.copy()
ports | items | map('first') | list
left | combine(right) ¦ left | combine(right, recursive=true)
left | combine(right, recursive=True, list_merge='append') ¦ left | combine(right, list_merge='append')
left | combine(right, list_merge='prepend') ¦ left | combine(right, list_merge='append_rp')
left | combine(right, list_merge='prepend_rp') ¦ left | combine(right, list_merge='keep')
left | combine(right, list_merge='nope') ¦ left | combine ¦ left | combine({}, right)
[left, right] | combine ¦ left | combine([right, {'z': 1}]) ¦ left | combine(missing)
left | combine(missing | default({})) ¦ left | combine('x')
left | combine({'a': {'n': 1}}, recursive=true) ¦ {} | combine({'b': 1}, {'a': 2})
left | combine(right, recursion=true)
{'a': [1], 'b': {'c': [1]}} | combine({'a': [2], 'b': {'c': [2]}}, recursive=true, list_merge='prepend')
users | subelements('groups') ¦ users | subelements('mail')
users | subelements('mail.work', skip_missing=true) ¦ users | subelements('nope', true)
users | subelements('nope') ¦ users | subelements('groups') | map('last') | list
pairs | rekey_on_member('key') ¦ 'http' | extract(ports) ¦ 0 | extract(tags) ¦ 'deep' | extract(cfg, 'list')
'deep' | extract(cfg, ['list', 1]) ¦ 'nope' | extract(ports) ¦ 'nope' | extract(ports) | default('x')
'db1' | extract(hostvars, 'app_port')
[1, 2] ¦ [] ¦ {} ¦ {'a': 1, 'b': [1, {'c': 'd'}]} ¦ (1, 2) ¦ (1,) ¦ () ¦ (1) ¦ 1, 2
[1, 'a', none, true, 1.0] ¦ {1: 'a', 'b': 2} ¦ {'a': {'b': [1, {'c': 'd'}]}}.a.b[1].c ¦ [1, 2,] ¦ {'a': 1,}
{app: 1} ¦ [[1, 2], [3]][1][0] ¦ {'a': missing} ¦ [missing] ¦ [(1, 2)] ¦ {'a': (1,)}
[1, 2][5] | default('x') ¦ {'a': 1}['b'] | default('y') ¦ {true: 1} ¦ {none: 1} ¦ ['[', '{'] ¦ ['"', "'"]
["it's"] ¦ ['a\\nb'] ¦ ['\\\\'] ¦ [date] ¦ [unicode] ¦ ['\\u2028']
range(3) ¦ range(3) | list ¦ range(1, 4) | list ¦ range(10, 0, -3) | list ¦ range(0) | list
range(3) | map('string') | join(',') ¦ dict(a=1) ¦ dict(a=1, b=app) ¦ dict([['a', 1]]) ¦ dict({'x': 1}, y=2)
list(1) ¦ namespace(a=1).a ¦ cycler('a', 'b').next() ¦ joiner(',')() ¦ undef('x')
undef() is defined ¦ now() is defined ¦ now(fmt='%Y') | int > 2000 ¦ now(utc=true, fmt='%%')
app | default('x') ¦ missing | default('d') ¦ missing | d('d') ¦ missing | default
missing.deeper.still | default('d') ¦ empty | default('d', true) ¦ empty | default('d', boolean=true)
empty | default('d') ~ '|' ¦ nothing | default('d') ¦ nothing | default('d', true) ¦ cfg.none | d(5)
app | default(missing) ¦ missing | default(missing)
lie | default('d') ¦ lie | default('d', true)
undefined_below | default('fallback') ¦ undefined_deeper | default('fallback') ¦ undefined_deeper
undefined_below.x ¦ undefined_below ~ 'a' ¦ half.broken ¦ half.broken | default('x')
missing | default(other_missing | default('deep')) ¦ users[9].name | default('gone')
users[0].nope | default('no') ¦ missing | default([]) | length ¦ missing | default({}) | combine({'a': 1})
hostvars['nope'].x | default('h') ¦ groups['nope'] | default([])
hostvars['web2.example.net'].nope | default('n') ¦ (missing | default({})).x | default('y')
(app == 'shop') | ternary('y', 'n') ¦ lie | ternary('y', 'n') ¦ nothing | ternary('y', 'n', 'null')
nothing | ternary('y', 'n') ¦ true | ternary(missing, 'n') ¦ true | ternary('y', missing)
missing | ternary('y', 'n') ¦ true | ternary('y') ¦ 'a' if true ¦ 'a' if false
('a' if false) | default('none') ¦ 'a' if true else missing ¦ 'a' if app == 'shop' else 'b'
'a' if lie else 'b' if truth else 'c' ¦ 'x' if users else 'y' ¦ ('a' if lie else 'b') ~ 'c'
app | mandatory ¦ missing | mandatory ¦ missing | mandatory('say so') ¦ app | mandatory(msg='x')
1 if missing is defined else 2
1.

inventory_hostname ¦ inventory_hostname_short ¦ group_names
groups['web'] ¦ groups.db[0] ¦ groups ¦ inventory_file | basename
inventory_dir == inventory_file | dirname ¦ ansible_play_hosts ¦ ansible_play_hosts is defined
playbook_dir is defined ¦ ansible_check_mode is defined ¦ ansible_host | default(inventory_hostname)
lookup('env', 'HOME') ¦ lookup('env', 'NOPE_NOPE') ¦ lookup('env', 'NOPE_NOPE', default='d')
lookup('env', 'NOPE_NOPE') | default('x', true) ¦ lookup('env', 'HOME', 'NOPE_NOPE') ¦ lookup('vars', 'app')
lookup('vars', 'base') ¦ lookup('vars', 'nope') ¦ lookup('vars', 'nope', default='d')
lookup('vars', 'app', 'rack') ¦ query('vars', 'app') ¦ lookup('vars', 'tags') ¦ lookup('vars', 'app_port')
lookup('vars', 'ap' ~ 'p') ¦ lookup('pipe', 'echo hi') ¦ lookup('pipe', 'exit 3')
lookup('pipe', 'printf "a b"') ¦ lookup('lines', 'printf "a\\nb\\n"') ¦ query('lines', 'printf "a\\nb\\n"')
lookup('dict', ports) ¦ lookup('dict', ports) | map(attribute='key') | list ¦ q('dict', {'a': 1})
lookup('items', [1, [2, 3]]) ¦ query('items', [1, [2, 3]]) ¦ lookup('list', [1, 2])
query('indexed_items', ['a', 'b']) ¦ query('nested', ['a', 'b'], [1, 2])
query('together', ['a', 'b'], [1]) ¦ query('varnames', '^app') ¦ lookup('varnames', '^app$')
lookup('file', note) ¦ lookup('file', '/nope/nope') ¦ lookup('file', '/nope/nope', errors='ignore')
lookup('ansible.builtin.env', 'HOME') ¦ lookup('nope', 'x') ¦ query('env', 'HOME')
lookup('env', 'HOME', wantlist=true) ¦ lookup('first_found', ['/nope/a', note])
query('sequence', '5') ¦ query('sequence', '5-8') ¦ query('sequence', '2-10/2') ¦ lookup('sequence', '4:host%02d') ¦ query('sequence', '0x0f-0x11:%x')
query('sequence', 'start=5 end=11 stride=2 format=0x%02x') ¦ query('sequence', 'count=5') ¦ query('sequence', 'start=0x0f00 count=4 format=%04x')
query('sequence', 'start=0 count=5 stride=2') ¦ query('sequence', 'start=1 count=5 stride=2') ¦ query('sequence', 'count=0') ¦ query('sequence', 'start=5')
query('sequence', 'start=5 end=1') ¦ query('sequence', 'start=5 end=1 stride=-2') ¦ query('sequence', 'start=1 end=5 stride=-1') ¦ query('sequence', 'start=5 end=1 stride=0')
query('sequence', 'end=3 count=3') ¦ query('sequence', 'end=3 colour=1') ¦ query('sequence', 'end=a') ¦ query('sequence', 'end=010') ¦ query('sequence', '010') ¦ query('sequence', '1-3', '7-8')
query('sequence', 'end=3 format=x') ¦ query('sequence', 'end=3 format=%d%%') ¦ query('sequence', '3:web%d.example.net') ¦ lookup('sequence', '1') ¦ lookup('sequence', 'end=2 format="a %d"')
query('sequence', '') ¦ query('sequence', 'end=3 x') ¦ query('sequence', 5) ¦ query('sequence', 'start=-2 end=2') ¦ query('sequence', 'start=3 count=3 stride=-1') ¦ query('sequence', '3/0')
lookup('first_found', ['/nope/a']) ¦ lookup('first_found', ['/nope/a'], errors='ignore')
query('first_found', ['/nope/a'], skip=true)
lookup('first_found', {'files': ['nope', 'note.txt'], 'paths': [note | dirname]}) ¦ lookup('fileglob', note)
query('fileglob', '/nope/*')
`;

const ofYaml = `
app | to_yaml ¦ app_port | to_yaml ¦ nothing | to_yaml ¦ yes_text | to_yaml ¦ '' | to_yaml ¦ multi | to_yaml
tags | to_yaml ¦ tags | to_nice_yaml ¦ users | to_yaml ¦ users | to_nice_yaml ¦ cfg | to_yaml ¦ cfg.deep | to_nice_yaml
users | to_nice_yaml(indent=2) ¦ users | to_nice_yaml(2) ¦ users | to_yaml(indent=4) ¦ users | to_nice_yaml(indent=1)
users | to_nice_yaml(indent=3, width=1337) ¦ users | to_nice_yaml(indent=12) ¦ users | to_yaml(default_flow_style=true)
users | to_yaml(default_flow_style=false) ¦ users | to_yaml(sort_keys=false) ¦ users | to_nice_yaml(sort_keys=false)
users | to_yaml(explicit_start=true) ¦ app | to_yaml(explicit_start=true) ¦ tags | to_nice_yaml(explicit_start=true)
sentence | to_yaml ¦ [sentence, sentence] | to_yaml ¦ {'a': [sentence, sentence]} | to_yaml ¦ sentence | to_yaml(width=20)
[sentence ~ sentence ~ '  ' ~ sentence] | to_yaml ¦ {sentence: {sentence: sentence}} | to_yaml ¦ [sentence ~ ': x' ~ sentence] | to_yaml
{'k' * 140: 1} | to_yaml ¦ {'k' * 140: 1} | to_nice_yaml ¦ {'k' * 140: [1, {'k' * 130: 'v' * 90}]} | to_yaml ¦ {'a\nb': 1, 'c': 2} | to_yaml
['a, b', '{x', 'x: y', '?a', '- b', '', '#', 'a #b', 'a:b', 'a?b', 'a[0]', '-', ':', 'x:'] | to_yaml
['a, b', '{x', 'x: y', '?a', '- b', '', '#', 'a #b', 'a:b', 'a?b', 'a[0]', '-', ':', 'x:'] | to_nice_yaml
['yes', 'no', '1', '1.5', '~', 'null', '2020-01-02', '0755', '1e3', '=', '<<', '12:30', 'é', '\t', 'a\nb', ' x', 'x '] | to_yaml
['yes', 'no', '1', '1.5', '~', 'null', '2020-01-02', '0755', '1e3', '=', '<<', '12:30', 'é', '\t', 'a\nb', ' x', 'x '] | to_nice_yaml
[1, 1.5, 1.0, true, none, big, 1e20, -7] | to_yaml ¦ [date, moment] | to_yaml ¦ raw | to_yaml ¦ [raw] | to_yaml ¦ [[], {}] | to_yaml ¦ [[], {}] | to_nice_yaml
[] | to_yaml ¦ {} | to_nice_yaml ¦ [[1, 2], [3, [4]]] | to_yaml ¦ [[1, 2], [3, [4]]] | to_nice_yaml ¦ {1: 'a', 2: 'b'} | to_yaml ¦ {1: 'a', 'b': 2} | to_yaml
(1, 2) | to_yaml ¦ {'a': (1, 2)} | to_nice_yaml ¦ {'x': 1}.items() | list | to_yaml ¦ half | to_yaml ¦ nowhere | to_yaml ¦ [nowhere] | to_yaml
(tags | to_yaml) ~ 'x' ¦ tags | to_yaml | from_yaml ¦ users | to_nice_yaml | from_yaml ¦ cfg | to_nice_yaml(indent=2) | indent(4) ¦ '[1, 2]' | to_yaml
app | to_yaml(colour=1) ¦ app | to_yaml | trim ¦ {'a': 'x\n', 'b': ['y\nz']} | to_nice_yaml ¦ {'k' * 140: {}} | to_nice_yaml
'a: !vault x' | from_yaml ¦ 'a: !unsafe x' | from_yaml ¦ 'a: !other x' | from_yaml ¦ '{"a": 1e3}' | from_yaml ¦ '["a"]' | from_yaml
'{a: 1, a: 2}' | from_yaml ¦ '# c' | from_yaml ¦ '---\na: 1\n...' | from_yaml ¦ 'a: &x [1]\nb: *x' | from_yaml ¦ 'a: {{ app }}' | from_yaml
'--- 1\n--- 2' | from_yaml ¦ 'a: 1\nb' | from_yaml ¦ 'a: "\\x41"' | from_yaml ¦ 'a: !!binary aGk=' | from_yaml ¦ 'y: on' | from_yaml
'%YAML 1.1\n--- a' | from_yaml ¦ 'a: !!omap [b: 1]' | from_yaml ¦ 'a: !!set {b}' | from_yaml ¦ '<<: {a: 1}\nb: 2' | from_yaml ¦ true | from_yaml
5 | type_debug ¦ 1.5 | type_debug ¦ true | type_debug ¦ none | type_debug ¦ [1] | type_debug ¦ (1, 2) | type_debug ¦ {} | type_debug
tags | type_debug ¦ cfg | type_debug ¦ nowhere | type_debug ¦ date | type_debug ¦ moment | type_debug ¦ big | type_debug ¦ version | type_debug
users[0] | type_debug ¦ users[0].groups | type_debug ¦ cfg.deep.list | type_debug ¦ groups | type_debug ¦ hostvars | type_debug
hostvars['web2.example.net'] | type_debug ¦ groups.web | type_debug ¦ [1] | map('string') | type_debug
{'a': 1}.items() | type_debug ¦ {'a': 1}.keys() | type_debug ¦ app_port | type_debug ¦ as_list | type_debug
lookup | type_debug ¦ [1] | select | type_debug ¦ [3, 1] | sort | type_debug ¦ {'a': 1} | dict2items | type_debug
nothing | type_debug ¦ truth | type_debug ¦ users | map('type_debug') | list
`;

const ofFormats = `
users | to_json ¦ {'b': 1, 'a': [1.0, none, true]} | to_json ¦ users | to_nice_json ¦ 'é' | to_json
'é' | to_json(ensure_ascii=false) ¦ {'b': 1, 'a': 2} | to_json(sort_keys=true)
[1, [2]] | to_json(indent=2) ¦ {} | to_nice_json ¦ cfg | to_json ¦ app | to_json ¦ 5 | to_json
none | to_json ¦ [missing] | to_json ¦ users | to_nice_json(indent=2)
{'b': 1, 'a': 2} | to_nice_json(sort_keys=false) ¦ (1, 2) | to_json ¦ date | to_json ¦ [1] | to_json ~ ''
['<a&b>'] | tojson ¦ {'a': "it's"} | tojson ¦ as_json ¦ as_json | length ¦ [as_json]
as_json | from_json | length ¦ 'x' ~ as_json
json_text | from_json ¦ (json_text | from_json).a ¦ '[1, 2' | from_json ¦ '1.0' | from_json
'"x"' | from_json ¦ ('a: [1, yes]' | from_yaml).a ¦ 'a: 1' | from_yaml ¦ '- 1\\n- b' | from_yaml
'x' | from_yaml ¦ 5 | from_yaml ¦ 'a: [' | from_yaml ¦ '0x10' | from_yaml ¦ '12:30' | from_yaml
'a: 2020-01-02' | from_yaml ¦ '' | from_yaml
list_text ¦ dict_text ¦ true_text ¦ number_text ¦ json_text ¦ as_list ¦ as_number ¦ as_number + 1 ¦ single
single + 1 ¦ single_again ¦ [single_again] ¦ list_text | length
'[1, 2]' ¦ '[1, 2' ¦ '{1: 2}' ¦ '{"a": true, "b": null}'
'[true, "true", null]' ¦ 'True' ¦ 'true' ¦ 'False' ¦ 'None' ¦ 'null' ¦ '(1, 2)' ¦ ' [1]' ¦ '[1]\\n' ¦ '[a]'
'["a" "b"]' ¦ '[1 + 1]' ¦ '[0x1f, 1e3, 010]' ¦ '[-1, +1]' ¦ '{}' ¦ '[]' ¦ '[[], {}]' ¦ "['a\\nb']"
'[1] # c' ¦ '[1]x' ¦ '[1, 2]' | string ¦ [1, 2] | string ¦ '[1]' ~ '' ¦ ('[1]' | string) ~ ''
(tags | string) if true else 1 ¦ missing | default(tags | string) ¦ '["[1]"]' ¦ '[1,]'
'{"a": 1, "a": 2}' ¦ '[1.0, 2.50, 1e100]' ¦ '[12345678901234567890]' ¦ '[None]'
'[nul]' ¦ '["\\\\u00e9"]'
version ¦ version ~ '' ¦ ratio ¦ date ¦ date ~ '' ¦ moment ¦ moment ~ '' ¦ nothing ¦ nothing ~ '' ¦ none
truth ¦ truth ~ '' ¦ lie ¦ true ¦ 1.0 ¦ 1 ¦ '1' ¦ empty ~ '|' ¦ raw ¦ [raw] ¦ raw ~ app ¦ multi ¦ two_ends
hello ¦ hello | length ¦ base ¦ base ~ '/x' ¦ env_name
'%Y-%m-%d' | strftime(0) ¦ '%H:%M:%S' | strftime(1441357287, utc=true)
'%Y' | strftime(second='1441357287') ¦ '%j %a %b %p %y %U %W %w %u %e %I' | strftime(1441357287, true)
'%F %T %%' | strftime(86400, true) ¦ 'x' | strftime(0) ¦ '%Y' | strftime('x')
'a' | ansible.builtin.b64encode ¦ app is ansible.builtin.match('s')
['a'] | map('ansible.builtin.b64encode') | list ¦ app | nope ¦ app | nope.nope.nope ¦ app ¦ nope('x') ¦ app.
app[ ¦ (app ¦ app) ¦ {{ app ¦ [1, 2 ¦ app app ¦ app, ¦ 1 + ¦ is defined ¦ if ¦ for ¦ 1 if ¦ x.y.z ¦ missing
missing.x ¦ missing['x'] ¦ missing() ¦ app() ¦ cfg.name() ¦ not ¦ - ¦ app | default( ¦ *app ¦ **app ¦ a=1
app | upper() ¦ app | upper('x') ¦ app | default(1, 2, 3) ¦ app | join(nope=1) ¦ app! ¦ app @ ¦ a ? b : c
app; app ¦ \`x\` ¦ 'a' 5 ¦ 5 'a'
`;

export const STATEMENTS = [
  "{% if app == 'shop' %}yes{% else %}no{% endif %}",
  "{% if false %}a{% elif app %}b{% else %}c{% endif %}",
  "{% if missing %}a{% endif %}",
  "{% if missing is defined %}a{% endif %}|",
  "{% if a %}",
  "{% endif %}",
  "{% nope %}",
  "{% if true %}True{% endif %}",
  "{% if true %}[1, 2]{% endif %}",
  "{% if true %}{{ tags }}{% endif %}",
  "{% if true %}{{ tags | to_json }}{% endif %}",
  "{% for u in users %}{{ u.name }}{% if not loop.last %},{% endif %}{% endfor %}",
  "{% for t in tags %}{{ loop.index }}{{ loop.index0 }}{{ loop.revindex }}{{ loop.revindex0 }}{{ loop.first }}{{ loop.last }}{{ loop.length }} {% endfor %}",
  "{% for t in tags %}{{ loop.previtem | default('-') }}{{ loop.nextitem | default('-') }} {% endfor %}",
  "{% for t in tags %}{{ loop.cycle('x', 'y') }}{{ loop.depth }}{{ loop.depth0 }}{% endfor %}",
  "{% for t in [1, 1, 2] %}{{ loop.changed(t) }} {% endfor %}",
  "{% for t in [] %}x{% else %}none{% endfor %}",
  "{% for t in tags if t != 'a' %}{{ t }}{{ loop.length }}{% endfor %}",
  "{% for t in tags if t == 'z' %}{{ t }}{% else %}no{% endfor %}",
  "{% for k, v in ports.items() %}{{ k }}={{ v }};{% endfor %}",
  "{% for k, v in ports | dictsort %}{{ k }}={{ v }};{% endfor %}",
  "{% for k in ports %}{{ k }};{% endfor %}",
  "{% for (a, b) in [[1, 2], [3, 4]] %}{{ a }}{{ b }}{% endfor %}",
  "{% for a, b in [[1, 2, 3]] %}{{ a }}{% endfor %}",
  "{% for x in 1, 2, 3 %}{{ x }}{% endfor %}",
  "{% for x in 'abc' %}{{ x }}.{% endfor %}",
  "{% for x in 5 %}{{ x }}{% endfor %}",
  "{% for x in missing %}{{ x }}{% endfor %}",
  "{% for h in groups['web'] if h != inventory_hostname %}{{ h }} {% endfor %}",
  "{% for h in groups['web'] %}{{ hostvars[h].app_port }},{% endfor %}",
  "{% for h in hostvars if h in groups['all'] %}{{ h }},{% endfor %}",
  "{% for x in [1, [2, [3]]] recursive %}{% if x is iterable %}<{{ loop(x) }}>{% else %}{{ x }}{% endif %}{% endfor %}",
  "{% for x in [1] %}{{ loop(x) }}{% endfor %}",
  "{% for g, us in users | groupby('age') %}{{ g }}:{{ us | map(attribute='name') | join('+') }};{% endfor %}",
  "{% for b in [1, 2, 3] | batch(2) %}{{ b }}{% endfor %}",
  "{% for i in range(3) %}{% for j in range(2) %}{{ i }}{{ j }}{{ loop.index }} {% endfor %}{% endfor %}",
  "{% for x in [1, 2] %}{% break %}{% endfor %}",
  "{% set x = 5 %}{{ x + 1 }}",
  "{% set x = 5 %}{{ x }}",
  "{% set x = tags | to_json %}{{ x }}",
  "{% set x, y = 1, 2 %}{{ x }}{{ y }}",
  "{% set x = 1, 2 %}{{ x }}",
  "{% set x %}[1, 2]{% endset %}{{ x | length }}",
  "{% set x %}a{{ app }}{% endset %}{{ x }}",
  "{% set x | upper %}abc{% endset %}{{ x }}",
  "{% set x | upper | replace('B', '-') %}abc{% endset %}{{ x }}",
  "{% set x = missing %}{{ x | default('d') }}",
  "{% set x = missing %}ok",
  "{% set x = 1 %}{% for i in [1, 2] %}{% set x = x + i %}{{ x }}{% endfor %}{{ x }}",
  "{% set x = 1 %}{% if true %}{% set x = 2 %}{% endif %}{{ x }}",
  "{% set ns = namespace(total=0) %}{% for i in sizes %}{% set ns.total = ns.total + i %}{% endfor %}{{ ns.total }}",
  "{% set ns = namespace(found=false) %}{% for t in tags if t == 'a' %}{% set ns.found = true %}{% endfor %}{{ ns.found }}",
  "{% set x = {} %}{% set x.y = 1 %}{{ x }}",
  "{% set out = [] %}{% for t in tags %}{% set _ = out.append(t ~ '!') %}{% endfor %}{{ out }}",
  "{% set out = [] %}{% for t in tags %}{{ out.append(t) }}{% endfor %}{{ out }}",
  "{% set out = {} %}{% for t in tags %}{% set _ = out.update({t: loop.index}) %}{% endfor %}{{ out }}",
  "{% set out = [] %}{% for h in groups['web'] %}{% set _ = out.append({'host': h, 'port': hostvars[h].app_port}) %}{% endfor %}{{ out }}",
  "{% set d = dict() %}{{ d.update({'a': 1}) }}{{ d }}",
  "{% set d = {'a': 1} %}{% set _ = d.setdefault('b', 2) %}{% set _ = d.pop('a') %}{{ d }}",
  "{% macro m(a, b=2) %}{{ a }}-{{ b }}{% endmacro %}{{ m(1) }} {{ m(1, 3) }} {{ m(b=4, a=5) }}",
  "{% macro m(a) %}{{ a | default('none') }}{% endmacro %}{{ m() }}",
  "{% macro m(a) %}{{ a }}{% endmacro %}{{ m() }}",
  "{% macro m() %}[1, 2]{% endmacro %}{{ m() | length }}",
  "{% macro m() %}{{ varargs }}{{ kwargs }}{% endmacro %}{{ m(1, x=2) }}",
  "{% macro m(a) %}{{ a }}{% endmacro %}{{ m(1, 2) }}",
  "{% macro m(a) %}{{ a }}{% endmacro %}{{ m(1, z=2) }}",
  "{% macro m(a, b=a) %}{{ b }}{% endmacro %}{{ m(1) }}",
  "{% macro m(x) %}{% if x > 0 %}{{ x }}{{ m(x - 1) }}{% endif %}{% endmacro %}{{ m(3) }}",
  "{% macro m() %}<{{ caller() }}>{% endmacro %}{% call m() %}in {{ app }}{% endcall %}",
  "{% macro m(xs) %}{% for x in xs %}{{ caller(x) }};{% endfor %}{% endmacro %}{% call(y) m([1, 2]) %}{{ y * 2 }}{% endcall %}",
  "{% macro m() %}x{% endmacro %}",
  "{% macro m(a=1, b) %}x{% endmacro %}",
  "{% set p = 'x' %}{% macro m() %}{{ p }}{{ app }}{% endmacro %}{{ m() }}",
  "{% filter upper %}abc {{ app }}{% endfilter %}",
  "{% filter upper | replace('A', '-') %}abc{% endfilter %}",
  "{% filter indent(2, true) %}a\nb{% endfilter %}",
  "{% filter from_json %}[1, 2]{% endfilter %}",
  "{% raw %}{{ app }} {% if %}{% endraw %}",
  "a {%- raw -%}  {{ x }} {%- endraw -%} b",
  "{% raw %}x",
  "{% raw %}{{ app }}{% endraw %}{{ app }}",
  "{% with a = 1, b = app %}{{ a }}{{ b }}{% endwith %}",
  "{% with %}{% set q = 1 %}{{ q }}{% endwith %}{{ q is defined }}",
  "{% with a = 1 %}{% endwith %}{{ a | default('gone') }}",
  "{% print app %}",
  "{% print 1, 2 %}",
  "{% include 'x' %}",
  "{% import 'x' as y %}",
  "{% do tags.append(1) %}",
  "{# comment #}x",
  "a{# c #}b",
  "a {#- c -#} b",
  "{# unclosed",
  "{# {{ app }} #}{{ app }}",
  "{#\n multi\n#}\nx",
  "  {% if true %}\n  a\n  {% endif %}\nb",
  "{% if true -%}\n  a\n{%- endif %}\nb",
  "x\n{%- if true %} y {% endif -%}\n z",
  "{%- if true -%} a {%- endif -%}",
  "{%+ if true +%}\n a{% endif %}",
  "{{- app -}}",
  " {{- app -}} x",
  "{{ app }}\n",
  "{{ app }}\n\n",
  "a\n{{ app }}\nb\n",
  "{{ tags }}\n",
  "{{ app_port }}\n",
  "{{ tags | to_json }}\n",
  "{% for t in tags %}\n- {{ t }}\n{% endfor %}\n",
  "{% for t in tags %}\n{{ t }}{{ ',' if not loop.last }}\n{% endfor %}",
  "{% for t in tags %}{{ t }}{{ '' if loop.last else ',' }}{% endfor %}",
  "[{% for t in tags %}'{{ t }}',{% endfor %}]",
  "[{% for t in tags %}{{ t | to_json }}{% if not loop.last %}, {% endif %}{% endfor %}]",
  "{ {% for k, v in ports.items() %}'{{ k }}': {{ v }}, {% endfor %} }",
  '{"a": {{ app_port }}, "b": {{ truth | to_json }}}',
  "[{{ app_port }}, {{ ratio }}]",
  "{{ app }}{{ app_port }}",
  "{{ app_port }}{{ app_port }}",
  "{{ truth }}",
  "{{truth}}",
  "{{ truth }} ",
  "{{ truth }}{{ '' }}",
  "{{ nothing }}",
  "{{ nothing }}x",
  "x{{ nothing }}y",
  "{{ ratio }}",
  "{{ ratio }} ",
  "{{ big }}",
  "{{ date }}",
  "{{ raw }}",
  "no template",
  "100%",
  "{ not }",
  "{{ '{{' }}",
  "{{ '}}' }}",
  '{{ "{% raw %}" }}',
  "{% if '%}' == '%}' %}a{% endif %}",
  "}} {{ app }}",
  "%} {{ app }}",
  "{{ {'a': {'b': 1}} }}",
  "{{{'a': 1}}}",
  "{{ {'a': {'b': 1}}['a']['b'] }}",
  "{{ app",
  "{{ 'a }}",
  "{{ || app }}",
  "{{ app | }}",
  "{{ app && app }}",
  "{{ app }",
  "{{ }}",
  "{{}}",
  "{% %}",
  "{%",
  "{{ app }} {{ missing }}",
  "{{ app | regex_replace('(.)', '\\1\\1') }}",
  "{% set r = app | regex_replace('(.)', '\\1\\1') %}{{ r }}",
  "{% set r = app | regex_replace('(.)', '\\\\1\\\\1') %}{{ r }}",
  "{{ 'it\\'s' }}",
  "{% set q = 'it\\'s' %}{{ q }}",
  "{{ 'a\\\\b' }}",
  "{{ 'a\\nb' }}",
  "{% set n = 'a\\nb' %}{{ n }}",
  "c:\\dir {{ app }}",
  "C:\\new\\{{ app }}",
  "{{ back }}",
  "{{ app\n| upper\n}}",
  "{% set x = [\n 1,\n 2\n] %}{{ x }}",
  "{{ [1, 2] | map('string') | map('int') | list }}",
  "{% set x = namespace() %}{% set x.a = 1 %}{{ x.a }}",
  "{% set s = joiner('; ') %}{% for t in tags %}{{ s() }}{{ t }}{% endfor %}",
  "{% set c = cycler('a', 'b') %}{{ c.next() }}{{ c.next() }}{{ c.next() }}{{ c.current }}",
  "{% for i in range(2) %}{{ i }}{% endfor %}",
  "{% for i in range(1) %}1{% endfor %}",
  "{{ users | map(attribute='name') | map('regex_replace', '^', 'u-') | join(' ') }}",
  "{{ hostvars | dict2items | selectattr('value.rack', 'defined') | map(attribute='key') | list }}",
  "{% set hosts = groups['web'] | map('extract', hostvars, 'app_port') | list %}{{ hosts | sum }}",
  "server {{ groups['web'] | map('regex_replace', '^(.*)$', 'server \\1:80;') | join(' ') }}",
  "{{ ('a' in tags) | ternary('on', 'off') }}",
  "{{ '%s.%s' | format(inventory_hostname_short, 'lan') }}",
  "{{ (app_port | int) + 1 }}",
  "{{ app_port | int + 1 }}",
  "{{ app_port ~ '' | int + 1 }}",
  "{{ [app_port, 80] | max }}",
  "{{ ansible_ssh_user | default(ansible_user | default('root')) }}",
  "{{ lookup('env', 'HOME') | default('nobody', true) }}",
  "{{ users | json_query('x') }}",
  "{{ '10.0.0.1' | ipaddr }}",
  "{{ '10.0.0.1' | ansible.utils.ipaddr('address') }}",
];

/** One expression after the other, each between {{ and }}. */
export const EXPRESSIONS = [ofNumbers, ofTexts, ofTests, ofCollections, ofFormats, ofYaml].flatMap((texts) =>
  texts
    .trim()
    .split(/ ¦ |\n/)
    .map((text) => text.trim()),
);

/** What Ansible can and we can't, with what we say. */
export const UNSUPPORTED: readonly (readonly [template: string, message: string])[] = [
  ...["random", "shuffle", "password_hash", "to_datetime", "wordwrap", "vault", "xmlattr"].map(
    (name) => [`{{ app | ${name} }}`, `the filter '${name}' is not supported in inventory values`] as const,
  ),
  [
    "{{ '10.0.0.1' | ansible.utils.ipaddr }}",
    "the filter 'ansible.utils.ipaddr' is not supported in inventory values",
  ],
  ["{{ app is changed }}", "the test 'is changed' is not supported in inventory values"],
  ["{{ lookup('password', '/dev/null') }}", "lookup('password') is not supported in inventory values"],
  [
    "{{ lookup('community.general.dig', 'x') }}",
    "lookup('community.general.dig') is not supported in inventory values",
  ],
  ["{% include 'x' %}", "the statement {% include %} is not supported in inventory values"],
  ["{{ '{:>5}'.format('a') }}", "format: '{:>5}' is not supported in inventory values"],
  ["{{ '%g' % 1.5 }}", "the format %g is not supported in inventory values"],
  ["{{ '%Q' | strftime(0) }}", "strftime: %Q is not supported in inventory values"],
  [
    "{{ app | type_debug }}",
    "type_debug of a text is not supported in inventory values: ask whether it 'is string'",
  ],
  ["{{ app | to_yaml(canonical=true) }}", "the filter 'to_yaml' takes no argument 'canonical'"],
  ["{{ app.upper }}", "a function or method is used as a value"],
  ["{{ cfg.items }}", "a function or method is used as a value"],
];
