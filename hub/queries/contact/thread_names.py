"""The names of the people who write texts: a text itself has none."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import func
from sqlalchemy.orm import load_only
from sqlmodel import Session, col, select

from hub.model import Call, Person
from hub.model.people import TYPED
from hub.store.encryption.encrypted_fields import names_of
from hub.store.encryption.vault import Vault

ThreadKey = tuple[str, str]
"""A company's id and a person's number."""


def names_in_threads(session: Session, vault: Vault, keys: Collection[ThreadKey]) -> Mapping[ThreadKey, str]:
    """The names of people: as they had it corrected, or as the carrier gave it with their newest call."""
    known = select(Person).where(
        col(Person.phone_number).in_({number for _, number in keys}),
        col(Person.company_id).in_({company_id for company_id, _ in keys}),
        col(Person.phone_learnt) != TYPED,
    )
    columns: Any = Person
    few = load_only(columns.company_id, columns.phone_number, columns.sealed_name)  # a third of the time of all columns
    rows = session.scalars(known.options(few)) if keys else ()
    people = {key: each for each in rows if (key := (each.company_id, each.phone_number or "")) in keys}
    if not people:
        return {}
    calls = _newest_named_calls(session, [each.id for each in people.values()])
    opened = names_of(vault, session, [*calls, *people.values()])
    called = {call.person_id: opened[call.id] for call in calls if call.id in opened}
    names = {key: opened.get(person.id) or called.get(person.id) for key, person in people.items()}
    return {key: name for key, name in names.items() if name}


def _newest_named_calls(session: Session, people: Collection[str]) -> Sequence[Call]:
    """The newest call of each person with which the carrier gave a name."""
    columns: Any = Call
    newest = select(func.max(columns.id)).where(columns.person_id.in_(people), columns.sealed_name.is_not(None))
    calls = select(Call).where(columns.id.in_(newest.group_by(columns.person_id)))
    return session.scalars(calls.options(load_only(columns.person_id, columns.sealed_name))).all()
