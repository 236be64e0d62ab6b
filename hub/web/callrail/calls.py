"""`calls`: the list with CallRail's filters, and one call."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any

from sqlmodel import Session, col, select
from starlette.responses import Response

from hub.callrail import fields
from hub.callrail.calls import call_record, extras
from hub.callrail.dates import Period, period, zone_named
from hub.callrail.ids import CALL, TRACKER, ending_of, row_id
from hub.callrail.leads import GOOD_LEAD, NOT_A_LEAD, NOT_SCORED, STATUSES
from hub.callrail.visits import PHONES, TABLETS
from hub.errors import NotFound
from hub.model import Call, Company, Tracker, User
from hub.queries.listings.call_facts import facts_of_calls
from hub.queries.listings.calls import CallFilter, calls_query, order_of, visible_calls
from hub.queries.listings.paging import in_order
from hub.web.callrail.outbound import OUTBOUND, is_outbound
from hub.web.callrail.paging import Counts
from hub.web.callrail.request import Asked
from hub.web.callrail.resource import Fields, Resource

ANSWER_STATUSES = ("answered", "missed", "voicemail", "all")
CALL_TYPES = ("first_call", "missed", "voicemails", "voicemail", "inbound", "outbound", "all")
DEVICES = {"mobile": (*PHONES, *TABLETS), "desktop": tuple(f"-{word}" for word in (*PHONES, *TABLETS)), "all": ()}
LEAD_STATUSES = (GOOD_LEAD, NOT_A_LEAD, NOT_SCORED)
TIME_ORDERS = ("start_time", "created_at", "submitted_at", "last_message_at")
SORTED_BY = ("start_time", "created_at", "duration", "customer_phone_number", "tracking_phone_number")


def asked_period(asked: Asked, session: Session, company: Company | None = None) -> Period:
    """The range of time that a request selects, in the zone that it names, else in that of its company, or of the first
    company that the user sees."""
    named = company or session.exec(asked.scope.select(Company).order_by(col(Company.id)).limit(1)).first()
    zone = zone_named(asked.parameters.text("time_zone"), named.time_zone if named else "UTC")
    return period(asked.parameters, asked.hub.clock(), zone)


def bounds_of(asked: Asked, span: Period) -> tuple[datetime | None, datetime | None]:
    """The begin and the end that a list must ask for. The cursor of a page in order of time is within one of them already,
    and SQLite would begin in its index at the wider one of two bounds."""
    sent = asked.parameters
    is_by_time = (sent.text("sort") or sent.text("sort_by")) in (None, *TIME_ORDERS)
    if not (sent.flag("relative_pagination") and sent.text("after") and is_by_time):
        return span.begins, span.ends
    is_rising = (sent.text("order") or sent.text("sort_dir") or "").casefold() == "asc"
    return (None, span.ends) if is_rising else (span.begins, None)


def call_filter(asked: Asked, session: Session) -> tuple[CallFilter, Period]:
    """What a request asks of calls, and its range of time."""
    sent, company = asked.parameters, asked.company(session)
    span = asked_period(asked, session, company)
    begins, ends = bounds_of(asked, span)
    outcomes = {*_outcomes(asked)}
    statuses = {GOOD_LEAD: STATUSES[GOOD_LEAD], NOT_A_LEAD: STATUSES[NOT_A_LEAD], NOT_SCORED: (), None: None}
    trackers = sent.list("tracker_ids") or sent.list("tracker_id")
    return CallFilter(
        begins=begins,
        ends=ends,
        company_id=company.id if company else None,
        trackers=tuple(_tracker(asked, session, each) for each in trackers),
        outcomes=tuple(sorted(outcomes)),
        inbound=sent.choice("direction", ("inbound", "outbound", "all")) != "outbound"
        and sent.choice("call_type", CALL_TYPES) != "outbound",
        devices=DEVICES[sent.choice("device", tuple(DEVICES)) or "all"],
        lead_statuses=statuses[sent.choice("lead_status", LEAD_STATUSES)],
        tags=sent.list("tags"),
        agent_numbers=_agent(session, asked),
        shortest=sent.number("min_duration"),
        longest=sent.number("max_duration"),
        search=sent.text("search"),
        sources=sent.list("source"),
    ), span


def _outcomes(asked: Asked) -> list[str]:
    sent = asked.parameters
    found = [sent.choice("answer_status", ANSWER_STATUSES)]
    if sent.text("answer_status") is None and sent.flag("answered") is not None:
        found.append("answered" if sent.flag("answered") else "missed")
    kind = sent.choice("call_type", CALL_TYPES)
    found.append({"voicemails": "voicemail", "inbound": None, "outbound": None}.get(kind or "", kind))
    if sent.flag("first_time_callers"):
        found.append("first_call")
    return [each for each in found if each not in (None, "all")]


def _tracker(asked: Asked, session: Session, wanted: str) -> str:
    """The id of a tracker; one that the user does not see selects nothing."""
    found = row_id(TRACKER, wanted)
    if found is not None:
        return found
    ending = ending_of(int(wanted)) if wanted.isdecimal() and len(wanted) <= 16 else None
    query = asked.scope.select(Tracker).where(col(Tracker.id).endswith(ending or "none", autoescape=True))
    tracker = session.exec(query).first()
    return tracker.id if tracker else "none"


def _agent(session: Session, asked: Asked) -> tuple[str, ...] | None:
    """The phones of the user that `agent` names by id, name or e-mail address; none if nobody is known by it."""
    wanted = asked.parameters.text("agent")
    if wanted is None:
        return None
    user_id = row_id("USR", wanted)
    named = (col(User.id) == user_id) if user_id else (col(User.name) == wanted) | (col(User.email) == wanted)
    query = select(User).where(User.account_id == asked.authorized.user.account_id, named)
    return tuple(number for user in session.exec(query) for number in (user.phone_numbers or "").split())


def visible(asked: Asked, session: Session) -> Any:
    """The calls that the user may see. Spam is hidden from lists, and answered with 404 singly."""
    return visible_calls(asked.scope)


def _query(asked: Asked, session: Session) -> Any:
    return calls_query(session, asked.scope, call_filter(asked, session)[0])


def _records(asked: Asked, session: Session, ids: Sequence[str], names: Fields) -> Sequence[Mapping[str, Any]]:
    rows = in_order(session.exec(select(Call).where(col(Call.id).in_(ids))).all(), ids)
    facts = facts_of_calls(session, asked.hub.vault, rows, extras(names), asked.scope.user)
    read = [each.recording.id for each in facts if each.transcript and each.recording]
    asked.authorized.note_each("recording.transcript", read)
    return [call_record(each, names, asked.place) for each in facts]


def _sorted_by(name: str, descending: bool) -> Any:
    return order_of(name, descending=descending)


class Calls(Resource):
    """Calls that came in; those that users placed are asked for by `direction=outbound`, or by their id."""

    def one(self, asked: Asked) -> Mapping[str, Any]:
        """The call that the path names."""
        try:
            return super().one(asked)
        except NotFound:
            return OUTBOUND.one(asked)

    def _list(self, asked: Asked, counts: Counts) -> Response:
        return OUTBOUND._list(asked, counts) if is_outbound(asked) else super()._list(asked, counts)


CALLS = Calls(
    path="calls",
    actions=("calls",),
    prefix=CALL,
    fields=fields.CALL,
    query=_query,
    one_query=visible,
    records=_records,
    orders={name: partial(_sorted_by, name) for name in SORTED_BY},
)
