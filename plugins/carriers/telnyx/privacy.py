"""What Telnyx holds about a person of one company, and which of it can be deleted.

An account may serve several companies. Only records between the person and the company's own tracking numbers are used,
and records whose id the hub knows.

The API can delete recordings. It cannot delete call and message records; these expire on their own.
Source: the SDK's resources (only recordings have a DELETE) and telnyx.com/ai/data-handling.json (April 2026).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import quote

from hub.api import Erasure, HeldRecord, PersonReference, hookimpl
from hub.api.twiml import erase_recordings, held_records
from plugins.carriers.telnyx.calls import Item, families
from plugins.carriers.telnyx.rest import Account, Rest
from plugins.carriers.telnyx.translate import CALL_ID, UUID

EXPORTED_FIELDS = {
    "call": ("from", "to", "status", "direction", "start_time", "end_time", "duration", "caller_name"),
    "recording": ("from", "to", "call_control_id", "initiated_by", "recording_started_at", "duration_millis"),
    "text": ("cli", "cld", "status", "direction", "created_at", "sent_at", "carrier", "message_type"),
}
"""The personal fields of each kind of record."""
IDS = {"call": "sid", "recording": "id", "text": "uuid"}
MAX_DETAIL_RECORDS = "50"
"""The most on a page of detail records; other lists take more."""
KEPT = (
    "its recordings are deleted, but Telnyx' API deletes no call records and no message records: they lapse by Telnyx' own "
    "retention (calls and delivery receipts 90 days, message bodies 10); ask Telnyx' support for an earlier deletion."
)


class Privacy(Account):
    """What Telnyx holds about a person of one company, and which of it can be deleted."""

    @hookimpl
    def export_person(self, person: PersonReference) -> Sequence[HeldRecord]:
        """The person's records at the requested company, each once, recordings first."""
        rest = self._rest
        calls = _own_calls(rest, person)
        records = [
            *(("recording", one) for one in own_recordings(rest, person, calls)),
            *(("call", one) for one in calls.values()),
            *(("text", one) for one in _own_texts(rest, person)),
        ]
        return held_records(records, IDS, EXPORTED_FIELDS)

    @hookimpl
    def erase_person(self, person: PersonReference) -> Erasure:
        """Delete the recordings, and report the calls and texts that Telnyx keeps."""
        return erase_recordings(
            self.export_person(person), lambda record_id: self._rest.delete(f"/recordings/{record_id}"), KEPT
        )


def _own_calls(rest: Rest, person: PersonReference) -> dict[str, Item]:
    """By id, the calls between the person and the company's numbers with their dialed legs, and the calls
    whose id the hub knows. Other companies may use the same account."""
    ours, ids = set(person.tracking_numbers), set(person.provider_ids)
    found: dict[str, Item] = {}
    for number in person.phone_numbers:
        for leg, dialed in families(list(rest.texml_pages("Calls", {"PageSize": "100", "From": number}))):
            if leg.get("to") in ours or leg.get("sid") in ids:
                found |= {str(one.get("sid")): one for one in (leg, *dialed)}
        to_person = rest.texml_pages("Calls", {"PageSize": "100", "To": number})
        found |= {str(one.get("sid")): one for one in to_person if one.get("from") in ours or one.get("sid") in ids}
    for record_id in ids - found.keys():
        if CALL_ID.fullmatch(record_id) and not UUID.fullmatch(record_id):
            call = rest.find(f"{rest.texml}/Calls/{quote(record_id, safe='')}")
            if call is not None:
                found[record_id] = call
    return found


def own_recordings(rest: Rest, person: PersonReference, calls: Mapping[str, Item]) -> Iterator[Item]:
    """The recordings between the person and the company's numbers, those of `calls`, and those whose id the hub knows."""
    ours, ids = set(person.tracking_numbers), set(person.provider_ids)
    listed: set[str] = set()
    for number in person.phone_numbers:
        for side, other in (("from", "to"), ("to", "from")):
            for one in rest.pages("/recordings", {f"filter[{side}]": number}):
                listed.add(str(one.get("id")))
                if one.get(other) in ours or one.get("id") in ids or one.get("call_control_id") in calls:
                    yield one
    for record_id in ids - listed:
        shown = rest.find(f"/recordings/{record_id}") if UUID.fullmatch(record_id) else None
        if shown is not None and isinstance(shown.get("data"), dict):
            yield shown["data"]


def _own_texts(rest: Rest, person: PersonReference) -> Iterator[Item]:
    ours, ids = set(person.tracking_numbers), set(person.provider_ids)
    for number in person.phone_numbers:
        for side, other in (("cli", "cld"), ("cld", "cli")):
            wanted = {"filter[record_type]": "messaging", f"filter[{side}]": number, "page[size]": MAX_DETAIL_RECORDS}
            records = rest.pages("/detail_records", wanted)
            yield from (one for one in records if one.get(other) in ours or one.get("uuid") in ids)
