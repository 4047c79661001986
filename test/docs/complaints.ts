// Which tests prove what scripts/OPERATIONS.md says of each of the 25 complaints: file under test/ → titles in it.

/** By number. A title may be its beginning. */
export const PROOFS: Readonly<Record<number, Readonly<Record<string, readonly string[]>>>> = {
  1: {
    "e2e/complaints": ["releases that failed again and again push out neither the current nor the good one"],
    "release/prune": ["another tool's releases count as good, by the time in their names"],
    "release/histories": ["the current and the previous good release stay, failures don't count"],
  },
  2: {
    "e2e/commands": [
      "a before-activate command that fails on one host keeps all hosts where they are",
      "an after-activate command that fails makes its host a failed row",
    ],
    "e2e/rolling": ["a first release that is not well leaves no current behind"],
    "release/inspect": ["what was never marked good is told apart from what was"],
  },
  3: {
    "e2e/complaints": ["hosts whose clocks are a year apart keep, remove and go back to the same releases"],
    "e2e/delta": ["a rollback brings the release to the hosts that lack it, from those that hold it"],
    "e2e/releases": ["a rollback goes to the release before, on every host"],
    "deploy/choose": ["all go to what most of them ran before, and who lacks it is named"],
  },
  4: {
    "e2e/locks": [
      "a lock whose peer was killed is called stale, and the next deploy takes it over and says so",
      "when the control script is killed with -9 while commands run, they end, and the locks are free",
    ],
    "e2e/interrupt": [
      "Ctrl+C while bytes travel",
      "SIGTERM and SIGHUP end a deploy as cleanly as Ctrl+C does",
    ],
    "release/lock": [
      "a lock whose process was killed says so, and of many takers exactly one takes it over",
      "a recycled process number, a reboot and another machine are told apart",
    ],
    "release/lease": ["a lock that is renewed is kept past its time, one that isn't is taken over"],
  },
  5: {
    "release/lock": [
      "a lock is taken, seen, refused to others, and freed by its owner only",
      "breaking takes the lock from a live holder, who can't free its successor's",
    ],
    "release/lease": ["while something that can't be taken back is done, even --break-lock waits"],
  },
  6: {
    "e2e/locks": ["of two deploys started at once exactly one goes through"],
    "e2e/lock-wait": [
      "deploys over some of the same hosts, all waiting, come through one after the other",
      "deploys over some of the same hosts, none waiting: one at least gets all it wants, nobody half",
    ],
  },
  7: {
    "e2e/lock-wait": [
      "a deploy waits for another, says once for whom, and then does all of its work on what it finds",
      "when the time is up it is refused as without waiting; Ctrl+C ends the waiting at once",
    ],
  },
  8: { "e2e/locks": ["a second deploy while one runs names who holds the lock"] },
  9: {
    "e2e/bad-days": [
      "with --allow-failures 1 the others are switched",
      "a host that is down before is unreachable; it can be left out or allowed to fail",
    ],
    "deploy/fleet": ["a failed host is a row, and the others go on"],
    "e2e/resume": [
      "a failed host and those that were skipped are gone on with, and then there is nothing left",
    ],
  },
  10: {
    "e2e/bad-days": ["a host that is down before is unreachable; it can be left out or allowed to fail"],
    "e2e/rolling": [
      "a batch may lose as much as --max-fail-percentage says, and not more",
      "a whole batch may be lost where the run may lose so many",
    ],
    "e2e/resume": ["an unreachable host counts as lost in its batch and in the run, and is what is resumed"],
  },
  11: { "e2e/commands": ["a before-activate command that fails on one host keeps all hosts where they are"] },
  12: {
    "e2e/complaints": ["whoever reads `current` without a pause finds it there, and a whole release in it"],
    "release/activate": ["who reads current during switches never finds it missing"],
  },
  13: { "release/activate": ["who reads current during switches never finds it missing"] },
  14: { "inventory/sources": ["ten thousand hosts load, match and render in under a second of CPU"] },
  15: {
    "e2e/large-tree": ["every file, mode, symlink and folder of a large tree is the same on sixteen hosts"],
    "payload/round-trip": ["20,000 small files pack and unpack in seconds"],
  },
  16: {
    "e2e/complaints": [
      "a tarball as GNU tar makes it: hard links, holes, long names, modes, links, empty folders",
      "what was a link becomes a folder, what was a folder a link, and a file neither",
    ],
    "e2e/large-tree": ["every file, mode, symlink and folder of a large tree is the same on sixteen hosts"],
    "payload/round-trip": ["random trees come back as they were"],
  },
  17: {
    "ssh/host-key": [
      "unknown: type, fingerprint and what to run",
      "accept-new: added once, by many at a time",
    ],
    "ssh/thousand": ["accept-new learns the keys of all, and each once"],
  },
  18: {
    "ssh/bad-servers": ["24 hosts behind an sshd that bears two logins at a time: all get in"],
    "ssh/bastions": ["twelve hosts behind one: one login there, and it ends with the last of them"],
  },
  19: {
    "ssh/starts": [
      "a fleet that doesn't fit is told which line to type",
      "Bun has raised the soft limit to the hard one",
    ],
  },
  20: { "peer/crowd": ["six hundred connections at once stop nobody: four peers among them get everything"] },
  21: {
    "e2e/delta": ["a second deploy moves about what changed"],
    "peer/engine": ["one pair is quick"],
    "e2e/via-ssh": ["--check says which way and why, and so does -v"],
  },
  22: {
    "peer/engine": ["one pair is quick"],
    "e2e/behind-bastion": ["a host that reaches nobody gets everything over SSH, and one note says why"],
  },
  23: {
    "e2e/complaints": [
      "too few inodes on one host are told with their number before anything is switched",
      "an old release that can't be removed is told on its host",
    ],
    "e2e/bad-days": [
      "a disk too small for what travels, and one too small for the release, are named with sizes",
      "a disk that fills up half-way fails its host, and leaves nothing half-written",
    ],
    "release/install": ["kill -9 in the middle leaves no release, and the next run cleans up"],
  },
  24: {
    "e2e/bad-days": ["when the control script is killed with -9, hosts tidy up by themselves"],
    "e2e/interrupt": ["Ctrl+C while bytes travel"],
    "e2e/behind-bastion": ["a seeder that dies half-way is replaced by SSH"],
  },
  25: {
    "e2e/history": [
      "a deploy is remembered here, on each host, and in metrics",
      "journals are merged by time, and their texts can't write on a terminal",
    ],
    "report/metrics": ["a run is told as gauges that a strict reader of the format takes"],
  },
};
