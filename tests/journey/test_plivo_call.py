"""The journey of calls and texts that come by Plivo: a whole hub behind HTTP, and the carrier's stand-in at its door."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from xml.etree import ElementTree

import httpx
import pytest
from served import ServedHub, serving

from hub.api import AnswerDocument, CallBack, SimulatedCall, WebhookRequest
from hub.flow.inbox import fold_inbox
from hub.flow.pipeline import process
from hub.hookspecs import CallHooks
from hub.model import Call, TextMessage
from hub.startup.opening import open_hub, read_config
from hub.testing import FrozenClock

PUBLIC, CALLER, TRACKING = "https://calls.example.com", "+13125550142", "+13125550120"
BUSINESS, YARD = "+13125550190", "+13125550191"
HUB = f"{PUBLIC}/webhooks/plivo"
CONFIG = f"""
hub:
  public_url: {PUBLIC}
  database: sqlite:///ringfence.db
connectors:
  plivo: {{plugin: plivo, sandbox: true}}
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
                say: For sales press 1, for the yard press the hash key.
                keys: {{"1": sales, "#": yard}}
                otherwise: yard
              sales: {{do: dial, number: "{BUSINESS}", whisper: "From [source].", unanswered: night}}
              yard: {{do: dial, number: "{YARD}", unanswered: night}}
              night: {{do: voicemail, say: Please leave a message.}}
        trackers:
          - {{name: print, type: source, carrier: plivo, numbers: ["{TRACKING}"], source: print}}
"""


@dataclass
class Line(ServedHub):
    """A hub behind HTTP whose phone rings by Plivo."""

    client: httpx.Client

    @property
    def plivo(self) -> Any:
        """Plivo's stand-in."""
        return self.opened.sandboxes.of("plivo")

    def send(self, request: WebhookRequest) -> httpx.Response:
        """A webhook over HTTP, at the time at which Plivo sends it."""
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
        call_id = self.plivo.place_call(call, HUB, self.exchange)
        self.work()
        (row,) = self.rows("SELECT * FROM call WHERE carrier_call_id = :id", id=call_id)
        return row, list(self.plivo.spoken(call_id))

    def work(self) -> None:
        """Fold and process all that came in."""
        hub, directory = self.opened.hub, self.opened.directory.current()
        while fold_inbox(hub, directory) + sum(process(hub, directory, table) for table in (Call, TextMessage)):
            pass


@pytest.fixture(scope="module")
def line(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Line]:
    path: Path = tmp_path_factory.mktemp("plivo") / "config.yaml"
    path.write_text(CONFIG)
    listener = socket.create_server(("127.0.0.1", 0))
    address = f"http://127.0.0.1:{listener.getsockname()[1]}"
    with (
        open_hub(read_config(path), FrozenClock()) as opened,
        serving(opened, listener),
        httpx.Client(base_url=address, timeout=30) as client,
    ):
        yield Line(opened, opened.hub.clock, client)  # type: ignore[arg-type]


def test_a_caller_goes_through_the_menu_to_the_phone_that_was_chosen(line: Line) -> None:
    call, heard = line.place("1")
    assert heard == ["Harbour Boats.", "For sales press 1, for the yard press the hash key."]
    assert (call["caller_number"], call["tracking_number"], call["answered_by"]) == (CALLER, TRACKING, BUSINESS)
    assert call["answered_at"] and call["ended_at"] and call["company_id"] and call["attestation"] == "A"
    listed = line.opened.hub.plugins.call("plivo", CallHooks.list_calls, line.clock() - timedelta(hours=1))
    assert {event.kind for event in listed} == {"ringing", "answered", "completed"}, "the list says the same"


def test_the_hash_key_is_a_key_like_the_others(line: Line) -> None:
    call, _ = line.place("#", answering_number=YARD)
    assert call["answered_by"] == YARD


def test_where_nobody_picks_up_a_message_is_left(line: Line) -> None:
    call, heard = line.place("1", outcome="voicemail", talk=timedelta(seconds=20))
    assert heard[-1] == "Please leave a message." and not call["answered_at"] and call["ended_at"] and call["voicemail"]


def test_what_plivo_did_not_send_is_refused(line: Line) -> None:
    sent: list[WebhookRequest] = []

    def overheard(request: WebhookRequest) -> AnswerDocument | None:
        sent.append(request)
        return line.exchange(request)

    told: dict[str, Any] = {"caller_number": CALLER, "tracking_number": TRACKING, "answering_number": BUSINESS}
    line.plivo.place_call(SimulatedCall(**told, started_at=line.clock(), keys=("1",)), HUB, overheard)
    before = line.rows("SELECT count(*) AS n FROM inbox")
    keys = next(request for request in sent if "/digits" in request.url)
    for forged in (
        replace(keys, url=keys.url.replace(TRACKING[1:], "13125550121")),
        replace(keys, body=keys.body.replace(b"Digits=1", b"Digits=2")),
        replace(keys, url=f"{keys.url}&mark=other"),
        replace(sent[0], url=f"{sent[0].url}?tracking_number=%2B13125550121"),
        replace(sent[0], url=f"{sent[0].url}?{sent[0].body.decode()}", body=b""),
        replace(sent[0], method="GET", url=f"{sent[0].url}?{sent[0].body.decode()}", body=b""),
    ):
        assert line.send(forged).status_code == 403
    assert line.send(sent[0]).status_code == 200, "the same again is the same"
    assert line.rows("SELECT count(*) AS n FROM inbox") == before


def test_a_signature_over_no_text_brings_one_text(line: Line) -> None:
    request = line.plivo.message_webhook(CALLER, TRACKING, "Is 5 pm ok?", HUB)
    forged = replace(request, body=request.body.replace(b"5+pm", b"9+pm"))
    assert [line.send(one).status_code for one in (request, request, forged)] == [200, 200, 200]
    line.work()
    texts = line.rows("SELECT tracking_number FROM text_message")
    assert [text["tracking_number"] for text in texts] == [TRACKING]
    moved = replace(request, url=f"{HUB}/voice", body=urlencode({"CallStatus": "ringing"}).encode())
    assert line.send(moved).status_code == 403


def test_a_user_who_picks_up_is_connected_by_the_hub(line: Line) -> None:
    call = CallBack(key="call-1", tracking_number=TRACKING, user_number=BUSINESS, person_number=CALLER)
    receipt = line.opened.hub.plugins.call("plivo", CallHooks.place_call, call)
    reply = line.send(line.plivo.answer_request(receipt.reference))
    dial = ElementTree.fromstring(reply.text).find("Dial")
    assert dial is not None and (dial.get("callerId"), dial.findtext("Number")) == (TRACKING, CALLER)
    assert reply.headers["content-type"].startswith("text/xml")
