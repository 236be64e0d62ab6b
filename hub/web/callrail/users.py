"""`users`: who has access to the account, by name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import func
from sqlmodel import Session, col, or_, select

from hub.access.companies import companies_by_user
from hub.access.sign_in.credentials import with_way_in
from hub.callrail import fields
from hub.callrail.ids import USER
from hub.callrail.users import user_record
from hub.model import Company, User
from hub.queries.lists.keyset import one_part
from hub.web.callrail.request import CallRailRequest
from hub.web.callrail.resource import Fields, Records, Resource

SEARCHED = (User.name, User.first_name, User.last_name, User.email)


def _visible(request: CallRailRequest, session: Session) -> Any:
    return select(User).where(User.account_id == request.authorized.user.account_id, col(User.disabled_at).is_(None))


def _query(request: CallRailRequest, session: Session) -> Any:
    query, company = _visible(request, session), request.company(session)
    if company is not None:
        limits = companies_by_user(session)
        shut_out = [user for user, names in limits.items() if company.name not in names]
        query = query.where(col(User.id).not_in(shut_out))
    search = request.parameters.text("search")
    if search is None:
        return query
    found = (col(each).icontains(search, autoescape=True) for each in SEARCHED)
    return query.where(or_(*found))


def _records(request: CallRailRequest, session: Session, rows: Sequence[User], names: Fields) -> Records:
    companies, limits = (
        session.exec(request.scope.select(Company).order_by(Company.title)).all(),
        companies_by_user(session),
    )
    accepted = with_way_in(session, [row.id for row in rows])
    return [
        user_record(
            row,
            [each for each in companies if each.name in limits.get(row.id, (each.name,))],
            names,
            is_limited=row.id in limits,
            is_accepted=row.id in accepted,
        )
        for row in rows
    ]


USERS = Resource(
    path="users",
    actions=("users",),
    prefix=USER,
    fields=fields.USER,
    parts=lambda request, session: one_part(_query(request, session)),
    one_query=_visible,
    records=_records,
    orders={
        "name": (col(User.name), col(User.id)),
        "email": (func.coalesce(User.email, ""), col(User.id)),
        "created_at": (col(User.made_at), col(User.id)),
        "id": (col(User.id),),
    },
    is_newest_first=False,
)
