"""`hub sip status` and `hub sip capture`, and why a call failed, for the operator of a line."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path

import pytest
from commands import CliRunner
from sqlmodel import select
from typer.testing import Result

from hub.api import CallEvent
from hub.api.carriers import LegReport
from hub.cli import app
from hub.flow.fold.events import EventBatch, keep_events
from hub.model import AuditEntry
from hub.platform.clock import utc_now
from hub.startup.opening import open_hub
from hub.startup.reading import read_config
from hub.store.encryption.keyring import new_key
from plugins.carriers.sip.sandbox import Sandbox

CALL, CALLER, NUMBER, PHONE = f"CA{'7' * 32}", "+13125550142", "+13125550100", "+13125550111"
INVITE = (
    f"INVITE sip:{NUMBER}@198.51.100.1 SIP/2.0\r\nFrom: <sip:{CALLER}@203.0.113.10>\r\nCall-ID: c1\r\n\r\n".encode()
)
CONFIG = """\
hub: {public_url: "https://calls.example.com", disk_reserve: 0, private_hosts: [127.0.0.1], secret_keys: ["${file:key}"]}
connectors:
  line: %s
accounts:
  - name: agency
    title: Agency
    companies:
      - name: north
        title: North
        country: US
        region: IL
        contact: {email: privacy@north.example.com}
        route: {dial: "+13125550111"}
        trackers: [{name: print, type: source, carrier: line, numbers: ["+13125550100"], source: flyer}]
"""


@pytest.fixture
def gateway(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    """A gateway's stand-in that answers over HTTP, and a folder with its config.yaml."""
    with Sandbox() as sandbox:
        line = {"plugin": "sip", **sandbox.settings(), "secret": "${file:secret}"}
        (tmp_path / "config.yaml").write_text(CONFIG % json.dumps(line))
        (tmp_path / "secret").write_text(sandbox.secret)
        (tmp_path / "key").write_text(new_key())
        monkeypatch.chdir(tmp_path)
        yield sandbox


def run(*words: str) -> Result:
    return CliRunner().invoke(app, list(words))


def test_a_call_that_failed_says_why_and_under_which_id_the_operator_finds_it(gateway: Sandbox) -> None:
    refused = LegReport(
        reference="a84b4c@sip.example.com", code=403, number=PHONE, ended_by="party", post_dial_seconds=0.4
    )
    heard = LegReport(
        reference="b95c5d@sip.example.com", code=200, codec="PCMA", loss=0.012, jitter_ms=4, ended_by="hub"
    )
    at = utc_now()
    events = [
        CallEvent(kind="ringing", call_id=CALL, at=at, tracking_number=NUMBER, caller_number=CALLER),
        CallEvent(kind="not_answered", call_id=CALL, at=at, tracking_number=NUMBER, leg=refused),
        CallEvent(kind="completed", call_id=CALL, at=at, tracking_number=NUMBER, duration=9, leg=heard),
    ]
    with open_hub(read_config(Path("config.yaml")), utc_now) as opened, opened.hub.store.writing() as session:
        keep_events(session, opened.hub, opened.directory.current(), [EventBatch("line", events)], "webhook")
    told = " ".join(run("call", CALL).stdout.split())
    assert "SIP 403 Forbidden: the trunk refuses the call" in told and "Call-ID: a84b4c@sip.example.com" in told
    assert "phone …11, the phone hung up, post-dial delay 0.40 s" in told
    assert "the hub ended it, PCMA, loss 1.2 %, jitter 4.0 ms" in told
    legs = [each["leg"] for each in json.loads(run("call", CALL, "--json").stdout)["timeline"] if "leg" in each]
    assert [each["code"] for each in legs] == [403, 200] and legs[0]["number"] == "…11"

    gateway.signalling[CALL] = [
        {
            "at": 1e9,
            "source": ["203.0.113.10", 5060],
            "destination": ["198.51.100.1", 5060],
            "data": b64encode(INVITE).decode(),
        }
    ]
    written = run("sip", "capture", CALL, "--out", "masked.pcap")
    assert written.exit_code == 0, written.output
    shown = Path("masked.pcap").read_bytes()
    assert shown[:4] == b"\xd4\xc3\xb2\xa1" and b"Call-ID: c1" in shown and CALLER[1:].encode() not in shown
    assert run("sip", "capture", CALL, "--out", "all.pcap", "--show-personal").exit_code == 0
    assert Path("all.pcap").read_bytes().endswith(INVITE)
    with open_hub(read_config(Path("config.yaml")), utc_now) as opened, opened.hub.store.reading() as session:
        assert [each.action for each in session.exec(select(AuditEntry))][-1:] == ["call.show_personal"]
    gateway.signalling.clear()
    assert "7 days" in str(run("sip", "capture", CALL).exception)


def test_the_status_of_a_line_has_its_figures(gateway: Sandbox) -> None:
    said = run("sip", "status", "line")
    assert "Calls under way: 0" in said.stdout and "Sound ports: 1,000" in said.stdout
    figures = json.loads(run("sip", "status", "line", "--json").stdout)["figures"]
    assert figures == {"active_calls": 0, "ports_in_use": 0, "ports": 1000, "refused_calls": 0}
