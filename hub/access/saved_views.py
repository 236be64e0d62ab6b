"""Saved views: what a page shows of a list or a report under a name, for oneself or for other users too."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import parse_qsl, urlencode

from sqlalchemy import ColumnElement, and_
from sqlmodel import Session, col, or_, select

from hub.access.report_subscriptions import follow_saved, stop_saved
from hub.access.scope import AccessScope
from hub.errors import CannotDo, NotFound
from hub.model import Company, SavedView
from hub.model.columns import storable
from hub.store import audit

REPORTS = "reports/"
"""How the page of a view begins that is a report."""
MAX_NAME_CHARACTERS = 64
MAX_QUERY_CHARACTERS = 2_000
MAX_VIEWS = 50
"""Limit of one user's views of one page."""


def saved_views(session: Session, scope: AccessScope, *pages: str) -> list[SavedView]:
    """A user's own views of some pages and those that others share, by name; REPORTS are all reports."""
    wanted = or_(
        *(col(SavedView.page).startswith(each) if each == REPORTS else SavedView.page == each for each in pages)
    )
    query = select(SavedView).where(visible(scope), wanted)
    return list(session.exec(query.order_by(col(SavedView.name), col(SavedView.id))))


def visible(scope: AccessScope) -> ColumnElement[bool]:
    """The views that a user may open: own ones, and shared ones.

    Of those a user who is limited to companies sees only the reports of these companies, because others may name what belongs
    to other companies. Nobody sees a report of a company that they may not see, even if they saved it.
    """
    shared, mine = col(SavedView.shared).is_(True), col(SavedView.user_id) == scope.user.id
    of_account = col(SavedView.account_id) == scope.user.account_id
    if scope.companies is None:
        return and_(of_account, or_(mine, shared))
    theirs = col(SavedView.company_id).in_(scope.companies)
    return and_(of_account, or_(and_(mine, or_(col(SavedView.company_id).is_(None), theirs)), and_(shared, theirs)))


def visible_view(session: Session, scope: AccessScope, view_id: str) -> SavedView:
    """A view that the user may open; NotFound if there is none."""
    view = session.exec(select(SavedView).where(visible(scope), SavedView.id == view_id)).first()
    if view is None:
        raise NotFound("Not found")
    return view


def save_view(
    session: Session,
    scope: AccessScope,
    page: str,
    name: str,
    query: str,
    now: datetime,
    *,
    shared: bool = False,
    company: Company | None = None,
) -> SavedView:
    """Save a query string under a name; an own view of the same name is replaced. CannotDo if the name is empty or too
    long. The text of a search is left out: it may be a person's number, and nothing would erase it with the person."""
    words = _checked(name)
    if len(query) > MAX_QUERY_CHARACTERS:
        raise CannotDo("These filters are too long to be saved; remove some.")
    user = scope.user
    views = _own(session, user.id, page)
    view = views.get(words)
    if view is None:
        if len(views) >= MAX_VIEWS:
            raise CannotDo(f"A user has at most {MAX_VIEWS} views; delete one first.")
        view = SavedView(account_id=user.account_id, user_id=user.id, page=page, name=words, query="", made_at=now)
    view.query, view.shared, view.company_id = storable(without_search(query)), shared, company.id if company else None
    session.add(view)
    follow_saved(session, view)
    session.flush()
    audit.note(session, now, user.id, "view.save", user.account_id, view.id)
    return view


def rename_view(session: Session, scope: AccessScope, view_id: str, name: str, now: datetime) -> None:
    """Give an own view another name; NotFound if it is somebody else's, CannotDo if another one has it."""
    view, words = own_view(session, scope, view_id), _checked(name)
    other = _own(session, scope.user.id, view.page).get(words)
    if other is not None and other.id != view.id:
        raise CannotDo("Another one has this name already.")
    view.name = words
    session.add(view)
    session.flush()
    audit.note(session, now, scope.user.id, "view.rename", scope.user.account_id, view.id)


def delete_view(session: Session, scope: AccessScope, view_id: str, now: datetime) -> None:
    """Delete an own view and stop the emails of it; NotFound if it is somebody else's."""
    view = own_view(session, scope, view_id)
    stop_saved(session, view_id, scope.user.id, now)
    session.delete(view)
    session.flush()
    audit.note(session, now, scope.user.id, "view.delete", scope.user.account_id, view_id)


def own_view(session: Session, scope: AccessScope, view_id: str) -> SavedView:
    """A view that the user saved; NotFound if there is none."""
    view = session.get(SavedView, view_id)
    if view is None or view.user_id != scope.user.id:
        raise NotFound("Not found")
    return view


def without_search(query: str) -> str:
    """A query string without the text of a search (`q`)."""
    return urlencode([(name, value) for name, value in parse_qsl(query, keep_blank_values=True) if name != "q"])


def _own(session: Session, user_id: str, page: str) -> dict[str, SavedView]:
    """A user's own views of a page by name."""
    own = select(SavedView).where(SavedView.user_id == user_id, SavedView.page == page)
    return {view.name: view for view in session.exec(own)}


def _checked(name: str) -> str:
    words = " ".join(storable(name).split())
    if not words:
        raise CannotDo("Give the view a name.")
    if len(words) > MAX_NAME_CHARACTERS:
        raise CannotDo(f"A view's name has at most {MAX_NAME_CHARACTERS} characters.")
    return words
