"""The journey of calls that come by Bandwidth: a whole hub behind HTTP, and the carrier's stand-in at its door."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import fromstring

import httpx
import pytest
from served import ServedHub, serving

from hub.api import AnswerDocument, CallBack, SimulatedCall, WebhookRequest
from hub.flow.inbox import fold_inbox
from hub.flow.pipeline import process
from hub.hookspecs import CallHooks
from hub.model import Call
from hub.startup.opening import open_hub, read_config
from hub.testing import FrozenClock

PUBLIC, CALLER, TRACKING, BUSINESS = "https://calls.example.com", "+13125550142", "+13125550120", "+13125550190"
CONFIG = f"""
hub:
  public_url: {PUBLIC}
  database: sqlite:///ringfence.db
connectors:
  bandwidth: {{plugin: bandwidth, sandbox: true}}
  jurisdictions: {{plugin: jurisdictions}}
accounts:
  - name: agency
    title: Agency
    companies:
      - name: lakeside
        title: Lakeside Plumbing
        time_zone: UTC
        route:
          greeting: Thank you for calling Lakeside.
          record: true
          recording_notice: This call is recorded.
          dial: "{BUSINESS}"
          whisper: A caller from [source].
          voicemail: Please leave a message.
        trackers:
          - {{name: print, type: source, carrier: bandwidth, numbers: ["{TRACKING}"], source: print}}
"""


@dataclass
class Line(ServedHub):
    """A hub behind HTTP whose phone rings by Bandwidth."""

    client: httpx.Client

    @property
    def bandwidth(self) -> Any:
        """Bandwidth's stand-in."""
        return self.opened.sandboxes.of("bandwidth")

    def send(self, request: WebhookRequest) -> httpx.Response:
        """A callback over HTTP."""
        self.clock.now = max(self.clock.now, request.received_at)
        path = request.url.removeprefix(PUBLIC)
        return self.client.request(request.method, path, content=request.body, headers=dict(request.headers))

    def exchange(self, request: WebhookRequest) -> AnswerDocument | None:
        """The hub's document in reply to a callback."""
        reply = self.send(request)
        return AnswerDocument(reply.headers["content-type"], reply.text) if reply.status_code == 200 else None

    def place(self, **changes: Any) -> tuple[dict[str, Any], list[str]]:
        """A whole call along the hub's documents: as the hub keeps it, and what its caller heard."""
        plain: dict[str, Any] = {"caller_number": CALLER, "tracking_number": TRACKING, "answering_number": BUSINESS}
        call = SimulatedCall(**(plain | {"started_at": self.clock()} | changes))
        call_id = self.bandwidth.place_call(call, f"{PUBLIC}/webhooks/bandwidth", self.exchange)
        hub, directory = self.opened.hub, self.opened.directory.current()
        while fold_inbox(hub, directory) + process(hub, directory, Call):
            pass
        (row,) = self.rows("SELECT * FROM call WHERE carrier_call_id = :id", id=call_id)
        return row, list(self.bandwidth.spoken(call_id))


@pytest.fixture(scope="module")
def line(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Line]:
    path: Path = tmp_path_factory.mktemp("bandwidth") / "config.yaml"
    path.write_text(CONFIG)
    clock, listener = FrozenClock(), socket.create_server(("127.0.0.1", 0))
    address = f"http://127.0.0.1:{listener.getsockname()[1]}"
    with (
        open_hub(read_config(path), clock) as opened,
        serving(opened, listener),
        httpx.Client(base_url=address, timeout=30) as client,
    ):
        yield Line(opened, clock, client)


def test_a_conversation_is_led_whispered_recorded_and_kept_once(line: Line) -> None:
    call, heard = line.place()
    assert len(heard) == 2 and heard[1].startswith("This call is recorded."), "the whisper is not for the caller"
    assert (call["caller_number"], call["tracking_number"], call["answered_by"]) == (CALLER, TRACKING, BUSINESS)
    assert (call["status"], call["attestation"]) == ("completed", "A")
    assert call["recording_id"] in line.bandwidth.recordings() and call["duration"] >= 90
    listed = line.opened.hub.plugins.call("bandwidth", CallHooks.list_calls, line.clock() - timedelta(hours=1))
    mine = [event for event in listed if event.call_id == call["carrier_call_id"]]
    assert [event.kind for event in mine] == ["ringing", "answered", "completed", "recorded"]
    assert mine[-1].recording_id == call["recording_id"]


def test_where_nobody_picks_up_only_the_message_is_recorded(line: Line) -> None:
    before = len(line.bandwidth.recordings())
    call, heard = line.place(outcome="voicemail", talk=timedelta(seconds=20))
    assert heard[-1] == "Please leave a message." and not call["answered_at"] and call["voicemail"]
    assert len(line.bandwidth.recordings()) == before + 1


def test_a_user_who_picks_up_is_connected_while_the_database_decides_nothing(line: Line) -> None:
    call = CallBack(key="back-1", tracking_number=TRACKING, user_number=BUSINESS, person_number=CALLER)
    receipt = line.opened.hub.plugins.call("bandwidth", CallHooks.place_call, call)
    answer, *_ = line.bandwidth.play_call_back(receipt.reference, "answered")
    document = fromstring(line.send(answer).text)
    assert [each.text for each in document.iter("PhoneNumber")] == [CALLER]
    assert line.send(replace(answer, headers={"authorization": "Basic AAAA"})).status_code == 403
