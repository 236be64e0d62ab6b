"""The people who contacted companies, as programs list them, and what one of them did."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import false, func, or_
from sqlmodel import Session, col, select

from hub.access.scope import AccessScope
from hub.model import Attribution, Call, Company, FormSubmission, Person, TextMessage
from hub.queries.lists.keyset import Parts
from hub.queries.lists.plan import by_company, visible_companies
from hub.store.encryption.encrypted_fields import names_of
from hub.store.encryption.vault import Vault

MAX_CONTACTS = 250
"""So many contacts of each kind a timeline has, the newest."""
PERSON: Any = Person


@dataclass(frozen=True, kw_only=True)
class LeadFilter:
    """What is asked of people; None: everything. The times are those of the first contact."""

    begins: datetime | None = None
    ends: datetime | None = None
    company_id: str | None = None
    search: str | None = None
    """A part of the number or of the email address."""


@dataclass(frozen=True, kw_only=True)
class LeadFacts:
    """One person at one company."""

    person: Person
    company: Company
    name: str | None


@dataclass(frozen=True, kw_only=True)
class Contact:
    """One thing that a person did."""

    kind: Literal["call", "form_submission", "text_message"]
    id: str
    at: datetime
    cause: Attribution | None
    answered: bool | None = None
    duration: int | None = None


def visible_people(scope: AccessScope) -> object:
    """The people whom the user may see: who sees only own calls sees none."""
    query = scope.select(Person)
    return query if scope.reach == "account" else query.where(false())


def list_leads(session: Session, scope: AccessScope, wanted: LeadFilter) -> Parts:
    """The people whom the user may see and the filter selects."""
    where: list[Any] = [] if scope.reach == "account" else [false()]
    if wanted.begins is not None:
        where.append(PERSON.first_seen_at >= wanted.begins)
    if wanted.ends is not None:
        where.append(PERSON.first_seen_at < wanted.ends)
    if wanted.search:
        text = wanted.search.strip()
        digits = "".join(char for char in text if char.isdigit())
        parts = [PERSON.email.contains(text.casefold(), autoescape=True)]
        if digits:
            parts.append(PERSON.phone_number.contains(digits, autoescape=True))
        where.append(or_(*parts))
    companies = visible_companies(session, scope, wanted.company_id and [wanted.company_id])
    query = select(PERSON.id).where(*where)
    return lambda order, _cursor, rows: by_company(query, PERSON.company_id, companies, order, rows)


def facts_of_leads(session: Session, vault: Vault, people: Sequence[Person]) -> list[LeadFacts]:
    """What is known of people, whom the caller must be permitted to see, in their order; each table is asked once. A name
    is the one that the person had corrected, else that of the newest call or form."""
    ids = [each.id for each in people]
    companies = select(Company).where(col(Company.id).in_({each.company_id for each in people}))
    by_id = {each.id: each for each in session.exec(companies)}
    found: dict[str, str] = {}
    tables: tuple[Any, ...] = (FormSubmission, Call)
    for table in tables:
        newest = select(func.max(col(table.id))).where(
            col(table.person_id).in_(ids), col(table.sealed_name).is_not(None)
        )
        rows = session.exec(select(table).where(col(table.id).in_(newest.group_by(col(table.person_id))))).all()
        opened = names_of(vault, session, rows)
        found |= {row.person_id: opened[row.id] for row in rows if row.id in opened and row.person_id}
    found |= names_of(vault, session, people)
    return [LeadFacts(person=each, company=by_id[each.company_id], name=found.get(each.id)) for each in people]


def timeline_of(session: Session, scope: AccessScope, person_id: str) -> list[Contact]:
    """The calls, forms and texts of a person whom the caller must be permitted to see, the newest first."""
    calls = _newest(session, scope.calls(), Call, Call.started_at, person_id)
    forms = _newest(session, scope.select(FormSubmission), FormSubmission, FormSubmission.submitted_at, person_id)
    texts = _newest(session, scope.select(TextMessage), TextMessage, TextMessage.at, person_id)
    ids = [each.id for each in (*calls, *forms, *texts)]
    rows = session.exec(select(Attribution).where(col(Attribution.subject_id).in_(ids)))
    causes = {each.subject_id: each for each in rows}
    found = [
        *(
            Contact(
                kind="call",
                id=each.id,
                at=each.started_at,
                cause=causes.get(each.id),
                answered=each.answered,
                duration=each.duration,
            )
            for each in calls
        ),
        *(
            Contact(kind="form_submission", id=each.id, at=each.submitted_at, cause=causes.get(each.id))
            for each in forms
        ),
        *(Contact(kind="text_message", id=each.id, at=each.at, cause=causes.get(each.id)) for each in texts),
    ]
    return sorted(found, key=lambda each: (each.at, each.id), reverse=True)


def _newest(session: Session, query: Any, table: Any, at: Any, person_id: str) -> Sequence[Any]:
    return session.exec(  # type: ignore[no-any-return]
        query.where(table.person_id == person_id).order_by(col(at).desc()).limit(MAX_CONTACTS)
    ).all()
