"""Answers questions with Ansible's own code: one JSON request on stdin, one JSON answer on stdout.

A process for each `ansible --list-hosts` would take most of a second; this asks the same code many times in one.
"""
import json
import sys

from ansible.errors import AnsibleError
from ansible.inventory.manager import InventoryManager
from ansible.parsing.dataloader import DataLoader
from ansible.parsing.utils.addresses import parse_address
from ansible.parsing.utils.yaml import from_yaml
from ansible.parsing.ajson import AnsibleJSONEncoder
from ansible.plugins.inventory import BaseInventoryPlugin
from ansible.plugins.inventory.ini import InventoryModule as Ini
from ansible.template import Templar
from ansible.utils.shlex import shlex_split
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
    templar = Templar(loader=loader, variables=variables)
    return [attempt(lambda text: str(templar.template(text)), case) for case in request["cases"]]


def expand(text):
    names, port = BaseInventoryPlugin()._expand_hostpattern(text)
    return {"names": names, "port": port}


ASK = {
    "patterns": patterns,
    "templates": templates,
    "ranges": lambda request: [attempt(expand, case) for case in request["cases"]],
    "addresses": lambda request: [attempt(parse_address, case, True) for case in request["cases"]],
    "literals": lambda request: [attempt(Ini._parse_value, case) for case in request["cases"]],
    "words": lambda request: [attempt(shlex_split, case, True) for case in request["cases"]],
    "yaml": lambda request: [attempt(from_yaml, case) for case in request["cases"]],
}

if __name__ == "__main__":
    request = json.load(sys.stdin)
    answer = ASK[request["ask"]](request)
    print(dump(answer))
