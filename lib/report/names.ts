// Hosts' names as a narrow picture can show them.

/** `names` without the domain that all of them end in: `web1` for `web1.example.net` beside `web2.example.net`. */
export function shortNames(names: readonly string[]): ReadonlyMap<string, string> {
  const [first = "", ...others] = names;
  let domain = "";
  const labels = first.split(".");
  for (let at = labels.length - 1; at > 0; at--) {
    const longer = `.${labels.slice(at).join(".")}`;
    // Addresses are no names: what they end in says which they are.
    if (!/[a-z]/i.test(longer) || !others.every((name) => name.endsWith(longer) && name !== longer)) break;
    domain = longer;
  }
  const cut = (name: string) => (others.length === 0 ? name : name.slice(0, name.length - domain.length));
  return new Map(names.map((name) => [name, cut(name)]));
}
