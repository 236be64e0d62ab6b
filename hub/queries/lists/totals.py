"""Totals of calls and forms, whole, by a value, or by stretches of time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, bindparam, case, func, or_
from sqlalchemy import select as select_columns
from sqlmodel import Session, col

from hub.model import Attribution, Call, Company, FormSubmission, PageView, Tracker, Visit
from hub.model.columns import UTCTime
from hub.queries.lists.conditions import outcome_is
from hub.queries.lists.filters import UNANSWERED, Outcome
from hub.reports.touches import is_lead

GROUPS = (
    "source", "keywords", "campaign", "referrer", "landing_page", "company", "company_id", "last_requested_page", "medium",
    "tracker",
)  # fmt: skip
FORM_GROUPS = ("source", "keywords", "campaign", "referrer", "landing_page", "form_name", "company")
MAX_GROUPS = 1_000


@dataclass(frozen=True, kw_only=True)
class CallTotals:
    """What some calls add up to; `average_duration` is in seconds, None without calls."""

    key: tuple[str | None, ...] = ()
    """The value by which they are grouped; of a source also its medium."""
    total_calls: int = 0
    missed_calls: int = 0
    answered_calls: int = 0
    abandoned_calls: int = 0
    first_time_callers: int = 0
    average_duration: float | None = None
    leads: int = 0


def call_totals(session: Session, query: Any) -> CallTotals:
    """What the calls of a query add up to."""
    return _totals((), session.execute(query.with_only_columns(*_measures())).one())


def call_totals_by(session: Session, query: Any, group: str) -> list[CallTotals]:
    """The same by a value, the most calls first; at most 1,000 values."""
    keys = _keys(group, Call)
    counted = _joined(query.with_only_columns(*keys, *_measures()), group, Call)
    rows = session.execute(counted.group_by(*keys).order_by(func.count().desc(), *keys).limit(MAX_GROUPS))
    return [_totals(tuple(row[: len(keys)]), row[len(keys) :]) for row in rows]


def call_totals_over_time(
    session: Session, query: Any, stretches: Sequence[tuple[datetime, datetime]]
) -> list[CallTotals]:
    """The same of each stretch of time: one statement, asked along the index of the calls' start."""
    begins, ends = (bindparam(name, type_=UTCTime()) for name in ("stretch_begins", "stretch_ends"))
    within = query.where(and_(col(Call.started_at) >= begins, col(Call.started_at) < ends))
    counted = within.with_only_columns(*_measures())
    return [
        _totals((), session.execute(counted, {"stretch_begins": first, "stretch_ends": last}).one())
        for first, last in stretches
    ]


def form_totals_by(session: Session, query: Any, group: str) -> list[tuple[tuple[str | None, ...], int]]:
    """How many forms there are by a value, the most first; at most 1,000 values."""
    keys = _keys(group, FormSubmission)
    columns = query.with_only_columns(*keys, func.count()).select_from(FormSubmission)
    counted = _joined(columns, group, FormSubmission)
    rows = session.execute(counted.group_by(*keys).order_by(func.count().desc(), *keys).limit(MAX_GROUPS))
    return [(tuple(row[: len(keys)]), int(row[len(keys)])) for row in rows]


def first_start(session: Session, query: Any) -> datetime | None:
    """When the first call of a query began."""
    earliest = query.with_only_columns(Call.started_at).order_by(col(Call.started_at)).limit(1)
    found: datetime | None = session.execute(earliest).scalar()
    return found


def _measures() -> list[Any]:
    def number(condition: Any) -> Any:
        return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)

    return [
        func.count(),
        number(outcome_is(UNANSWERED)),
        number(col(Call.answered_at).is_not(None)),
        number(outcome_is(Outcome.ABANDONED)),
        number(col(Call.first_time_caller).is_(True)),
        func.avg(func.coalesce(Call.duration, 0)),
        number(is_lead(Call)),
    ]


def _totals(key: tuple[str | None, ...], row: Sequence[Any]) -> CallTotals:
    total, missed, answered, abandoned, first, average, leads = row
    return CallTotals(
        key=key,
        total_calls=int(total),
        missed_calls=int(missed),
        answered_calls=int(answered),
        abandoned_calls=int(abandoned),
        first_time_callers=int(first),
        average_duration=None if average is None else float(average),
        leads=int(leads),
    )


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
