"""A plugin in its process reaches its provider through the hub, also after its process was started again."""

from __future__ import annotations

import gc
import os
import signal
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from http.server import ThreadingHTTPServer
from pathlib import Path
from textwrap import dedent

import pytest
from testbed import make_config
from tls_server import Answers

from hub.api import WebhookRequest
from hub.config.models import ConnectorCommon, ConnectorEntry
from hub.errors import PluginFailure
from hub.hookspecs import CallHooks
from hub.plugin_host.discovery import discover
from hub.plugin_host.host.connector import HostedConnector
from hub.plugin_host.registry import Plugins
from hub.plugin_host.violations import ManifestViolations
from hub.startup.assembly import connector_with
from hub.testing import FrozenClock, connect
from hub.testing.factories import MemoryNotes, MemoryTokens

CALLER = """
    import socket, urllib.request
    from hub.api import BadSignature, Connector, Manifest, PluginSettings, Recipient, VerifiedWebhook, hookimpl

    class Settings(PluginSettings):
        base_url: str

    class Caller(Connector):
        manifest = Manifest(name="caller", kind="carrier", version="1", summary="-",
                            recipient=Recipient(name="-", role="none"))
        Settings = Settings

        @hookimpl
        def verify_webhook(self, request):
            word = request.body.decode()
            if not word:
                raise BadSignature("It is empty.")
            if word == "flood":
                sockets = [socket.create_connection(self.settings.base_url[7:].split(":")) for _ in range(40)]
                return VerifiedWebhook(str(len(sockets)))
            with urllib.request.urlopen(self.settings.base_url + word) as reply:
                return VerifiedWebhook(reply.read().decode() + self.services.http().get(self.settings.base_url).text)
"""


class ManyAtOnce(ThreadingHTTPServer):
    """A server that takes many connections at once."""

    request_queue_size = 200


@pytest.fixture(scope="module")
def provider() -> Iterator[str]:
    server = ManyAtOnce(("127.0.0.1", 0), Answers)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def caller(provider: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[HostedConnector]:
    file = tmp_path_factory.mktemp("plugins") / "caller.py"
    file.write_text(dedent(CALLER))
    made = connect(discover([file]).classes["caller"], base_url=provider)
    assert isinstance(made, HostedConnector)
    yield made


def ask(connector: HostedConnector, word: str) -> str:
    plugins = Plugins([connector])
    request = WebhookRequest("POST", "https://calls.example.com/", word.encode(), datetime.now(UTC))
    return plugins.call_within(60, "caller", CallHooks.verify_webhook, request).event_key


def test_it_reaches_its_stand_in_and_after_a_restart_again(caller: HostedConnector) -> None:
    supervisor = caller.supervised()
    assert ask(caller, "/one") == "/one/"
    first = supervisor.pid
    assert first is not None
    os.kill(first, signal.SIGKILL)
    end = time.monotonic() + 30
    while supervisor.pid in (first, None) and time.monotonic() < end:
        time.sleep(0.01)
    assert ask(caller, "/two") == "/two/"
    supervisor.close()


def test_it_reaches_nothing_on_this_machine_that_is_no_stand_in(caller: HostedConnector) -> None:
    refused: list[str] = []
    before = caller.hosts
    supervisor = caller.supervised(hosts=replace(before, loopback=False, refused=refused.append))
    with pytest.raises(PluginFailure, match="URLError"):
        ask(caller, "/one")
    assert refused == ["127.0.0.1"]
    supervisor.close()
    caller.supervised(hosts=before)


def test_only_the_running_stand_in_of_a_connector_is_reached_on_this_machine(
    caller: HostedConnector, provider: str
) -> None:
    plugin = type(caller)
    config = make_config("sqlite://")
    config = replace(config, hub=config.hub.model_copy(update={"private_hosts": ()}))
    entry = ConnectorEntry(
        name="caller", common=ConnectorCommon(plugin="caller"), connector_class=plugin, in_sandbox=True, written={},
        checked=plugin.Settings(base_url=provider),
    )  # fmt: skip
    assert entry.leads_to_stand_in(entry.settings)
    assert not entry.leads_to_stand_in(plugin.Settings(base_url="http://127.0.0.1:1"))
    assert not replace(entry, in_sandbox=False).leads_to_stand_in(entry.settings)
    for stand_in in (True, False):
        made = connector_with(
            "caller", plugin, entry.settings, config, clock=FrozenClock(), refusals=ManifestViolations(),
            tokens=MemoryTokens(), memory=MemoryNotes(), stand_in=stand_in,
        )  # fmt: skip
        assert isinstance(made, HostedConnector) and made.hosts.loopback == stand_in


def test_its_connections_leave_no_descriptors_in_the_hub(caller: HostedConnector) -> None:
    supervisor = caller.supervised()
    assert ask(caller, "flood") == "40"  # what is opened once stays open
    supervisor.close()
    gc.collect()
    before = len([*Path("/proc/self/fd").iterdir()])
    supervisor = caller.supervised()
    for _ in range(3):
        assert ask(caller, "flood") == "40"
    supervisor.close()
    end = time.monotonic() + 30
    while len([*Path("/proc/self/fd").iterdir()]) > before and time.monotonic() < end:
        gc.collect()
        time.sleep(0.01)
    assert len([*Path("/proc/self/fd").iterdir()]) <= before
