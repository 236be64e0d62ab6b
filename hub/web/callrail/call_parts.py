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
from hub.web.callrail.request import CallRailRequest
from hub.web.callrail.resource import Answer, Endpoint

MAX_PAGE_VIEWS = 500


def recording(request: CallRailRequest) -> Answer:
    """A signed link to the call's recording, for the key's user, valid for five minutes."""
    with request.session() as session:
        call = request.scope.call(session, request.row_id(CALL))
        row = view_of(session, request.hub.vault, call, request.scope.user).recording
    if row is None:
        raise NotFound("This call has no stored recording that you may hear.")
    request.authorized.note("recording.link", row.id, "play")
    ends = request.hub.clock().replace(microsecond=0) + MAX_LINK_LIFETIME
    link = Link(recording_id=row.id, user=request.authorized.user.id, purpose="play", expires_at=ends)
    return {"url": request.place.page(path_to(link, request.hub.keyring).lstrip("/"))}


def page_views(request: CallRailRequest) -> Answer:
    """The pages that the caller saw, the first one first; none if no visit led to the call."""
    with request.session() as session:
        call = request.scope.call(session, request.row_id(CALL))
        cause = session.get(Attribution, call.id)
        query = select(PageView).where(PageView.visit_id == (cause.visit_id if cause else None))
        pages = session.exec(query.order_by(col(PageView.id)).limit(MAX_PAGE_VIEWS)).all()
        zone = ZoneInfo(session.get_one(Company, call.company_id).time_zone)
    return {"page_views": [{"url": each.url, "created_at": local_time(each.at, zone)} for each in pages if each.url]}


ENDPOINTS = (
    Endpoint("GET", "calls/{id}/recording", ("voicemail",), recording),
    Endpoint("GET", "calls/{id}/page_views", ("calls",), page_views),
)
