// An inventory of a given size, in the shape large ones have: hosts by role, datacenter, environment, system and team.

import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

const KINDS = { role: 120, dc: 20, env: 4, os: 6, team: 40 } as const;
const PARENTS = { tier: ["role", 6], region: ["dc", 4] } as const;

/** Writes `hosts` (INI), group_vars/ for its 200 groups and host_vars/ for each of `count` hosts into `folder`. */
export async function writeFleet(folder: string, count: number): Promise<void> {
  await Promise.all(
    ["group_vars", "host_vars"].map((part) => mkdir(join(folder, part), { recursive: true })),
  );
  const members = new Map<string, string[]>();
  const lone: string[] = [];
  for (let index = 0; index < count; index++) {
    const name = `node${String(index).padStart(5, "0")}.example.net`;
    lone.push(
      `${name} ansible_host=10.${index >> 16}.${(index >> 8) & 255}.${index & 255} rack=${index % 48} tags="['a${index % 7}', 'b']"`,
    );
    for (const [at, [kind, many]] of Object.entries(KINDS).entries()) {
      const group = `${kind}${((index * (2 * at + 1)) >> at) % many}`;
      const names = members.get(group);
      if (names === undefined) members.set(group, [name]);
      else names.push(name);
    }
    await writeFile(
      join(folder, "host_vars", `${name}.yml`),
      `id: ${index}\nserial: "SN-${index * 7919}"\nzone: z${index % 5}\nports: [80, 443]\nlimits: {files: ${1024 + index}, nice: yes, share: 1.5}\n`,
    );
  }
  const sections = [...members].map(([group, names]) => `[${group}]\n${names.join("\n")}\n`);
  for (const [parent, [kind, many]] of Object.entries(PARENTS)) {
    for (let index = 0; index < many; index++) {
      const children = Array.from({ length: KINDS[kind] }, (_, child) => child)
        .filter((child) => child % many === index && members.has(`${kind}${child}`))
        .map((child) => `${kind}${child}\n`);
      sections.push(
        `[${parent}${index}:children]\n${children.join("")}[${parent}${index}:vars]\nlevel=${index}\n`,
      );
      members.set(`${parent}${index}`, []);
    }
  }
  await writeFile(join(folder, "hosts"), `${lone.join("\n")}\n${sections.join("")}`);
  await writeFile(
    join(folder, "group_vars", "all.yml"),
    "domain: example.net\nntp: [ntp1, ntp2]\ndns: {search: [a, b]}\n",
  );
  for (const group of members.keys()) {
    await writeFile(
      join(folder, "group_vars", `${group}.yml`),
      `${group}_name: ${group}\nfrom: ${group}\nsettings: {owner: ${group}, list: [1, 2, 3], active: yes}\n`,
    );
  }
}
