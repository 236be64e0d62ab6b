"""Contacts and leads by phone number: who is calling."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from hub.api import Fact, phone_number

from .connection import Connection, Row
from .sosl import phone_searches
from .translate import PHONE_FIELDS, facts, numbers

FIELDS: Mapping[str, tuple[str, ...]] = {
    "Contact": ("Id", "Name", "Account.Name", "Owner.Name", "Email", *PHONE_FIELDS["Contact"], "LastModifiedDate"),
    "Lead": ("Id", "Name", "Company", "Owner.Name", "Email", *PHONE_FIELDS["Lead"], "LastModifiedDate"),
}
WITH_CONVERTED = {**FIELDS, "Lead": (*FIELDS["Lead"], "ConvertedContactId")}


@dataclass(frozen=True, slots=True)
class Person:
    """A Contact or a Lead of Salesforce."""

    kind: str
    record: Row

    @property
    def id(self) -> str:
        """The record's 18 characters."""
        return str(self.record["Id"])

    @property
    def name(self) -> str:
        """The name, for comparison."""
        return str(self.record.get("Name") or "").strip().casefold()


def by_numbers(connection: Connection, wanted: Iterable[str], converted: bool = False) -> dict[str, list[Person]]:
    """For each of the `wanted` numbers (E.164) the people with it: contacts before leads, the last changed first.
    Invalid numbers find nobody. A converted lead continues as a contact and accepts no activities, so only a request
    about a person wants it, because it keeps the person's data."""
    found: dict[str, list[Person]] = {number: [] for number in wanted if phone_number(number) == number}
    seen: set[str] = set()
    for search in phone_searches(found, _returning(converted)):
        for record in connection.search(search):
            kind = record.get("attributes", {}).get("type")
            if kind not in FIELDS or record["Id"] in seen:
                continue
            seen.add(record["Id"])
            for number in numbers(record, kind, connection.settings.country):
                if number in found:
                    found[number].append(Person(kind, record))
    for people in found.values():
        people.sort(key=lambda person: str(person.record.get("LastModifiedDate")), reverse=True)
        people.sort(key=lambda person: person.kind)
    return found


def _returning(converted: bool) -> str:
    named = {kind: ", ".join(fields) for kind, fields in (WITH_CONVERTED if converted else FIELDS).items()}
    return f"Contact({named['Contact']}), Lead({named['Lead']}{'' if converted else ' WHERE IsConverted = false'})"


def who_calls(connection: Connection, number: str) -> list[Fact]:
    """Facts about the caller with this number (E.164)."""
    people = by_numbers(connection, [number]).get(number)
    if not people:
        return []
    person = people[0]
    deal = _open_deal(connection, person) if person.kind == "Contact" else None
    return facts(person.record, person.kind, deal, alone=len({one.name for one in people}) == 1)


def _open_deal(connection: Connection, person: Person) -> Row | None:
    found = connection.select(
        "SELECT Opportunity.Name, Opportunity.StageName FROM OpportunityContactRole "
        "WHERE ContactId = {} AND Opportunity.IsClosed = false ORDER BY Opportunity.LastModifiedDate DESC LIMIT 1",
        person.id,
    )
    deal = found[0].get("Opportunity") if found else None
    return deal if isinstance(deal, Mapping) else None
