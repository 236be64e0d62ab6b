"""Form: what a visitor sends on a company's website is stored one time, before the page gets its confirmation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlmodel import Session, select

from hub.contracts.clean_urls import clean_url, without_click_ids
from hub.model import Company, FormSubmission, Visit
from hub.model.columns import MESSAGE_RETENTION, storable
from hub.store.encryption.encrypted_fields import seal_fields, seal_names
from hub.store.encryption.vault import Vault
from hub.store.rows import write_rows
from hub.visits.cookies import heard, refuse_ads
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


@dataclass(frozen=True, kw_only=True)
class ReadForm:
    """A form that was read, without the database and without its secrets: what is stored, and what the spool keeps."""

    company_id: str
    submission_key: str
    visit_id: str | None
    form_id: str | None
    page: str | None
    phone_number: str | None
    email: str | None
    name: str | None
    fields: Mapping[str, str]
    consent: Mapping[str, str]
    gpc: bool
    dnt: bool
    submitted_at: datetime


def read_form(company: Company, sent: SentForm, now: datetime) -> ReadForm:
    """Read a form. The key counts within its company. If the visitor denies analytics, the form gets no visit."""
    page = clean_url(sent.page, company.link_parameters)
    contact = contact_of(sent.fields, company.country, sent.phone, sent.email, sent.name)
    denied = "denied" in (sent.consent.get("analytics"), sent.consent.get("all"))
    return ReadForm(
        company_id=company.id,
        submission_key=f"{company.id}:{sent.key}",
        visit_id=None if denied else sent.visit_id,
        form_id=storable(sent.form_id[:200]) if sent.form_id else None,
        page=storable(without_click_ids(page, company.own_click_ids)[:MAX_PAGE_URL_CHARACTERS]) if page else None,
        phone_number=contact.phone_number,
        email=storable(contact.email),
        name=storable(contact.name),
        fields=kept_fields(sent.fields, company.ignored_fields),
        consent=dict(sent.consent),
        gpc=sent.gpc,
        dnt=sent.dnt,
        submitted_at=sent.sent_at or now,
    )


def store_form(session: Session, vault: Vault, form: ReadForm, now: datetime) -> None:
    """Store a form for the flow; one that is there already stays unchanged. An unknown visit, or one of another company, is
    left out."""
    known = select(FormSubmission.id).where(FormSubmission.submission_key == form.submission_key)
    if session.exec(known).first() is not None:
        return
    visit = session.get(Visit, form.visit_id) if form.visit_id else None
    if visit is not None and visit.company_id != form.company_id:
        visit = None
    if visit is not None:
        last_seen_at = visit.last_seen_at or visit.started_at
        late = last_seen_at > form.submitted_at
        visit.consent = heard(visit.consent, form.consent, late=late)
        visit.gpc, visit.dnt = visit.gpc or form.gpc, visit.dnt or form.dnt
        visit.last_seen_at = max(last_seen_at, form.submitted_at)
        if visit.gpc or visit.dnt or refuse_ads(visit.consent):
            visit.cookies = {}
        session.add(visit)
        session.flush()
    seen = {name: "seen" for name, said in (("gpc", form.gpc), ("dnt", form.dnt)) if said}
    row = FormSubmission(
        company_id=form.company_id,
        visit_id=visit.id if visit else None,
        submission_key=form.submission_key,
        form_id=form.form_id,
        page=form.page,
        phone_number=form.phone_number,
        email=form.email,
        consent={**form.consent, **seen},
        submitted_at=form.submitted_at,
        due_at=now,
        expires_at=form.submitted_at + MESSAGE_RETENTION,
    )
    if form.name:
        seal_names(vault, session, [(row, form.name)])
    seal_fields(vault, session, row, form.fields)
    write_rows(session, FormSubmission, [row])
