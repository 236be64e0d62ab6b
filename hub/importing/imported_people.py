"""The people of imported contacts: known ones are met again, erased ones are left alone."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import func
from sqlmodel import Session, col, select

from hub.flow.case import new_person
from hub.model import Person, PersonKey, Tombstone
from hub.model.columns import CALL_RETENTION
from hub.model.people import CARRIER, has_known_number
from hub.store.encryption.vault import Vault
from hub.store.rows import change_rows, write_rows

Known = tuple[str, str]
"""A company's id and a number, E.164."""


def erased_at(session: Session, vault: Vault, wanted: Collection[Known]) -> dict[Known, datetime]:
    """When the people of these numbers were erased last; those who never were are left out. Nothing from before that may
    come back, even if another service still has it."""
    by_mark = {vault.number_mark(session, *each): each for each in set(wanted)}
    by_holder = {vault.holder(session, *each, ""): each for each in set(wanted)}
    found: dict[Known, datetime] = {}
    tombstoned = select(Tombstone.mark, Tombstone.at).where(col(Tombstone.mark).in_(by_mark))
    for mark, at in session.exec(tombstoned):
        found[by_mark[mark]] = at
    # People who were erased before release 0.2 have only their destroyed key.
    gone = select(PersonKey.holder, func.max(PersonKey.destroyed_at)).where(
        col(PersonKey.holder).in_(by_holder), col(PersonKey.destroyed_at).is_not(None)
    )
    for holder, at in session.execute(gone.group_by(PersonKey.holder)):
        each = by_holder[holder]
        found[each] = max(at, found.get(each, at))
    return found


def meet(session: Session, spans: Mapping[Known, tuple[datetime, datetime]], now: datetime) -> dict[Known, str]:
    """The person of each number, by id; a missing one is made. `spans` are the first and the last of the contacts."""
    people = _known(session, spans)
    missing = {each: span for each, span in spans.items() if each not in people}
    made = []
    for (company_id, number), (first, last) in missing.items():
        person = new_person(company_id, number, CARRIER, first, now)
        person.expires_at = last + CALL_RETENTION
        made.append(person)
    if made:
        write_rows(session, Person, made)
        people |= _known(session, missing)  # another worker's row, if it was first
    changed = []
    for each, (person_id, seen_at, expires_at) in people.items():
        first, last = spans[each]
        ends = last + CALL_RETENTION
        if first < seen_at or (expires_at is not None and ends > expires_at):
            kept = expires_at if expires_at is None else max(ends, expires_at)
            changed.append({"id": person_id, "first_seen_at": min(first, seen_at), "expires_at": kept})
    change_rows(session, Person, changed)
    return {each: person_id for each, (person_id, _, _) in people.items()}


def _known(session: Session, wanted: Collection[Known]) -> dict[Known, tuple[str, datetime, datetime | None]]:
    numbers = {number for _, number in wanted}
    if not numbers:
        return {}
    person: Any = Person
    query = select(person.company_id, person.phone_number, person.id, person.first_seen_at, person.expires_at)  # type: ignore[call-overload]
    return {
        (company_id, number): (person_id, seen_at, expires_at)
        for company_id, number, person_id, seen_at, expires_at in session.execute(
            query.where(has_known_number(*numbers))
        )
        if (company_id, number) in wanted
    }
