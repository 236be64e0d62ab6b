"""The names of the people who write texts: a text itself has none."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from sqlalchemy import func
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
    people = {(each.company_id, each.phone_number): each for each in session.scalars(known)} if keys else {}
    ids = [people[key].id for key in keys if key in people]
    if not ids:
        return {}
    newest = select(func.max(col(Call.id))).where(col(Call.person_id).in_(ids), col(Call.sealed_name).is_not(None))
    calls = session.scalars(select(Call).where(col(Call.id).in_(newest.group_by(col(Call.person_id))))).all()
    opened = names_of(vault, session, [*calls, *(people[key] for key in keys if key in people)])
    called = {call.person_id: opened[call.id] for call in calls if call.id in opened}
    names = {key: opened.get(people[key].id) or called.get(people[key].id) for key in keys if key in people}
    return {key: name for key, name in names.items() if name}
