# Runs scripts/deploy.ts, or scripts/warm.ts, for all hosts of the batch at once; library/rookery.py says how it is used.
from __future__ import annotations

import collections
import json
import os
import re
import shutil
import subprocess
import tempfile
import threading
from pathlib import Path

from ansible import constants as C
from ansible import context
from ansible.module_utils.common.text.converters import to_bytes, to_text
from ansible.plugins.action import ActionBase

# playbooks/roles/rookery/action_plugins/rookery.py
PROJECT = Path(__file__).resolve().parents[4]
OURS = re.compile(r"(rookery|ansistrano)_\w+$")
# What warm.ts says of a host that something was sent to.
GOT = "got what it lacked"
# Of what a host's commands said, when it failed.
LINES = 50
NOT_DONE = {"failed", "unreachable", "skipped"}

ARGUMENTS = dict(
    script=dict(type="str", default="deploy", choices=["deploy", "warm"]),
    release=dict(type="str"),
    source=dict(type="str"),
    allow_failures=dict(type="str"),
    via=dict(type="str"),
    break_lock=dict(type="bool", default=False),
    vars=dict(type="dict", default={}),
    args=dict(type="list", elements="str", default=[]),
    bun=dict(type="str", default="bun"),
    chdir=dict(type="path"),
)


class ActionModule(ActionBase):
    # One swarm for all hosts, so one run of the task for all of them.
    BYPASS_HOST_LOOP = True
    TRANSFERS_FILES = False
    _supports_check_mode = True
    _supports_async = False

    def run(self, tmp=None, task_vars=None):
        result = super().run(tmp, task_vars)
        del tmp
        _, args = self.validate_argument_spec(argument_spec=ARGUMENTS)
        hosts = task_vars["ansible_play_batch"]
        check = self._task.check_mode
        deploys = args["script"] == "deploy"
        if check and not deploys:
            return dict(result, skipped=True, msg="warm.ts has no check mode")
        bun = shutil.which(args["bun"])
        if bun is None:
            return dict(
                result,
                failed=True,
                hosts={},
                msg="there is no %s on the PATH of this machine: put it there, or name it in rookery_bun" % args["bun"],
            )
        release = args["release"] or deploys and self.release_of_play(hosts, task_vars)
        with tempfile.TemporaryDirectory(prefix="rookery-play-") as folder, Secrets() as secrets:
            limit = os.path.join(folder, "limit")
            with open(limit, "w", encoding="utf-8") as file:
                file.writelines("%s\n" % host for host in hosts)
            argv = [bun, str(PROJECT / "scripts" / (args["script"] + ".ts")), "--json", "-v", "--limit", "@" + limit]
            argv += ["--check"] if check else []
            argv += ["--break-lock"] if args["break_lock"] else []
            given = dict(args, release=release)
            for name in ("release", "source", "allow_failures", "via"):
                argv += ["--" + name.replace("_", "-"), given[name]] if given[name] else []
            access, env = self.access(args["vars"], task_vars, secrets)
            argv += access + args["args"]
            run = self.deploy(argv, env, args["chdir"] or os.getcwd(), secrets)
        return dict(result, **outcome(run, hosts, check), **self.remember(run["release"]))

    def access(self, given, task_vars, secrets):
        """Flags and variables by which deploy.ts sees inventories, vars, vaults and users as this play does."""
        cli = context.CLIARGS
        sources = task_vars["ansible_inventory_sources"]
        argv = [word for path in ([sources] if isinstance(sources, str) else sources) for word in ("-i", path)]
        # Vars of the play and of the task win over the inventory's; a secret among them is for no command line.
        play = self.play()
        own = dict(play.get_vars() if play else {}, **self._task.get_vars())
        own = dict({name: value for name, value in own.items() if OURS.match(name)}, **given)
        if own:
            argv += ["-e", "@" + secrets.path(json.dumps(own, default=str))]
        argv += [word for text in cli.get("extra_vars") or () for word in ("-e", text)]
        env = dict(os.environ, ANSIBLE_ASK_PASS="0", ANSIBLE_BECOME_ASK_PASS="0", ANSIBLE_ASK_VAULT_PASS="0")
        vault = getattr(getattr(self._loader, "_vault", None), "secrets", None) or []
        ids = ["%s@%s" % (name, secrets.path(secret.bytes)) for name, secret in vault]
        if C.DEFAULT_VAULT_IDENTITY_LIST and ids:
            env["ANSIBLE_VAULT_IDENTITY_LIST"] = ",".join(ids)
        else:
            argv += [word for name in ids for word in ("--vault-id", name)]
        if self._task.become:
            argv += ["--become"]
            argv += ["--become-user", self._task.become_user] if self._task.become_user else []
            argv += ["--become-method", self._task.become_method] if self._task.become_method else []
        # What was typed for -k and -K; a password in a host's vars is that host's alone.
        if (cli.get("ask_pass") or C.DEFAULT_ASK_PASS) and not {"ansible_password", "ansible_ssh_pass"} & set(task_vars):
            if self._play_context.password:
                argv += ["--connection-password-file", secrets.path(self._play_context.password)]
        elif cli.get("connection_password_file"):
            argv += ["--connection-password-file", cli["connection_password_file"]]
        if (cli.get("become_ask_pass") or C.DEFAULT_BECOME_ASK_PASS) and not (
            {"ansible_become_password", "ansible_become_pass"} & set(task_vars)
        ):
            if self._play_context.become_pass:
                argv += ["--become-password-file", secrets.path(self._play_context.become_pass)]
        elif cli.get("become_password_file"):
            argv += ["--become-password-file", cli["become_password_file"]]
        for name, value in (
            ("ANSIBLE_REMOTE_USER", self._task.remote_user),
            ("ANSIBLE_PRIVATE_KEY_FILE", cli.get("private_key_file")),
            ("ANSIBLE_SSH_COMMON_ARGS", cli.get("ssh_common_args")),
        ):
            if value:
                env[name] = value
        return argv, env

    def deploy(self, argv, env, folder, secrets):
        run = dict(rows={}, preview=[], output={}, changed=set(), summary={}, error={}, release=None, infohash=None)
        with tempfile.TemporaryFile() as complaints:
            child = subprocess.Popen(
                argv,
                cwd=folder,
                env=env,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=complaints,
                pass_fds=secrets.descriptors,
            )
            try:
                for line in child.stdout:
                    self.take(line, run)
            except KeyboardInterrupt:
                # Ctrl+C went to it as well: it leaves the hosts tidy, and may take its time.
                child.wait()
                raise
            run["code"] = child.wait()
            complaints.seek(0)
            run["stderr"] = to_text(complaints.read(), errors="surrogate_or_replace").strip()
        return run

    def take(self, line, run):
        try:
            event = json.loads(line)
        except ValueError:
            self._display.warning("deploy.ts printed what is no JSON: %s" % to_text(line).strip())
            return
        kind = event.get("type")
        if kind == "host":
            run["rows"][event["host"]] = event
        elif kind == "status" and (event["status"] == "active" or event.get("detail") == GOT):
            run["changed"].add(event["host"])
        elif kind == "output":
            said = run["output"].setdefault(event["host"], collections.deque(maxlen=LINES))
            said.extend(event["text"].splitlines())
        elif kind == "preview":
            run["preview"] += event["rows"]
        elif kind == "torrent":
            run.update(release=event.get("release"), infohash=event["infohash"])
        elif kind in ("summary", "error"):
            run[kind] = event
        elif kind == "note" and event["level"] == "warning":
            self._display.warning(event["message"])
        elif kind == "note" and event["level"] == "info":
            self._display.v(event["message"])
        elif kind == "phase" and event["state"] == "start":
            self._display.v("rookery: %s" % event["phase"])

    def play(self):
        return getattr(getattr(self._task, "_parent", None), "_play", None)

    def remember(self, release):
        """A play with `serial` deploys batch by batch: the later ones shall call it as the first did."""
        play = self.play()
        if release is None or play is None or self._task.check_mode:
            return {}
        return dict(ansible_facts=dict(rookery_play=dict(play=play._uuid, release=release)))

    def release_of_play(self, hosts, task_vars):
        play = self.play()
        batch = set(hosts)
        everybody = task_vars.get("ansible_play_hosts_all", [])
        if play is None or not everybody or everybody[0] in batch:
            return None
        for host in everybody:
            known = {} if host in batch else task_vars["hostvars"][host].get("rookery_play", {})
            if known.get("play") == play._uuid:
                return known["release"]
        return None


def outcome(run, hosts, check):
    """What the task returns: the whole, and a row for each host of the batch."""
    summary, error = run["summary"], run["error"]
    text = summary.get("outcome") or with_hint(error.get("message"), error.get("hint")) or run["stderr"]
    preview = {row["host"]: row for row in run["preview"]}
    rows = {}
    for host in hosts:
        row = run["rows"].get(host)
        if row is None:
            rows[host] = dict(changed=False, status="skipped", failed=True, msg=text)
            continue
        rows[host] = dict(
            changed=host in run["changed"],
            status=row["status"],
            bytes=row["bytes"],
            seconds=row["seconds"],
            release=run["release"],
        )
        if row["status"] in NOT_DONE:
            # With the hosts that failed go those left as they were: what follows in a play is meant for the new release.
            kind = "unreachable" if row["status"] == "unreachable" else "failed"
            rows[host].update({kind: True, "msg": with_hint(row.get("error"), row.get("hint")) or text})
            if host in run["output"]:
                rows[host]["output"] = list(run["output"][host])
        elif host in preview:
            rows[host].update(previewed(preview[host]))
        else:
            rows[host]["msg"] = "runs %s" % run["release"] if run["release"] else text
    return dict(
        changed=any(row["changed"] for row in rows.values()),
        failed=run["code"] != 0 or any(row.get("failed") or row.get("unreachable") for row in rows.values()),
        msg=text,
        release=run["release"],
        infohash=run["infohash"],
        exit_code=run["code"],
        hosts=rows,
    )


def previewed(row):
    """A host's part of --check, with its diff."""
    current = row.get("current")
    changed = row["action"] != "nothing"
    told = dict(changed=changed, action=row["action"], current=current, removes=row["removes"])
    told["msg"] = "would run %s (now %s)" % (row["release"], current or "nothing") if changed else "runs %s" % current
    if row.get("obstacle"):
        told.update(failed=True, msg=row["obstacle"])
    if changed:
        gone = row["removes"]
        told["diff"] = dict(
            before_header="%s/current" % row["deployTo"],
            after_header="%s/current" % row["deployTo"],
            before="".join(["release %s\n" % current if current else ""] + ["keeps %s\n" % each for each in gone]),
            after="release %s\n" % row["release"],
        )
    return told


def with_hint(message, hint):
    return message if not message or not hint else "%s\n  → %s" % (message, hint)


class Secrets:
    """What others on this machine must not read goes to deploy.ts through pipes."""

    def __init__(self):
        self.descriptors = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for descriptor in self.descriptors:
            os.close(descriptor)

    def path(self, secret):
        reading, writing = os.pipe()
        self.descriptors.append(reading)
        # A writer of its own, for a pipe holds 64 KiB at most and nobody reads yet.
        threading.Thread(target=fill, args=(writing, to_bytes(secret)), daemon=True).start()
        return "/dev/fd/%d" % reading


def fill(writing, secret):
    try:
        with os.fdopen(writing, "wb") as pipe:
            pipe.write(secret)
    except BrokenPipeError:
        pass  # deploy.ts ended before it needed this one
