"""Callers wait in a queue and talk while the hub's process is killed: order is kept, none is lost, and the report is right."""

from __future__ import annotations

import json
import random
import sqlite3
import time
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

import pytest
from queue_desk import AGENTS, Hour, accounts
from sqlmodel import col, select

from hub.access.scope import scope_of_operator
from hub.api.twiml import Leg
from hub.contracts.sandbox import SimulatedCall
from hub.contracts.webhooks import AnswerDocument, WebhookRequest
from hub.model import Call, Company, QueueEntry
from hub.model.states import CallStatus
from hub.proof.chaos.environment import COMPANY, DEFAULT_NUMBER, Environment, set_stage
from hub.proof.chaos.hub_process import HubProcess
from hub.proof.chaos.shifted_clock import stop_clock
from hub.queries.activity.queues import queues_now
from hub.startup.reading import read_config
from hub.store.engine import Store

pytestmark = pytest.mark.soak
PATIENCE = 120.0
"""Seconds of the real clock until a hub must have done something."""


class StoppedClock:
    """The time of the hub's process: it stands still until it is set."""

    def __init__(self, file: Path, now: datetime) -> None:
        self._file, self.now = file, now

    def __call__(self) -> datetime:
        return self.now

    def __setattr__(self, name: str, value: Any) -> None:
        super().__setattr__(name, value)
        if name == "now":
            stop_clock(self._file, value)


class WireDesk:
    """A queue on a hub of its own process. Twilio's stand-in asks it for documents and reports what happens; it repeats
    each request until the hub acknowledges it. At some of the requests the hub is killed."""

    def __init__(self, stage: Environment, kills: dict[int, str]) -> None:
        began = datetime.now(UTC).replace(microsecond=0)
        self.stage = SimpleNamespace(clock=StoppedClock(stage.clock_file, began))
        self.hub, self._place, self._kills = HubProcess(stage), stage, kills
        self._calls: dict[str, Any] = {}
        self._legs: dict[str, Leg] = {}
        self._requests = 0
        self.killed: list[str] = []

    def begin(self) -> None:
        self.hub.start()
        self.hub.wait_until_ready()

    def sid(self, call_id: str) -> str:
        return str(self._calls[call_id].sid)

    def ask(self, call_id: str, moment: str = "ringing", mark: str = "", **more: Any) -> str:
        """The document that the carrier gets, in the words that `Hour` reads."""
        player = self._player(call_id)
        if moment == "ringing":
            form, mark = player.fields("ringing") | player.begin(), f"{player.webhook_url}/voice"
        elif moment == "digits":
            form = player.fields("in-progress") | player.pressed("")
        else:
            status = "completed" if more.get("connected") else "no-answer"
            if status == "no-answer":
                player.leg_ends(self._legs[call_id], status, player.now)
            form = player.fields("in-progress") | player.dialed(self._legs[call_id], status, 60, {})
        response = player.ask(mark, form)
        verb = next((each for each in response if each.tag in ("Dial", "Gather", "Record", "Hangup")), response[0])
        if verb.tag == "Dial":
            leg = self._legs[call_id] = Leg(player.new_leg_sid(), verb[0])
            player.leg_begins(leg)
            return f"Dial(numbers=('{leg.number}',) mark='{verb.get('action')}')"
        files = " ".join(each.text or "" for each in verb.iter("Play"))
        return f"{verb.tag} {files} mark='{verb.get('action')}'"

    def tell(self, call_id: str, kind: str, **more: Any) -> None:
        """The carrier reports something of a call; that it rings is said with the first request."""
        if kind == "ringing":
            return
        player = self._player(call_id)
        if kind == "answered":
            player.leg_answered(self._legs[call_id])
        else:
            player.tell(f"{player.webhook_url}/status", player.fields("completed") | player.end())

    def entry(self, call_id: str) -> Any:
        """The state of the caller's wait."""
        query = "SELECT state FROM queue_entry WHERE carrier_call_id = ?"
        database = sqlite3.connect(self._place.database.removeprefix("sqlite:///"))
        try:
            return SimpleNamespace(state=database.execute(query, [self.sid(call_id)]).fetchone()[0])
        finally:
            database.close()

    def _player(self, call_id: str) -> Any:
        carrier: Any = self._place.carrier
        if call_id not in self._calls:
            call = SimulatedCall(
                caller_number=f"+1773555{100 + int(call_id[2:]):04}",
                tracking_number=DEFAULT_NUMBER,
                answering_number=AGENTS[0],
                started_at=self.stage.clock(),
            )
            self._calls[call_id] = carrier.player(
                carrier,
                call,
                f"{self._place.address}/webhooks/carrier",
                lambda at, url, fields: self._sent(carrier.form_webhook(url, fields, at)),
            )
        self._calls[call_id].now = self.stage.clock()
        return self._calls[call_id]

    def _sent(self, request: WebhookRequest) -> AnswerDocument:
        self._requests += 1
        kill = self._kills.get(self._requests, "")
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            body = self._answer(request, kill)
            if kill:
                self.killed.append(kill)
                kill = ""
                self.hub.kill()
                self.begin()
            elif body is not None:
                return AnswerDocument("application/xml", body)
        raise AssertionError(self.hub.log.read_text(errors="replace")[-2000:])

    def _answer(self, request: WebhookRequest, kill: str) -> str | None:
        """What the hub says. `sent`: it is killed as soon as it has the request; `answered`: before the answer arrives."""
        address = urlsplit(request.url)
        connection = HTTPConnection(address.netloc, timeout=20)
        try:
            connection.request(request.method, f"{address.path}?{address.query}", request.body, dict(request.headers))
            if kill == "sent":
                return None
            response = connection.getresponse()
            body = response.read().decode()
            return body if response.status < 300 and kill != "answered" else None
        except (OSError, HTTPException):
            return None
        finally:
            connection.close()


def written(stage: Environment) -> None:
    """config.yaml with a queue in place of the route, and without what asks providers all the time."""
    document = json.loads(stage.config.read_text())
    (flow,) = accounts()[0]["companies"][0]["flows"]
    company = document["accounts"][0]["companies"][0]
    del company["route"]
    company |= {"flows": [flow], "flow": flow["name"]}
    document["connectors"] = {"carrier": document["connectors"]["carrier"] | {"schedule": "every 6 hours"}}
    del document["conversions"]
    stage.config.write_text(json.dumps(document))


@pytest.mark.timeout(300)
def test_fifty_callers_and_five_agents_in_an_hour_while_the_hub_is_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with set_stage(tmp_path) as stage:
        written(stage)
        kills = {40: "sent", 90: "answered", 150: "sent", 210: "answered", 260: "sent"}
        desk = WireDesk(stage, kills)
        try:
            desk.begin()
            hour = Hour(desk, seed=3, talk=220)
            chance, calls = random.Random(3), [f"CA{n}" for n in range(50)]
            for call in calls:
                hour.at(hour.began + timedelta(seconds=chance.randint(0, 3000)), lambda call=call: hour.comes(call))  # type: ignore[misc]
            hour.run()
            store = Store(stage.database)
            over = select(Call.id).where(col(Call.status) == CallStatus.COMPLETED)
            until = time.monotonic() + PATIENCE
            while True:
                with store.reading() as session:
                    if len(session.exec(over).all()) == len(calls):
                        break
                assert time.monotonic() < until, "reports are not read"
                time.sleep(0.1)
            desk.stage.clock.now += timedelta(minutes=1)
            desk.ask("CA98")  # whoever comes next ends what is over
        finally:
            desk.hub.end()
        for name, value in stage.environ.items():
            monkeypatch.setenv(name, value)
        with store.reading() as session:
            company = session.exec(select(Company).where(Company.name == COMPANY)).one()
            config, now = read_config(stage.config), desk.stage.clock()
            found = queues_now(session, scope_of_operator(), [company], config, (None, None), now)
            rows = {row.carrier_call_id: row for row in session.exec(select(QueueEntry))}
        store.close()
    assert sorted(desk.killed) == ["answered"] * 2 + ["sent"] * 3
    assert {call: rows[desk.sid(call)].state for call in calls} == hour.ends, "a caller is lost, or has another end"
    assert len(rows) == 51 and [each.state for each in found.waits] == ["rings"]
    assert max(hour.answered[call] - hour.came[call] for call in hour.answered) > timedelta(minutes=1), "nobody waited"
    hour.check_order()
    hour.check_report(found.figures)
