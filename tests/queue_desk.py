"""A hub that answers callers who wait in a queue, and an hour of them, for tests."""

from __future__ import annotations

import heapq
import itertools
import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from testbed import NORTH_POOL, NORTH_SHARED, POOL, SHARED, TestHub, company

from hub.answering.answer import Answerer
from hub.api import CallEvent
from hub.api.carriers import AnswerPoint
from hub.model import QueueEntry
from hub.queries.activity.queues import QueueFigures

FORWARD = "+13125550199"
PIECE_SECONDS = 22
"""The longest time from one question of the carrier to the next: two pieces of music, and the wait for a key."""
AGENTS = [f"+1312555018{number}" for number in range(5)]


def accounts(agents: list[dict[str, Any]] | None = None, **queue: Any) -> list[dict[str, Any]]:
    flow = {
        "name": "office",
        "forward": FORWARD,
        "start": "line",
        "agents": agents or [{"name": f"Agent {phone[-1]}", "phone": phone} for phone in AGENTS],
        "steps": {
            "line": {"do": "queue", "unanswered": "night", "leave_key": "1", "leave": "night", **queue},
            "night": {"do": "voicemail", "say": "Leave a message."},
        },
    }
    lakeside = company("lakeside", POOL, SHARED) | {"flows": [flow], "flow": "office"}
    del lakeside["route"]
    companies = [lakeside, company("northgate", NORTH_POOL, NORTH_SHARED)]
    return [{"name": "agency", "title": "Agency", "companies": companies}]


@dataclass
class Desk:
    """A hub that answers; it can die and begin again on the same database."""

    stage: TestHub
    answerer: Answerer = field(init=False)

    def __post_init__(self) -> None:
        self.begin()

    def begin(self) -> None:
        self.answerer = Answerer(self.stage.hub, self.stage.live)

    def ask(self, call_id: str, moment: str = "ringing", **more: Any) -> str:
        """The document that the carrier gets."""
        caller = f"+1773555{100 + int(call_id[2:]):04}"
        point = {"moment": moment, "tracking_number": SHARED, "call_id": call_id, "caller_number": caller}
        (document,) = self.answerer.submit("carrier", [AnswerPoint(**(point | more))]).documents.result(20)
        return document.body  # type: ignore[union-attr]

    def tell(self, call_id: str, kind: str, **more: Any) -> None:
        """The carrier reports something of a call."""
        caller = f"+1773555{100 + int(call_id[2:]):04}"
        told = {"call_id": call_id, "tracking_number": SHARED, "caller_number": caller, "at": self.stage.clock()}
        self.stage.tell(CallEvent(kind=kind, **(told | more)))  # type: ignore[arg-type]

    def entry(self, call_id: str) -> QueueEntry:
        return self.stage.rows(QueueEntry, carrier_call_id=call_id)[-1]


def mark_of(document: str) -> str:
    return re.findall(r"mark='([^']*)'", document)[-1]


def rung(document: str) -> str | None:
    found = re.search(r"Dial\(numbers=\('([^']+)'", document)
    return found[1] if found else None


class Hour:
    """An hour of a telephone service: callers come, wait, talk and hang up, and agents pick up or do not."""

    def __init__(self, desk: Any, seed: int, talk: int = 330) -> None:
        self.desk, self.chance, self.talk = desk, random.Random(seed), talk
        self.began = desk.stage.clock()
        self.order = itertools.count()
        self.due: list[tuple[datetime, int, Callable[[], None]]] = []
        self.talking: dict[str, str] = {}
        """Phone of an agent → the call that rings there or talks."""
        self.came: dict[str, datetime] = {}
        self.answered: dict[str, datetime] = {}
        self.given: list[tuple[datetime, str]] = []
        """When a call got an agent for the first time."""
        self.ends: dict[str, str] = {}
        self.patience: dict[str, datetime] = {}

    def at(self, at: datetime, what: Callable[[], None]) -> None:
        heapq.heappush(self.due, (at, next(self.order), what))

    def later(self, seconds: float, what: Callable[[], None]) -> None:
        self.at(self.desk.stage.clock() + timedelta(seconds=seconds), what)

    def run(self) -> None:
        while self.due:
            at, _, what = heapq.heappop(self.due)
            self.desk.stage.clock.now = max(at, self.desk.stage.clock())
            what()

    def comes(self, call: str) -> None:
        now = self.desk.stage.clock()
        self.came[call] = now
        patience = self.chance.choice([90, 3600, 3600, 3600, 3600])
        self.patience[call] = now + timedelta(seconds=patience)
        self.at(self.patience[call], lambda: self.gives_up(call))
        self.desk.tell(call, "ringing")
        self.follows(call, self.desk.ask(call))

    def gives_up(self, call: str) -> None:
        if call not in self.ends and call not in self.answered:
            self.ends[call] = "abandoned"
            self.talking = {phone: other for phone, other in self.talking.items() if other != call}
            self.desk.tell(call, "completed", duration=1)

    def follows(self, call: str, document: str) -> None:
        """The carrier does what the document says."""
        phone, mark = rung(document), mark_of(document)
        if phone is not None:
            assert phone not in self.talking, "an agent has two calls"
            self.talking[phone] = call
            if call not in dict(map(reversed, self.given)):  # type: ignore[arg-type]
                self.given.append((self.desk.stage.clock(), call))
            if self.chance.random() < 0.1:
                self.later(25, lambda: self.not_picked_up(call, phone, mark))
            else:
                self.later(self.chance.randint(2, 8), lambda: self.talks(call, phone, mark))
        elif "Gather" in document:
            self.later(11 * len(re.findall("[.]wav", document)), lambda: self.asks(call, mark))
        else:
            self.ends.setdefault(call, self.desk.entry(call).state)
            self.desk.tell(call, "completed", duration=1)

    def asks(self, call: str, mark: str) -> None:
        if call not in self.ends:
            self.follows(call, self.desk.ask(call, "digits", mark=mark))

    def not_picked_up(self, call: str, phone: str, mark: str) -> None:
        if call not in self.ends:
            del self.talking[phone]
            self.follows(call, self.desk.ask(call, "dial_ended", mark=mark, why="no_answer"))

    def talks(self, call: str, phone: str, mark: str) -> None:
        if call not in self.ends:
            self.answered[call] = self.desk.stage.clock()
            self.desk.tell(call, "answered", answered_by=phone)
            self.later(self.chance.expovariate(1 / self.talk) + 20, lambda: self.hangs_up(call, phone, mark))

    def hangs_up(self, call: str, phone: str, mark: str) -> None:
        if call not in self.ends:
            self.ends[call] = "answered"
            del self.talking[phone]
            self.desk.tell(call, "completed", duration=60)
            self.desk.ask(call, "dial_ended", mark=mark, answered=True, connected=True)

    def dies(self, calls: list[str]) -> None:
        """The gateway that has these calls dies: its successor reports them."""
        for call in calls:
            if call in self.came and call not in self.ends:
                self.ends[call] = "answered" if call in self.answered else "failed"
                self.talking = {phone: other for phone, other in self.talking.items() if other != call}
                self.desk.tell(call, "failed", failure="gateway_ended")

    def check_order(self) -> None:
        """Who came first got an agent first, but for the time until the carrier asks again."""
        given = dict(map(reversed, self.given))  # type: ignore[arg-type]
        for call, other in itertools.permutations(given, 2):
            if self.came[other] < self.came[call]:
                assert given[other] <= given[call] + timedelta(seconds=PIECE_SECONDS), f"{call} overtook {other}"

    def check_report(self, report: Sequence[QueueFigures]) -> None:
        """The report's figures are those of the callers."""
        (figures,) = report
        waited = [round((self.answered[call] - self.came[call]).total_seconds()) for call in self.answered]
        ends = list(self.ends.values())
        assert (figures.came, figures.answered, figures.abandoned) == (
            len(ends), len(waited), ends.count("abandoned"),
        )  # fmt: skip
        assert figures.average_wait == round(sum(waited) / len(waited))
        assert figures.in_time == sum(seconds <= 60 for seconds in waited)
