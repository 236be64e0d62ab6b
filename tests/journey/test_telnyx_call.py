"""The journey of calls and texts that come by Telnyx: a whole hub behind HTTP, and the carrier's stand-in at its door."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from served import ServedHub, serving

from hub.api import AnswerDocument, SimulatedCall, WebhookRequest
from hub.flow.inbox import fold_inbox
from hub.flow.pipeline import process
from hub.hookspecs import CallHooks
from hub.model import Call, TextMessage
from hub.startup.opening import open_hub, read_config
from hub.testing import FrozenClock

PUBLIC, CALLER, TRACKING = "https://calls.example.com", "+13125550142", "+13125550120"
BUSINESS, YARD = "+13125550190", "+13125550191"
CONFIG = f"""
hub:
  public_url: {PUBLIC}
  database: sqlite:///ringfence.db
connectors:
  telnyx: {{plugin: telnyx, sandbox: true}}
  twilio: {{plugin: twilio, sandbox: true}}
accounts:
  - name: agency
    title: Agency
    companies:
      - name: harbour
        title: Harbour Boats
        time_zone: UTC
        flow: office
        flows:
          - name: office
            forward: "{BUSINESS}"
            start: hello
            steps:
              hello: {{do: greeting, say: Harbour Boats., then: menu}}
              menu:
                do: menu
                say: For sales press 1, for the yard press 2.
                keys: {{"1": sales, "2": yard}}
                otherwise: yard
              sales: {{do: dial, number: "{BUSINESS}", whisper: "From [source].", unanswered: night}}
              yard: {{do: dial, number: "{YARD}", unanswered: night}}
              night: {{do: voicemail, say: Please leave a message.}}
        trackers:
          - {{name: print, type: source, carrier: telnyx, numbers: ["{TRACKING}"], source: print}}
"""


@dataclass
class Line(ServedHub):
    """A hub behind HTTP whose phone rings by Telnyx."""

    client: httpx.Client

    @property
    def telnyx(self) -> Any:
        """Telnyx' stand-in."""
        return self.opened.sandboxes.of("telnyx")

    def send(self, request: WebhookRequest) -> httpx.Response:
        """A webhook over HTTP, at the time at which Telnyx sends it."""
        self.clock.now = max(self.clock.now, request.received_at)
        path = request.url.removeprefix(PUBLIC)
        return self.client.request(request.method, path, content=request.body, headers=dict(request.headers))

    def exchange(self, request: WebhookRequest) -> AnswerDocument | None:
        """The hub's document in reply to a webhook."""
        reply = self.send(request)
        return AnswerDocument(reply.headers["content-type"], reply.text) if reply.status_code == 200 else None

    def place(self, *keys: str | None, **changes: Any) -> tuple[dict[str, Any], list[str]]:
        """A whole call along the hub's documents: as the hub keeps it, and what its caller heard."""
        plain: dict[str, Any] = {"caller_number": CALLER, "tracking_number": TRACKING, "answering_number": BUSINESS}
        call = SimulatedCall(**(plain | {"started_at": self.clock(), "keys": keys} | changes))
        call_id = self.telnyx.place_call(call, f"{PUBLIC}/webhooks/telnyx", self.exchange)
        self.work()
        (row,) = self.rows("SELECT * FROM call WHERE carrier_call_id = :id", id=call_id)
        return row, list(self.telnyx.spoken(call_id))

    def work(self) -> None:
        """Fold and process all that came in."""
        hub, directory = self.opened.hub, self.opened.directory.current()
        while fold_inbox(hub, directory) + sum(process(hub, directory, table) for table in (Call, TextMessage)):
            pass


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Line]:
    path: Path = tmp_path_factory.mktemp("telnyx") / "config.yaml"
    path.write_text(CONFIG)
    clock = FrozenClock()
    listener = socket.create_server(("127.0.0.1", 0))
    address = f"http://127.0.0.1:{listener.getsockname()[1]}"
    with (
        open_hub(read_config(path), clock) as opened,
        serving(opened, listener),
        httpx.Client(base_url=address, timeout=30) as client,
    ):
        yield Line(opened, clock, client)


@pytest.fixture
def line(running: Line) -> Line:
    running.forget()
    running.telnyx.calls.clear()
    running.telnyx.held_recordings.clear()
    return running


def test_a_caller_goes_through_the_menu_to_the_phone_that_was_chosen(line: Line) -> None:
    call, heard = line.place("1")
    assert heard == ["Harbour Boats.", "For sales press 1, for the yard press 2."]
    assert (call["caller_number"], call["tracking_number"], call["answered_by"]) == (CALLER, TRACKING, BUSINESS)
    assert call["answered_at"] and call["ended_at"] and call["company_id"]


def test_a_caller_who_presses_nothing_goes_on_all_the_same(line: Line) -> None:
    call, heard = line.place("", answering_number=YARD)
    assert heard == ["Harbour Boats.", *["For sales press 1, for the yard press 2."] * 2], "the menu is said twice"
    assert call["answered_by"] == YARD


def test_where_nobody_picks_up_a_message_is_left(line: Line) -> None:
    call, heard = line.place("2", outcome="voicemail", talk=timedelta(seconds=20))
    assert heard[-1] == "Please leave a message." and not call["answered_at"] and call["ended_at"]
    assert len(line.telnyx.recordings()) == 1


def test_a_call_that_the_webhooks_told_is_not_told_anew_by_the_call_list(line: Line) -> None:
    call, _ = line.place("1")
    listed = line.opened.hub.plugins.call("telnyx", CallHooks.list_calls, line.clock() - timedelta(hours=1))
    mine = [event for event in listed if event.call_id == call["carrier_call_id"]]
    assert {event.kind for event in mine} == {"ringing", "answered", "completed"}


def test_what_telnyx_did_not_send_is_refused(line: Line) -> None:
    sent: list[WebhookRequest] = []

    def overheard(request: WebhookRequest) -> AnswerDocument | None:
        sent.append(request)
        return line.exchange(request)

    call = SimulatedCall(
        caller_number=CALLER, tracking_number=TRACKING, answering_number=BUSINESS, started_at=line.clock(), keys=("1",)
    )
    line.telnyx.place_call(call, f"{PUBLIC}/webhooks/telnyx", overheard)
    before = line.rows("SELECT count(*) AS n FROM inbox")
    keys = next(request for request in sent if "/digits" in request.url)
    moved = replace(keys, url=keys.url.replace(TRACKING[1:], "13125550121"))
    assert line.send(moved).status_code == 403, "the tracking number in an address was changed"
    assert line.send(replace(keys, body=keys.body.replace(b"Digits=1", b"Digits=2"))).status_code == 403
    line.clock.advance(minutes=10)
    assert line.send(sent[0]).status_code == 403, "a webhook that was overheard is sent again, too late"
    assert line.rows("SELECT count(*) AS n FROM inbox") == before


def test_a_text_comes_in_once_however_often_it_is_sent(line: Line) -> None:
    request = line.telnyx.message_webhook(CALLER, TRACKING, "Is 5 pm ok?", f"{PUBLIC}/webhooks/telnyx")
    assert [line.send(request).status_code for _ in range(2)] == [200, 200]
    line.work()
    (text,) = line.rows("SELECT tracking_number FROM text_message")
    assert text["tracking_number"] == TRACKING


def test_a_caller_who_hangs_up_in_the_menu_is_a_call_that_nobody_took(line: Line) -> None:
    call, heard = line.place(None)
    assert heard == ["Harbour Boats.", "For sales press 1, for the yard press 2."]
    assert (call["status"], call["answered_at"], call["voicemail"]) == ("completed", None, 0)
