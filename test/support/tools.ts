// The programs that tests run against: installed where we may (root on Debian or Ubuntu), named otherwise.
import { existsSync } from "node:fs";
import { resolve } from "node:path";

/** Debian package → a program it brings, or a file. */
const TOOLS: Readonly<Record<string, string>> = {
  "openssh-server": "sshd",
  "openssh-client": "ssh-keygen",
  "ansible-core": "ansible-inventory",
  aria2: "aria2c",
  "transmission-cli": "transmission-show",
  "transmission-daemon": "transmission-daemon",
  "python3-libtorrent": "/var/lib/dpkg/info/python3-libtorrent.list",
  tmux: "tmux",
  iproute2: "ip",
  sudo: "sudo",
  openssl: "openssl",
  curl: "curl",
  wget: "wget",
  perl: "perl",
  git: "git",
  procps: "ps",
  zstd: "zstd",
  "xz-utils": "xz",
  bzip2: "bzip2",
  chromium: "chromium",
};

/** Daemons live where a plain user's PATH doesn't look. */
const PATHS = [...(process.env.PATH ?? "").split(":"), "/usr/sbin", "/sbin"];

const missing = Object.entries(TOOLS)
  .filter(([, file]) => !PATHS.some((folder) => existsSync(resolve(folder, file))))
  .map(([name]) => name);
if (missing.length > 0) {
  const line = `apt-get update && apt-get install -y --no-install-recommends ${missing.join(" ")}`;
  const mayInstall = process.getuid?.() === 0 && existsSync("/usr/bin/apt-get");
  if (!mayInstall) {
    console.error(`the tests need programs that are not installed:\n  sudo sh -c '${line}'`);
    process.exit(1);
  }
  console.error(`installing what the tests need: ${missing.join(" ")}`);
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  const { exitCode, stdout, stderr } = Bun.spawnSync(["sh", "-c", line], {
    env,
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  if (exitCode !== 0) {
    console.error(
      `${stdout.toString()}${stderr.toString()}\ncould not install them (exit ${exitCode}); by hand: ${line}`,
    );
    process.exit(1);
  }
}
