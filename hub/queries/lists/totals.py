"""Totals of calls and forms, whole, by a value, or by stretches of time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import and_, bindparam, func, or_
from sqlalchemy import select as select_columns
from sqlmodel import Session, col, select

from hub.model import Attribution, Call, Company, FormSubmission, PageView, Tracker, Visit
from hub.model.columns import UTCTime
from hub.queries.lists.kinds import CALLS
from hub.queries.lists.paging import ContactList
from hub.reports.calendar import FIRST_DAY, LAST_DAY, OwnDays, bounds, own_days
from hub.reports.hours import CallFigures, calls_by_stretch, figure_columns, figures_of, first_kept_day

GROUPS = (
    "source", "keywords", "campaign", "referrer", "landing_page", "company", "company_id", "last_requested_page", "medium",
    "tracker",
)  # fmt: skip
FORM_GROUPS = ("source", "keywords", "campaign", "referrer", "landing_page", "form_name", "company")
MAX_GROUPS = 1_000


Group = tuple[tuple[str | None, ...], CallFigures]
"""The value by which some calls are grouped, of a source also its medium, and their figures."""


def call_totals_by(session: Session, calls: ContactList, group: str) -> list[Group]:
    """The figures of the calls of a list by a value, the most calls first; at most 1,000 values."""
    keys = _keys(group, Call)
    counted = _joined(calls.query(CALLS).with_only_columns(*keys, *figure_columns()), group, Call)
    rows = session.execute(counted.group_by(*keys).order_by(func.count().desc(), *keys).limit(MAX_GROUPS))
    return [(tuple(row[: len(keys)]), figures_of(row[len(keys) :])) for row in rows]


def call_totals_over_time(
    session: Session, calls: ContactList, stretches: Sequence[tuple[datetime, datetime]], now: datetime
) -> list[CallFigures]:
    """The figures of the calls of a list in each of some stretches of its period that follow one another: from the kept hours
    if the list has all calls of its companies but for spam, else from the calls, along the index of their start."""
    if calls.has_all_but_spam:
        return calls_by_stretch(session, _own_days(session, calls), stretches, now)
    begins, ends = (bindparam(name, type_=UTCTime()) for name in ("stretch_begins", "stretch_ends"))
    within = calls.query(CALLS).where(and_(col(Call.started_at) >= begins, col(Call.started_at) < ends))
    counted = within.with_only_columns(*figure_columns())
    return [
        figures_of(session.execute(counted, {"stretch_begins": first, "stretch_ends": last}).one())
        for first, last in stretches
    ]


def form_totals_by(session: Session, query: Any, group: str) -> list[tuple[tuple[str | None, ...], int]]:
    """How many forms there are by a value, the most first; at most 1,000 values."""
    keys = _keys(group, FormSubmission)
    columns = query.with_only_columns(*keys, func.count()).select_from(FormSubmission)
    counted = _joined(columns, group, FormSubmission)
    rows = session.execute(counted.group_by(*keys).order_by(func.count().desc(), *keys).limit(MAX_GROUPS))
    return [(tuple(row[: len(keys)]), int(row[len(keys)])) for row in rows]


def first_start(session: Session, calls: ContactList) -> datetime | None:
    """When the first call of a list began; of one that was moved to the archive, the beginning of its day."""
    earliest = calls.query(CALLS).with_only_columns(Call.started_at).order_by(col(Call.started_at)).limit(1)
    found: datetime | None = session.execute(earliest).scalar()
    for each in _own_days(session, calls) if calls.has_all_but_spam else ():
        day = first_kept_day(session, each.companies)
        if day is not None and (found is None or bounds(day, each.zone)[1] <= found):
            found = bounds(day, each.zone)[0]
    return found


def _own_days(session: Session, calls: ContactList) -> list[OwnDays]:
    """All days of the companies of a list."""
    companies = session.exec(select(Company).where(col(Company.id).in_(calls.seen.companies)))
    return own_days(companies, FIRST_DAY, LAST_DAY)


def _keys(group: str, table: Any) -> tuple[Any, ...]:
    """The columns by which contacts are grouped."""
    columns: dict[str, Callable[[], tuple[Any, ...]]] = {
        "source": lambda: (col(Attribution.source), col(Attribution.medium)),
        "medium": lambda: (col(Attribution.medium),),
        "keywords": lambda: (col(Attribution.keyword),),
        "campaign": lambda: (col(Attribution.campaign),),
        "referrer": lambda: (col(Visit.referrer),),
        "landing_page": lambda: (col(Attribution.landing_page),),
        "company": lambda: (col(Company.title),),
        "company_id": lambda: (col(table.company_id),),
        "tracker": lambda: (col(Tracker.name),),
        "form_name": lambda: (col(FormSubmission.form_id),),
        "last_requested_page": lambda: (_last_page(),),
    }
    return columns[group]()


def _joined(query: Any, group: str, table: Any) -> Any:
    if group == "company":
        return query.join(Company, col(Company.id) == table.company_id)
    if group == "tracker":
        return query.outerjoin(Tracker, col(Tracker.id) == table.tracker_id)
    if group in ("company_id", "form_name"):
        return query
    query = query.outerjoin(Attribution, col(Attribution.subject_id) == table.id)
    return query.outerjoin(Visit, col(Visit.id) == Attribution.visit_id) if group == "referrer" else query


def _last_page() -> object:
    """The last page that the caller saw before the call."""
    seen = or_(col(PageView.at) <= Call.started_at, col(Call.started_at).is_(None))
    page = select_columns(col(PageView.url)).where(col(PageView.visit_id) == Attribution.visit_id, seen)
    return page.order_by(col(PageView.id).desc()).limit(1).correlate(Attribution, Call).scalar_subquery()
