"""`calls/{id}/recording` and `calls/{id}/page_views`. A link to a recording is in the audit log before it is sent."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from sqlmodel import col, select

from hub.callrail.dates import local_time
from hub.callrail.ids import CALL
from hub.errors import NotFound
from hub.model import Attribution, Company, PageView
from hub.queries.contact.view import view_of
from hub.recordings.links import MAX_LINK_LIFETIME, Link, path_to
from hub.web.callrail.request import Asked
from hub.web.callrail.resource import Answer, Endpoint

MAX_PAGE_VIEWS = 500


def recording(asked: Asked) -> Answer:
    """A signed link to the call's recording, for the key's user, valid for five minutes."""
    with asked.session() as session:
        call = asked.scope.call(session, asked.row_id(CALL))
        row = view_of(session, asked.hub.vault, call, asked.scope.user).recording
    if row is None:
        raise NotFound("This call has no recording that is stored.")
    asked.authorized.note("recording.link", row.id, "play")
    ends = asked.hub.clock().replace(microsecond=0) + MAX_LINK_LIFETIME
    link = Link(recording_id=row.id, user=asked.authorized.user.id, purpose="play", expires_at=ends)
    return {"url": asked.place.page(path_to(link, asked.hub.keyring).lstrip("/"))}


def page_views(asked: Asked) -> Answer:
    """The pages that the caller saw, the first one first; none if no visit led to the call."""
    with asked.session() as session:
        call = asked.scope.call(session, asked.row_id(CALL))
        cause = session.get(Attribution, call.id)
        query = select(PageView).where(PageView.visit_id == (cause.visit_id if cause else None))
        pages = session.exec(query.order_by(col(PageView.id)).limit(MAX_PAGE_VIEWS)).all()
        zone = ZoneInfo(session.get_one(Company, call.company_id).time_zone)
    return {"page_views": [{"url": each.url, "created_at": local_time(each.at, zone)} for each in pages if each.url]}


ENDPOINTS = (
    Endpoint("GET", "calls/{id}/recording", ("recordings",), recording),
    Endpoint("GET", "calls/{id}/page_views", ("calls",), page_views),
)
