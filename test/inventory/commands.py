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
    try:
        from ansible.cli.inventory import InventoryCLI
        from ansible.utils.context_objects import GlobalCLIArgs
        from ansible.utils.display import Display

        GlobalCLIArgs._Singleton__instance = None
        Display()._warns = {}
        InventoryCLI.cli_executor(["ansible-inventory", *args])
    except SystemExit as end:
        return end.code or 0
    return 0


def start(case):
    """Begins one case in a process of its own, with its folder, environment, and input."""
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
            os.setsid()  # without a terminal, passwords are asked for on stdin
            os.chdir(case["cwd"])
            for name, value in (case.get("env") or {}).items():
                os.environ.pop(name, None) if value is None else os.environ.update({name: value})
            code = execute(case["args"])
            sys.stdout.flush()
            sys.stderr.flush()
        finally:
            os._exit(code)
    return child, files


def finish(child, files):
    _, status = os.waitpid(child, 0)
    texts = []
    for file in files:
        file.seek(0)
        texts.append(file.read().decode())
        file.close()
    return {"stdout": texts[0], "stderr": texts[1], "code": os.waitstatus_to_exitcode(status)}


def forked(cases):
    """Answers to all cases, as many at a time as there are processors."""
    answers, running = [], []
    for case in cases:
        if len(running) >= (os.cpu_count() or 1):
            answers.append(finish(*running.pop(0)))
        running.append(start(case))
    return answers + [finish(*each) for each in running]


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
    if how == "batch":
        answers = [batched(case) for case in cases]
    else:
        own = [index for index, case in enumerate(cases) if case.get("env")]
        answers = dict(zip(own, forked([cases[index] for index in own])))
        import ansible.cli.inventory  # noqa: F401

        shared = [index for index in range(len(cases)) if index not in answers]
        answers.update(zip(shared, forked([cases[index] for index in shared])))
        answers = [answers[index] for index in range(len(cases))]
    print(json.dumps(answers))
