# How a run of `rookery` went on the host at hand, as a result of its own.
from __future__ import annotations

from ansible.plugins.action import ActionBase


class ActionModule(ActionBase):
    TRANSFERS_FILES = False
    _supports_check_mode = True
    _supports_async = False

    def run(self, tmp=None, task_vars=None):
        result = super().run(tmp, task_vars)
        del tmp
        _, args = self.validate_argument_spec(argument_spec=dict(run=dict(type="dict", required=True)))
        run = args["run"]
        row = run.get("hosts", {}).get(task_vars["inventory_hostname"])
        if row is None:
            row = dict(failed=True, msg=run.get("msg", "this host was no part of the run"))
        return dict(result, **dict(dict(changed=False), **row))
