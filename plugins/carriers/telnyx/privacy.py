"""What Telnyx holds on a person, and what of it can be deleted.

Recordings can be deleted by the API; call records and message records cannot, they lapse by themselves.
Source: the SDK's resources (only recordings have a DELETE) and telnyx.com/ai/data-handling.json (April 2026).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from hub.api import Erasure, HeldRecord, PersonReference
from plugins.carriers.telnyx.rest import Rest

TOLD = {
    "call": ("from", "to", "status", "direction", "start_time", "end_time", "duration", "caller_name"),
    "recording": ("from", "to", "call_control_id", "initiated_by", "recording_started_at", "duration_millis"),
    "text": ("cli", "cld", "status", "direction", "created_at", "sent_at", "carrier", "message_type"),
}
"""The fields of each kind of record that say something about a person."""
IDS = {"call": "sid", "recording": "id", "text": "uuid"}
KEPT = (
    "its recordings are deleted, but Telnyx' API deletes no call records and no message records: they lapse by Telnyx' own "
    "retention (calls and delivery receipts 90 days, message bodies 10); ask Telnyx' support for an earlier deletion."
)


def held(rest: Rest, person: PersonReference) -> list[HeldRecord]:
    """All records on a person, each once, recordings first."""
    found: dict[tuple[str, str], HeldRecord] = {}
    for number in person.phone_numbers:
        for kind, item in _records(rest, number):
            record_id = str(item.get(IDS[kind]))
            fields = {name: str(item[name]) for name in TOLD[kind] if item.get(name) not in (None, "")}
            found.setdefault((kind, record_id), HeldRecord(record_type=kind, record_id=record_id, fields=fields))
    return list(found.values())


def _records(rest: Rest, number: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for side in ("from", "to"):
        yield from (("recording", one) for one in rest.pages("/recordings", {f"filter[{side}]": number}))
    for side in ("From", "To"):
        yield from (("call", one) for one in rest.texml_pages("Calls", {side: number}))
    for side in ("cli", "cld"):
        wanted = {"filter[record_type]": "messaging", f"filter[{side}]": number}
        yield from (("text", one) for one in rest.pages("/detail_records", wanted))


def erase(rest: Rest, person: PersonReference) -> Erasure:
    """Delete the recordings, and say so where something stays."""
    records = held(rest, person)
    recordings = [record for record in records if record.record_type == "recording"]
    for record in recordings:
        rest.delete(f"/recordings/{record.record_id}")
    if len(recordings) < len(records):
        return Erasure(status="impossible", records=len(recordings), reason=KEPT)
    return Erasure(status="erased" if records else "nothing_held", records=len(records))
