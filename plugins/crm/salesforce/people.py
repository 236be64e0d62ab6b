"""Contacts and leads by phone number or e-mail: who is calling, what is held on a person, and erasing it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from simple_salesforce.format import format_soql

from hub.api import Erasure, Fact, HeldRecord, PersonReference, RetryLater

from .refusals import first_error
from .session import Connection
from .sosl import phone_searches, phrase
from .translate import PHONE_FIELDS, SIGNATURE, facts, numbers

FIELDS: Mapping[str, tuple[str, ...]] = {
    "Contact": ("Id", "Name", "Account.Name", "Owner.Name", "Email", *PHONE_FIELDS["Contact"], "LastModifiedDate"),
    "Lead": ("Id", "Name", "Company", "Owner.Name", "Email", *PHONE_FIELDS["Lead"], "LastModifiedDate"),
}
UNCONVERTED = "IsConverted = false"
"""A converted lead lives on as a contact, and takes no activities."""

MOST_DELETED = 200
"""Records in one request of the collections API."""

IN_RECYCLE_BIN = "Salesforce keeps deleted records in its recycle bin for 15 days"


@dataclass(frozen=True, slots=True)
class Person:
    """A Contact or a Lead, as Salesforce has it."""

    kind: str
    record: Mapping[str, Any]

    @property
    def id(self) -> str:
        """The record's 18 characters."""
        return str(self.record["Id"])

    @property
    def name(self) -> str:
        """The name, for comparing."""
        return str(self.record.get("Name") or "").strip().casefold()


def by_numbers(connection: Connection, wanted: Iterable[str]) -> dict[str, list[Person]]:
    """For each of the `wanted` numbers (E.164) the people that have it: contacts before leads, the last changed first."""
    found: dict[str, list[Person]] = {number: [] for number in wanted}
    returning = ", ".join(
        f"{kind}({', '.join(fields)}{f' WHERE {UNCONVERTED}' if kind == 'Lead' else ''})"
        for kind, fields in FIELDS.items()
    )
    seen: set[str] = set()
    for search in phone_searches(found, returning):
        for record in _rows(connection.call(lambda client, text=search: client.search(text)), "searchRecords"):
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


def who_calls(connection: Connection, number: str) -> list[Fact]:
    """Facts about the caller with this number (E.164)."""
    people = by_numbers(connection, [number])[number]
    if not people:
        return []
    person = people[0]
    deal = _open_deal(connection, person) if person.kind == "Contact" else None
    return facts(person.record, person.kind, deal, alone=len({one.name for one in people}) == 1)


def _open_deal(connection: Connection, person: Person) -> Mapping[str, Any] | None:
    found = select(
        connection,
        "SELECT Opportunity.Name, Opportunity.StageName FROM OpportunityContactRole "
        "WHERE ContactId = {} AND Opportunity.IsClosed = false ORDER BY Opportunity.LastModifiedDate DESC LIMIT 1",
        person.id,
    )
    return found[0]["Opportunity"] if found else None


def held_on(connection: Connection, person: PersonReference) -> list[HeldRecord]:
    """Every contact, lead, call and deal of a person."""
    people = _matching(connection, person)
    ids = [one.id for one in people]
    held = [HeldRecord(record_type=one.kind, record_id=one.id, fields=_plain(one.record)) for one in people]
    tasks = _tasks(connection, ids, person.phone_numbers)
    held += [HeldRecord(record_type="Task", record_id=task["Id"], fields=_plain(task)) for task in tasks]
    if ids:
        roles = select(
            connection,
            "SELECT Opportunity.Id, Opportunity.Name, Opportunity.StageName, Opportunity.Amount, Opportunity.CloseDate "
            "FROM OpportunityContactRole WHERE ContactId IN {}",
            ids,
        )
        deals = {role["Opportunity"]["Id"]: role["Opportunity"] for role in roles}
        held += [
            HeldRecord(record_type="Opportunity", record_id=key, fields=_plain(deal)) for key, deal in deals.items()
        ]
    return held


def erase(connection: Connection, person: PersonReference) -> Erasure:
    """Delete the calls that we logged on a person and, where the settings say so, the person."""
    people = _matching(connection, person)
    ours = [
        task["Id"]
        for task in _tasks(connection, [one.id for one in people], person.phone_numbers)
        if str(task.get("Description") or "").endswith(SIGNATURE)
    ]
    if not people and not ours:
        return Erasure(status="nothing_held")
    several = len({one.name for one in people}) > 1
    condemned = [one.id for one in people] if connection.settings.erasure == "people" and not several else []
    deleted, refused = _delete(connection, [*ours, *condemned])
    left = len(people) - len(condemned)
    if refused:
        return Erasure(
            status="impossible", records=deleted, reason=f"Salesforce refuses to delete some records ({refused})."
        )
    if left and several and connection.settings.erasure == "people":
        reason = f"{left} contacts and leads of different people share this number; delete the right one in Salesforce."
        return Erasure(status="impossible", records=deleted, reason=reason)
    if left:
        reason = f"{left} contacts or leads remain: the settings leave them to the business; delete them in Salesforce."
        return Erasure(status="impossible", records=deleted, reason=reason)
    return Erasure(status="erased", records=deleted, reason=f"{IN_RECYCLE_BIN}.")


def _matching(connection: Connection, person: PersonReference) -> list[Person]:
    found = {one.id: one for people in by_numbers(connection, person.phone_numbers).values() for one in people}
    if person.emails:
        for kind, fields in FIELDS.items():
            where = f" AND {UNCONVERTED}" if kind == "Lead" else ""
            query = f"SELECT {', '.join(fields)} FROM {kind} WHERE Email IN {{}}{where}"  # noqa: S608 - names of our own
            for record in select(connection, query, list(person.emails)):
                found.setdefault(record["Id"], Person(kind, record))
    return list(found.values())


def _tasks(connection: Connection, who_ids: Sequence[str], phone_numbers: Sequence[str]) -> list[Mapping[str, Any]]:
    """The activities of these people, and the calls that name the number but hang on nobody."""
    fields = "Id, Subject, ActivityDate, CallDurationInSeconds, Description, WhoId"
    found: dict[str, Mapping[str, Any]] = {}
    if who_ids:
        query = f"SELECT {fields} FROM Task WHERE WhoId IN {{}}"  # noqa: S608 - names of our own
        found.update({task["Id"]: task for task in select(connection, query, list(who_ids))})
    for number in phone_numbers:
        text = f"FIND {{{phrase(number)}}} IN ALL FIELDS RETURNING Task({fields} WHERE WhoId = null) LIMIT 2000"
        for task in _rows(connection.call(lambda client, text=text: client.search(text)), "searchRecords"):
            if number in str(task.get("Description") or ""):
                found[task["Id"]] = task
    return list(found.values())


def _delete(connection: Connection, ids: Sequence[str]) -> tuple[int, str | None]:
    deleted, refused = 0, None
    for start in range(0, len(ids), MOST_DELETED):
        chosen = {"ids": ",".join(ids[start : start + MOST_DELETED]), "allOrNone": "false"}
        results = connection.call(
            lambda client, chosen=chosen: client.restful("composite/sobjects", params=chosen, method="DELETE")
        )
        for result in results if isinstance(results, list) else []:
            code = first_error(result.get("errors"))[0]
            if result.get("success") or code in ("ENTITY_IS_DELETED", "INVALID_CROSS_REFERENCE_KEY"):
                deleted += 1
            else:
                refused = code or "UNKNOWN"
    return deleted, refused


def select(connection: Connection, query: str, *values: Any) -> list[Mapping[str, Any]]:
    """All rows of a SOQL query, page by page; each `{}` in it is filled with a quoted value or list."""
    answer = connection.call(lambda client: client.query(format_soql(query, *values)))
    rows = _rows(answer, "records")
    while answer.get("done") is False:
        following = answer.get("nextRecordsUrl")
        answer = connection.call(lambda client, url=following: client.query_more(url, identifier_is_url=True))
        rows += _rows(answer, "records")
    return rows


def _rows(answer: Any, name: str) -> list[Mapping[str, Any]]:
    rows = answer.get(name) if isinstance(answer, Mapping) else None
    if not isinstance(rows, list) or not all(isinstance(row, Mapping) for row in rows):
        raise RetryLater("Salesforce's answer is not one that its documentation knows; the hub tries again.")
    return rows


def _plain(record: Mapping[str, Any]) -> dict[str, str]:
    flat: dict[str, str] = {}
    for name, value in record.items():
        if name == "attributes" or value is None:
            continue
        if isinstance(value, Mapping):
            flat.update({f"{name}.{inner}": text for inner, text in _plain(value).items()})
        else:
            flat[name] = str(value)
    return flat
