"""How many calls came when, and what became of them: counts per hour or day, for charts and headline figures."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import func
from sqlmodel import Session, select

from hub.access.narrowing import to_own_calls
from hub.access.scope import AccessScope
from hub.contracts.conversions import UNVERIFIABLE
from hub.model import Delivery
from hub.model.conversions import UPLOAD, is_shown_as
from hub.model.states import DeliveryState
from hub.reports.calendar import OwnDays, in_days
from hub.reports.hours import HOURS, CallFigures, Grain, calls_by_hour, count_if, total_of


@dataclass(frozen=True)
class Activity:
    """The calls of a period, by the hours that had some: of each its beginning by the clocks of its companies, with their time
    zone, as an hour of two zones counts apart."""

    counts: Mapping[tuple[ZoneInfo, datetime], CallFigures]

    @property
    def total(self) -> CallFigures:
        """All calls of the period."""
        return total_of(list(self.counts.values()))

    @property
    def leads(self) -> int:
        """How many calls, texts and forms of the period are leads."""
        return self.total.leads + self.total.other_leads

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
    session: Session,
    scope: AccessScope,
    days: Sequence[OwnDays],
    now: datetime,
    *,
    with_spam: bool = False,
    grain: Grain = HOURS,
) -> Activity:
    """The calls on some days that the user may see, by the hours of each company's time zone, or what is kept of them by
    another grain, for what then is asked of the result."""
    narrow = partial(to_own_calls, user=scope.user) if scope.reach == "own" else None
    return Activity(calls_by_hour(session, days, now, narrow, with_spam=with_spam, grain=grain))


def count_deliveries(session: Session, days: Sequence[OwnDays]) -> dict[str, int]:
    """State, or UNVERIFIABLE → how many deliveries to ad networks were made on some days, as their list counts them."""
    return sum(deliveries_by_company(session, days).values(), Counter[str]())


def deliveries_by_company(session: Session, days: Sequence[OwnDays]) -> dict[str, Counter[str]]:
    """Company → the same. All states are named, so that the database follows ix_delivery_counted from the first day on."""
    row: Any = Delivery
    found = defaultdict[str, Counter[str]](Counter)
    key = row.company_id, row.state
    for each in days:
        made = in_days([each], row.company_id, row.made_at), row.hook == UPLOAD, row.state.in_(list(DeliveryState))
        query = select(*key, func.count(), count_if(is_shown_as(UNVERIFIABLE))).where(*made).group_by(*key)
        for company_id, state, number, unverifiable in session.execute(query):
            found[company_id] += Counter({state: number - unverifiable, UNVERIFIABLE: unverifiable})
    return found


def days_of(first: date, last: date) -> list[date]:
    """Every day of a range."""
    return [first + timedelta(days=each) for each in range((last - first).days + 1)]
