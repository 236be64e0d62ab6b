"""What a carrier whose REST API is like Twilio's holds about a person of one company, and its deletion.

An account may serve several companies. Only records between the person and the company's own tracking numbers are used,
and records whose id the hub knows.

Source: twilio.com/docs/voice/api/call-resource, /recording, /docs/messaging/api/message-resource and /media-resource (DELETE).
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence
from typing import ClassVar

from hub.contracts.people import Erasure, HeldRecord, PersonReference
from hub.contracts.untrusted import JsonObject
from hub.hookspecs.markers import hookimpl
from hub.protocols.twiml.people import held_records
from hub.protocols.twiml_api.connector import TwimlApiTexts

PATHS = {"call": "Calls", "recording": "Recordings", "text": "Messages"}
PERSONAL_FIELDS: Mapping[str, Sequence[str]] = {
    "call": ("from", "to", "status", "direction", "start_time", "end_time", "duration", "caller_name"),
    "recording": ("call_sid", "source", "start_time", "duration", "media_url"),
    "text": ("from", "to", "status", "direction", "date_sent", "body", "num_media"),
}
Records = list[tuple[str, JsonObject]]


class TwimlApiPeople(TwimlApiTexts):
    """A person's calls, recordings and texts: shown, and deleted with their pictures.

    Such APIs filter lists by the address only, so a manifest without `personal_in_address` gets that sentence.
    """

    personal_fields: ClassVar[Mapping[str, Sequence[str]]] = PERSONAL_FIELDS
    """By kind of record (`call`, `recording`, `text`): the fields that a person is shown."""

    def __init_subclass__(cls, **arguments: object) -> None:
        super().__init_subclass__(**arguments)
        if "manifest" in cls.__dict__ and not cls.manifest.personal_in_address:
            name = cls.manifest.title or cls.manifest.name
            why = f"{name} filters its lists only by the address: the number of a person who asks stands in it."
            cls.manifest = cls.manifest.model_copy(update={"personal_in_address": why})

    @hookimpl
    def export_person(self, person: PersonReference) -> Sequence[HeldRecord]:
        """The person's records at the requested company, each once. What is found only by a call comes before the call: its
        recordings and dialed legs."""
        records: Records = []
        for call in self._own_calls(person):
            for leg in (*self.rest.pages("Calls", {"ParentCallSid": str(call.get("sid"))}), call):
                records += (
                    ("recording", each) for each in self.rest.pages("Recordings", {"CallSid": str(leg.get("sid"))})
                )
                records.append(("call", leg))
        records += (("recording", each) for each in self._by_ids(person, "recording", _ids(records)))
        records += (("text", each) for each in self._between(person, "Messages"))
        records += (("text", each) for each in self._by_ids(person, "text", _ids(records)))
        return held_records(records, dict.fromkeys(PATHS, "sid"), self.personal_fields)

    @hookimpl
    def erase_person(self, person: PersonReference) -> Erasure:
        """Delete everything, what names the rest last, so that the next try finds what is left if this stops midway."""
        records = self.export_person(person)
        for record in records:
            if record.record_type == "text" and record.fields.get("num_media") != "0":
                for picture in self.pictures(record.record_id):
                    self.rest.delete(picture)
            self.rest.delete(f"{self.rest.account}/{PATHS[record.record_type]}/{record.record_id}.json")
        return Erasure(status="erased" if records else "nothing_held", records=len(records))

    def _own_calls(self, person: PersonReference) -> list[JsonObject]:
        """The calls between the person and the company's numbers, and those whose id the hub knows."""
        calls = {str(call.get("sid")): call for call in self._between(person, "Calls")}
        return [*calls.values(), *self._by_ids(person, "call", calls)]

    def _between(self, person: PersonReference, resource: str) -> Iterator[JsonObject]:
        """Calls or texts between the person's and the company's numbers. Other companies may use the same account."""
        ours = set(person.tracking_numbers)
        for number in person.phone_numbers if ours else ():
            for side, other in (("From", "to"), ("To", "from")):
                yield from (item for item in self.rest.pages(resource, {side: number}) if item.get(other) in ours)

    def _by_ids(self, person: PersonReference, kind: str, known: Container[str]) -> Iterator[JsonObject]:
        """Records whose id the hub knows and that still exist, without the `known` ones."""
        webhook = self.webhook
        form = {"call": webhook.call_id_form, "recording": webhook.recording_id_form, "text": webhook.text_id_form}[
            kind
        ]
        for record_id in person.provider_ids:
            if form.fullmatch(record_id) and record_id not in known:
                item = self.rest.find(f"{self.rest.account}/{PATHS[kind]}/{record_id}.json")
                if item is not None:
                    yield item


def _ids(records: Records) -> set[str]:
    return {str(item.get("sid")) for _, item in records}
