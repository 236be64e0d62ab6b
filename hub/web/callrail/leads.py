"""`leads`: the people who contacted the companies, the newest first; and `leads/{id}/timeline`."""

from __future__ import annotations

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from sqlmodel import Session, col

from hub.callrail import fields
from hub.callrail.ids import PERSON
from hub.callrail.people import lead_record, timeline_entry
from hub.model import Company, Person
from hub.queries.leads import (
    LeadFilter,
    facts_of_leads,
    list_leads,
    timeline_of,
    visible_people,
)
from hub.queries.lists.keyset import Parts
from hub.web.callrail.calls import asked_period
from hub.web.callrail.request import CallRailRequest
from hub.web.callrail.resource import Answer, Endpoint, Fields, Records, Resource


def _visible(request: CallRailRequest, session: Session) -> object:
    return visible_people(request.scope)


def _parts(request: CallRailRequest, session: Session) -> Parts:
    sent, company = request.parameters, request.company(session)
    span = asked_period(request, session, company)
    is_dated = any(sent.text(name) for name in ("start_date", "end_date", "date_range"))
    wanted = LeadFilter(
        begins=span.begins if is_dated else None,
        ends=span.ends if is_dated else None,
        company_id=company.id if company else None,
        search=sent.text("search"),
    )
    return list_leads(session, request.scope, wanted)


def _records(request: CallRailRequest, session: Session, rows: Sequence[Person], names: Fields) -> Records:
    return [lead_record(each, names) for each in facts_of_leads(session, request.hub.vault, rows)]


def timeline(request: CallRailRequest) -> Answer:
    """A lead with its calls, forms and texts."""
    person_id = request.row_id(PERSON)
    with request.session() as session:
        lead = LEADS.record(request, session, person_id)
        person = session.get_one(Person, person_id)
        zone = ZoneInfo(session.get_one(Company, person.company_id).time_zone)
        contacts = timeline_of(session, request.scope, person_id)
    return {"lead": lead, "timeline": [timeline_entry(each, zone) for each in contacts]}


LEADS = Resource(
    path="leads",
    actions=("people",),
    prefix=PERSON,
    fields=fields.LEAD,
    parts=_parts,
    one_query=_visible,
    records=_records,
    orders={"created_at": (col(Person.first_seen_at), col(Person.id))},
)
ENDPOINTS = (Endpoint("GET", "leads/{id}/timeline", ("people",), timeline),)
