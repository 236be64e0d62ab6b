"""What a connector and its vendor say is kept while its recording is on: from every library, from a process of its own, and in
a form that `hub certify --exchanges` takes."""

from __future__ import annotations

import os
import signal
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from textwrap import dedent
from typing import Any, get_type_hints

import httpx2
import pytest
import requests
import urllib3
from tls_server import serving_tls

from hub.api import Connector, WebhookRequest
from hub.hookspecs import CallHooks
from hub.plugin_host.discovery import discover
from hub.plugin_host.host.connector import HostedConnector
from hub.plugin_host.registry import Plugins
from hub.plugin_host.vendor_exchanges import recorder, wire_tap
from hub.plugin_host.vendor_exchanges.recorder import ExchangeRecording, write_whole
from hub.plugin_host.vendor_exchanges.wire_tap import listening
from hub.testing import connect
from hub.testing.asking import plugin_manager
from hub.testing.exchanges import ExchangeChecks, exchange_folder, read_exchange_file
from hub.testing.exchanges.stages import staged, typed

KEY = b"k" * 32


@dataclass
class Switch:
    """A recording that is on until `left` exchanges are kept."""

    folder: Path
    left: int = 100
    asked: list[str] = field(default_factory=list)

    def recording_of(self, connector: str) -> ExchangeRecording | None:
        self.asked.append(connector)
        return (
            ExchangeRecording(connector, self.folder, datetime.max.replace(tzinfo=UTC), KEY) if self.left > 0 else None
        )

    def take(self, connector: str, count: int) -> bool:
        self.left -= count
        return self.left >= 0

    def refresh(self) -> None:
        pass


class Vendor(BaseHTTPRequestHandler):
    """Answers each request with its own body."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.send_response(201)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: Any) -> None:
        pass


@pytest.fixture(scope="module")
def vendor() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Vendor)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


# what is heard


def test_every_python_library_is_heard_at_one_point(vendor: str) -> None:
    with httpx2.Client(trust_env=False) as client, requests.Session() as session:
        session.trust_env = False
        client.post(f"{vendor}/before", json={"n": 0})
        with listening() as heard:
            client.post(f"{vendor}/httpx2?a=1", json={"n": 1})
            client.post(f"{vendor}/httpx2/again", data={"n": "2"})
            session.post(f"{vendor}/requests", json={"n": 3})
            urllib3.PoolManager().request("POST", f"{vendor}/urllib3", json={"n": 4})
        client.post(f"{vendor}/after", json={"n": 5})
    found = [(each.method, each.target, each.status, each.body) for each in heard.exchanges()]
    assert found == [
        ("POST", "/httpx2?a=1", 201, b'{"n":1}'),
        ("POST", "/httpx2/again", 201, b"n=2"),
        ("POST", "/requests", 201, b'{"n": 3}'),
        ("POST", "/urllib3", 201, b'{"n":4}'),
    ]
    assert [each.reply_body for each in heard.exchanges()] == [each.body for each in heard.exchanges()]


def test_what_tls_encrypts_is_heard_as_it_was_meant(tmp_path: Path) -> None:
    with serving_tls("localhost", tmp_path) as server:
        trust = ssl.create_default_context(cafile=str(server.certificate))
        url = f"https://localhost:{server.port}"
        with httpx2.Client(verify=trust, trust_env=False) as client, listening() as heard:
            client.get(f"{url}/httpx2")
            urllib3.PoolManager(ssl_context=trust).request("GET", f"{url}/urllib3")
    assert [(each.target, each.reply_body) for each in heard.exchanges()] == [
        ("/httpx2", b"/httpx2"),
        ("/urllib3", b"/urllib3"),
    ]


def test_another_thread_is_not_heard_and_sockets_are_pythons_own_afterwards(vendor: str) -> None:
    before = [vars(kind).get(name) for kind, name, _ in wire_tap.NOTES]
    with listening() as heard:
        thread = threading.Thread(target=lambda: httpx2.post(f"{vendor}/other", json={}, trust_env=False))
        thread.start()
        thread.join()
    assert heard.exchanges() == []
    assert [vars(kind).get(name) for kind, name, _ in wire_tap.NOTES] == before
    assert "send" not in vars(socket.socket)


PLUGIN = """
    from hub.api import Connector, Manifest, PluginSettings, Recipient, VerifiedWebhook, hookimpl

    class Settings(PluginSettings):
        base_url: str

    class Caller(Connector):
        manifest = Manifest(name="caller", kind="carrier", version="1", summary="-",
                            recipient=Recipient(name="-", role="none"))
        Settings = Settings

        @hookimpl
        def verify_webhook(self, request):
            self.services.http().post(self.settings.base_url + "/v1/calls", json={"who": "Zbigniew Qrtz", "status": "new"})
            return VerifiedWebhook("x")
"""


def test_a_plugin_in_a_process_of_its_own_is_heard_too(vendor: str, tmp_path: Path) -> None:
    file, switch = tmp_path / "caller.py", Switch(tmp_path / "kept")
    file.write_text(dedent(PLUGIN))
    switch.folder.mkdir()
    connector = connect(discover([file]).classes["caller"], base_url=vendor)
    assert isinstance(connector, HostedConnector)
    plugins = Plugins([connector], recordings=switch)
    request = WebhookRequest("POST", "https://calls.example.com/", b"x", datetime.now(UTC))
    plugins.call_within(60, "caller", CallHooks.verify_webhook, request)
    switch.left = 0
    plugins.call_within(60, "caller", CallHooks.verify_webhook, request)
    plugins.close()
    [path] = switch.folder.iterdir()
    text = path.read_text()
    assert "Zbigniew" not in text
    assert text.count('"status": "new"') == 2
    assert "POST https://vendor.example.com/v1/calls HTTP/1.1" in text
    assert path.name == "caller_verify_webhook_0001.http"
    assert path.stat().st_mode & 0o777 == 0o600


# what is kept

ROUND_TRIPS = {
    "ga4": "upload",
    "hubspot": "find_a_caller",
    "linkedin": "upload",
    "plivo": "send_text",
    "telnyx": "send_text",
    "tiktok": "upload_web",
    "twilio": "send_text",
    "twilio_lookup": "look_up",
}


@pytest.mark.parametrize("plugin", ROUND_TRIPS)
def test_certify_takes_what_was_recorded_from_our_own_stand_ins(plugin: str, tmp_path: Path) -> None:
    connector_class: type[Connector] = discover([]).classes[plugin]
    folder = exchange_folder(connector_class)
    assert folder is not None
    record_exchange(connector_class, folder / f"{ROUND_TRIPS[plugin]}.http", tmp_path)
    [path] = tmp_path.iterdir()
    checks = ExchangeChecks(connector_class, connector_class.sandbox_class())
    try:
        checks.check(read_exchange_file(path))
    finally:
        checks.stop()


def record_exchange(connector_class: type[Connector], path: Path, into: Path) -> None:
    """Call the hook of a file of exchanges while its connector is recorded."""
    file, checks = read_exchange_file(path), ExchangeChecks(connector_class, connector_class.sandbox_class())
    hook = file.note("hook")
    assert hook is not None
    try:
        checks.clock.now = file.now or checks.clock.now
        values = staged(file, checks.sandbox)
        connector = connect(connector_class, checks.sandbox, clock=checks.clock)
        arguments = {
            name: typed(note.json(values), hints_of(hook.text)[name], note, name)
            for name, note in file.arguments().items()
        }
        recorder.ExchangeRecorder(Switch(into)).call(
            connector, hook.text, arguments, lambda: getattr(connector, hook.text)(**arguments)
        )
    finally:
        checks.stop()


def hints_of(hook: str) -> dict[str, Any]:
    return get_type_hints(getattr(plugin_manager().hook, hook).spec.function)


def test_a_recording_that_is_killed_leaves_whole_files(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from hub.plugin_host.vendor_exchanges.recorder import write_whole\n"
        "while True: write_whole(Path(sys.argv[1]), 'acme_hook', 'x' * 200_000 + chr(10)); print('.', flush=True)"
    )
    with subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        for _ in range(5):
            process.stdout.readline()
        os.kill(process.pid, signal.SIGKILL)
    files = list(tmp_path.glob("*.http"))
    assert len(files) >= 5
    assert {path.stat().st_size for path in files} == {200_001}


def test_two_processes_never_take_the_same_name(tmp_path: Path) -> None:
    (tmp_path / "acme_hook_0001.http").write_text("theirs")
    (tmp_path / "acme_hook_0003.http").write_text("theirs")
    assert write_whole(tmp_path, "acme_hook", "ours").name == "acme_hook_0004.http"
    assert (tmp_path / "acme_hook_0003.http").read_text() == "theirs"
    assert not list(tmp_path.glob(".*"))


def test_a_hook_goes_on_when_its_exchange_cannot_be_kept(vendor: str, tmp_path: Path) -> None:
    connector_class: type[Connector] = discover([]).classes["tiktok"]
    checks = ExchangeChecks(connector_class, connector_class.sandbox_class())
    try:
        connector = connect(connector_class, checks.sandbox)
        made = recorder.ExchangeRecorder(Switch(tmp_path / "missing")).call(
            connector, "check_connection", {}, lambda: httpx2.post(vendor, json={}, trust_env=False).status_code
        )
    finally:
        checks.stop()
    assert made == 201
