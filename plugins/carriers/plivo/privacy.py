"""What Plivo holds about a person of one company, and which of it can be deleted.

An account may serve several companies. Only records between the person and the company's own tracking numbers are used,
and records whose id the hub knows.

The API can delete recordings. It cannot delete call and message records.
Source: the SDK's resources (only recordings have a DELETE), plivo.com/docs/messaging/api/messages (its list reaches 90 days).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

from hub.api import Erasure, HeldRecord, PersonReference, hookimpl
from hub.api.twiml import erase_recordings, held_records
from plugins.carriers.plivo.rest import Account, Rest, stamp
from plugins.carriers.plivo.translate import UUID, e164

Item = Mapping[str, Any]
SIDES = ("from_number", "to_number")
EXPORTED_FIELDS = {
    "call": (*SIDES, "call_direction", "initiation_time", "answer_time", "end_time", "call_duration"),
    "recording": ("call_uuid", "add_time", "recording_duration_ms", "recording_format"),
    "text": (*SIDES, "message_direction", "message_state", "message_time", "message_type", "units"),
}
"""The personal fields of each kind of record."""
IDS = {"call": "call_uuid", "recording": "recording_id", "text": "message_uuid"}
PATHS = {"call": "Call", "recording": "Recording", "text": "Message"}
MESSAGES_BACK = timedelta(days=89)
KEPT = (
    "its recordings are deleted, but Plivo's API deletes no call records and no message records, which hold no text: they "
    "lapse by Plivo's own retention; ask Plivo's support for an earlier deletion."
)


class Privacy(Account):
    """What Plivo holds about a person of one company, and which of it can be deleted."""

    @hookimpl
    def export_person(self, person: PersonReference) -> Sequence[HeldRecord]:
        """The person's records at the requested company, each once, recordings first."""
        rest = self._rest
        calls = {str(one.get("call_uuid")): one for one in _of(rest, person, "call")}
        legs = [leg for call in calls for leg in rest.pages("Call", {"parent_call_uuid": call})]
        audio = [one for call in calls for one in rest.pages("Recording", {"call_uuid": call})]
        records = [
            *(("recording", one) for one in (*audio, *_by_ids(rest, person, "recording"))),
            *(("call", one) for one in (*calls.values(), *legs)),
            *(("text", one) for one in _of(rest, person, "text")),
        ]
        return held_records(records, IDS, EXPORTED_FIELDS)

    @hookimpl
    def erase_person(self, person: PersonReference) -> Erasure:
        """Delete the recordings, and report the call and message records that Plivo keeps."""
        return erase_recordings(
            self.export_person(person), lambda record_id: self._rest.delete(f"Recording/{record_id}"), KEPT
        )


def _of(rest: Rest, person: PersonReference, kind: str) -> Iterator[Item]:
    """Calls or texts between the person's and the company's numbers, and those whose id the hub knows."""
    ours = set(person.tracking_numbers)
    back = {"message_time__gte": stamp(rest.services.clock() - MESSAGES_BACK)} if kind == "text" else {}
    for number in person.phone_numbers if ours else ():
        for side, other in (SIDES, SIDES[::-1]):
            listed = rest.pages(PATHS[kind], {side: number.lstrip("+"), **back})
            yield from (one for one in listed if e164(one.get(other)) in ours)
    yield from _by_ids(rest, person, kind)


def _by_ids(rest: Rest, person: PersonReference, kind: str) -> Iterator[Item]:
    """Records whose id the hub knows and that still exist."""
    for record_id in person.provider_ids:
        item = rest.find(f"{PATHS[kind]}/{record_id}") if UUID.fullmatch(record_id) else None
        if item is not None:
            yield item
