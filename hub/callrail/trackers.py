"""Trackers in CallRail's shape."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from hub.callrail.accounts import made_at
from hub.callrail.dates import utc_time
from hub.callrail.ids import COMPANY, TRACKER, wire_id
from hub.callrail.sources import PAID
from hub.queries.numbers.tracker_facts import TrackerFacts

SEARCH_ENGINES = ("google", "yahoo", "bing")
OF_A_NETWORK = {"google_business_profile": "google_my_business", "facebook": "facebook_all"}
"""A source → the type that has no further members."""
OFFLINE = frozenset({"print", "offline", "radio", "tv", "billboard", "mail", "referral"})


def tracker_record(facts: TrackerFacts, fields: Sequence[str]) -> dict[str, object]:
    """The tracker with these fields."""
    return {name: READERS[name](facts) for name in fields}


def source_of(facts: TrackerFacts) -> dict[str, object]:
    """What a tracker tracks, as one of CallRail's types of source."""
    tracker = facts.tracker
    source, medium = (tracker.source or "").casefold(), (tracker.medium or "").casefold()
    if tracker.type == "session":
        return {"type": "all"}
    if source in SEARCH_ENGINES and (medium in PAID or medium == "organic"):
        return {
            "type": "search",
            "search_engine": source,
            "search_type": "organic" if medium == "organic" else "paid",
        }
    if source in OF_A_NETWORK:
        return {"type": OF_A_NETWORK[source]}
    if source == "direct" or medium == "direct":
        return {"type": "direct"}
    if "." in source and medium not in OFFLINE:
        return {"type": "web_referrer", "referrer": tracker.source}
    return {"type": "offline"}


def _steps(facts: TrackerFacts) -> list[Mapping[str, Any]]:
    """The steps of its flow, the first one first."""
    steps: Mapping[str, Mapping[str, object]] = facts.flow.get("steps", {})
    start = str(facts.flow.get("start", ""))
    return [steps[name] for name in sorted(steps, key=lambda name: name != start)]


def _first(facts: TrackerFacts, key: str, *kinds: str) -> Any:
    """The first value of a key of its flow's steps."""
    return next((step[key] for step in _steps(facts) if step.get(key) and (not kinds or step.get("do") in kinds)), None)


def _flow(facts: TrackerFacts) -> dict[str, object]:
    is_basic = {step.get("do") for step in _steps(facts)} <= {"greeting", "dial", "voicemail", "hang_up"}
    return {
        "type": "basic" if is_basic else "advanced",
        "recording_enabled": any(step.get("record") for step in _steps(facts)),
        "destination_number": facts.flow.get("forward"),
        "greeting_text": _first(facts, "say", "greeting"),
        "greeting_recording_url": None,
    }


READERS: Mapping[str, Callable[[TrackerFacts], Any]] = {
    "id": lambda facts: wire_id(TRACKER, facts.tracker.id),
    "name": lambda facts: facts.tracker.shown_name,
    "type": lambda facts: facts.tracker.type,
    "status": lambda facts: "disabled" if facts.tracker.retired_at else "active",
    "destination_number": lambda facts: facts.flow.get("forward"),
    "tracking_numbers": lambda facts: list(facts.numbers),
    "sms_supported": lambda facts: facts.texts,
    "sms_enabled": lambda facts: facts.texts and facts.tracker.retired_at is None,
    "company": lambda facts: {"id": wire_id(COMPANY, facts.company.id), "name": facts.company.title},
    "source": source_of,
    "call_flow": _flow,
    "whisper_message": lambda facts: _first(facts, "whisper"),
    "swap_targets": lambda facts: list(facts.company.website.get("swap", ())),
    "created_at": lambda facts: utc_time(made_at(facts.tracker.id)),
    "disabled_at": lambda facts: utc_time(facts.tracker.retired_at),
}
"""Field → its value."""
