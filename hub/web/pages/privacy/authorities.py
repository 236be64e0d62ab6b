"""`/privacy-desk/authorities`: what authorities were given by law, and a form that records a disclosure."""

from __future__ import annotations

from datetime import UTC, date, datetime, time

from starlette.responses import Response

from hub.access.users import names_of
from hub.contracts.categories import CATEGORIES
from hub.contracts.titles import readable
from hub.errors import CannotDo
from hub.model import Company
from hub.model.requests import EVERYBODY
from hub.privacy_requests.legal_holds import disclosures_of, record_disclosure
from hub.web.pages.guard import Page
from hub.web.pages.privacy.desk import desk_page
from hub.web.pages.privacy.request_labels import DESK
from hub.web.pages.privacy.take_in import company_chosen
from hub.web.pages.request import PageRequest

FIELDS = ("company", "authority", "reference", "basis", "covers", "phone", "email", "disclosed", "withheld", "note")


def record(page: PageRequest) -> Response:
    """Record a disclosure; errors are shown above the form, which keeps what was typed."""
    company = company_chosen(page)
    with page.hub.store.writing() as session:
        record_disclosure(
            session,
            page.hub,
            session.get_one(Company, company.id),
            authority=page.value("authority"),
            reference=page.value("reference"),
            legal_basis=page.value("basis"),
            categories=page.form.get("category", []),
            actor=page.user.id,
            phone=page.value("phone") or None,
            email=page.value("email") or None,
            everybody=page.value("covers") == "everybody",
            disclosed_at=_day_begins(page, "disclosed"),
            withheld_until=_day_begins(page, "withheld"),
            note=page.value("note"),
        )
    return page.redirect(page.link(f"{DESK}/authorities"), "The disclosure is recorded.")


def _day_begins(page: PageRequest, field: str) -> datetime | None:
    """The beginning of the day that a field names, in the page's time zone; None if it is empty."""
    text = page.value(field)
    try:
        day = datetime.combine(date.fromisoformat(text), time(), page.zone) if text else None
        return day.astimezone(UTC) if day else None
    except (ValueError, OverflowError):
        raise CannotDo("The day is not a date; write it like 2026-11-24.") from None


def show(page: PageRequest) -> Response:
    """The disclosures, newest first, and the form with what was typed."""
    with page.session() as session:
        disclosures = disclosures_of(session, page.company_ids)
        names = names_of(session, {row.recorded_by for row in disclosures})
    if disclosures:
        subject = page.company.id if page.company else page.user.account_id
        page.note("privacy.authority.list", subject, f"rows: {len(disclosures)}")
    return desk_page(
        page,
        "authorities",
        tab="/authorities",
        title="Disclosures to authorities",
        disclosures=disclosures,
        names=names,
        titles={company.id: company.title for company in page.companies},
        everybody=EVERYBODY,
        categories=sorted(CATEGORIES, key=readable),
        chosen=page.form.get("category", []),
        typed={name: page.value(name) for name in FIELDS},
        today=page.now.astimezone(page.zone).date(),
    )


PAGES = (
    Page(f"{DESK}/authorities", show, "requests"),
    Page(f"{DESK}/authorities", record, "requests", method="POST", again=show),
)
