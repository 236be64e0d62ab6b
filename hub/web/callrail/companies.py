"""`companies`: the companies of the account, by name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlmodel import Session, col

from hub.callrail import fields
from hub.callrail.accounts import company_record
from hub.callrail.ids import COMPANY
from hub.model import Company
from hub.queries.lists.keyset import one_part
from hub.web.callrail.request import CallRailRequest
from hub.web.callrail.resource import Fields, Records, Resource

STATUSES = ("active", "disabled", "all")


def _visible(request: CallRailRequest, session: Session) -> Any:
    return request.scope.select(Company)


def _query(request: CallRailRequest, session: Session) -> Any:
    query = request.scope.select(Company)
    search = request.parameters.text("search")
    if search is not None:
        query = query.where(col(Company.title).icontains(search, autoescape=True))
    status, disabled = request.parameters.choice("status", STATUSES), col(Company.disabled_at)
    if status in (None, "all"):
        return query
    return query.where(disabled.is_not(None) if status == "disabled" else disabled.is_(None))


def _records(request: CallRailRequest, session: Session, rows: Sequence[Company], names: Fields) -> Records:
    return [company_record(row, names, request.place.public_url) for row in rows]


COMPANIES = Resource(
    path="companies",
    actions=("account",),
    prefix=COMPANY,
    fields=fields.COMPANY,
    parts=lambda request, session: one_part(_query(request, session)),
    one_query=_visible,
    records=_records,
    orders={
        "name": (col(Company.title), col(Company.id)),
        "created_at": (col(Company.id),),
        "id": (col(Company.id),),
    },
    is_newest_first=False,
)
