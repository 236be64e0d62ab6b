"""Leads, which are people, in CallRail's shape, and their timeline."""

from __future__ import annotations

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from hub.callrail import formatted
from hub.callrail.dates import local_time
from hub.callrail.ids import CALL, COMPANY, FORM, PERSON, TEXT, wire_id
from hub.callrail.sources import source_name
from hub.contracts.leads import LeadStatus
from hub.contracts.untrusted import JsonObject
from hub.model import Lead
from hub.queries.leads import Contact, LeadFacts

PREFIXES = {"call": CALL, "form_submission": FORM, "text_message": TEXT}


def lead_record(facts: LeadFacts, fields: Sequence[str]) -> JsonObject:
    """The lead with these fields. A number or an address that somebody typed into a form is in it, too."""
    values = {
        "id": wire_id(PERSON, facts.person.id),
        "name": formatted.name(facts.name),
        "phone": facts.person.phone_number,
        "email": facts.person.email,
        "company_id": wire_id(COMPANY, facts.company.id),
        "company_name": facts.company.title,
        "created_at": local_time(facts.person.first_seen_at, ZoneInfo(facts.company.time_zone)),
    }
    return {name: values[name] for name in fields}


def timeline_entry(contact: Contact, zone: ZoneInfo) -> dict[str, object]:
    """One call, form or text of a lead."""
    cause = contact.cause
    return {
        "type": contact.kind,
        "id": wire_id(PREFIXES[contact.kind], contact.id),
        "created_at": local_time(contact.at, zone),
        "source": source_name(cause.source, cause.medium) if cause else None,
        "medium": cause.medium if cause else None,
        "campaign": cause.campaign if cause else None,
        "answered": contact.answered,
        "duration": contact.duration,
    }


GOOD_LEAD, NOT_A_LEAD, NOT_SCORED = "good_lead", "not_a_lead", "not_scored"
STATUSES = {
    GOOD_LEAD: (LeadStatus.QUALIFIED, LeadStatus.BOOKED),
    NOT_A_LEAD: (LeadStatus.NOT_A_LEAD,),
}
"""Status on the wire → the marks that it stands for; a write sets the first one."""


def lead_status(lead: Lead | None) -> str | None:
    """`good_lead` or `not_a_lead`; None if nobody has decided."""
    return next((name for name, marks in STATUSES.items() if lead and lead.status in marks), None)


def is_good_lead(lead: Lead | None) -> bool:
    """Whether the mark says so."""
    return lead_status(lead) == GOOD_LEAD
