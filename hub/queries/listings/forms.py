"""What is known of a page of forms, for programs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlmodel import Session, col, select

from hub.access.users import may
from hub.model import Attribution, Company, FormSubmission, Lead, User, Visit
from hub.queries.listings.call_facts import notes_by_subject, tags_of
from hub.store.encryption.encrypted_fields import fields_of, names_of
from hub.store.encryption.vault import Vault


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
