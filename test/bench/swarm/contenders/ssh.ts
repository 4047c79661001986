// A copy from the seeder to every host at once, over real sshds: what a loop of scp or rsync does.
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Node } from "../network.ts";
import type { Race } from "../race.ts";
import { run } from "../run.ts";
import type { Contender } from "./contender.ts";

const PORT = 2222;
/** The quickest cipher with AES instructions; no compression, for what is sent is compressed or random. */
const CIPHER = "aes128-gcm@openssh.com";
const NEEDS = { "openssh-server": "sshd", "openssh-client": "ssh" };

export const scp: Contender = {
  name: "scp",
  title: "scp, all at once",
  settings: `one scp a host from the seeder, all at once, ${CIPHER}, no compression; done = scp's end`,
  needs: NEEDS,
  prepare,
  start: (race, hosts) =>
    copies(race, hosts, (node) => [
      "scp",
      "-q",
      ...options(race),
      "-P",
      String(PORT),
      race.payload.file,
      `root@${node.address}:${race.folder(node)}/`,
    ]),
  place: (race, node) => race.folder(node),
};

export const rsync: Contender = {
  name: "rsync",
  title: "rsync, all at once",
  settings: `one rsync --whole-file a host from the seeder, all at once, over ssh with ${CIPHER}; done = rsync's end, its checksum compared`,
  needs: { ...NEEDS, rsync: "rsync" },
  prepare,
  start: (race, hosts) =>
    copies(race, hosts, (node) => [
      "rsync",
      "--whole-file",
      "-e",
      ["ssh", ...options(race), "-p", PORT].join(" "),
      race.payload.file,
      `root@${node.address}:${race.folder(node)}/`,
    ]),
  place: (race, node) => race.folder(node),
};

async function copies(race: Race, hosts: readonly Node[], command: (node: Node) => readonly string[]) {
  const copy = async (node: Node) => {
    const child = race.start(race.network.seeder, command(node));
    void child.exited.then((code) => code === 0 && race.done(node));
  };
  await Promise.all(hosts.map(copy));
  // The race ends them.
  return { join: copy, [Symbol.asyncDispose]: async () => {} };
}

/** sshd on every host, with keys of this race only. They run before the clock starts, as on any host. */
async function prepare(race: Race): Promise<void> {
  const keys = race.folder(race.network.seeder);
  await mkdir("/run/sshd", { recursive: true, mode: 0o755 });
  for (const name of ["login", "host"])
    await run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", join(keys, name)]);
  await writeFile(join(keys, "known_hosts"), "");
  const config = [
    `HostKey ${join(keys, "host")}`,
    `AuthorizedKeysFile ${join(keys, "login.pub")}`,
    "PermitRootLogin prohibit-password",
    "PasswordAuthentication no",
    "StrictModes no",
    "UsePAM no",
    "PidFile none",
    "MaxStartups 1000",
    "Subsystem sftp internal-sftp",
    `Ciphers ${CIPHER}`,
  ];
  await writeFile(join(keys, "sshd_config"), `${config.join("\n")}\n`);
  const knownHosts = (await Bun.file(join(keys, "host.pub")).text()).split(" ").slice(0, 2).join(" ");
  const rows = race.network.hosts.map(({ address }) => `[${address}]:${PORT} ${knownHosts}\n`);
  await writeFile(join(keys, "known_hosts"), rows.join(""));
  await Promise.all(
    race.network.hosts.map((node) => {
      const listening = Promise.withResolvers<void>();
      const onError = (line: string) => line.startsWith("Server listening on") && listening.resolve();
      const where = ["-o", `ListenAddress=${node.address}:${PORT}`];
      const child = race.start(
        node,
        ["/usr/sbin/sshd", "-D", "-e", "-f", join(keys, "sshd_config"), ...where],
        {
          onError,
        },
      );
      void child.exited.then(() =>
        listening.reject(new Error(`sshd of ${node.name} ended: ${child.tail()}`)),
      );
      return listening.promise;
    }),
  );
}

function options(race: Race): string[] {
  const keys = race.folder(race.network.seeder);
  return [
    "-F",
    "none",
    ...[
      `IdentityFile=${join(keys, "login")}`,
      "IdentitiesOnly=yes",
      `UserKnownHostsFile=${join(keys, "known_hosts")}`,
      "BatchMode=yes",
      "Compression=no",
      `Ciphers=${CIPHER}`,
    ].flatMap((option) => ["-o", option]),
  ];
}
