"""How many calls came when, and what became of them: counts per hour or day, for charts and headline figures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
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
from hub.reports.calendar import OwnDays, in_days, own_days
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
    """The calls of a period, by the hours, or quarters of an hour, that had some: of each its beginning by the clocks of its
    companies, with their time zone, as an hour of two zones counts apart."""

    counts: Mapping[tuple[ZoneInfo, datetime], CallCounts]

    @property
    def total(self) -> CallCounts:
        """All calls of the period."""
        return _total(self.counts.values())

    def by_hour(self) -> dict[int, CallCounts]:
        """Hour of the day (0 to 23) of the companies → counts."""
        return self._by(lambda at: at.hour)

    def by_day(self) -> dict[date, CallCounts]:
        """Day of the companies → counts."""
        return self._by(lambda at: at.date())

    def within(self, first: date, last: date) -> Activity:
        """Only what came on a range of days of the companies."""
        return Activity({key: each for key, each in self.counts.items() if first <= key[1].date() <= last})

    def until(self, moment: datetime) -> Activity:
        """Only what came before a moment."""
        return Activity({key: each for key, each in self.counts.items() if key[1] < moment})

    def _by(self, part: Callable[[datetime], Any]) -> dict[Any, CallCounts]:
        parts: dict[object, list[CallCounts]] = {}
        for (_, at), counts in self.counts.items():
            parts.setdefault(part(at), []).append(counts)
        return {place: _total(each) for place, each in parts.items()}


def call_activity(session: Session, scope: AccessScope, days: Sequence[OwnDays]) -> Activity:
    """The calls on some days that the user may see. The counts can be added up by the hours of each company's time zone:
    zones with whole hours get them by the hour, others by the quarter."""
    return Activity(
        {(each.zone, each.local(begun)): counts for each in days for begun, counts in _activity(session, scope, each)}
    )


def _activity(session: Session, scope: AccessScope, days: OwnDays) -> Iterable[tuple[datetime, CallCounts]]:
    call: Any = Call
    stretch = _stretch(days)
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
    for begun, *numbers in session.execute(_calls(columns, scope, days).group_by(stretch)):
        yield begun, CallCounts(*map(int, numbers))


def calls_of_the_week(session: Session, scope: AccessScope, days: Sequence[OwnDays]) -> Counter[tuple[int, int]]:
    """(weekday, 0 is Monday; hour of the companies) → how many calls without spam, as in `call_activity`."""
    counted: Counter[tuple[int, int]] = Counter()
    for each in days:
        stretch = _stretch(each)
        query = _calls((stretch, func.count()), scope, each).where(~col(Call.spam))
        for begun, number in session.execute(query.group_by(stretch)):
            local = each.local(begun)
            counted[local.weekday(), local.hour] += number
    return counted


def count_leads(session: Session, *periods: Sequence[OwnDays]) -> list[int]:
    """How many calls, texts and forms of each period are leads."""
    counted = [
        select(func.count()).where(in_days(days, table.company_id, at), lead).scalar_subquery()
        for table, at, lead in [(table, at, is_lead(table)) for _, table, at in contact_tables()]
        for days in periods
    ]
    (numbers,) = session.execute(select_columns(*counted))
    return [sum(numbers[place :: len(periods)]) for place in range(len(periods))]


def count_deliveries(session: Session, days: Sequence[OwnDays]) -> dict[str, int]:
    """State, or UNVERIFIABLE → how many deliveries of conversions that were made on some days."""
    counted: Counter[str] = Counter()
    for each in days:
        for _, state, number in _deliveries(session, each):
            counted[state] += number
    return counted


def deliveries_by_company(
    session: Session, companies: Sequence[Company], first: date, last: date
) -> dict[str, dict[str, int]]:
    """Company → the same for the conversions that were made in a range of days of its time zone."""
    found: dict[str, dict[str, int]] = {}
    for each in own_days(companies, first, last):
        for company_id, state, number in _deliveries(session, each):
            found.setdefault(company_id, {})[state] = number
    return found


def _deliveries(session: Session, days: OwnDays) -> Iterable[Any]:
    conversion: Any = ConversionRow
    query = (
        select(conversion.company_id, shown_states().label("shown"), func.count())
        .join(conversion, conversion.id == Delivery.conversion_id)
        .where(in_days([days], conversion.company_id, conversion.made_at))
        .where(*deliveries_since(session, days.companies, days.begins))
        .group_by(conversion.company_id, "shown")
    )
    return session.execute(query)


def deliveries_since(session: Session, companies: Collection[str], begins: datetime) -> list[ColumnElement[bool]]:
    """What is true of all deliveries of the companies' conversions since a moment, as none is older than its conversion: for
    PostgreSQL, which then reads them by an index and not the whole table. SQLite finds them one by one."""
    if not has_row_security(session):
        return []
    return [col(Delivery.company_id).in_(companies), col(Delivery.made_at) >= begins]


def _calls(columns: Sequence[Any], scope: AccessScope, days: OwnDays) -> Any:
    query: Any = select_columns(*columns).where(in_days([days], col(Call.company_id), col(Call.started_at)))
    return to_own_calls(query, scope.user) if scope.reach == "own" else query


def _total(counts: Iterable[CallCounts]) -> CallCounts:
    return CallCounts(*map(sum, zip(NO_CALLS, *counts, strict=True)))


def days_of(first: date, last: date) -> list[date]:
    """Every day of a range."""
    return [first + timedelta(days=each) for each in range((last - first).days + 1)]


def _sum(condition: Any) -> object:
    return func.sum(case((condition, 1), else_=0))


def _stretch(days: OwnDays) -> Any:
    """The hour of UTC in which a call began; the quarter for a zone whose hours begin at another minute."""
    offsets = [days.local(each).utcoffset() or timedelta() for each in (days.begins, days.ends)]
    has_whole_hours = all(offset.total_seconds() % 3600 == 0 for offset in offsets)
    return (UtcHour if has_whole_hours else UtcQuarter)(col(Call.started_at))
