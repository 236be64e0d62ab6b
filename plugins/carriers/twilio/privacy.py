"""What Twilio holds on a person, and its deletion: the calls and texts from or to their numbers, and the recordings.

Source: twilio.com/docs/voice/api/call-resource, /recording and /docs/messaging/api/message-resource (DELETE).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from hub.api import Erasure, HeldRecord, PersonReference
from plugins.carriers.twilio.rest import Rest

TOLD = {
    "call": ("from", "to", "status", "direction", "start_time", "end_time", "duration", "caller_name", "stir_verstat"),
    "recording": ("call_sid", "source", "start_time", "duration", "media_url"),
    "text": ("from", "to", "status", "direction", "date_sent", "body", "num_media"),
}
"""The fields of each kind of record that say something about a person."""
PATHS = {"call": "Calls", "recording": "Recordings", "text": "Messages"}


def held(rest: Rest, person: PersonReference) -> list[HeldRecord]:
    """All records on a person, each once; a call's recordings come before the call."""
    found: dict[str, HeldRecord] = {}
    for number in person.phone_numbers:
        for side in ("From", "To"):
            for call in rest.pages("Calls", {side: number}):
                for recording in rest.pages("Recordings", {"CallSid": str(call.get("sid"))}):
                    _keep(found, "recording", recording)
                _keep(found, "call", call)
            for text in rest.pages("Messages", {side: number}):
                _keep(found, "text", text)
    return list(found.values())


def _keep(found: dict[str, HeldRecord], kind: str, item: Mapping[str, Any]) -> None:
    fields = dict(_told(kind, item))
    found.setdefault(str(item.get("sid")), HeldRecord(record_type=kind, record_id=str(item.get("sid")), fields=fields))


def _told(kind: str, item: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name in TOLD[kind]:
        if item.get(name) not in (None, ""):
            yield name, str(item[name])


def erase(rest: Rest, person: PersonReference) -> Erasure:
    """Delete all of it, recordings first, so that nothing is left without its call if it stops half-way."""
    records = held(rest, person)
    for record in records:
        rest.delete(f"{rest.account}/{PATHS[record.record_type]}/{record.record_id}.json")
    return Erasure(status="erased" if records else "nothing_held", records=len(records))
