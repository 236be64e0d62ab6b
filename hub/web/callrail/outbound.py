"""The calls that users place, with the fields of a call: `calls` with `direction=outbound`, and one by its id."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import func
from sqlmodel import Session, col

from hub.callrail import fields
from hub.callrail.dates import local_time, period, zone_named
from hub.callrail.formatted import phone
from hub.callrail.ids import CALL, COMPANY, wire_id
from hub.model import Company, OutgoingCall
from hub.queries.lists.keyset import one_part
from hub.web.callrail.request import CallRailRequest
from hub.web.callrail.resource import Fields, Records, Resource


def is_outbound(request: CallRailRequest) -> bool:
    """Whether a request asks for the calls that users placed."""
    return "outbound" in (request.parameters.text("direction"), request.parameters.text("call_type"))


def outbound_record(row: OutgoingCall, company: Company, names: Fields) -> Mapping[str, Any]:
    """A call that was placed, with the fields of a call; what it has not is null."""
    zone = ZoneInfo(company.time_zone)
    known = {
        "id": wire_id(CALL, row.id),
        "answered": row.answered_at is not None,
        "business_phone_number": row.user_number,
        "customer_phone_number": row.person_number,
        "formatted_customer_phone_number": phone(row.person_number),
        "direction": "outbound",
        "duration": row.duration or 0,
        "start_time": local_time(row.made_at, zone),
        "created_at": local_time(row.made_at, zone),
        "tracking_phone_number": row.tracking_number,
        "voicemail": False,
        "call_type": "outbound",
        "company_id": wire_id(COMPANY, company.id),
        "company_name": company.title,
        "company_time_zone": company.time_zone,
        "spam": False,
        "tags": [],
        "notice": row.reason,
    }
    return {name: known.get(name) for name in names if name in fields.CALL.all}


def _visible(request: CallRailRequest, session: Session) -> Any:
    query = request.scope.select(OutgoingCall)
    return query if request.scope.reach == "account" else query.where(OutgoingCall.user_id == request.scope.user.id)


def _query(request: CallRailRequest, session: Session) -> Any:
    company = request.company(session)
    first = company or session.exec(request.scope.select(Company).order_by(col(Company.id)).limit(1)).first()
    zone = zone_named(request.parameters.text("time_zone"), first.time_zone if first else "UTC")
    span = period(request.parameters, request.hub.clock(), zone)
    query = _visible(request, session).where(OutgoingCall.made_at < span.ends)
    if span.begins is not None:
        query = query.where(OutgoingCall.made_at >= span.begins)
    return query.where(OutgoingCall.company_id == company.id) if company else query


def _records(request: CallRailRequest, session: Session, rows: Sequence[OutgoingCall], names: Fields) -> Records:
    companies = {each.id: each for each in session.exec(request.scope.select(Company))}
    return [outbound_record(each, companies[each.company_id], names) for each in rows]


OUTBOUND = Resource(
    path="calls",
    actions=("calls",),
    prefix=CALL,
    fields=fields.CALL,
    parts=lambda request, session: one_part(_query(request, session)),
    one_query=_visible,
    records=_records,
    orders={
        "start_time": (col(OutgoingCall.made_at), col(OutgoingCall.id)),
        "duration": (func.coalesce(OutgoingCall.duration, 0), col(OutgoingCall.id)),
    },
)
