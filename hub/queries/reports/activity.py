"""How many calls came when, and what became of them: counts per hour or day, for charts and headline figures."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import func
from sqlalchemy import select as select_columns
from sqlmodel import Session, select

from hub.access.narrowing import to_own_calls
from hub.access.scope import AccessScope
from hub.model import Company, Delivery
from hub.model.conversions import UPLOAD, shown_states
from hub.reports.calendar import OwnDays, in_days, own_days
from hub.reports.hours import CallFigures, calls_by_hour, total_of
from hub.reports.touches import contact_tables, is_lead


@dataclass(frozen=True)
class Activity:
    """The calls of a period, by the hours that had some: of each its beginning by the clocks of its companies, with their time
    zone, as an hour of two zones counts apart."""

    counts: Mapping[tuple[ZoneInfo, datetime], CallFigures]

    @property
    def total(self) -> CallFigures:
        """All calls of the period."""
        return total_of(list(self.counts.values()))

    def by_hour(self) -> dict[int, CallFigures]:
        """Hour of the day (0 to 23) of the companies → counts."""
        return self._by(lambda at: at.hour)

    def by_day(self) -> dict[date, CallFigures]:
        """Day of the companies → counts."""
        return self._by(lambda at: at.date())

    def by_weekday_and_hour(self) -> dict[tuple[int, int], CallFigures]:
        """Weekday (0 is Monday) and hour of the day of the companies → counts."""
        return self._by(lambda at: (at.weekday(), at.hour))

    def within(self, first: date, last: date) -> Activity:
        """Only what came on a range of days of the companies."""
        return Activity({key: each for key, each in self.counts.items() if first <= key[1].date() <= last})

    def until(self, moment: datetime) -> Activity:
        """Only what came before a moment."""
        return Activity(
            {(zone, at): each for (zone, at), each in self.counts.items() if at.replace(tzinfo=zone) < moment}
        )

    def _by(self, part: Callable[[datetime], Any]) -> dict[Any, CallFigures]:
        parts: defaultdict[object, list[CallFigures]] = defaultdict(list)
        for (_, at), counts in self.counts.items():
            parts[part(at)].append(counts)
        return {place: total_of(some) for place, some in parts.items()}


def call_activity(
    session: Session, scope: AccessScope, days: Sequence[OwnDays], now: datetime, *, with_spam: bool = False
) -> Activity:
    """The calls on some days that the user may see, by the hours of each company's time zone."""

    def own_calls(query: Any) -> Any:
        return to_own_calls(query, scope.user)

    narrow = own_calls if scope.reach == "own" else None
    return Activity(calls_by_hour(session, days, now, narrow, with_spam=with_spam))


def count_leads(session: Session, *periods: tuple[Activity, Sequence[OwnDays]]) -> list[int]:
    """How many calls, texts and forms of each period, the calls of some days, are leads."""
    counted = [
        select(func.count()).where(in_days(days, table.company_id, at), lead).scalar_subquery()
        for table, at, lead in [(table, at, is_lead(table)) for kind, table, at in contact_tables() if kind != "call"]
        for _, days in periods
    ]
    (numbers,) = session.execute(select_columns(*counted))
    return [calls.total.leads + sum(numbers[n :: len(periods)]) for n, (calls, _) in enumerate(periods)]


def count_deliveries(session: Session, days: Sequence[OwnDays]) -> dict[str, int]:
    """State, or UNVERIFIABLE → how many deliveries to ad networks were made on some days, as their list counts them."""
    counted: Counter[str] = Counter()
    for each in days:
        for _, state, number in _deliveries(session, each):
            counted[state] += number
    return counted


def deliveries_by_company(
    session: Session, companies: Sequence[Company], first: date, last: date
) -> dict[str, dict[str, int]]:
    """Company → the same for a range of days of its time zone."""
    found: dict[str, dict[str, int]] = {}
    for each in own_days(companies, first, last):
        for company_id, state, number in _deliveries(session, each):
            found.setdefault(company_id, {})[state] = number
    return found


def _deliveries(session: Session, days: OwnDays) -> Iterable[Any]:
    row: Any = Delivery
    query = select(row.company_id, shown_states().label("shown"), func.count()).group_by(row.company_id, "shown")
    query = query.where(in_days([days], row.company_id, row.made_at), row.hook == UPLOAD)
    return session.execute(query)


def days_of(first: date, last: date) -> list[date]:
    """Every day of a range."""
    return [first + timedelta(days=each) for each in range((last - first).days + 1)]
