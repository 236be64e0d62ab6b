"""Form: what a visitor sends on a company's website is stored one time, before the page gets its confirmation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlmodel import Session, select

from hub.contracts.clean_urls import clean_url, without_click_ids
from hub.model import Company, FormSubmission, Visit
from hub.model.columns import MESSAGE_RETENTION, storable
from hub.runtime import Hub
from hub.store.encryption.encrypted_fields import seal_fields, seal_names
from hub.store.rows import write_rows
from hub.visits.cookies import refuse_ads
from hub.visits.form_fields import contact_of, kept_fields

MAX_PAGE_URL_CHARACTERS = 4_096


@dataclass(frozen=True, kw_only=True)
class SentForm:
    """A form as the page sends it. `key` is the page's own: the same key again is the same submission.

    `consent` is what the visitor ticks on the form, in the same terms as for a visit: analytics, ads, ad_user_data or
    all, granted or denied.
    """

    key: str
    fields: Mapping[str, str] = field(default_factory=dict)
    visit_id: str | None = None
    form_id: str | None = None
    page: str | None = None
    phone: str | None = None
    email: str | None = None
    name: str | None = None
    consent: Mapping[str, str] = field(default_factory=dict)
    gpc: bool = False
    dnt: bool = False
    sent_at: datetime | None = None
    """When the visitor sent it, if that was not now."""


def keep_form(hub: Hub, company: Company, sent: SentForm) -> None:
    """Store a form for the flow, without its secrets; it is durable when this returns.

    The key counts within its company. If the visitor denies analytics, the form gets no visit. An unknown visit, or
    one of another company, is left out.
    """
    page = clean_url(sent.page, company.link_parameters)
    now, key = hub.clock(), f"{company.id}:{sent.key}"
    contact = contact_of(sent.fields, company.country, sent.phone, sent.email, sent.name)
    seen = {name: "seen" for name, said in (("gpc", sent.gpc), ("dnt", sent.dnt)) if said}
    with hub.store.writing() as session:
        if session.exec(select(FormSubmission.id).where(FormSubmission.submission_key == key)).first() is not None:
            return
        visit = _visit_of(session, company, sent)
        if visit is not None:
            visit.consent = {**visit.consent, **sent.consent}
            visit.gpc, visit.dnt = visit.gpc or sent.gpc, visit.dnt or sent.dnt
            if visit.gpc or visit.dnt or refuse_ads(visit.consent):
                visit.cookies = {}
            session.add(visit)
            session.flush()
        row = FormSubmission(
            company_id=company.id,
            visit_id=visit.id if visit else None,
            submission_key=key,
            form_id=storable(sent.form_id[:200]) if sent.form_id else None,
            page=storable(without_click_ids(page, company.own_click_ids)[:MAX_PAGE_URL_CHARACTERS]) if page else None,
            phone_number=contact.phone_number,
            email=storable(contact.email),
            consent={**sent.consent, **seen},
            submitted_at=sent.sent_at or now,
            due_at=now,
            expires_at=(sent.sent_at or now) + MESSAGE_RETENTION,
        )
        if name := storable(contact.name):
            seal_names(hub.vault, session, [(row, name)])
        seal_fields(hub.vault, session, row, kept_fields(sent.fields))
        write_rows(session, FormSubmission, [row])


def _visit_of(session: Session, company: Company, sent: SentForm) -> Visit | None:
    if not sent.visit_id or "denied" in (sent.consent.get("analytics"), sent.consent.get("all")):
        return None
    visit = session.get(Visit, sent.visit_id)
    return visit if visit is not None and visit.company_id == company.id else None
