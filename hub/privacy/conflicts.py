"""Conflicts: numbers or addresses that several people claim, or that forms combine with a different name than the owner's.

A typed number or address links nobody (hub.model.people), so a conflict does no damage. A privacy officer checks
conflicts to see who types other people's numbers and addresses, and what a person may ask about besides what is proven.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, NamedTuple

from sqlalchemy import func
from sqlmodel import Session, col, select

from hub.model import FormSubmission, Person
from hub.model.people import is_typed


@dataclass(frozen=True)
class Conflict:
    """One number or address that is claimed for several people of one company."""

    company_id: str
    kind: Literal["number", "address"]
    name: str
    """The number (E.164), or the address in lower case."""
    known: str | None
    """The id of the confirmed owner. None if nobody has called from the number or proven the address."""
    typed: tuple[str, ...]
    """Ids of the people who typed it, each together with another number or address; oldest first."""
    forms: int
    """Number of forms in which they typed it."""
    first_at: datetime
    last_at: datetime


def conflicts_of(session: Session, company_id: str) -> list[Conflict]:
    """The conflicts of a company, latest first. It reads the forms that give two identifiers, and the owners of these."""
    typed = _typed(session, company_id)
    owners = _owners(session, company_id) if typed else []
    found = [*_claimed("number", typed, owners), *_claimed("address", typed, owners)]
    return sorted(found, key=lambda each: (each.last_at, each.name), reverse=True)


def _claimed(
    kind: Literal["number", "address"], people: Iterable[_Typed], owners: Iterable[_Owner]
) -> Iterator[Conflict]:
    known = {names[0]: owner for owner in owners if (names := _names(kind, owner))[0] is not None}
    typed: dict[str, dict[str, list[_Typed]]] = {}
    for person in people:
        name, other = _names(kind, person)
        if name is not None and other is not None:
            typed.setdefault(name, {}).setdefault(other, []).append(person)
    for name, by_other in typed.items():
        owner = known.get(name)
        own = _names(kind, owner)[1] if owner else None
        others = [person for other, each in by_other.items() if other != own for person in each]
        if len(by_other) < 2 and not (own and others):
            continue
        yield Conflict(
            company_id=others[0].company_id,
            kind=kind,
            name=name,
            known=owner.id if owner else None,
            typed=tuple(sorted(person.id for person in others)),
            forms=sum(person.forms for person in others),
            first_at=min(person.first_at for person in others),
            last_at=max(person.last_at for person in others),
        )


class _Owner(NamedTuple):
    """A person who surely has one of their identifiers."""

    id: str
    phone_number: str | None
    email: str | None


class _Typed(NamedTuple):
    """A person who is known from forms alone and gave two identifiers, with these forms."""

    id: str
    phone_number: str | None
    email: str | None
    company_id: str
    forms: int
    first_at: datetime
    last_at: datetime


def _names(kind: Literal["number", "address"], person: _Owner | _Typed) -> tuple[str | None, str | None]:
    """The identifier of a kind, and the other one."""
    return (person.phone_number, person.email) if kind == "number" else (person.email, person.phone_number)


def _typed(session: Session, company_id: str) -> list[_Typed]:
    at = col(FormSubmission.submitted_at)
    person = [col(Person.id), col(Person.phone_number), col(Person.email), col(Person.company_id)]
    request: list[Any] = [*person, func.count(), func.min(at), func.max(at)]
    query = select(*request).join(FormSubmission, col(FormSubmission.person_id) == col(Person.id))
    query = query.where(FormSubmission.company_id == company_id, *_TWO_NAMES).group_by(*person)
    return [_Typed(*row) for row in session.execute(query)]


def _owners(session: Session, company_id: str) -> list[_Owner]:
    """The people of the company who surely have an identifier that somebody typed."""
    typed = select(FormSubmission.person_id).where(FormSubmission.company_id == company_id)
    # Without the index on companies, so that the owners are found by the numbers and addresses.
    mine = (func.coalesce(Person.company_id, "") == company_id, ~is_typed())
    found: dict[str, _Owner] = {}
    for column in (col(Person.phone_number), col(Person.email)):
        names = select(column).where(col(Person.id).in_(typed), *_TWO_NAMES)
        query = select(Person.id, Person.phone_number, Person.email).where(*mine, column.in_(names))
        found |= {row[0]: _Owner(*row) for row in session.execute(query)}
    return [found[person_id] for person_id in sorted(found)]


_TWO_NAMES = (is_typed(), col(Person.phone_number).is_not(None), col(Person.email).is_not(None))
