"""Which forms a program asks for, and what is known of a page of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import false
from sqlmodel import Session, col, select

from hub.access.scope import AccessScope
from hub.access.users import may
from hub.contracts.leads import LeadStatus
from hub.marks.spam import is_spam
from hub.model import Attribution, Company, FormSubmission, Lead, Tag, User, Visit
from hub.queries.listings.call_facts import notes_by_subject, tags_of
from hub.queries.listings.paging import Order
from hub.store.encryption.encrypted_fields import fields_of, names_of
from hub.store.encryption.vault import Vault


@dataclass(frozen=True, kw_only=True)
class FormFilter:
    """What is asked of forms; None or empty: everything."""

    begins: datetime | None = None
    ends: datetime | None = None
    company_id: str | None = None
    person_id: str | None = None
    lead_statuses: tuple[str, ...] | None = None
    """Marks of which the form has one; empty: it has none of all."""
    tags: tuple[str, ...] = ()
    search: str | None = None
    """A part of the number or of the e-mail address, or of the page."""


@dataclass(frozen=True, kw_only=True)
class FormFacts:
    """One form with what is known of it."""

    form: FormSubmission
    company: Company
    name: str | None = None
    entries: Mapping[str, str] = field(default_factory=dict)
    cause: Attribution | None = None
    visit: Visit | None = None
    lead: Lead | None = None
    tags: Sequence[str] = ()
    notes: Sequence[str] = ()


def visible_forms(scope: AccessScope) -> Any:
    """The forms that the user may see and that are not marked as spam; who sees only own calls sees none."""
    query = scope.select(FormSubmission).where(~is_spam(col(FormSubmission.id)))
    return query if scope.reach == "account" else query.where(false())


def forms_query(scope: AccessScope, wanted: FormFilter) -> Any:
    """The forms that the user may see and the filter selects."""
    form: Any = FormSubmission
    query = visible_forms(scope)
    if wanted.begins is not None:
        query = query.where(form.submitted_at >= wanted.begins)
    if wanted.ends is not None:
        query = query.where(form.submitted_at < wanted.ends)
    if wanted.company_id is not None:
        query = query.where(form.company_id == wanted.company_id)
    if wanted.person_id is not None:
        query = query.where(form.person_id == wanted.person_id)
    for name in wanted.tags:
        query = query.where(select(1).where(col(Tag.subject_id) == form.id, Tag.name == name).correlate(form).exists())
    if wanted.lead_statuses is not None:
        marked = wanted.lead_statuses or (LeadStatus.QUALIFIED, LeadStatus.BOOKED, LeadStatus.NOT_A_LEAD)
        has = select(1).where(col(Lead.subject_id) == form.id, col(Lead.status).in_(marked)).correlate(form).exists()
        query = query.where(has if wanted.lead_statuses else ~has)
    if wanted.search:
        text = wanted.search
        columns = (form.phone_number, form.email, form.page)
        query = query.where(
            columns[0].contains(text, autoescape=True)
            | columns[1].contains(text.casefold(), autoescape=True)
            | columns[2].contains(text, autoescape=True)
        )
    return query


def form_order(*, descending: bool = True) -> Order:
    """By the time at which it was sent."""
    form: Any = FormSubmission
    return Order(form.submitted_at, form.id, descending, kind=datetime.fromisoformat, company=form.company_id)


def facts_of_forms(
    session: Session,
    vault: Vault,
    forms: Sequence[FormSubmission],
    *,
    with_notes: bool = False,
    user: User | None = None,
) -> list[FormFacts]:
    """What is known of forms, which the caller must be permitted to see, in their order; each table is asked once. A
    `user` who may not read what people write gets no entries."""
    ids = [each.id for each in forms]
    companies = {
        each.id: each
        for each in session.exec(select(Company).where(col(Company.id).in_({each.company_id for each in forms})))
    }
    names = names_of(vault, session, forms)
    entries = fields_of(vault, session, forms) if user is None or may(user, "bodies") else {}
    causes = _by_subject(session, Attribution, ids)
    leads, tags = _by_subject(session, Lead, ids), tags_of(session, ids)
    visit_ids = {each.visit_id for each in forms if each.visit_id}
    visits = {each.id: each for each in session.exec(select(Visit).where(col(Visit.id).in_(visit_ids)))}
    notes = notes_by_subject(session, vault, ids) if with_notes else defaultdict(list)
    return [
        FormFacts(
            form=each,
            company=companies[each.company_id],
            name=names.get(each.id),
            entries=entries.get(each.id, {}),
            cause=causes.get(each.id),
            visit=visits.get(each.visit_id or ""),
            lead=leads.get(each.id),
            tags=tuple(sorted(tags.get(each.id, ()), key=str.casefold)),
            notes=tuple(notes.get(each.id, ())),
        )
        for each in forms
    ]


def _by_subject(session: Session, table: Any, ids: Collection[str]) -> dict[str, Any]:
    return {each.subject_id: each for each in session.exec(select(table).where(table.subject_id.in_(ids)))}
