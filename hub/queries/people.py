"""People who contacted a company: the newest ones, one person with everything that is surely theirs, and search."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, or_
from sqlmodel import Session, col, select

from hub.access.scope import AccessScope
from hub.contracts.phones import phone_number
from hub.model import Call, ConsentEntry, FactRow, Person, Visit
from hub.model.people import has_known_email
from hub.platform.fields import from_fields
from hub.queries.contact.view import ContactView, contact_views, read_parts
from hub.queries.lists.keyset import Page, newest_first, page_of
from hub.queries.lists.kinds import KINDS
from hub.queries.lists.plan import rows_of
from hub.store.encryption.encrypted_fields import names_of, values_of
from hub.store.encryption.vault import Vault

MAX_CONTACTS = 200
"""Contacts of each kind that a person's page shows; the list of calls shows all."""
MAX_FACTS_FROM = 20
"""Contacts whose facts are shown."""


@dataclass(frozen=True, kw_only=True)
class PersonShown:
    """A person in a list. `is_typed`: known only from what somebody wrote into a form, which anybody can."""

    id: str
    company_id: str
    name: str | None
    phone_number: str | None
    email: str | None
    is_typed: bool
    first_seen_at: datetime
    last_contact_at: datetime | None = None
    contacts: int = 0


@dataclass(frozen=True)
class FactShown:
    """A fact about a caller, with who said it and until when it is kept."""

    name: str
    value: str
    source: str
    confidence: float
    expires_at: datetime


@dataclass(frozen=True)
class PersonDetails:
    """What is surely one person's, and of the people merged with them."""

    people: Sequence[PersonShown]
    contacts: Sequence[ContactView]
    """The newest first."""
    visits: Sequence[Visit]
    consent: Sequence[ConsentEntry]
    """The newest record for each use."""
    facts: Sequence[FactShown]


def list_people(
    session: Session, scope: AccessScope, vault: Vault, companies: Collection[str], after: str | None, limit: int
) -> Page[PersonShown]:
    """The people of some companies, those who were first seen last first."""
    order = newest_first(Person.first_seen_at, Person.id)
    found = page_of(session, rows_of(session, scope, Person, order, companies=companies), after, limit)
    return found.of(_shown(session, vault, found.items))


def find_people(
    session: Session, scope: AccessScope, vault: Vault, companies: Collection[str], text: str, limit: int = 20
) -> list[PersonShown]:
    """People with this whole number, in any notation, email address or id."""
    named: list[Any] = [col(Person.id) == text.lower()]
    if number := phone_number(text):
        named.append(col(Person.phone_number) == number)
    if "@" in text:
        named.append(has_known_email(text.lower()))
        named.append(col(Person.email) == text.lower())
    query = scope.select(Person).where(col(Person.company_id).in_(companies), or_(*named))
    return _shown(session, vault, list(session.exec(query.order_by(col(Person.id).desc()).limit(limit))))


def people_shown(session: Session, vault: Vault, scope: AccessScope, ids: Sequence[str]) -> list[PersonShown]:
    """The people with these ids that the user sees, in the order of the ids."""
    rows = session.exec(scope.having(col(Person.id), ids)).all() if ids else []
    return sorted(_shown(session, vault, rows), key=lambda each: ids.index(each.id))


def one_person(
    session: Session, scope: AccessScope, vault: Vault, person_id: str, merged: Collection[str]
) -> PersonDetails:
    """A person, and the people whom users merged with them; NotFound if the user does not see the person."""
    person: Person = scope.one(session, Person, person_id)
    others = session.exec(scope.having(col(Person.id), merged)).all()
    people = [person, *sorted(others, key=lambda each: each.id)]
    ids = [each.id for each in people]
    contacts = _contacts(session, scope, vault, ids)
    visits = session.exec(
        scope.select(Visit)
        .where(col(Visit.person_id).in_(ids))
        .order_by(col(Visit.started_at).desc())
        .limit(MAX_CONTACTS)
    ).all()
    return PersonDetails(
        people=_shown(session, vault, people),
        contacts=contacts,
        visits=list(visits),
        consent=_consent(session, scope, ids),
        facts=_facts(session, vault, [each.id for each in contacts[:MAX_FACTS_FROM]]),
    )


def _shown(session: Session, vault: Vault, people: Sequence[Person]) -> list[PersonShown]:
    ids = [each.id for each in people]
    names = names_of(vault, session, people) if people else {}
    names = _called_names(session, vault, ids) | names
    counts = _counts(session, ids)
    return [
        from_fields(
            PersonShown,
            each,
            name=names.get(each.id),
            contacts=counts.get(each.id, (0, None))[0],
            last_contact_at=counts.get(each.id, (0, None))[1],
        )
        for each in people
    ]


def _called_names(session: Session, vault: Vault, people: Sequence[str]) -> dict[str, str]:
    """Person → the name on their newest call that has one."""
    newest = (
        select(func.max(col(Call.id)))
        .where(col(Call.person_id).in_(people), col(Call.sealed_name).is_not(None))
        .group_by(col(Call.person_id))
    )
    calls = session.exec(select(Call).where(col(Call.id).in_(newest))).all()
    names = names_of(vault, session, calls)
    return {call.person_id: names[call.id] for call in calls if call.person_id and call.id in names}


def _counts(session: Session, people: Sequence[str]) -> Mapping[str, tuple[int, datetime | None]]:
    """Person → how many contacts, and when the last one was."""
    counts: dict[str, tuple[int, datetime | None]] = {}
    for kind in KINDS.values():
        person = kind.table.person_id
        query: Any = select(person, func.count(), func.max(kind.at)).where(person.in_(people))
        for person_id, number, last in session.execute(query.group_by(person)):
            known, latest = counts.get(person_id, (0, None))
            counts[person_id] = (known + number, max(last, latest) if latest else last)
    return counts


def _contacts(session: Session, scope: AccessScope, vault: Vault, people: Sequence[str]) -> list[ContactView]:
    subjects = [row for kind in KINDS.values() for row in _newest(session, scope, kind.table, kind.at, people)]
    views = contact_views(session, vault, subjects, scope.user)
    read_parts(views, "cause", "length")
    return sorted(views, key=lambda each: (each.at, each.id), reverse=True)


def _newest(session: Session, scope: AccessScope, table: Any, at: Any, people: Sequence[str]) -> list[Any]:
    query = scope.select(table).where(table.person_id.in_(people)).order_by(at.desc()).limit(MAX_CONTACTS)
    return list(session.exec(query))


def _consent(session: Session, scope: AccessScope, people: Sequence[str]) -> list[ConsentEntry]:
    query = scope.select(ConsentEntry).where(col(ConsentEntry.person_id).in_(people)).order_by(col(ConsentEntry.id))
    newest = {(entry.person_id, entry.use): entry for entry in session.exec(query)}
    return sorted(newest.values(), key=lambda each: each.use)


def _facts(session: Session, vault: Vault, contacts: Sequence[str]) -> list[FactShown]:
    rows = session.exec(
        select(FactRow).where(col(FactRow.subject_id).in_(contacts)).order_by(col(FactRow.learned_at))
    ).all()
    values = values_of(vault, session, rows)
    newest = {(row.name, row.source): row for row in rows if row.id in values}
    return [
        FactShown(row.name, values[row.id], row.source, row.confidence, row.expires_at)
        for row in sorted(newest.values(), key=lambda each: (each.name, each.source))
    ]
