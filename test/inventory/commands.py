"""Runs many `ansible-inventory` command lines in one go: a JSON list on stdin, a JSON list of answers on stdout.

Each is Ansible's own `InventoryCLI.cli_executor`, which parses arguments, reads configuration and chooses the exit code.
Cases with an environment or an ansible.cfg of their own get a process forked off before Ansible is imported, for its
configuration is read once, at import; the others share one import (`fork`) or one process (`batch`).
"""
import getpass  # noqa: F401  (what Ansible needs of others is imported once, before the forks)
import io
import json
import os
import sys
import tempfile

import cryptography.hazmat.primitives.ciphers  # noqa: F401
import cryptography.hazmat.primitives.kdf.pbkdf2  # noqa: F401
import jinja2  # noqa: F401
import jinja2.nativetypes  # noqa: F401
import yaml  # noqa: F401


def execute(args):
    """The exit code of `ansible-inventory ARGS`, as the command itself would end."""
    from ansible.cli.inventory import InventoryCLI
    from ansible.utils.context_objects import GlobalCLIArgs
    from ansible.utils.display import Display

    GlobalCLIArgs._Singleton__instance = None
    Display()._warns = {}
    try:
        InventoryCLI.cli_executor(["ansible-inventory", *args])
    except SystemExit as end:
        return end.code or 0
    return 0


def forked(case):
    """One case in a process of its own, with its folder, environment, and input."""
    files = [tempfile.TemporaryFile() for _ in range(2)]
    child = os.fork()
    if child == 0:
        code = 70
        try:
            given = tempfile.TemporaryFile()
            given.write(case.get("stdin", "").encode())
            given.seek(0)
            for number, file in enumerate([given, *files]):
                os.dup2(file.fileno(), number)
            os.chdir(case["cwd"])
            os.environ.update(case.get("env") or {})
            code = execute(case["args"])
            sys.stdout.flush()
            sys.stderr.flush()
        finally:
            os._exit(code)
    _, status = os.waitpid(child, 0)
    texts = []
    for file in files:
        file.seek(0)
        texts.append(file.read().decode())
    return {"stdout": texts[0], "stderr": texts[1], "code": os.waitstatus_to_exitcode(status)}


def batched(case):
    """One case in this process."""
    os.chdir(case["cwd"])
    real = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = io.StringIO(), io.StringIO()
    try:
        code = execute(case["args"])
        return {"stdout": sys.stdout.getvalue(), "stderr": sys.stderr.getvalue(), "code": code}
    finally:
        sys.stdout, sys.stderr = real


if __name__ == "__main__":
    how, cases = json.load(sys.stdin)
    answers = {}
    if how == "fork":
        for index, case in enumerate(cases):
            if case.get("env") or case.get("config"):
                answers[index] = forked(case)
    import ansible.cli.inventory  # noqa: F401

    for index, case in enumerate(cases):
        if index not in answers:
            answers[index] = forked(case) if how == "fork" else batched(case)
    print(json.dumps([answers[index] for index in range(len(cases))]))
