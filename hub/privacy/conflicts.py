"""Conflicts: numbers or addresses that several people claim, or that forms combine with a different name than the owner's.

A typed number or address links nobody (hub.model.people), so a conflict does no damage. A privacy officer checks
conflicts to see who types other people's numbers and addresses, and what a person may ask about besides what is proven.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import func
from sqlmodel import Session, col, select

from hub.model import FormSubmission, Person
from hub.model.people import is_typed

NAMES_PER_QUERY = 400


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
    forms = _forms_of(session, company_id)
    people = [person for person, *_ in forms]
    owners = _owners(session, company_id, people)
    sent = {person.id: (count, first, last) for person, count, first, last in forms}
    found = [*_claimed("number", people, owners, sent), *_claimed("address", people, owners, sent)]
    return sorted(found, key=lambda each: (each.last_at, each.name), reverse=True)


def _claimed(
    kind: Literal["number", "address"],
    people: Iterable[Person],
    owners: Iterable[Person],
    sent: dict[str, tuple[int, datetime, datetime]],
) -> Iterator[Conflict]:
    known = {names[0]: person for person in owners if (names := _names(kind, person))[0] is not None}
    typed: dict[str, dict[str, list[Person]]] = {}
    for person in people:
        name, other = _names(kind, person)
        if name is not None and other is not None:
            typed.setdefault(name, {}).setdefault(other, []).append(person)
    for name, by_other in typed.items():
        owner = known.get(name)
        own = _names(kind, owner)[1] if owner else None
        strangers = [person for other, each in by_other.items() if other != own for person in each]
        if len(by_other) < 2 and not (own and strangers):
            continue
        counts = [sent[person.id] for person in strangers]
        yield Conflict(
            company_id=strangers[0].company_id,
            kind=kind,
            name=name,
            known=owner.id if owner else None,
            typed=tuple(person.id for person in sorted(strangers, key=lambda person: person.id)),
            forms=sum(count for count, _, _ in counts),
            first_at=min(first for _, first, _ in counts),
            last_at=max(last for _, _, last in counts),
        )


def _names(kind: Literal["number", "address"], person: Person) -> tuple[str | None, str | None]:
    """The identifier of a kind, and the other one."""
    return (person.phone_number, person.email) if kind == "number" else (person.email, person.phone_number)


def _forms_of(session: Session, company_id: str) -> list[tuple[Person, int, datetime, datetime]]:
    """Each person who is known from forms alone and gave two identifiers: the number of forms, the first and the last time."""
    at = col(FormSubmission.submitted_at)
    counted = (
        select(
            FormSubmission.person_id,
            func.count().label("forms"),
            func.min(at).label("first"),
            func.max(at).label("last"),
        )
        .where(FormSubmission.company_id == company_id, col(FormSubmission.person_id).is_not(None))
        .group_by(col(FormSubmission.person_id))
        .subquery()
    )
    query = (
        select(Person, counted.c.forms, counted.c.first, counted.c.last)
        .join(counted, counted.c.person_id == Person.id)
        .where(is_typed(), col(Person.phone_number).is_not(None), col(Person.email).is_not(None))
        .order_by(col(Person.id))
    )
    return [tuple(row) for row in session.execute(query)]


def _owners(session: Session, company_id: str, people: Sequence[Person]) -> list[Person]:
    """The people of the company who surely have one of the identifiers."""
    numbers = sorted({person.phone_number for person in people if person.phone_number})
    emails = sorted({person.email for person in people if person.email})
    found: dict[str, Person] = {}
    for column, values in ((Person.phone_number, numbers), (Person.email, emails)):
        for begin in range(0, len(values), NAMES_PER_QUERY):
            part = values[begin : begin + NAMES_PER_QUERY]
            mine = select(Person).where(Person.company_id == company_id, col(column).in_(part), ~is_typed())
            found |= {person.id: person for person in session.exec(mine)}
    return [found[person_id] for person_id in sorted(found)]
