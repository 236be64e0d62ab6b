"""What Twilio holds about a person of one company (calls, recordings, texts), and its deletion.

An account may serve several companies. Only records between the person and the company's own tracking numbers are used,
and records whose id the hub knows.

Source: twilio.com/docs/voice/api/call-resource, /recording and /docs/messaging/api/message-resource (DELETE).
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterator, Mapping, Sequence

from hub.api import Erasure, HeldRecord, JsonObject, PersonReference, hookimpl
from hub.api.twiml import held_records
from plugins.carriers.twilio.rest import Account, Rest

EXPORTED_FIELDS = {
    "call": ("from", "to", "status", "direction", "start_time", "end_time", "duration", "caller_name"),
    "recording": ("call_sid", "source", "start_time", "duration", "media_url"),
    "text": ("from", "to", "status", "direction", "date_sent", "body", "num_media"),
}
"""The personal fields of each kind of record."""
PATHS = {"call": "Calls", "recording": "Recordings", "text": "Messages"}


class Privacy(Account):
    """What Twilio holds about a person of one company (calls, recordings, texts), and its deletion."""

    @hookimpl
    def export_person(self, person: PersonReference) -> Sequence[HeldRecord]:
        """The person's records at the requested company, each once; a call's recordings come before the call."""
        rest = self.rest
        records: list[tuple[str, Mapping[str, object]]] = []
        for call in _own_calls(rest, person):
            for leg in (*rest.pages("Calls", {"ParentCallSid": str(call.get("sid"))}), call):
                records += (("recording", each) for each in rest.pages("Recordings", {"CallSid": str(leg.get("sid"))}))
                records.append(("call", leg))
        records += (("recording", each) for each in _by_ids(rest, person, "RE", "recording", _ids(records)))
        records += (("text", each) for each in _between(rest, person, "Messages"))
        for prefix in ("SM", "MM"):
            records += (("text", each) for each in _by_ids(rest, person, prefix, "text", _ids(records)))
        return held_records(records, dict.fromkeys(EXPORTED_FIELDS, "sid"), EXPORTED_FIELDS)

    @hookimpl
    def erase_person(self, person: PersonReference) -> Erasure:
        """Delete everything, recordings first, so that no recording remains without its call if this stops midway."""
        rest = self.rest
        records = self.export_person(person)
        for record in records:
            rest.delete(f"{rest.account}/{PATHS[record.record_type]}/{record.record_id}.json")
        return Erasure(status="erased" if records else "nothing_held", records=len(records))


def _own_calls(rest: Rest, person: PersonReference) -> list[dict[str, object]]:
    """The calls between the person and the company's numbers, and those whose id the hub knows."""
    calls = {str(call.get("sid")): call for call in _between(rest, person, "Calls")}
    return [*calls.values(), *_by_ids(rest, person, "CA", "call", calls)]


def _between(rest: Rest, person: PersonReference, resource: str) -> Iterator[JsonObject]:
    """Calls or texts between the person's and the company's numbers. Other companies may use the same account."""
    ours = set(person.tracking_numbers)
    for number in person.phone_numbers if ours else ():
        for side, other in (("From", "to"), ("To", "from")):
            yield from (item for item in rest.pages(resource, {side: number}) if item.get(other) in ours)


def _by_ids(
    rest: Rest, person: PersonReference, prefix: str, kind: str, known: Container[str]
) -> Iterator[dict[str, object]]:
    """Records whose id the hub knows and that still exist, without the `known` ones."""
    for record_id in person.provider_ids:
        if re.fullmatch(prefix + "[0-9a-fA-F]{32}", record_id) and record_id not in known:
            item = rest.find(f"{rest.account}/{PATHS[kind]}/{record_id}.json")
            if item is not None:
                yield item


def _ids(records: Sequence[tuple[str, Mapping[str, object]]]) -> set[str]:
    return {str(item.get("sid")) for _, item in records}
