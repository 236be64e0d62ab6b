"""What Salesforce holds about a person, its correction, and its erasure as far as the settings allow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from hub.api import Erasure, HeldRecord, PersonReference, RetryLater, phone_number
from hub.api.crm import Corrected, Correction

from .connection import MAX_RECORDS_PER_REQUEST, Connection, Row
from .people import WITH_CONVERTED, Person, by_numbers
from .refusals import first_error
from .sosl import MAX_SEARCH_ROWS, phrase
from .translate import PHONE_FIELDS, SIGNATURE, right

TASK_FIELDS = ("Id", "Subject", "ActivityDate", "CallDurationInSeconds", "Description", "WhoId")
IDENTIFYING = ("Id", "Name", "Email", *PHONE_FIELDS["Contact"])
"""The fields that are exported from a contact or lead that several companies share."""
GONE = ("ENTITY_IS_DELETED", "INVALID_CROSS_REFERENCE_KEY")
IN_RECYCLE_BIN = "Salesforce keeps deleted records in its recycle bin for 15 days; empty it to remove them."


def held_on(connection: Connection, person: PersonReference) -> list[HeldRecord]:
    """Every contact, lead, activity and deal of a person, as plain fields.

    From a contact that companies share: the identity, and the activities and deals of the requested company."""
    people = _matching(connection, person)
    found = _tasks(connection, people, person)
    shared = found.shared or person.shared
    held = [(one.kind, _identity(one.record) if shared else one.record) for one in people]
    held += [("Task", task) for task in (found.ours if shared else (*found.ours, *found.others))]
    roles = connection.select_each(
        "SELECT Opportunity.Id, Opportunity.Name, Opportunity.StageName, Opportunity.Amount, Opportunity.CloseDate "
        "FROM OpportunityContactRole WHERE ContactId IN {}",
        [one.id for one in people],
    )
    deals = {role["Opportunity"]["Id"]: role["Opportunity"] for role in roles if role.get("Opportunity")}
    shown = [deal for key, deal in deals.items() if not shared or key in person.provider_ids]
    held += [("Opportunity", deal) for deal in shown]
    return [HeldRecord(record_type=kind, record_id=str(row["Id"]), fields=_plain(row)) for kind, row in held]


def erase(connection: Connection, person: PersonReference) -> Erasure:
    """Delete the calls that we logged for the person and the company and, if the settings say so, the contact and the lead.

    If people of different names share a number, it does not prove who asked, so none is deleted. Nor is a record that
    other companies share.
    """
    people = _matching(connection, person)
    found = _tasks(connection, people, person)
    ours, shared = [str(task["Id"]) for task in found.ours], found.shared or person.shared
    if not people and not ours:
        return Erasure(status="nothing_held")
    namesakes = _are_namesakes(people)
    meant = connection.settings.erasure == "people"
    condemned = [one.id for one in people] if meant and not namesakes and not shared else []
    deleted, refused = _delete(connection, [*ours, *condemned])
    if refused:
        reason = f"Salesforce refuses to delete some records ({refused}); delete them there."
    elif people and shared:
        reason = (
            f"{len(people)} contacts or leads remain, because other companies use this Salesforce org too; the calls of this "
            "company are deleted."
        )
    elif meant and namesakes:
        reason = f"{len(people)} contacts or leads of different people match; delete the right one in Salesforce."
    elif people and not meant:
        reason = f"{len(people)} contacts or leads remain, because the settings leave them to you; delete them in Salesforce."
    else:
        return Erasure(status="erased", records=deleted, reason=IN_RECYCLE_BIN)
    return Erasure(status="impossible", records=deleted, reason=reason)


def correct(connection: Connection, correction: Correction) -> Corrected:
    """Correct the name, address and number in the person's contacts and leads; if their names differ, change nothing."""
    people = _matching(connection, PersonReference(phone_numbers=correction.phone_numbers, emails=correction.emails))
    if not people:
        return Corrected(status="nothing_held")
    if _are_namesakes(people):
        reason = f"{len(people)} contacts or leads of different people match; correct the right one in Salesforce."
        return Corrected(status="impossible", reason=reason)
    changes = [
        {"attributes": {"type": one.kind}, "id": one.id, **fields}
        for one in people
        if (fields := right(correction, one.record, one.kind, connection.settings.country))
    ]
    for start in range(0, len(changes), MAX_RECORDS_PER_REQUEST):
        for result in connection.update(changes[start : start + MAX_RECORDS_PER_REQUEST]):
            code = first_error(result.get("errors"))[0]
            if code == "UNABLE_TO_LOCK_ROW":
                raise RetryLater("Salesforce has the person's record locked; the hub tries again.")
            if not result.get("success") and code not in GONE:
                reason = f"Salesforce refuses the correction ({code or 'no reason given'}); make it there."
                return Corrected(status="impossible", reason=reason)
    return Corrected(status="corrected", records=len(people))


def _matching(connection: Connection, person: PersonReference) -> list[Person]:
    by_number = by_numbers(connection, person.phone_numbers, converted=True)
    found = {one.id: one for people in by_number.values() for one in people}
    for kind, fields in WITH_CONVERTED.items():
        query = f"SELECT {', '.join(fields)} FROM {kind} WHERE Email IN {{}}"  # noqa: S608 - our own names
        for record in connection.select_each(query, person.emails):
            found.setdefault(str(record["Id"]), Person(kind, record))
    return list(found.values())


def _are_namesakes(people: Sequence[Person]) -> bool:
    """Whether they have different names. The lead that a found contact was converted from is the same person."""
    ids = {one.id for one in people}
    return len({one.name for one in people if one.record.get("ConvertedContactId") not in ids}) > 1


@dataclass(frozen=True, slots=True)
class Tasks:
    """A person's activities: `ours` are the calls that we logged for the requested company."""

    ours: list[Row]
    others: list[Row]
    """What people at the business wrote themselves."""
    shared: bool
    """Whether we logged calls for another company too. Salesforce deletes them with their contact."""


def _tasks(connection: Connection, people: Sequence[Person], person: PersonReference) -> Tasks:
    """The activities of these people, the calls that name a number but are linked to nobody, and those with our keys."""
    field = connection.settings.call_key_field
    wanted = ", ".join((*TASK_FIELDS, field))
    found: dict[str, Row] = {}
    for column, values in (("WhoId", [one.id for one in people]), (field, person.item_keys)):
        query = f"SELECT {wanted} FROM Task WHERE {column} IN {{}} AND IsDeleted = false"  # noqa: S608 - our own names
        found |= {task["Id"]: task for task in connection.select_each(query, values, archived=True)}
    numbers = [number for number in person.phone_numbers if phone_number(number) == number]
    for number in numbers:
        returning = f"Task({wanted} WHERE WhoId = null)"
        text = f"FIND {{{phrase(number)}}} IN ALL FIELDS RETURNING {returning} LIMIT {MAX_SEARCH_ROWS}"
        found |= _naming([number], connection.search(text))
    if numbers:
        # Search does not see archived activities, and a query cannot look into their description.
        query = (
            f"SELECT {wanted} FROM Task WHERE WhoId = null AND {field} != null "  # noqa: S608 - our own names
            "AND IsArchived = true AND IsDeleted = false"
        )
        found |= _naming(numbers, connection.select(query, archived=True))
    ours = [task for task in found.values() if _is_ours(task, person, field)]
    rest = [task for task in found.values() if not _is_ours(task, person, field)]
    others = [task for task in rest if not _is_logged(task, field)]
    return Tasks(ours, others, shared=len(others) < len(rest))


def _naming(numbers: Sequence[str], tasks: Sequence[Row]) -> dict[str, Row]:
    """The tasks whose description contains one of the numbers."""
    return {t["Id"]: t for t in tasks if any(number in str(t.get("Description") or "") for number in numbers)}


def _is_logged(task: Row, field: str) -> bool:
    """Whether the hub wrote it, for any company."""
    return bool(task.get(field)) or str(task.get("Description") or "").endswith(SIGNATURE)


def _is_ours(task: Row, person: PersonReference, field: str) -> bool:
    """Whether we logged it for the requested company: by our key, its id, or the tracking number that it names."""
    if person.owns(task["Id"], key=task.get(field)):
        return True
    lines = str(task.get("Description") or "").splitlines()
    return _is_logged(task, field) and any(f"Tracking number: {number}" in lines for number in person.tracking_numbers)


def _identity(record: Row) -> Row:
    return {name: record[name] for name in IDENTIFYING if name in record}


def _delete(connection: Connection, ids: Sequence[str]) -> tuple[int, str | None]:
    """How many records were deleted, and the code of the last refusal."""
    deleted, refused = 0, None
    for start in range(0, len(ids), MAX_RECORDS_PER_REQUEST):
        for result in connection.delete(ids[start : start + MAX_RECORDS_PER_REQUEST]):
            code = first_error(result.get("errors"))[0]
            if result.get("success") or code in GONE:
                deleted += 1
            else:
                refused = code or "no reason given"
    return deleted, refused


def _plain(record: Row) -> dict[str, str]:
    flat: dict[str, str] = {}
    for name, value in record.items():
        if name == "attributes" or value is None:
            continue
        if isinstance(value, Mapping):
            flat.update({f"{name}.{inner}": text for inner, text in _plain(value).items()})
        else:
            flat[name] = str(value)
    return flat
