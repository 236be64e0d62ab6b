"""A PBX at any address that proves its password, played by sipp, against the gateway's own process with every secret set."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import httpx2
import pytest
from gateway_stage import NUMBER, SALES, SETTINGS, ScriptedHub
from test_sip_engine_ports import certificate as certificate

from benchmarks.processes import free_port
from hub.api.carriers import CompanionProcess, Dial
from plugins.carriers.sip.companion import companion
from plugins.carriers.sip.settings import SipSettings

sys.path.insert(0, str(Path(__file__).parent / "peers"))
import sipp
from sipp import call, hang_up, pause, phone, receive, request, respond

pytestmark = [
    pytest.mark.soak,
    pytest.mark.skipif(sipp.SIPP is None, reason="sipp is not installed (Debian package sip-tester)"),
]
pytest.importorskip("baresip", reason="no wheel of baresip-python for this platform")
PBX, ROOT = "127.0.0.2", str(Path(__file__).parents[4])
PASSWORD = "a-password-of-callers"


def begin(made: CompanionProcess | None, folder: Path) -> tuple[subprocess.Popen[bytes], Path]:
    """Start it as the hub does; the process and its log."""
    assert made is not None
    lock = folder / made.lock_file
    lock.parent.mkdir()
    log = lock.with_suffix(".log")
    with log.open("wb") as out:
        child = subprocess.Popen(
            made.arguments, stdin=subprocess.PIPE, stdout=out, stderr=out, cwd=folder, env={"PYTHONPATH": ROOT}
        )
    assert child.stdin
    with child.stdin:
        child.stdin.write(made.start.encode())
    return child, log


class Gateway:
    """A gateway's process, and the hub that it asks."""

    def __init__(self, folder: Path, certificate: Path) -> None:
        self.folder, self.hub, self.trunk, self.port = folder, ScriptedHub(), free_port(), free_port()
        scripted = self.hub

        class Answers(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                url = f"https://calls.example.com{self.path}"
                reply = scripted.handle(httpx2.Request("POST", url, content=body, headers=dict(self.headers)))
                self.send_response(reply.status_code)
                self.send_header("content-length", str(len(reply.content)))
                self.end_headers()
                self.wfile.write(reply.content)

            def log_message(self, *_: object) -> None: ...

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
        Thread(target=self.server.serve_forever, daemon=True).start()
        trunk = {
            "host": "127.0.0.1", "port": self.trunk, "username": "line", "password": "a-password-of-the-trunk",
            "caller_username": "pbx", "caller_password": PASSWORD,
        }  # fmt: skip
        phones = {
            "tls_certificate": str(certificate), "emergency": "announce", "listen": f"127.0.0.1:{free_port()}", "md5": True,
            "named": {"anna": {"password": "a-password-of-anna"}, "ben": {"digest": "0" * 64}},
        }  # fmt: skip
        self.settings = SipSettings.model_validate(
            SETTINGS | {"previous_secret": "f" * 32, "trunk": trunk, "phones": phones, "listen": f"127.0.0.1:{self.port}",
                        "gateways": [f"http://127.0.0.1:{free_port()}"], "rtp_ports": "26000-26399",
                        "hub_addresses": [f"http://127.0.0.1:{self.server.server_port}"]}
        )  # fmt: skip
        made = companion("sip", self.settings, "https://calls.example.com/webhooks/sip")
        self.process, log = begin(made, folder)
        while "the gateway takes calls" not in log.read_text():
            assert self.process.poll() is None, log.read_text()

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def gateway(tmp_path: Path, certificate: Path) -> Iterator[Gateway]:
    made = Gateway(tmp_path, certificate)
    yield made
    made.close()


def pbx(gateway: Gateway, password: str, *parts: str) -> sipp.Running:
    """Call from an address that is not the trunk's. sipp signs an address without a user unless it is given the right one."""
    signs = ("-i", PBX, "-auth_uri", f"{NUMBER}@127.0.0.1:{gateway.port}")
    return call(gateway.folder, "pbx", gateway.port, NUMBER, invited(password), *parts, more=signs)


def invited(password: str) -> str:
    """An INVITE, its challenge, and the INVITE that answers it."""
    sound = "v=0\no=- 1 1 IN IP4 127.0.0.2\ns=-\nc=IN IP4 127.0.0.2\nt=0 0\nm=audio 40000 RTP/AVP 0\n"
    proof = f"[authentication username=pbx password={password}]"
    challenged = receive(401).replace("<recv ", '<recv auth="true" ')
    signed = request("INVITE", proof, first=True, number=2, body=sound)
    return request("INVITE", first=True, body=sound) + challenged + request("ACK", first=True, refused=True) + signed


def test_a_pbx_signs_in_from_its_own_address_and_its_call_reaches_a_phone_of_the_business(gateway: Gateway) -> None:
    gateway.hub.script["ringing", ""] = (Dial(numbers=(SALES,), mark="1.s.1.h.0"),)
    sound = "v=0\no=- 1 1 IN IP4 127.0.0.1\ns=-\nc=IN IP4 127.0.0.1\nt=0 0\nm=audio 40002 RTP/AVP 0\n"
    answers = receive("INVITE") + respond("200 OK", body=sound) + receive("ACK") + receive("BYE")
    rung = phone(gateway.folder, "phone", gateway.trunk, answers, respond("200 OK", inside=True))
    waits = receive(100, optional=True) + receive(180, optional=True) + receive(183, optional=True)
    taken = waits + receive(200, begins=True) + request("ACK", number=2) + pause(300) + hang_up()
    pbx(gateway, PASSWORD, taken).wait()
    rung.wait()
    assert gateway.hub.asked()[0] == "ringing"


def test_a_wrong_password_is_asked_for_again_and_reaches_nobody(gateway: Gateway) -> None:
    refused = receive(401) + request("ACK", first=True, refused=True, number=2)
    pbx(gateway, "a-guess-of-callers", refused).wait()
    assert gateway.hub.asked() == []


def test_settings_that_it_cannot_read_are_named_in_its_last_line_without_a_secret(tmp_path: Path) -> None:
    settings = SipSettings.model_validate(SETTINGS | {"secret": "s" * 40})
    made = companion("sip", settings, "https://calls.example.com/webhooks/sip")
    assert made is not None
    start = json.loads(made.start)
    start["settings"]["secret"] = "tooshort-hidden"
    child, log = begin(replace(made, start=json.dumps(start)), tmp_path)
    assert child.wait(60) == 2
    last = json.loads(log.read_text().splitlines()[-1])
    assert "secret:" in last["problems"] and "at least 32" in last["problems"] and "tooshort" not in str(last)
