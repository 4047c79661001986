"""Answers questions with Ansible's own code: one JSON request on stdin, one JSON answer on stdout.

A process for each `ansible --list-hosts` would take most of a second; this asks the same code many times in one.
"""
import io
import json
import os
import sys
from contextlib import redirect_stdout

from ansible.cli.inventory import InventoryCLI
from ansible.inventory.manager import InventoryManager
from ansible.parsing.dataloader import DataLoader
from ansible.parsing.utils.addresses import parse_address
from ansible.parsing.utils.yaml import from_yaml
from ansible.parsing.ajson import AnsibleJSONEncoder
from ansible.parsing.vault import VaultSecret
from ansible.parsing.yaml.objects import AnsibleVaultEncryptedUnicode
from ansible.plugins.inventory import BaseInventoryPlugin
from ansible.plugins.inventory.ini import InventoryModule as Ini
from ansible.template import Templar
from ansible.utils.shlex import shlex_split
from ansible.vars.hostvars import HostVars
from ansible.vars.manager import VariableManager


def dump(value):
    return json.dumps(value, cls=AnsibleJSONEncoder, preprocess_unsafe=True)


def attempt(run, *args):
    try:
        value = run(*args)
        dump(value)
        return {"value": value}
    except TypeError as error:
        return {"error": "no JSON: %s" % error}
    except Exception as error:  # the answer is that there is an error
        return {"error": str(error)}


def patterns(request):
    inventory = InventoryManager(loader=DataLoader(), sources=request["sources"])

    def match(pattern, limit=None):
        inventory.subset(limit)
        return [host.name for host in inventory.list_hosts(pattern) if hasattr(host, "name")]

    return [attempt(match, *case) for case in request["cases"]]


def templates(request):
    loader = DataLoader()
    inventory = InventoryManager(loader=loader, sources=request["sources"])
    manager = VariableManager(loader=loader, inventory=inventory)
    variables = manager.get_vars(host=inventory.get_host(request["host"]))
    variables["hostvars"] = HostVars(inventory=inventory, variable_manager=manager, loader=loader)
    templar = Templar(loader=loader, variables=variables)

    def render(text):
        result = templar.template(text)
        return result._strip_unsafe() if hasattr(result, "_strip_unsafe") else str(result)

    return [attempt(render, case) for case in request["cases"]]


def bare(value):
    """What JSON has no word for as a text that says what it is."""
    if isinstance(value, dict):
        return {key: bare(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [bare(item) for item in value]
    if isinstance(value, AnsibleVaultEncryptedUnicode):
        return value.data
    if isinstance(value, str):
        return value._strip_unsafe() if hasattr(value, "_strip_unsafe") else str(value)
    if value is None or isinstance(value, (bool, int, float)):
        return value
    raise TypeError(type(value).__name__)


def values(request):
    """Templates with the types Ansible gives them."""
    loader = DataLoader()
    if "vault" in request:
        loader.set_vault_secrets([("default", VaultSecret(request["vault"].encode()))])
    inventory = InventoryManager(loader=loader, sources=request["sources"])
    manager = VariableManager(loader=loader, inventory=inventory)
    hostvars = HostVars(inventory=inventory, variable_manager=manager, loader=loader)
    variables = manager.get_vars(host=inventory.get_host(request["host"]))
    variables.update(hostvars=hostvars, **request["extra"])
    templar = Templar(loader=loader, variables=variables)
    return [attempt(lambda text: bare(templar.template(text)), case) for case in request["cases"]]


def expand(text):
    names, port = BaseInventoryPlugin()._expand_hostpattern(text)
    return {"names": names, "port": port}


def command_line(args, cwd):
    """Output of `ansible-inventory ARGS`, run in a process forked off this one: nothing is imported again."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        os.chdir(cwd)
        output = io.StringIO()
        try:
            with redirect_stdout(output):
                InventoryCLI(["ansible-inventory", *args]).run()
        except SystemExit:
            pass
        except Exception as error:
            output.write("failed: %s" % error)
        finally:
            with os.fdopen(writer, "wb") as pipe:
                pipe.write(output.getvalue().encode())
            os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as pipe:
        text = pipe.read().decode()
    os.waitpid(child, 0)
    return text.rstrip("\n")


ASK = {
    "command_line": lambda request: [attempt(command_line, case, request["cwd"]) for case in request["cases"]],
    "patterns": patterns,
    "templates": templates,
    "values": values,
    "ranges": lambda request: [attempt(expand, case) for case in request["cases"]],
    "addresses": lambda request: [attempt(parse_address, case, True) for case in request["cases"]],
    "literals": lambda request: [attempt(Ini._parse_value, case) for case in request["cases"]],
    "words": lambda request: [attempt(shlex_split, case, True) for case in request["cases"]],
    "yaml": lambda request: [attempt(from_yaml, case) for case in request["cases"]],
}

if __name__ == "__main__":
    print(dump([ASK[request["ask"]](request) for request in json.load(sys.stdin)]))
