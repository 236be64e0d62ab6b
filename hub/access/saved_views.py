"""Saved views: a list's filters and columns under a name, for oneself or for all users of the account."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import parse_qsl, urlencode

from sqlmodel import Session, col, or_, select

from hub.access.scope import AccessScope
from hub.errors import CannotDo, NotFound
from hub.model import SavedView
from hub.model.columns import storable
from hub.store import audit

MAX_NAME_CHARACTERS = 64
MAX_QUERY_CHARACTERS = 2_000
MAX_VIEWS = 50
"""Limit of one user's views of one page."""


def saved_views(session: Session, scope: AccessScope, page: str) -> list[SavedView]:
    """A user's own views of a page and those that others share, by name.

    A user who is limited to companies sees only own ones, because others may name what belongs to other companies.
    """
    mine = col(SavedView.user_id) == scope.user.id
    seen = mine if scope.companies is not None else or_(mine, col(SavedView.shared).is_(True))
    query = select(SavedView).where(SavedView.account_id == scope.user.account_id, SavedView.page == page, seen)
    return list(session.exec(query.order_by(col(SavedView.name), col(SavedView.id))))


def save_view(
    session: Session, scope: AccessScope, page: str, name: str, query: str, now: datetime, *, shared: bool = False
) -> SavedView:
    """Save a query string under a name; an own view of the same name is replaced. CannotDo if the name is empty or too
    long. The text of a search is left out: it may be a person's number, and nothing would erase it with the person."""
    words = " ".join(storable(name).split())
    if not words:
        raise CannotDo("Give the view a name.")
    if len(words) > MAX_NAME_CHARACTERS:
        raise CannotDo(f"A view's name has at most {MAX_NAME_CHARACTERS} characters.")
    if len(query) > MAX_QUERY_CHARACTERS:
        raise CannotDo("These filters are too long to be saved; remove some.")
    user = scope.user
    own = select(SavedView).where(SavedView.user_id == user.id, SavedView.page == page)
    views = list(session.exec(own))
    view = next((each for each in views if each.name == words), None)
    if view is None:
        if len(views) >= MAX_VIEWS:
            raise CannotDo(f"A user has at most {MAX_VIEWS} views; delete one first.")
        view = SavedView(account_id=user.account_id, user_id=user.id, page=page, name=words, query="", made_at=now)
    view.query, view.shared = storable(without_search(query)), shared
    session.add(view)
    session.flush()
    audit.note(session, now, user.id, "view.save", user.account_id, view.id)
    return view


def without_search(query: str) -> str:
    """A query string without the text of a search (`q`)."""
    return urlencode([(name, value) for name, value in parse_qsl(query, keep_blank_values=True) if name != "q"])


def delete_view(session: Session, scope: AccessScope, view_id: str, now: datetime) -> None:
    """Delete an own view; NotFound if it is somebody else's."""
    view = session.get(SavedView, view_id)
    if view is None or view.user_id != scope.user.id:
        raise NotFound("Not found")
    session.delete(view)
    session.flush()
    audit.note(session, now, scope.user.id, "view.delete", scope.user.account_id, view_id)
