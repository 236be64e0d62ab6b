"""A plugin that is not built in runs in a process of its own, which has nothing of the hub."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from textwrap import dedent

import pytest

from hub.api import VerifiedWebhook, WebhookRequest
from hub.errors import BadSignature, PluginFailure, RingfenceError
from hub.hookspecs import CallHooks
from hub.plugin_host.discovery import discover
from hub.plugin_host.host.connector import HostedConnector
from hub.plugin_host.registry import Plugins
from hub.testing import connect

SPY = """
    import gc, importlib.machinery, os, socket, sys, subprocess
    from pathlib import Path
    from pydantic import SecretStr
    from hub.api import BadSignature, Connector, Manifest, PluginSettings, Recipient, VerifiedWebhook, hookimpl

    class Settings(PluginSettings):
        token: SecretStr = SecretStr("-")
        base_url: str = "http://127.0.0.1:9"

    def patch():
        import hub.plugin_host.http_client as client
        client.lazy_client = None
        return "patched"

    def keys():
        texts = [each for each in gc.get_objects() if isinstance(each, dict)]
        return str(any("secret of another" in str(value) for each in texts for value in each.values()
                       if isinstance(value, str)))

    def run(*args):
        return subprocess.run(args, capture_output=True).stdout.decode()

    def native():
        import importlib.util
        Path("own.so").write_bytes(b"-")
        spec = importlib.util.spec_from_file_location("own", Path("own.so").absolute(),
                                                      loader=importlib.machinery.ExtensionFileLoader("own", "own.so"))
        return str(importlib.util.module_from_spec(spec))

    def read(path):
        return Path(path).read_text()[:5]

    class Spy(Connector):
        manifest = Manifest(name="spy", kind="carrier", version="1", summary="-",
                            recipient=Recipient(name="-", role="none"))
        Settings = Settings

        @hookimpl
        def verify_webhook(self, request):
            word, _, rest = request.body.decode().partition(" ")
            if word == "forged":
                raise BadSignature("The signature does not match.")
            found = {
                "own": lambda: self.settings.token.get_secret_value()[::-1],
                "environ": lambda: ",".join(f"{name}={value}" for name, value in os.environ.items()),
                "gc": keys,
                "patch": patch,
                "read": lambda: read(rest),
                "write": lambda: str(Path(rest).write_text("x")),
                "own_file": lambda: str(Path("note").write_text("mine")),
                "socket": lambda: str(socket.create_connection((rest, 80), 1)),
                "look_up": lambda: str(socket.getaddrinfo(rest, 443)),
                "kill": lambda: str(os.kill(os.getppid(), 9)),
                "run": lambda: run("id"),
                "fork": lambda: str(__import__("_posixsubprocess").fork_exec()),
                "native": native,
                "memory": lambda: str(len(bytearray(1_000_000_000))),
                "print": lambda: str(print("called by +13125550123")),
                "note": lambda: self.note(),
                "object": lambda: object(),
            }[word]()
            return VerifiedWebhook(found) if word != "object" else found

        def note(self):
            self.services.memory.change("seen", lambda before: f"{before or ''}x")
            with self.services.tokens.refreshing():
                self.services.tokens.save({"access_token": "t"})
            return f"{self.services.memory.get('seen')} {self.services.tokens.load()['access_token']}"
"""


def put(folder: Path, name: str, source: str) -> Path:
    file = folder / f"{name}.py"
    file.write_text(dedent(source))
    return file


class Spied:
    """A running host of the spy, asked through the hub's own way."""

    def __init__(self, folder: Path) -> None:
        connector_class = discover([put(folder, "spy", SPY)]).isolated("spy", None)
        self.connector = connect(connector_class, token="secret of its own")
        self.refused: list[str] = []
        assert isinstance(self.connector, HostedConnector)
        self.connector.supervised(hosts=replace(self.connector.hosts, refused=self.refused.append))
        self.plugins = Plugins([self.connector])

    def ask(self, word: str) -> str:
        request = WebhookRequest("POST", "https://calls.example.com/", word.encode(), datetime.now(UTC))
        return self.plugins.call("spy", CallHooks.verify_webhook, request).event_key


@pytest.fixture(scope="module")
def spied(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Spied]:
    os.environ["HUB_TEST_SECRET"] = "secret of another"
    made = Spied(tmp_path_factory.mktemp("plugins"))
    yield made
    made.plugins.close()
    del os.environ["HUB_TEST_SECRET"]


@pytest.fixture(autouse=True)
def closed_breakers(spied: Spied) -> None:
    for breaker in spied.plugins.guards["spy"].breakers.values():
        breaker.record(True)


def test_the_plugin_has_its_own_secret_and_no_other(spied: Spied) -> None:
    assert spied.ask("own") == "secret of its own"[::-1]
    environ = spied.ask("environ")
    assert "secret of another" not in environ and "HUB_" not in environ
    assert spied.ask("gc") == "False"


def test_what_the_plugin_patches_is_only_its_own_copy(spied: Spied) -> None:
    from hub.plugin_host.http_client import lazy_client

    assert spied.ask("patch") == "patched"
    assert lazy_client is not None


@pytest.mark.parametrize("host", ["192.0.2.7", "evil.example"])
def test_a_socket_to_an_undeclared_host_is_refused_and_counted(spied: Spied, host: str) -> None:
    with pytest.raises(PluginFailure, match="HostRefused"):
        spied.ask(f"socket {host}")
    assert host in spied.refused


def test_a_name_is_not_looked_up_by_the_plugin_itself(spied: Spied) -> None:
    assert "('evil.example', 443)" in spied.ask("look_up evil.example")


@pytest.mark.parametrize(
    "deed",
    [
        f"read {Path(__file__).parents[3] / 'pyproject.toml'}",
        "read /etc/passwd",
        "write /tmp/x",
        "kill",
        "run",
        "fork",
        "native",
    ],
)
def test_files_and_processes_that_are_not_its_own_are_refused(spied: Spied, deed: str) -> None:
    with pytest.raises(PluginFailure, match="PermissionError"):
        spied.ask(deed)


def test_it_may_write_in_its_own_folder(spied: Spied) -> None:
    assert spied.ask("own_file") == "4"


def test_a_gigabyte_is_more_than_its_memory_and_harms_nobody(spied: Spied) -> None:
    with pytest.raises(PluginFailure, match="MemoryError"):
        spied.ask("memory")
    assert spied.ask("own")


def test_errors_of_the_hub_keep_their_class_and_their_sentence(spied: Spied) -> None:
    with pytest.raises(BadSignature, match=r"The signature does not match\."):
        spied.ask("forged")


def test_a_value_that_is_none_of_the_hubs_is_the_plugins_failure(spied: Spied) -> None:
    with pytest.raises(PluginFailure, match="object is not a value of hub"):
        spied.ask("object")


def test_notes_and_tokens_are_kept_by_the_hub(spied: Spied) -> None:
    assert spied.ask("note") == "x t"
    assert spied.ask("note") == "xx t"
    assert spied.connector.services.memory.get("seen") == "xx"


def test_what_it_prints_goes_to_the_log_without_numbers(spied: Spied, capfd: pytest.CaptureFixture[str]) -> None:
    assert spied.ask("print") == "None"
    # What it prints comes along a pipe of its own, so it may come after its answer.
    shown, end = "", time.monotonic() + 90
    while "…23" not in shown and time.monotonic() < end:
        time.sleep(0.02)
        shown += "".join(capfd.readouterr())
    assert "plugin printed" in shown and "555" not in shown and "…23" in shown


def test_calls_run_beside_each_other(spied: Spied) -> None:
    found: list[object] = []

    def ask() -> None:
        try:
            found.append(spied.ask("own"))
        except RingfenceError as error:
            found.append(error)

    threads = [threading.Thread(target=ask) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == ["secret of its own"[::-1]] * 20


def test_the_type_of_a_result_is_the_hubs_own(spied: Spied) -> None:
    request = WebhookRequest("POST", "https://calls.example.com/", b"own", datetime.now(UTC))
    found = spied.plugins.call("spy", CallHooks.verify_webhook, request)
    assert type(found) is VerifiedWebhook
