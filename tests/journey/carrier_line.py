"""A whole hub behind HTTP, with the stand-ins of several carriers at its door, of which one rings."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
from served import ServedHub, serving

from hub.api import AnswerDocument, WebhookRequest
from hub.api.sandbox import SimulatedCall
from hub.flow.inbox import fold_inbox
from hub.flow.pipeline import process
from hub.model import Call, TextMessage
from hub.startup.opening import open_hub
from hub.startup.reading import read_config
from hub.testing import FrozenClock

PUBLIC, CALLER = "https://calls.example.com", "+13125550142"
TRACKING, RECORDED, BUSINESS, YARD = "+13125550120", "+13125550121", "+13125550190", "+13125550191"
CONFIG = f"""
hub:
  public_url: {PUBLIC}
  database: sqlite:///ringfence.db
connectors:
  plivo: {{plugin: plivo, sandbox: true}}
  telnyx: {{plugin: telnyx, sandbox: true}}
  bandwidth: {{plugin: bandwidth, sandbox: true}}
  jurisdictions: {{plugin: jurisdictions}}
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
                say: "For sales press 1, for the yard press YARD."
                keys: {{"1": sales, "YARD": yard}}
                otherwise: yard
              sales: {{do: dial, number: "{BUSINESS}", whisper: "From [source].", unanswered: night}}
              yard: {{do: dial, number: "{YARD}", unanswered: night}}
              night: {{do: voicemail, say: Please leave a message.}}
        trackers:
          - {{name: print, type: source, carrier: CARRIER, numbers: ["{TRACKING}"], source: print}}
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
          - {{name: paper, type: source, carrier: CARRIER, numbers: ["{RECORDED}"], source: print}}
"""


YARD_KEYS = {"plivo": "#", "bandwidth": "#", "telnyx": "2"}
"""The key for the yard; Telnyx takes the hash key for the end of what is pressed."""


@dataclass
class Line(ServedHub):
    """A hub behind HTTP whose phone rings by one carrier."""

    client: httpx2.Client
    carrier: str

    @property
    def stand_in(self) -> Any:
        """The carrier's."""
        return self.opened.sandboxes.of(self.carrier)

    @property
    def address(self) -> str:
        """Where the carrier sends its webhooks."""
        return f"{PUBLIC}/webhooks/{self.carrier}"

    def send(self, request: WebhookRequest) -> httpx2.Response:
        """A webhook over HTTP, at the time at which the carrier sends it."""
        self.clock.now = max(self.clock.now, request.received_at)
        path = request.url.removeprefix(PUBLIC)
        return self.client.request(request.method, path, content=request.body, headers=dict(request.headers))

    def exchange(self, request: WebhookRequest) -> AnswerDocument | None:
        """The hub's document in reply to a webhook."""
        reply = self.send(request)
        return AnswerDocument(reply.headers["content-type"], reply.text) if reply.status_code == 200 else None

    def dial(
        self, exchange: Callable[[WebhookRequest], AnswerDocument | None], *keys: str | None, **changes: Any
    ) -> str:
        """A whole call along the hub's documents; its id at the carrier."""
        plain: dict[str, Any] = {"caller_number": CALLER, "tracking_number": TRACKING, "answering_number": BUSINESS}
        call = SimulatedCall(**(plain | {"started_at": self.clock(), "keys": keys} | changes))
        call_id: str = self.stand_in.place_call(call, self.address, exchange)
        return call_id

    def place(self, *keys: str | None, **changes: Any) -> tuple[dict[str, Any], list[str]]:
        """A whole call: as the hub keeps it, and what its caller heard."""
        call_id = self.dial(self.exchange, *keys, **changes)
        self.work()
        (row,) = self.rows("SELECT * FROM call WHERE carrier_call_id = :id", id=call_id)
        return row, list(self.stand_in.spoken(call_id))

    def overhear(self, *keys: str) -> list[WebhookRequest]:
        """The webhooks of a call, as somebody on the way reads them."""
        sent: list[WebhookRequest] = []

        def overheard(request: WebhookRequest) -> AnswerDocument | None:
            sent.append(request)
            return self.exchange(request)

        self.dial(overheard, *keys)
        return sent

    def work(self) -> None:
        """Fold and process all that came in."""
        hub, directory = self.opened.hub, self.opened.directory.current()
        while fold_inbox(hub, directory) + sum(process(hub, directory, table) for table in (Call, TextMessage)):
            pass


@contextmanager
def open_line(carrier: str, folder: Path) -> Iterator[Line]:
    """The hub, while the block runs."""
    path = folder / "config.yaml"
    text = CONFIG.replace("CARRIER", carrier).replace("YARD", YARD_KEYS.get(carrier, "2"))
    if carrier not in YARD_KEYS:
        text = text.replace("  jurisdictions:", f"  {carrier}: {{plugin: {carrier}, sandbox: true}}\n  jurisdictions:")
    path.write_text(text)
    clock, listener = FrozenClock(), socket.create_server(("127.0.0.1", 0))
    address = f"http://127.0.0.1:{listener.getsockname()[1]}"
    with (
        open_hub(read_config(path), clock) as opened,
        serving(opened, listener),
        httpx2.Client(base_url=address, timeout=30) as client,
    ):
        line = Line(opened, clock, client, carrier)
        line.dial(line.exchange, tracking_number=RECORDED)  # the first call reads the law, longer than a caller waits
        yield line
