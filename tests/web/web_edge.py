"""A whole hub behind a real HTTP server on a free loopback port, with Twilio's stand-in and a stubborn carrier."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx2
from served import ServedHub, serving
from starlette.testclient import TestClient

from hub.api import AnswerDocument, WebhookRequest
from hub.api.sandbox import SimulatedCall
from hub.config.callflow.definition import Flow
from hub.flow.inbox import fold_inbox
from hub.flow.pipeline import process
from hub.model import Call, FormSubmission, TextMessage
from hub.numbers.accounts import write_accounts
from hub.startup.opening import open_hub
from hub.startup.reading import read_config
from hub.testing import FrozenClock
from hub.web.health import operation_app

PUBLIC = "https://calls.example.com"
POOL = ("+13125550100", "+13125550101")
DEFAULT, FACEBOOK, STUBBORN = "+13125550120", "+13125550121", "+13135550120"
BUSINESS, CALLER = "+13125550190", "+13125550142"
HARBOUR, YARD = "+13125550130", "+13125550191"
BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
CONFIG = f"""
hub:
  public_url: {PUBLIC}
  database: sqlite:///ringfence.db
  plugin_dirs: [{Path(__file__).parent / "carriers"}, {Path(__file__).parents[1] / "networks"}]
connectors:
  twilio: {{plugin: twilio, sandbox: true}}
  stubborn: {{plugin: stubborn, isolation: thread}}
  lawyer: {{plugin: lawyer, isolation: thread}}
  moody: {{plugin: moody, isolation: thread}}
  reader: {{plugin: reader, isolation: thread}}
accounts:
  - name: agency
    title: Agency
    companies:
      - name: lakeside
        title: Lakeside Plumbing
        domains: [lakeside.example.com]
        contact:
          postal_address: |
            120 Lake Street
            Chicago, IL 60601
          phone: "{BUSINESS}"
          email: privacy@lakeside.example.com
        route:
          greeting: Thank you for calling Lakeside.
          record: true
          recording_notice: This call is recorded.
          dial: "{BUSINESS}"
          whisper: A caller from [source].
          voicemail: Please leave a message.
        trackers:
          - {{name: website, type: session, carrier: twilio, numbers: ["{POOL[0]}", "{POOL[1]}"]}}
          - {{name: default, type: source, carrier: twilio, numbers: ["{DEFAULT}"], source: website, default: true}}
          - {{name: social, type: source, carrier: twilio, numbers: ["{FACEBOOK}"], source: facebook, campaign: spring}}
      - name: harbour
        title: Harbour Boats
        time_zone: UTC
        flow: office
        flows:
          - name: office
            forward: "{BUSINESS}"
            start: hello
            recording: {{notice: Harbour records this call.}}
            steps:
              hello: {{do: greeting, play: hello.wav, then: menu}}
              menu:
                do: menu
                say: For sales press 1, for the yard press 2.
                keys: {{"1": sales, "2": yard}}
                otherwise: yard
              sales: {{do: dial, number: "{BUSINESS}", record: true, whisper: "From [source].", unanswered: missed}}
              yard: {{do: round_robin, numbers: {{"{BUSINESS}": 1, "{YARD}": 1}}, unanswered: missed}}
              missed: {{do: text_back, text: We will call you back., then: mark}}
              mark: {{do: tag, tags: [missed], then: night}}
              night: {{do: voicemail, say: Please leave a message for Harbour.}}
        trackers:
          - {{name: harbour, type: session, carrier: twilio, numbers: ["{HARBOUR}"]}}
      - name: northgate
        title: Northgate Drains
        domains: [northgate.example.com]
        route: {{greeting: Northgate., dial: "+13135550190"}}
        trackers:
          - {{name: default, type: source, carrier: stubborn, numbers: ["{STUBBORN}"], source: website, default: true}}
"""


WAV = b"RIFF" + bytes((36, 0, 0, 0)) + b"WAVEfmt " + bytes(28)
"""Begins as a WAV file does, which is all that the hub looks at."""


@dataclass
class Edge(ServedHub):
    """The hub and a client at its door."""

    client: httpx2.Client

    @property
    def twilio(self) -> Any:
        """Twilio's stand-in."""
        return self.opened.sandboxes.of("twilio")

    @property
    def stubborn(self) -> Any:
        """The stubborn carrier's connector."""
        return self.opened.hub.plugins.connectors["stubborn"]

    @property
    def lawyer(self) -> Any:
        """The consent connector."""
        return self.opened.hub.plugins.connectors["lawyer"]

    def change_flow(self, change: Callable[[Flow], Flow]) -> None:
        """Another config.yaml, whose flows are changed."""
        config, companies = self.opened.hub.config, []
        account = config.accounts[0]
        for company in account.companies:
            companies.append(company.model_copy(update={"flows": tuple(map(change, company.flows))}))
        changed = replace(config, accounts=(account.model_copy(update={"companies": tuple(companies)}),))
        with self.opened.hub.store.writing() as session:
            write_accounts(session, changed, self.clock())
        self.opened.directory.refresh()

    def steps(self, call_id: str) -> list[tuple[str, str]]:
        """The steps of a call and their results."""
        query = "SELECT step, result FROM call_step WHERE carrier_call_id = :id ORDER BY at, id"
        return [(row["step"], row["result"]) for row in self.rows(query, id=call_id)]

    def place(self, *keys: str, **changes: Any) -> tuple[str, list[str]]:
        """A whole call on Harbour's number that does what the hub's documents say: its id, and what its caller heard."""
        plain: dict[str, Any] = {"caller_number": CALLER, "tracking_number": HARBOUR, "answering_number": BUSINESS}
        call = SimulatedCall(**(plain | {"started_at": self.clock(), "keys": keys} | changes))
        call_id = self.twilio.place_call(call, f"{PUBLIC}/webhooks/twilio", self.exchange)
        return call_id, list(self.twilio.spoken(call_id))

    def exchange(self, request: WebhookRequest) -> AnswerDocument | None:
        """The hub's document in reply to a webhook."""
        reply = self.send(request)
        return AnswerDocument(reply.headers["content-type"], reply.text) if reply.status_code == 200 else None

    def send(self, request: WebhookRequest) -> httpx2.Response:
        """A provider's webhook over HTTP, to the hub's real address."""
        path = request.url.removeprefix(PUBLIC)
        return self.client.request(request.method, path, content=request.body, headers=dict(request.headers))

    def post(self, path: str, fields: Mapping[str, str]) -> httpx2.Response:
        """A webhook of Twilio's with these fields besides the account's, rightly signed."""
        signed = {"AccountSid": self.twilio.account_sid} | dict(fields)
        return self.send(self.twilio.form_webhook(f"{PUBLIC}/webhooks/twilio/{path}", signed, self.clock()))

    def call(self, **changes: Any) -> list[WebhookRequest]:
        """The webhooks of one call on the default number, in their order."""
        plain = SimulatedCall(
            caller_number=CALLER, tracking_number=DEFAULT, answering_number=BUSINESS, started_at=self.clock()
        )
        played = self.twilio.webhooks(replace(plain, **changes), f"{PUBLIC}/webhooks/twilio")
        return [request for _, request in played]

    def tell(self, event_id: str, kind: str = "ringing", *, signed: bool = True, **more: Any) -> httpx2.Response:
        """A webhook of the stubborn carrier."""
        told = {"id": event_id, "call": event_id, "kind": kind, "number": STUBBORN, "signed": signed} | more
        return self.client.post("/webhooks/stubborn/events", content=json.dumps(told))

    def visit(self, company: str = "lakeside", headers: Any = None, **body: Any) -> httpx2.Response:
        """A person's visit as a page reports it."""
        return self.client.post(f"/track/{company}/visit", json={"human": True, **body}, headers=headers)

    def until_drained(self) -> None:
        """Wait until the database is back and has all that was spooled."""
        hub, until = self.opened.hub, time.monotonic() + 90
        while hub.store.outage.since is not None or not hub.spool.is_empty():
            assert time.monotonic() < until
            time.sleep(0.02)

    def work(self) -> None:
        """Fold and process all that came in."""
        hub, directory = self.opened.hub, self.opened.directory.current()
        tables = (Call, TextMessage, FormSubmission)
        while fold_inbox(hub, directory) + sum(process(hub, directory, table) for table in tables):
            pass

    def one(self, query: str, **parameters: Any) -> Any:
        """One value of the database."""
        (row,) = self.rows(query, **parameters)
        return next(iter(row.values()))

    def calls(self) -> list[dict[str, Any]]:
        """All calls as they are folded, without the flow's own columns."""
        skipped = {"state", "due_at", "lease_until", "lease_token", "attempts"}
        calls = self.rows("SELECT * FROM call ORDER BY carrier_call_id")
        return [{name: value for name, value in call.items() if name not in skipped} for call in calls]

    @property
    def operation(self) -> TestClient:
        """A client of the endpoints with details, which are not public."""
        return TestClient(operation_app(lambda: self.opened.hub))

    def metric(self, line: str) -> float:
        """The value of one line of /metrics; 0 where it is not there."""
        shown = [each for each in self.operation.get("/metrics").text.splitlines() if each.startswith(line)]
        return float(shown[0].rpartition(" ")[2]) if shown else 0.0

    @contextmanager
    def without_database(self) -> Iterator[None]:
        """While it lasts, every connection to the database is refused."""
        file = Path(self.opened.hub.store.url.database or "")
        away = file.with_suffix(".away")
        file.rename(away)
        file.mkdir()
        self.opened.hub.store.engine.dispose()
        try:
            yield
        finally:
            file.rmdir()
            away.rename(file)


@contextmanager
def open_edge(folder: Path, trusted_proxies: str = "[]", more: str = "", answer_seconds: float = 1.0) -> Iterator[Edge]:
    """A hub with an empty database in `folder`, served over HTTP; after `answer_seconds` a call gets the static answer."""
    path = folder / "config.yaml"
    (folder / "hello.wav").write_bytes(WAV)
    path.write_text(CONFIG.replace("connectors:", f"  trusted_proxies: {trusted_proxies}\n{more}connectors:", 1))
    clock = FrozenClock()
    listener = socket.create_server(("127.0.0.1", 0))
    address = f"http://127.0.0.1:{listener.getsockname()[1]}"
    with open_hub(read_config(path), clock) as whole:
        opened = replace(whole, hub=replace(whole.hub, answer_seconds=answer_seconds))
        with serving(opened, listener):
            try:
                with httpx2.Client(base_url=address, timeout=30, headers={"user-agent": BROWSER}) as client:
                    yield Edge(opened, clock, client)
            finally:
                opened.hub.plugins.connectors["stubborn"].behave()
                opened.hub.plugins.connectors["lawyer"].behave()
