"""What Ansible's own reader makes of YAML texts: a JSON list of texts on stdin, a JSON list of answers on stdout.

Values come with their types, which JSON alone would lose: an integer as ["int", "1"], a mapping as a list of pairs.
"""
import datetime
import json
import sys

from ansible.parsing.utils.yaml import from_yaml
from ansible.parsing.yaml.objects import AnsibleVaultEncryptedUnicode
from ansible.utils.display import Display
from ansible.utils.unsafe_proxy import AnsibleUnsafe

DEEPEST = 50


def typed(value, depth=0):
    if depth > DEEPEST:
        raise RecursionError("a value that holds itself")
    if isinstance(value, AnsibleVaultEncryptedUnicode):
        return ["vault", value._ciphertext.decode()]
    if isinstance(value, AnsibleUnsafe) and isinstance(value, str):
        return ["unsafe", str(value)]
    if isinstance(value, (datetime.date, datetime.datetime)):
        return [type(value).__name__, value.isoformat()]
    if isinstance(value, dict):
        # That a key is unsafe is nowhere shown, and nothing renders keys.
        pairs = [[key._strip_unsafe() if isinstance(key, AnsibleUnsafe) else key, item] for key, item in value.items()]
        return ["dict", [[typed(key, depth + 1), typed(item, depth + 1)] for key, item in pairs]]
    if isinstance(value, (list, tuple)):
        return ["list", [typed(item, depth + 1) for item in value]]
    if isinstance(value, str):
        return ["str", str(value)]
    if isinstance(value, (bool, int, float)) or value is None:
        return [type(value).__name__, repr(value)]
    raise TypeError("nothing of YAML's that JSON can show: %s" % type(value).__name__)


def answer(text):
    try:
        return {"value": typed(from_yaml(text))}
    except RecursionError:
        return {"error": "a value that holds itself"}
    except Exception as error:  # PyYAML's own, and whatever Python makes of a text that PyYAML gives it
        return {"error": str(error)}


Display.warning = lambda *_, **__: None  # duplicate keys
print(json.dumps([answer(text) for text in json.load(sys.stdin)]))
