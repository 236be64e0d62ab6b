"""A hub that answers callers who wait in a queue, for tests."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from testbed import NORTH_POOL, NORTH_SHARED, POOL, SHARED, TestHub, company

from hub.answering.answer import Answerer
from hub.api import CallEvent
from hub.api.carriers import AnswerPoint
from hub.model import QueueEntry

FORWARD = "+13125550199"
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
