"""How many calls came when, and what became of them: counts per hour or day, for charts and headline figures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, case, func
from sqlalchemy import select as select_columns
from sqlmodel import Session, col, select

from hub.access.narrowing import to_own_calls
from hub.access.scope import AccessScope
from hub.model import Call, Company, ConversionRow, Delivery
from hub.model.conversions import shown_states
from hub.model.states import CallStatus
from hub.reports.calendar import bounds
from hub.reports.touches import contact_tables, is_lead
from hub.store.dialects import UtcHour, UtcQuarter, has_row_security


class CallCounts(NamedTuple):
    """Counts of incoming calls without spam. `answered`: a person picked up; `missed`: the call is over and nobody did."""

    calls: int = 0
    answered: int = 0
    missed: int = 0
    voicemail: int = 0
    first_time: int = 0
    spam: int = 0
    """Calls that were left out."""


NO_CALLS = CallCounts()


@dataclass(frozen=True)
class Activity:
    """The calls of a period, by the beginnings (UTC) of the hours, or quarters of an hour, that had some."""

    counts: dict[datetime, CallCounts]

    @property
    def total(self) -> CallCounts:
        """All calls of the period."""
        return _total(self.counts.values())

    def by_hour(self, zone: ZoneInfo) -> dict[int, CallCounts]:
        """Hour of the day (0 to 23) → counts."""
        return self._by(lambda at: at.astimezone(zone).hour)

    def by_day(self, zone: ZoneInfo) -> dict[date, CallCounts]:
        """Day → counts."""
        return self._by(lambda at: at.astimezone(zone).date())

    def between(self, begins: datetime, ends: datetime) -> Activity:
        """Only what came from one moment until before another."""
        return Activity({at: counts for at, counts in self.counts.items() if begins <= at < ends})

    def _by(self, key: Any) -> dict[Any, CallCounts]:
        parts: dict[object, list[CallCounts]] = {}
        for at, counts in self.counts.items():
            parts.setdefault(key(at), []).append(counts)
        return {place: _total(each) for place, each in parts.items()}


def call_activity(
    session: Session, scope: AccessScope, companies: Sequence[str], begins: datetime, ends: datetime, zone: ZoneInfo
) -> Activity:
    """The calls of some companies that the user may see, started from `begins` until before `ends`. The counts can be added
    up by the hours of `zone`; zones with whole hours get them by the hour, others by the quarter."""
    call: Any = Call
    stretch = _stretch(zone, begins, ends)
    answered = call.answered_at.is_not(None)
    over = call.status.in_((CallStatus.COMPLETED, CallStatus.FAILED))
    columns: tuple[Any, ...] = (
        stretch,
        _sum(~call.spam),
        _sum(answered & ~call.spam),
        _sum(~answered & over & ~call.spam),
        _sum(call.voicemail.is_(True) & ~call.spam),
        _sum(call.first_time_caller.is_(True) & ~call.spam),
        _sum(call.spam),
    )
    rows = session.execute(_calls(columns, scope, companies, begins, ends).group_by(stretch))
    return Activity({begun: CallCounts(*map(int, numbers)) for begun, *numbers in rows})


def calls_of_the_week(
    session: Session, scope: AccessScope, companies: Sequence[str], begins: datetime, ends: datetime, zone: ZoneInfo
) -> Counter[tuple[int, int]]:
    """(weekday, 0 is Monday; hour in `zone`) → how many calls without spam, as in `call_activity`."""
    stretch = _stretch(zone, begins, ends)
    query = _calls((stretch, func.count()), scope, companies, begins, ends).where(~col(Call.spam))
    counted: Counter[tuple[int, int]] = Counter()
    for begun, number in session.execute(query.group_by(stretch)):
        local = begun.astimezone(zone)
        counted[local.weekday(), local.hour] += number
    return counted


def count_leads(session: Session, companies: Sequence[str], *periods: tuple[datetime, datetime]) -> list[int]:
    """How many calls, texts and forms of each period are leads; a period is its beginning and the moment after it."""
    counted = [
        select(func.count()).where(table.company_id.in_(companies), at >= begins, at < ends, lead).scalar_subquery()
        for table, at, lead in [(table, at, is_lead(table)) for _, table, at in contact_tables()]
        for begins, ends in periods
    ]
    (numbers,) = session.execute(select_columns(*counted))
    return [sum(numbers[place :: len(periods)]) for place in range(len(periods))]


def count_deliveries(session: Session, companies: Sequence[str], begins: datetime, ends: datetime) -> dict[str, int]:
    """State, or UNVERIFIABLE → how many deliveries of conversions that were made in a period."""
    counted: Counter[str] = Counter()
    for _, state, number in _deliveries(session, companies, begins, ends):
        counted[state] += number
    return counted


def deliveries_by_company(
    session: Session, companies: Sequence[Company], first: date, last: date
) -> dict[str, dict[str, int]]:
    """Company → the same for the conversions that were made in a range of days of its time zone."""
    found: dict[str, dict[str, int]] = {}
    for zone in {company.time_zone for company in companies}:
        begins, ends = bounds(first, ZoneInfo(zone))[0], bounds(last, ZoneInfo(zone))[1]
        theirs = [company.id for company in companies if company.time_zone == zone]
        for company_id, state, number in _deliveries(session, theirs, begins, ends):
            found.setdefault(company_id, {})[state] = number
    return found


def _deliveries(session: Session, companies: Sequence[str], begins: datetime, ends: datetime) -> Iterable[Any]:
    conversion: Any = ConversionRow
    query = (
        select(conversion.company_id, shown_states().label("shown"), func.count())
        .join(conversion, conversion.id == Delivery.conversion_id)
        .where(conversion.company_id.in_(companies), conversion.made_at >= begins, conversion.made_at < ends)
        .where(*deliveries_since(session, companies, begins))
        .group_by(conversion.company_id, "shown")
    )
    return session.execute(query)


def deliveries_since(session: Session, companies: Collection[str], begins: datetime) -> list[ColumnElement[bool]]:
    """What is true of all deliveries of the companies' conversions since a moment, as none is older than its conversion: for
    PostgreSQL, which then reads them by an index and not the whole table. SQLite finds them one by one."""
    if not has_row_security(session):
        return []
    return [col(Delivery.company_id).in_(companies), col(Delivery.made_at) >= begins]


def _calls(
    columns: Sequence[Any], scope: AccessScope, companies: Sequence[str], begins: datetime, ends: datetime
) -> Any:
    call: Any = Call
    query: Any = select_columns(*columns).where(
        call.company_id.in_(companies), call.started_at >= begins, call.started_at < ends
    )
    return to_own_calls(query, scope.user) if scope.reach == "own" else query


def _total(counts: Iterable[CallCounts]) -> CallCounts:
    return CallCounts(*map(sum, zip(NO_CALLS, *counts, strict=True)))


def days_of(first: date, last: date) -> list[date]:
    """Every day of a range."""
    return [first + timedelta(days=each) for each in range((last - first).days + 1)]


def _sum(condition: Any) -> object:
    return func.sum(case((condition, 1), else_=0))


def _stretch(zone: ZoneInfo, begins: datetime, ends: datetime) -> Any:
    """The hour of UTC in which a call began; the quarter for a zone whose hours begin at another minute."""
    offsets = [each.astimezone(zone).utcoffset() or timedelta() for each in (begins, ends)]
    has_whole_hours = all(offset.total_seconds() % 3600 == 0 for offset in offsets)
    return (UtcHour if has_whole_hours else UtcQuarter)(col(Call.started_at))
