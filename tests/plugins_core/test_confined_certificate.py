"""`hub certify` of a plugin that did not come with the hub: the kernel confines the process in which the suite runs."""

from __future__ import annotations

import os
import re
import socket
from pathlib import Path
from textwrap import dedent

import pytest

from hub.cli.plugins.confined_certificate import certify_apart
from hub.errors import PluginFailure
from hub.plugin_host.host.load import load_class
from hub.plugin_host.host.messages import Origin
from hub.plugin_host.kernel.support import missing_confinement
from hub.testing.certificate import certify

pytestmark = pytest.mark.soak

PLUGIN = """
    'House rules.'
    import os, socket, sqlite3
    from hub.api import Connector, Manifest, PluginSettings, Recipient, hookimpl
    from hub.api.privacy import Opinion

    def tried(action):
        try:
            action()
        except OSError:
            return "refused"
        return "succeeded"

    found = [
        tried(lambda: open({key!r}).read()),
        tried(lambda: open({key!r} + ".new", "w")),
        tried(lambda: socket.create_connection(("127.0.0.1", {port}), 2)),
        tried(lambda: os.kill({pid}, 0)),
        tried(lambda: os.readlink("/proc/{pid}/cwd")),
    ]

    class House(Connector):
        Settings = PluginSettings
        manifest = Manifest(name="house", kind="consent", version=" ".join(found), summary="House rules.",
                            recipient=Recipient(name="nobody", role="none"))

        @hookimpl
        def judge(self, question):
            return Opinion(verdict="deny", rule_id="house", reason="The house says so.")
"""


def no_progress(done: int, total: int, promise: str) -> None:
    """Says nothing."""


@pytest.mark.skipif(missing_confinement() is not None, reason=str(missing_confinement()))
def test_a_plugin_reaches_nothing_while_it_is_certified_and_its_suite_runs(tmp_path: Path) -> None:
    key, plugin = tmp_path / "secret.key", tmp_path / "house.py"
    key.write_text("secret")
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        plugin.write_text(dedent(PLUGIN.format(key=str(key), port=port, pid=os.getpid())))
        said: list[str] = []
        certificate = certify_apart(Origin(file=plugin), lambda done, total, promise: said.append(promise))
    assert certificate.version == " ".join(["refused"] * 5)
    (failed,) = certificate.failed()
    assert failed.promise == "Importing the plugin does nothing that a hub refuses"
    for tried in (f"open {key}", "os.kill", "what the kernel refuses a plugin, at house.py:"):
        assert tried in failed.detail, failed.detail
    assert len(said) > 10


def test_a_plugin_that_ends_the_process_is_not_certified(tmp_path: Path) -> None:
    plugin = tmp_path / "house.py"
    plugin.write_text("import os\nos._exit(0)\n")
    with pytest.raises(PluginFailure, match="ended the process"):
        certify_apart(Origin(file=plugin), no_progress)


QUIET = re.sub(r"(?s)    found = \[.*?\]\n", "    found = ['1']\n", PLUGIN)
"""The plugin without its attempts."""


def test_two_processes_find_the_same_of_a_plugin_as_one(tmp_path: Path) -> None:
    plugin = tmp_path / "house.py"
    plugin.write_text(dedent(QUIET).replace('verdict="deny"', 'verdict="allow" if question.signals else "deny"'))
    together = certify_apart(Origin(file=plugin), no_progress)
    alone = certify(load_class(Origin(file=plugin)))
    assert [vars(proof) for proof in together.proofs] == [vars(proof) for proof in alone.proofs]
    assert "A signal never loosens" in [proof.promise for proof in together.failed()]


def test_a_plugin_that_ends_one_of_two_processes_is_not_certified(tmp_path: Path) -> None:
    plugin = tmp_path / "house.py"
    ends = dedent(QUIET).replace("class H", "first = os.getpid()\n\nclass H")
    plugin.write_text(ends.replace("return Opinion(", "os.getpid() == first or os._exit(0)\n        return Opinion("))
    with pytest.raises(PluginFailure, match="ended the process"):
        certify_apart(Origin(file=plugin), no_progress)


CALLED = "it tried to call collector.example.net, which its manifest does not declare"
REFUSED = "it tried to do what a hub refuses: "
BY_THE_KERNEL = "it tried to do what the kernel refuses a plugin, at house.py:"


@pytest.mark.skipif(missing_confinement() is not None, reason=str(missing_confinement()))
@pytest.mark.parametrize(
    ("call", "said"),
    [
        ('self.services.http().get("https://collector.example.net/")', CALLED),
        ('socket.create_connection(("collector.example.net", 443), 1)', CALLED),
        ('open("/etc/shadow")', f"{REFUSED}open /etc/shadow"),
        ('os.system("true")', f"{REFUSED}os.system"),
        ('os.readlink("/proc/1/cwd")', BY_THE_KERNEL),
        ("os.pidfd_open(os.getppid())", BY_THE_KERNEL),
        ("sqlite3.connect(':memory:').execute(\"attach '/etc/shadow' as x\")", BY_THE_KERNEL),
    ],
    ids=["the hub's client", "a socket", "a file", "a program", "a link", "a process", "a file behind SQLite"],
)
def test_a_plugin_that_tries_what_a_hub_refuses_is_not_certified(tmp_path: Path, call: str, said: str) -> None:
    plugin, judged = tmp_path / "house.py", 'return Opinion(verdict="deny"'
    once = f"next(calls) and {call}"
    swallowed = f"\n{' ' * 12}try:\n{' ' * 16}{once}\n{' ' * 12}except Exception:\n{' ' * 16}pass\n{' ' * 12}"
    code = QUIET.replace(judged, f"{swallowed.strip()}\n{' ' * 12}{judged}").replace(
        "class H", "calls = iter([1])\n\n    class H"
    )
    plugin.write_text(dedent(code.format(key="/none", port=1, pid=os.getpid())))
    failed = certify_apart(Origin(file=plugin), no_progress, only="refusal never loosens").failed()
    assert failed and all(said in proof.detail for proof in failed)
