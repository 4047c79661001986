# What a run of ansible-playbook came to on each host, as JSON lines in the file that ROOKERY_REPORT names; what is shown
# stays as the operator configured it. Runs with ansible-core 2.11 and later.
from __future__ import annotations

import json
import os

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
    name: rookery_report
    type: notification
    short_description: tells Rookery how each host fared
    description: Writes one JSON object a line to the file named by ROOKERY_REPORT; does nothing without it.
"""


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "rookery_report"
    CALLBACK_NEEDS_ENABLED = False

    def __init__(self):
        super().__init__()
        path = os.environ.get("ROOKERY_REPORT")
        self.file = open(path, "a", encoding="utf-8") if path else None
        if self.file is None:
            self.disabled = True
        self.known = set()
        self.broken = False

    def put(self, **row):
        self.file.write(json.dumps(row) + "\n")
        self.file.flush()

    def v2_playbook_on_start(self, playbook):
        self.known = {play._uuid for play in playbook.get_plays()}

    def v2_playbook_on_play_start(self, play):
        # A play begins anew for each batch of its `serial`.
        self.known.discard(play._uuid)

    def v2_playbook_on_no_hosts_remaining(self):
        self.broken = True

    def v2_runner_on_failed(self, result, ignore_errors=False):
        if not ignore_errors:
            self.tell("failed", result)

    def v2_runner_on_unreachable(self, result):
        self.tell("unreachable", result)

    def tell(self, kind, result):
        # What `no_log` hides was taken out before it gets here.
        told = part(result, "result")
        words = [told.get("msg"), last_line(told.get("stderr") or told.get("module_stderr"))]
        message = ": ".join(str(word) for word in words if word)
        host, task = part(result, "host").get_name(), part(result, "task").get_name()
        self.put(type=kind, host=host, task=task, message=message[:2000])

    def v2_playbook_on_stats(self, stats):
        hosts = {}
        for host in stats.processed:
            summary = stats.summarize(host)
            hosts[host] = {key: summary[key] for key in ("ok", "changed", "failures", "unreachable")}
        self.put(type="stats", hosts=hosts, through=not self.broken and not self.known)


def part(result, name):
    """Newer versions of ansible-core have these by public names."""
    return getattr(result, name) if hasattr(result, name) else getattr(result, "_" + name)


def last_line(text):
    lines = str(text or "").strip().splitlines()
    return lines[-1] if lines else ""
