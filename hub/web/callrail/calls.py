"""`calls`: the list with CallRail's filters, and one call."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import func
from sqlmodel import Session, col, select
from starlette.responses import Response

from hub.callrail import fields
from hub.callrail.calls import TRANSCRIBED, call_record
from hub.callrail.dates import Period, period, zone_named
from hub.callrail.ids import CALL, TRACKER, ending_of, row_id
from hub.callrail.people import GOOD_LEAD, NOT_A_LEAD, NOT_SCORED
from hub.callrail.visits import PHONES, TABLETS
from hub.contracts.leads import LeadStatus
from hub.errors import NotFound
from hub.model import Call, Company, Tracker, User
from hub.queries.contact.view import contact_views
from hub.queries.lists import kinds as contact_kinds
from hub.queries.lists.filters import GOOD, UNANSWERED, UNSCORED, ContactFilter, ContactKind, Outcome
from hub.queries.lists.paging import ContactList
from hub.web.callrail.outbound import OUTBOUND, is_outbound
from hub.web.callrail.paging import Counts
from hub.web.callrail.request import CallRailRequest
from hub.web.callrail.resource import Fields, Records, Resource

ANSWER_STATUSES = ("answered", "missed", "voicemail", "all")
CALL_TYPES = ("first_call", "missed", "voicemails", "voicemail", "inbound", "outbound", "all")
DEVICES = {"mobile": (*PHONES, *TABLETS), "desktop": tuple(f"-{word}" for word in (*PHONES, *TABLETS)), "all": ()}
LEAD_STATUSES = (GOOD_LEAD, NOT_A_LEAD, NOT_SCORED)
OUTCOMES = {"answered": Outcome.ANSWERED, "voicemail": Outcome.VOICEMAIL, "missed": UNANSWERED}
"""The stricter one first."""
CALLS_BY_TIME = contact_kinds.CALLS.order.columns


def asked_period(request: CallRailRequest, session: Session, company: Company | None = None) -> Period:
    """The range of time that a request selects, in the zone that it names, else in that of its company, or of the first
    company that the user sees."""
    named = company or session.exec(request.scope.select(Company).order_by(col(Company.id)).limit(1)).first()
    zone = zone_named(request.parameters.text("time_zone"), named.time_zone if named else "UTC")
    return period(request.parameters, request.hub.clock(), zone)


def call_list(request: CallRailRequest, session: Session) -> tuple[ContactList, Period]:
    """The calls that a request asks for, and its range of time."""
    sent, company = request.parameters, request.company(session)
    span = asked_period(request, session, company)
    outcomes = _outcomes(request)
    leads = {GOOD_LEAD: GOOD, NOT_A_LEAD: LeadStatus.NOT_A_LEAD, NOT_SCORED: UNSCORED, None: None}
    trackers = sent.list("tracker_ids") or sent.list("tracker_id")
    wanted = ContactFilter(
        kind=ContactKind.CALL,
        spam="no",
        begins=span.begins,
        ends=span.ends,
        tracker_ids=tuple(_tracker(request, session, each) for each in trackers),
        outcome=next((OUTCOMES[each] for each in OUTCOMES if each in outcomes), None),
        first_time="yes" if "first_call" in outcomes else None,
        devices=DEVICES[sent.choice("device", tuple(DEVICES)) or "all"],
        lead=leads[sent.choice("lead_status", LEAD_STATUSES)],
        tags=sent.list("tags"),
        agents=_agent(session, request),
        longer=sent.number("min_duration"),
        shorter=sent.number("max_duration"),
        search=sent.text("search"),
        sources=sent.list("source"),
    )
    nothing = is_outbound(request) or ("answered" in outcomes and not outcomes.isdisjoint(("missed", "voicemail")))
    companies = () if nothing else (company.id,) if company else None
    return ContactList(session, request.scope, companies, wanted), span


def _outcomes(request: CallRailRequest) -> set[str]:
    """All of what a call must have been: `answered`, `missed` (voicemail included), `voicemail`, `first_call`."""
    sent = request.parameters
    found = {sent.choice("answer_status", ANSWER_STATUSES)}
    if sent.text("answer_status") is None and sent.flag("answered") is not None:
        found.add("answered" if sent.flag("answered") else "missed")
    kind = sent.choice("call_type", CALL_TYPES)
    found.add({"voicemails": "voicemail", "inbound": None, "outbound": None}.get(kind or "", kind))
    if sent.flag("first_time_callers"):
        found.add("first_call")
    sent.choice("direction", ("inbound", "outbound", "all"))
    return {each for each in found if each not in (None, "all")}


def _tracker(request: CallRailRequest, session: Session, wanted: str) -> str:
    """The id of a tracker; one that the user does not see selects nothing."""
    found = row_id(TRACKER, wanted)
    if found is not None:
        return found
    ending = ending_of(int(wanted)) if wanted.isdecimal() and len(wanted) <= 16 else None
    query = request.scope.select(Tracker).where(col(Tracker.id).endswith(ending or "none", autoescape=True))
    tracker = session.exec(query).first()
    return tracker.id if tracker else "none"


def _agent(session: Session, request: CallRailRequest) -> tuple[str, ...] | None:
    """The phones of the user that `agent` names by id, name or email address; none if nobody is known by it."""
    wanted = request.parameters.text("agent")
    if wanted is None:
        return None
    user_id = row_id("USR", wanted)
    named = (col(User.id) == user_id) if user_id else (col(User.name) == wanted) | (col(User.email) == wanted)
    query = select(User).where(User.account_id == request.authorized.user.account_id, named)
    return tuple(number for user in session.exec(query) for number in (user.phone_numbers or "").split())


def visible(request: CallRailRequest, session: Session) -> object:
    """The calls that the user may see. Spam is hidden from lists, and answered with 404 singly."""
    return request.scope.calls().where(col(Call.spam).is_(False))


def _records(request: CallRailRequest, session: Session, rows: Sequence[Call], names: Fields) -> Records:
    facts = contact_views(session, request.hub.vault, rows, request.scope.user)
    if not TRANSCRIBED.isdisjoint(names):
        read = [each.transcribed.id for each in facts if each.transcript and each.transcribed]
        request.authorized.note_each("recording.transcript", read)
    return [call_record(each, names, request.place) for each in facts]


class Calls(Resource):
    """Calls that came in; those that users placed are asked for by `direction=outbound`, or by their id."""

    def one(self, request: CallRailRequest) -> Mapping[str, Any]:
        """The call that the path names."""
        try:
            return super().one(request)
        except NotFound:
            return OUTBOUND.one(request)

    def _list(self, request: CallRailRequest, counts: Counts) -> Response:
        return OUTBOUND._list(request, counts) if is_outbound(request) else super()._list(request, counts)


CALLS = Calls(
    path="calls",
    actions=("calls",),
    prefix=CALL,
    fields=fields.CALL,
    parts=lambda request, session: call_list(request, session)[0].parts,
    one_query=visible,
    records=_records,
    orders={
        "start_time": CALLS_BY_TIME,
        "created_at": CALLS_BY_TIME,
        "duration": (func.coalesce(Call.duration, 0), col(Call.id)),
        "customer_phone_number": (func.coalesce(Call.caller_number, ""), col(Call.id)),
        "tracking_phone_number": (func.coalesce(Call.tracking_number, ""), col(Call.id)),
    },
)
