"""Conflicts: numbers or addresses that several people claim, or that forms combine with a different name than the owner's.

A typed number or address links nobody (hub.model.people), so a conflict does no damage. A privacy officer checks
conflicts to see who types other people's numbers and addresses, and what a person may ask about besides what is proven.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import func
from sqlmodel import Session, col, select

from hub.model import FormSubmission, Person


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
    """The conflicts of a company, latest first."""
    people = session.exec(select(Person).where(Person.company_id == company_id).order_by(col(Person.id))).all()
    sent = _forms_of(session, company_id)
    found = [*_claimed("number", people, sent), *_claimed("address", people, sent)]
    return sorted(found, key=lambda each: (each.last_at, each.name), reverse=True)


def _claimed(
    kind: Literal["number", "address"], people: Iterable[Person], sent: dict[str, tuple[int, datetime, datetime]]
) -> Iterator[Conflict]:
    known: dict[str, Person] = {}
    typed: dict[str, dict[str | None, list[Person]]] = {}
    for person in people:
        name, other = (person.phone_number, person.email) if kind == "number" else (person.email, person.phone_number)
        if name is None:
            continue
        if not person.is_typed:
            known[name] = person
        elif other is not None and person.id in sent:
            typed.setdefault(name, {}).setdefault(other, []).append(person)
    for name, by_other in typed.items():
        owner = known.get(name)
        own = owner and (owner.email if kind == "number" else owner.phone_number)
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


def _forms_of(session: Session, company_id: str) -> dict[str, tuple[int, datetime, datetime]]:
    """For each typed person: the number of forms, the first and the last time."""
    at = col(FormSubmission.submitted_at)
    counted = (
        select(FormSubmission.person_id, func.count(), func.min(at), func.max(at))
        .where(FormSubmission.company_id == company_id, col(FormSubmission.person_id).is_not(None))
        .group_by(col(FormSubmission.person_id))
    )
    return {person_id or "": (count, first, last) for person_id, count, first, last in session.exec(counted)}
