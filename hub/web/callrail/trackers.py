"""`trackers`: numbers and pools, those in use first by name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlmodel import Session, col, or_

from hub.callrail import fields
from hub.callrail.ids import TRACKER
from hub.callrail.trackers import tracker_record
from hub.model import Tracker
from hub.queries.lists.keyset import one_part
from hub.queries.numbers.tracker_facts import facts_of_trackers
from hub.web.callrail.request import CallRailRequest
from hub.web.callrail.resource import Fields, Records, Resource

STATUSES = ("active", "disabled", "all")
TYPES = ("source", "session", "all")


def _visible(request: CallRailRequest, session: Session) -> Any:
    return request.scope.select(Tracker)


def _query(request: CallRailRequest, session: Session) -> Any:
    sent, company = request.parameters, request.company(session)
    query = request.scope.select(Tracker)
    if company is not None:
        query = query.where(Tracker.company_id == company.id)
    if (kind := sent.choice("type", TYPES)) not in (None, "all"):
        query = query.where(Tracker.type == kind)
    status, retired = sent.choice("status", STATUSES), col(Tracker.retired_at)
    if status in ("active", "disabled"):
        query = query.where(retired.is_(None) if status == "active" else retired.is_not(None))
    search = sent.text("search")
    names = (col(each).icontains(search, autoescape=True) for each in (Tracker.name, Tracker.title))
    return query.where(or_(*names)) if search else query


def _records(request: CallRailRequest, session: Session, rows: Sequence[Tracker], names: Fields) -> Records:
    return [tracker_record(each, names) for each in facts_of_trackers(session, request.hub.plugins, rows)]


TRACKERS = Resource(
    path="trackers",
    actions=("setup",),
    prefix=TRACKER,
    fields=fields.TRACKER,
    parts=lambda request, session: one_part(_query(request, session)),
    one_query=_visible,
    records=_records,
    orders={
        "name": (col(Tracker.name), col(Tracker.id)),
        "type": (col(Tracker.type), col(Tracker.id)),
        "created_at": (col(Tracker.id),),
    },
    is_newest_first=False,
)
