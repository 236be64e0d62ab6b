"""A person's data at HubSpot: export, correct, and erase permanently."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hub.api import Erasure, HeldRecord, JsonObject, PersonReference, RetryLater, hookimpl
from hub.api.crm import Corrected, Correction
from plugins.crm.hubspot import contacts
from plugins.crm.hubspot.calls import has_call_property
from plugins.crm.hubspot.client import Account, Client
from plugins.crm.hubspot.objects import PAGE_SIZE, Found, batches, listed, portions, search_all
from plugins.crm.hubspot.refusals import UNREADABLE, Refused
from plugins.crm.hubspot.settings import HubSpotSettings
from plugins.crm.hubspot.translate import PHONES, Properties, full_name, right

CALL_FIELDS = ("hs_timestamp", "hs_call_from_number", "hs_call_to_number", "hs_call_title", "hs_call_body")
IDENTIFYING = ("firstname", "lastname", *PHONES, "email")
"""The fields that are exported from a contact that several companies share."""
SHARED_REASON = (
    "the contact stays, because other companies use this HubSpot account too; the calls of this company are deleted."
)

ADDRESS_TAKEN = (
    "HubSpot keeps an email address on one contact only, and another one has it; merge the contacts in HubSpot."
)


class Privacy(Account):
    """Export, correct, and erase permanently."""

    @hookimpl
    def export_person(self, person: PersonReference) -> Sequence[HeldRecord]:
        """The person's contacts, and the calls that this connector logged for the requested company."""
        people = _contacts(self._client, self.settings, person)
        calls = _calls(self._client, self.settings, person)
        if calls.shared or person.shared:
            people = [(contact, {name: held.get(name) for name in IDENTIFYING}) for contact, held in people]
        records = [("contact", *contact) for contact in people]
        records += [("call", *call) for call in calls.ours]
        return [
            HeldRecord(record_type=kind, record_id=record, fields={name: text for name, text in fields.items() if text})
            for kind, record, fields in records
        ]

    @hookimpl
    def erase_person(self, person: PersonReference) -> Erasure:
        """Delete the calls that we logged for the person and the company, then purge the contacts (HubSpot's GDPR delete).

        The contacts go last, because a retry after a failure finds the person by them. A contact that companies
        share is kept.
        """
        client = self._client
        calls = _calls(client, self.settings, person)
        for inputs in batches([call for call, _ in calls.ours]):
            _archive(client, inputs)
        people = _contacts(client, self.settings, person)
        if people and (calls.shared or person.shared):
            return Erasure(status="impossible", records=len(calls.ours), reason=SHARED_REASON)
        for contact, _ in people:
            _purge(client, contact)
        records = len(calls.ours) + len(people)
        return Erasure(status="erased" if records else "nothing_held", records=records)

    @hookimpl
    def correct_person(self, correction: Correction) -> Corrected:
        """Correct the name, address and number in the person's contact, or in several contacts of the same name.

        If contacts of different names share a number, the number does not prove who is meant, so none is changed.
        """
        known = PersonReference(phone_numbers=correction.phone_numbers, emails=correction.emails)
        people = _contacts(self._client, self.settings, known)
        if not people:
            return Corrected(status="nothing_held")
        if len({full_name(properties) for _, properties in people}) > 1:
            reason = f"{len(people)} contacts with different names match; correct the right one in HubSpot."
            return Corrected(status="impossible", reason=reason)
        changes = [
            {"id": contact, "properties": right(correction, held, self.settings.country)} for contact, held in people
        ]
        inputs = [change for change in changes if change["properties"]]
        for first in range(0, len(inputs), PAGE_SIZE):
            request = {"inputs": inputs[first : first + PAGE_SIZE]}
            try:
                done = listed(self._client.call(lambda crm, request=request: crm.contacts.batch_api.update(request)))  # type: ignore[misc]
            except Refused as refusal:
                if refusal.status == 409:
                    return Corrected(status="impossible", reason=ADDRESS_TAKEN)
                raise refusal.error() from None
            if len(done) < len(request["inputs"]):
                raise RetryLater(UNREADABLE)
        return Corrected(status="corrected", records=len(people))


def _archive(client: Client, inputs: Sequence[dict[str, str]]) -> None:
    request = {"inputs": inputs}
    _done(client.ask(lambda crm: crm.objects.calls.batch_api.archive_with_http_info(request)))


def _purge(client: Client, contact: str) -> None:
    """Purge by id, because HubSpot would put an unknown email address on its block list."""
    request = {"objectId": contact}
    _done(client.ask(lambda crm: crm.contacts.basic_api.purge_with_http_info(request)))


def _done(answer: tuple[object, int, object]) -> None:
    if answer[1] != 204:
        raise RetryLater(UNREADABLE)


def _contacts(client: Client, settings: HubSpotSettings, person: PersonReference) -> list[Found]:
    by_number = contacts.by_phone(client, person.phone_numbers, settings.country)
    found = [contact for one in by_number.values() for contact in one]
    return list(dict(found + contacts.by_email(client, person.emails)).items())


@dataclass(frozen=True, slots=True)
class Calls:
    """The calls that we logged on a person; `ours` are those for the requested company."""

    ours: list[Found]
    shared: bool
    """Whether we logged calls for another company too. HubSpot purges "all associated content" with a contact (source:
    its reference, Permanently delete a contact), so the contact must be kept."""


def _calls(client: Client, settings: HubSpotSettings, person: PersonReference) -> Calls:
    """Ours if it has our key, or if it is between a number of the person and one of the company."""
    if not (person.phone_numbers or person.item_keys) or not has_call_property(client, settings.call_property):
        return Calls([], False)
    logged = {"propertyName": settings.call_property, "operator": "HAS_PROPERTY"}
    sides = ("hs_call_from_number", "hs_call_to_number")
    theirs: dict[str, Properties] = {}
    for numbers in portions(person.phone_numbers, len(sides)):
        groups = [{"filters": [logged, {"propertyName": side, "operator": "IN", "values": numbers}]} for side in sides]
        theirs |= _search(client, settings, groups)
    found = {
        call: held for call, held in theirs.items() if person.owns(call, numbers=[held.get(side) for side in sides])
    }
    for keys in portions(person.item_keys):
        wanted = {"propertyName": settings.call_property, "operator": "IN", "values": keys}
        found |= _search(client, settings, [{"filters": [wanted]}])
    return Calls(list(found.items()), shared=bool(theirs.keys() - found.keys()))


def _search(client: Client, settings: HubSpotSettings, groups: Sequence[JsonObject]) -> dict[str, Properties]:
    request = {"filterGroups": list(groups), "properties": [settings.call_property, *CALL_FIELDS]}
    return dict(search_all(client, "calls", request))
