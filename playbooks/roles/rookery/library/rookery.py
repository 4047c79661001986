# What it takes and gives, for `ansible-doc -M playbooks/roles/rookery/library rookery`; the work is done on the control host, by
# action_plugins/rookery.py.

DOCUMENTATION = r"""
module: rookery
short_description: Puts a release on all hosts of the batch by torrent, and switches them to it
description:
  - Runs scripts/deploy.ts once for all hosts of the batch that are still in the play, on the control host. Hosts that run the release
    already are left alone.
  - Inventories, extra vars, vault passwords, become and the passwords of -k and -K are those of the play, and so are rookery_ and
    ansistrano_ vars that the play or the task sets. ansible.cfg is read as ansible-playbook reads it.
  - The task fails when one host did. The role rookery gives each host a result of its own instead, by C(rookery_result).
  - With C(serial) the release keeps the name that the first batch gave it.
  - --check changes nothing, and with --diff shows what each host would run.
options:
  script:
    description: >-
      What is run. C(warm) puts on each host what a deploy needs there, and starts nothing; it is skipped in check mode, and of the
      options only I(vars), I(args), I(bun) and I(chdir) are for it.
    type: str
    choices: [deploy, warm]
    default: deploy
  release:
    description: Name of the release; by default as the hosts call it already, else the UTC time.
    type: str
  source:
    description: Folder, tarball, file or git:REF, over rookery_source. Relative paths start where ansible-playbook was started.
    type: str
  allow_failures:
    description: Switch although so many hosts failed, as a number or a percentage.
    type: str
  via:
    description: How the payload gets to the hosts, auto, swarm or ssh.
    type: str
  break_lock:
    description: Take over a lock that another deploy left behind.
    type: bool
    default: false
  vars:
    description: More rookery_ vars, over those of the inventory and the play.
    type: dict
    default: {}
  args:
    description: Any other flags of scripts/deploy.ts.
    type: list
    elements: str
    default: []
  bun:
    description: The Bun that runs it, by its path or as found on PATH.
    type: str
    default: bun
  chdir:
    description: Where relative paths begin; by default where ansible-playbook was started.
    type: path
attributes:
  check_mode:
    description: Shows what would be done.
    support: full
  diff_mode:
    description: With --check, the release of each host before and after.
    support: partial
author: Rookery
"""

EXAMPLES = r"""
# The role: one swarm, and a result for each host in the recap
- hosts: web
  gather_facts: false
  roles:
    - role: /opt/rookery/playbooks/roles/rookery
  vars:
    rookery_release: v1.4.2

# The same by hand
- hosts: web
  gather_facts: false
  serial: [1, 30%]
  tasks:
    - name: Put the release on the hosts of this batch
      rookery:
        release: v1.4.2
        source: git:v1.4.2
        allow_failures: 5%
      register: run
      run_once: true
      changed_when: false
      failed_when: false
    - name: See how it went here
      rookery_result:
        run: "{{ run }}"
"""

RETURN = r"""
release:
  description: Name of the release.
  returned: once it has one
  type: str
infohash:
  description: Of its torrent, 40 hex digits.
  returned: once it is made
  type: str
exit_code:
  description: Of scripts/deploy.ts, 0 all well, 1 could not start, 2 some hosts failed, 4 some were unreachable.
  returned: when it was run
  type: int
msg:
  description: What is true now, in a sentence.
  returned: always
  type: str
hosts:
  description: >-
    A row for each host of the batch: changed, failed or unreachable, status (ok, failed, unreachable, or skipped: left as it was
    because of others), msg, release, bytes, seconds; of one that failed the last lines its commands said, as output.
  returned: always
  type: dict
"""
