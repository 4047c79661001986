// Which hosts are switched together: Ansible's `serial`, and a canary before it. Pure.

/** One item of `serial`: so many hosts, or so many per cent of all hosts of the run. */
export interface BatchSize {
  readonly kind: "count" | "percent";
  readonly value: number;
}

/**
 * Batch sizes as Ansible writes them: `2`, `30%`, or several with commas between. Undefined when it is none of it. 0, or
 * fewer, is "all that are left", as for Ansible.
 * @see https://docs.ansible.com/ansible/latest/playbook_guide/playbooks_strategies.html#setting-the-batch-size-with-serial
 */
export function parseSerial(text: string): readonly BatchSize[] | undefined {
  const sizes: BatchSize[] = [];
  for (const item of text.split(",")) {
    const [, digits, percent] = /^(-?\d+)\s*(%?)$/.exec(item.trim()) ?? [];
    if (digits === undefined || !Number.isSafeInteger(Number(digits))) return undefined;
    sizes.push({ kind: percent === "%" ? "percent" : "count", value: Number(digits) });
  }
  return sizes;
}

/**
 * `hosts` in batches, in their order: those named by `canary` first, then by `serial`, whose last size repeats; all at once
 * without one. Percentages are of all hosts, rounded down, of one host at least, as Ansible's are.
 */
export function batchesOf<H extends { readonly name: string }>(
  hosts: readonly H[],
  serial: readonly BatchSize[],
  { canary = [] }: { readonly canary?: readonly string[] | undefined } = {},
): readonly (readonly H[])[] {
  const first = hosts.filter(({ name }) => canary.includes(name));
  const rest = hosts.filter(({ name }) => !canary.includes(name));
  const batches = first.length === 0 ? [] : [first];
  for (let at = 0, turn = 0; at < rest.length; turn++) {
    const size = serial[Math.min(turn, serial.length - 1)];
    const wanted = size === undefined ? 0 : hostsIn(size, hosts.length);
    const end = wanted <= 0 ? rest.length : at + wanted;
    batches.push(rest.slice(at, end));
    at = end;
  }
  return batches;
}

/** Ansible's own arithmetic, for 29 % of 100 hosts are 28 to it. */
function hostsIn({ kind, value }: BatchSize, hosts: number): number {
  return kind === "count" ? value : Math.trunc((value / 100) * hosts) || 1;
}
