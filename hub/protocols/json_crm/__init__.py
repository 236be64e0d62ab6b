"""A CRM that answers requests with JSON over HTTP, as a declaration: its requests, and where its records have what.

Receipts of logged calls, facts about callers, and what a person who asks is shown, gets corrected and erased follow from that.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any, ClassVar

from hub.contracts.conversions import CallActivity, Receipt
from hub.contracts.facts import Caller, Fact, facts_at
from hub.contracts.manifest import DataFlow, Manifest, Share
from hub.contracts.people import Corrected, Correction, Erasure, HeldRecord, PersonReference
from hub.contracts.phones import phone_number
from hub.contracts.untrusted import JsonObject, as_mappings, as_text
from hub.errors import Rejected, RetryLater
from hub.hookspecs import EnrichmentHooks, PrivacyHooks, hookimpl
from hub.protocols.json_crm.erasure import erase_logged
from hub.protocols.json_service import JsonService
from hub.protocols.json_service.stand_in import ServiceStandIn
from hub.protocols.json_service.templates import ServiceRequest

PERSON = (Share(field="phone_numbers"), Share(field="emails"))
RIGHT = (Share(field="new_name"), Share(field="new_email"), Share(field="new_phone_number"))
FLOWS = {
    PrivacyHooks.export_person.__name__: PERSON,
    PrivacyHooks.erase_person.__name__: PERSON,
    PrivacyHooks.correct_person.__name__: (*PERSON, *RIGHT),
}
"""What the hooks for people's requests are given if the manifest does not say it."""
LOOKED_UP = {EnrichmentHooks.enrich_caller.__name__: (Share(field="phone_number"),)}


class JsonCrm(JsonService):
    """Base class of such a CRM's connector. Its settings have a `base_url`, and a `country` for numbers without a country code
    if it is not US."""

    stand_in = ServiceStandIn()
    contact_name: ClassVar[str] = "name"
    """Where a contact has its name."""
    phones: ClassVar[tuple[str, str]] = ("phones", "phone")
    """The list of a contact's phone numbers, and the member of each entry that has the number."""
    emails: ClassVar[tuple[str, str]] = ("emails", "email")
    """Likewise for email addresses."""
    phone_fields: ClassVar[Sequence[str]] = ()
    """A contact's fields with one number each, if it has no list of them."""
    email_fields: ClassVar[Sequence[str]] = ()
    """Likewise for email addresses."""
    name_fields: ClassVar[tuple[str, str] | None] = None
    """The fields of the first and the last name, if `contact_name` is not written but follows from them."""
    new_entry: ClassVar[Mapping[str, Any]] = {}
    """What a new entry of these lists has besides."""
    facts: ClassVar[Mapping[str, tuple[str, str]]] = {}
    """Facts about a caller by name: where a contact has the value, and its data category. Empty: callers are not looked up."""
    fact_days: ClassVar[int] = 30
    change_contact: ClassVar[ServiceRequest]
    """Writes `{changes}`, an object, on the contact with the `{id}`; `{module}` is its `module`, where people are records of
    several kinds and `contacts` says which."""
    delete_contact: ClassVar[ServiceRequest]
    delete_call: ClassVar[ServiceRequest]
    """Both delete the record with the `{id}`, and its `{module}`; `find` says which replies mean that there is none."""

    def __init_subclass__(cls, **arguments: Any) -> None:
        super().__init_subclass__(**arguments)
        if not cls.facts:
            setattr(cls, next(iter(LOOKED_UP)), None)
        if "manifest" in vars(cls):
            cls.manifest = _with_flows(cls.manifest, LOOKED_UP | FLOWS if cls.facts else FLOWS)

    def contacts(self, numbers: Sequence[str], emails: Sequence[str]) -> Iterable[JsonObject]:
        """The contacts that may have one of the numbers (E.164) or addresses, through all pages. Others among them are left
        out by the caller of this method, and none counts twice."""
        raise NotImplementedError

    def logged_call(self, activity: CallActivity) -> JsonObject | None:
        """The call's record, if the CRM has one with its key: a reply may have been lost."""
        raise NotImplementedError

    def log_call(self, activity: CallActivity, contact: Mapping[str, Any]) -> JsonObject:
        """Write the call on a contact, which is empty if nobody has the number; its record with its `id`."""
        raise NotImplementedError

    def call_key(self, call: Mapping[str, Any]) -> str:
        """The key under which the hub logged a call; empty for another one."""
        raise NotImplementedError

    def calls_of(self, person: PersonReference, contacts: Sequence[JsonObject]) -> Iterable[JsonObject]:
        """The calls that may be the person's, by contact and by `person.provider_ids`, through all pages. Those that the hub
        did not log for the company that was asked are left out by the caller of this method."""
        raise NotImplementedError

    def reach(self, contact: Mapping[str, Any]) -> tuple[list[str], list[str]]:
        """A contact's phone numbers in E.164, and its email addresses in lower case."""
        numbers, addresses = (
            [as_text(contact.get(field)) for field in fields]
            or [as_text(entry.get(member)) for entry in as_mappings(contact.get(listed))]
            for (listed, member), fields in ((self.phones, self.phone_fields), (self.emails, self.email_fields))
        )
        read = (phone_number(number, self._country) for number in numbers)
        return [number for number in read if number], [address.lower() for address in addresses if address]

    def people(self, numbers: Iterable[str | None], emails: Iterable[str] = ()) -> list[JsonObject]:
        """The contacts with one of these numbers or addresses, each once."""
        wanted, addresses = {each for each in numbers if each}, {each.lower() for each in emails}
        if not wanted and not addresses:
            return []
        found: dict[tuple[str, str], JsonObject] = {}
        for contact in self.contacts(sorted(wanted), sorted(addresses)):
            phones, mails = self.reach(contact)
            if not (wanted.isdisjoint(phones) and addresses.isdisjoint(mails)):
                found.setdefault((as_text(contact.get("module")), id_of(contact)), contact)
        return list(found.values())

    @hookimpl
    def enrich_caller(self, caller: Caller) -> Sequence[Fact]:
        """The facts of the contact with the caller's number, with less confidence if there are several."""
        people = self.people([caller.phone_number])
        confidence = 0.95 if len(people) == 1 else 0.5
        return facts_at(people[0], self.facts, confidence, timedelta(days=self.fact_days)) if people else ()

    @hookimpl
    def log_calls(self, activities: Sequence[CallActivity]) -> Sequence[Receipt]:
        """Each call on the contact with the caller's number, unless the CRM has it already."""
        return [self._log(activity) for activity in activities]

    def _log(self, activity: CallActivity) -> Receipt:
        try:
            call = self.logged_call(activity)
            if call is not None:
                return Receipt(key=activity.key, status="duplicate", reference=id_of(call))
            people = self.people([activity.caller_number])
            made = self.log_call(activity, people[0] if people else {})
        except Rejected as error:
            return Receipt(key=activity.key, status="rejected", code=error.code, reason=str(error))
        return Receipt(key=activity.key, status="delivered", reference=id_of(made))

    @hookimpl
    def export_person(self, person: PersonReference) -> Sequence[HeldRecord]:
        """The person's contacts and the calls logged for the company; of a contact that companies share, who it is."""
        contacts = self.people(person.phone_numbers, person.emails)
        identity = {"id", self.contact_name, self.phones[0], self.emails[0], *self.phone_fields, *self.email_fields}
        shown = [{name: each[name] for name in identity & each.keys()} if person.shared else each for each in contacts]
        held = [("contact", each) for each in shown] + [("call", each) for each in self._own_calls(person, contacts)]
        return [HeldRecord(record_type=kind, record_id=id_of(each), fields=plain(each)) for kind, each in held]

    @hookimpl
    def erase_person(self, person: PersonReference) -> Erasure:
        """Delete the calls that were logged for the company, then the contacts that no other company shares."""
        contacts = self.people(person.phone_numbers, person.emails)
        calls = [(self.delete_call, each) for each in self._own_calls(person, contacts)]
        held = [(self.delete_contact, each) for each in contacts]
        return erase_logged(person, calls, held, lambda each: self.find(each[0], **_place(each[1])) is not None)

    @hookimpl
    def correct_person(self, correction: Correction) -> Corrected:
        """Write what is right on the person's contact, or on several of the same name."""
        people = self.people(correction.phone_numbers, correction.emails)
        if len({as_text(each.get(self.contact_name)).strip().casefold() for each in people}) > 1:
            reason = (
                f"{len(people)} contacts with different names match; correct the right one in {self.provider.name}."
            )
            return Corrected(status="impossible", reason=reason)
        written = [
            self.find(self.change_contact, **_place(each), changes=self.changes(each, correction)) for each in people
        ]
        records = sum(each is not None for each in written)
        return Corrected(status="corrected" if records else "nothing_held", records=records)

    def changes(self, contact: Mapping[str, Any], correction: Correction) -> JsonObject:
        """What a correction writes on a contact: a list is written whole, with the new value in the place of the old one, or of
        the only one if the old is not known; likewise each field."""
        changed = self._renamed(correction.new_name) if correction.new_name else {}
        for (listed, member), fields, new, old in (
            (self.phones, self.phone_fields, correction.new_phone_number, correction.phone_numbers),
            (self.emails, self.email_fields, correction.new_email, correction.emails),
        ):
            if new and fields:
                wrong_fields = [each for each in fields if self._is_one(contact.get(each), old)]
                free = [each for each in fields if not contact.get(each)]
                changed |= dict.fromkeys(wrong_fields or free[:1] or fields[:1], new)
            elif new:
                held = as_mappings(contact.get(listed))
                wrong = [each for each in held if self._is_one(each.get(member), old)]
                if not old and len(held) == 1:
                    wrong = held
                kept = [each for each in held if each not in wrong]
                if not any(self._is_one(each.get(member), (new,)) for each in kept):
                    kept.append({**(wrong[0] if wrong else self.new_entry), member: new})
                changed[listed] = kept
        return changed

    def _renamed(self, name: str) -> JsonObject:
        if self.name_fields is None:
            return {self.contact_name: name}
        first, _, last = name.rpartition(" ")
        return dict(zip(self.name_fields, (first, last), strict=True))

    def _is_one(self, value: object, of: Iterable[str]) -> bool:
        text = as_text(value)
        return not {text.lower(), phone_number(text, self._country)}.isdisjoint(each.lower() for each in of)

    @property
    def _country(self) -> str:
        return getattr(self.settings, "country", "US")

    def _own_calls(self, person: PersonReference, contacts: Sequence[JsonObject]) -> list[JsonObject]:
        found = {id_of(call): call for call in self.calls_of(person, contacts)}
        return [call for name, call in found.items() if person.owns(name, key=self.call_key(call) or None)]


def id_of(record: Mapping[str, Any]) -> str:
    """A record's id as text. RetryLater if the reply has none."""
    held = record.get("id")
    if not isinstance(held, str | int) or held == "":
        raise RetryLater("The CRM answered with a record that has no id; it is asked again.")
    return str(held)


def _place(record: Mapping[str, Any]) -> dict[str, object]:
    """What a request about one record names."""
    return {"id": record["id"], "module": record.get("module", "")}


def plain(record: Mapping[str, Any]) -> dict[str, str]:
    """The members of a record as texts, for a person who asks; empty ones are left out."""
    held = {name: value for name, value in record.items() if value not in (None, "", [], {})}
    return {
        name: each if isinstance(each, str) else json.dumps(each, ensure_ascii=False) for name, each in held.items()
    }


def _with_flows(manifest: Manifest, flows: Mapping[str, tuple[Share, ...]]) -> Manifest:
    missing = [DataFlow(hook=hook, shares=shares) for hook, shares in flows.items() if manifest.flow(hook) is None]
    return manifest.model_copy(update={"flows": (*manifest.flows, *missing)})
