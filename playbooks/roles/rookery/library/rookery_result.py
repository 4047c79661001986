# For ansible-doc; the work is done by action_plugins/rookery_result.py.

DOCUMENTATION = r"""
module: rookery_result
short_description: How a run of rookery went on the host at hand
description:
  - Is changed, failed or unreachable as this host was, so that the recap, max_fail_percentage and the tasks after it go by host.
  - A host that was left as it was because of others counts as failed, for what follows in a play is meant for the new release.
options:
  run:
    description: What the task rookery registered.
    type: dict
    required: true
author: Rookery
"""

EXAMPLES = r"""
- rookery_result:
    run: "{{ run }}"
"""

RETURN = r"""
status:
  description: Of this host, ok, failed, unreachable or skipped.
  returned: when the run came as far as hosts
  type: str
release:
  description: Name of the release.
  returned: when the run came as far as hosts
  type: str
"""
