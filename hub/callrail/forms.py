"""A form in CallRail's shape."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from hub.callrail import formatted
from hub.callrail.calls import UTM, Place
from hub.callrail.dates import local_time
from hub.callrail.ids import COMPANY, FORM, PERSON, wire_id
from hub.callrail.milestones import milestones
from hub.callrail.people import lead_status
from hub.callrail.sources import source_name
from hub.callrail.visits import parameter
from hub.queries.contact.view import ContactView


def form_record(facts: ContactView, fields: Sequence[str], place: Place) -> dict[str, Any]:
    """The form with these fields, in their order."""
    return {name: READERS[name](facts, place) for name in fields}


def _source(facts: ContactView) -> str | None:
    known = facts.cause or facts.visit
    return source_name(known.source, known.medium) if known else None


def _landing_page(facts: ContactView) -> str | None:
    return facts.cause.landing_page if facts.cause else facts.visit.landing_page if facts.visit else None


def _domain(facts: ContactView) -> str | None:
    referrer = facts.visit.referrer if facts.visit else None
    return urlsplit(referrer).hostname if referrer else None


Reader = Callable[[ContactView, Place], Any]


def _utm(name: str) -> Reader:
    return lambda facts, place: parameter(facts.visit, name)


READERS: Mapping[str, Reader] = {
    "id": lambda facts, place: wire_id(FORM, facts.form.id),
    "company_id": lambda facts, place: wire_id(COMPANY, facts.company.id),
    "person_id": lambda facts, place: wire_id(PERSON, facts.form.person_id) if facts.form.person_id else None,
    "form_data": lambda facts, place: dict(facts.entries),
    "form_url": lambda facts, place: facts.form.page,
    "landing_page_url": lambda facts, place: _landing_page(facts),
    "referrer": lambda facts, place: _domain(facts),
    "referring_url": lambda facts, place: facts.visit.referrer if facts.visit else None,
    "submitted_at": lambda facts, place: local_time(facts.form.submitted_at, ZoneInfo(facts.company.time_zone)),
    "first_form": lambda facts, place: bool(facts.form.first_time_contact),
    "customer_phone_number": lambda facts, place: facts.form.phone_number,
    "customer_name": lambda facts, place: formatted.name(facts.name),
    "formatted_customer_phone_number": lambda facts, place: formatted.phone(facts.form.phone_number),
    "formatted_customer_name": lambda facts, place: formatted.name(facts.name),
    "source": lambda facts, place: _source(facts),
    "keywords": lambda facts, place: facts.cause.keyword if facts.cause else None,
    "campaign": lambda facts, place: facts.cause.campaign if facts.cause else None,
    "medium": lambda facts, place: facts.cause.medium if facts.cause else None,
    "lead_status": lambda facts, place: lead_status(facts.lead),
    "value": lambda facts, place: formatted.amount(facts.lead.amount if facts.lead else None),
    "note": lambda facts, place: "\n".join(facts.notes),
    "tags": lambda facts, place: list(facts.tags),
    **{name: _utm(name) for name in UTM},
    "form_name": lambda facts, place: facts.form.form_id,
    "timeline_url": lambda facts, place: place.page(f"calls/{facts.form.id}"),
    "milestones": lambda facts, place: milestones(
        facts.form, facts.cause, facts.visit, facts.lead, ZoneInfo(facts.company.time_zone)
    ),
}
"""Field → its value."""
