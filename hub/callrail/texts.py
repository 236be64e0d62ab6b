"""A conversation by text in CallRail's shape."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from hub.callrail import formatted
from hub.callrail.dates import local_time
from hub.callrail.ids import COMPANY, THREAD, TRACKER, wire_id
from hub.callrail.people import lead_status
from hub.callrail.sources import source_name
from hub.contracts.untrusted import JsonObject
from hub.model import TextMessage
from hub.queries.texts.conversations import ThreadFacts

MARKS = frozenset({"lead_status", "source", "tags", "notes", "value"})
"""Fields for which the marks of a conversation must be read."""
ACTIVE, ARCHIVED = "active", "archived"


def thread_record(facts: ThreadFacts, fields: Sequence[str]) -> dict[str, object]:
    """The conversation with these fields, in their order."""
    return {name: READERS[name](facts) for name in fields}


def message(text: TextMessage, words: str | None, zone: ZoneInfo) -> JsonObject:
    """One text of it."""
    direction = "incoming" if text.direction == "in" else "outgoing"
    return {"direction": direction, "content": words, "created_at": local_time(text.sent_at or text.at, zone)}


def _messages(facts: ThreadFacts) -> list[JsonObject]:
    zone = ZoneInfo(facts.company.time_zone)
    return [message(text, words, zone) for text, words in facts.texts]


def _tracker(text: TextMessage) -> str | None:
    return wire_id(TRACKER, text.tracker_id) if text.tracker_id else None


READERS: Mapping[str, Callable[[ThreadFacts], Any]] = {
    "id": lambda facts: wire_id(THREAD, facts.first.id),
    "company_id": lambda facts: wire_id(COMPANY, facts.company.id),
    "initial_tracker_id": lambda facts: _tracker(facts.first),
    "current_tracker_id": lambda facts: _tracker(facts.newest),
    "customer_name": lambda facts: formatted.name(facts.name),
    "customer_phone_number": lambda facts: facts.newest.person_number,
    "initial_tracking_number": lambda facts: facts.first.tracking_number,
    "current_tracking_number": lambda facts: facts.newest.tracking_number,
    "last_message_at": lambda facts: local_time(facts.newest.at, ZoneInfo(facts.company.time_zone)),
    "state": lambda facts: ARCHIVED if facts.archived else ACTIVE,
    "company_time_zone": lambda facts: facts.company.time_zone,
    "formatted_customer_phone_number": lambda facts: formatted.phone(facts.newest.person_number),
    "formatted_initial_tracking_number": lambda facts: formatted.phone(facts.first.tracking_number),
    "formatted_current_tracking_number": lambda facts: formatted.phone(facts.newest.tracking_number),
    "formatted_customer_name": lambda facts: formatted.name(facts.name),
    "recent_messages": _messages,
    "tracker_name": lambda facts: facts.tracker.shown_name if facts.tracker else None,
    "company_name": lambda facts: facts.company.title,
    "lead_status": lambda facts: lead_status(facts.lead),
    "source": lambda facts: source_name(facts.cause.source, facts.cause.medium) if facts.cause else None,
    "tags": lambda facts: list(facts.tags),
    "notes": lambda facts: "\n".join(facts.notes),
    "value": lambda facts: formatted.amount(facts.lead.amount if facts.lead else None),
}
"""Field → its value."""
