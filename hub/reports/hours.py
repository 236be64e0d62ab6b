"""The calls of each hour and what became of them: counted from the calls, and kept for each day that was added up.

A range of days is read from the kept hours. Days that were marked since, and the newest, are counted from their calls.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime, time, timedelta
from functools import cache
from operator import attrgetter
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Table, and_, case, delete, extract, func, not_, or_, select, union_all
from sqlmodel import Session, col

from hub.model import Call, DirtyDay, HourRollup
from hub.reports.calendar import OwnDays, bounds, day_of, in_days
from hub.reports.touches import contact_tables, is_lead, unanswered
from hub.store.dialects import UtcHour, UtcQuarter
from hub.store.rows import write_rows

NEWEST = timedelta(days=2)
"""Days that end later than this ago are counted, because a call under way marks its day only when it is over."""
MAX_MARKED_DAYS = 31
"""If more are marked, the whole range is counted: to ask for each day takes longer."""
HOUR_TABLE: Table = HourRollup.__table__


@dataclass(frozen=True)
class CallFigures:
    """Counts of incoming calls, without spam unless it was asked for. Calls that are over and that nobody answered are
    `voicemail` if the caller left a message, `abandoned` if the caller hung up within 15 seconds, and else `missed`."""

    calls: int = 0
    answered: int = 0
    missed: int = 0
    voicemail: int = 0
    abandoned: int = 0
    first_time: int = 0
    talk_seconds: int = 0
    """How long the answered calls lasted together."""
    seconds: int = 0
    """How long all of them lasted together."""
    leads: int = 0
    spam: int = 0
    """Calls that were left out; counted only by hours."""
    other_leads: int = 0
    """Texts and forms that are leads; counted only by hours."""

    @property
    def unanswered(self) -> int:
        """Calls that are over and that nobody picked up."""
        return self.missed + self.voicemail + self.abandoned


NO_CALLS = CallFigures()
NAMES = [each.name for each in fields(CallFigures)]
KEPT = HOUR_TABLE.c
Grain = Sequence[Any]
"""By what kept hours are added together; the result is named by the first day and hour of each."""
HOURS: Grain = (KEPT.day, KEPT.hour)
DAYS: Grain = (KEPT.day,)
WEEKDAYS: Grain = (extract("dow", KEPT.day), KEPT.hour)
values_of: Callable[[CallFigures], tuple[int, ...]] = attrgetter(*NAMES)
"""The numbers, in the order of NAMES."""
Narrow = Callable[[Any], Any]
"""Narrows a query of calls to those that a user may see."""


def count_if(condition: Any) -> Any:
    """How many rows meet a condition."""
    return func.sum(case((condition, 1), else_=0))


@cache
def figure_columns() -> tuple[Any, ...]:
    """What is counted of some calls, in the order of CallFigures, but for `spam` and `other_leads`. Made once, for speed."""
    call: Any = Call
    answered = call.answered_at.is_not(None)
    conditions = (answered, *unanswered()[1:], call.first_time_caller.is_(True))
    seconds = func.coalesce(call.duration, 0)
    talked = func.sum(case((answered, seconds), else_=0))
    return func.count(), *map(count_if, conditions), talked, func.sum(seconds), count_if(is_lead(Call))


def figures_of(numbers: Iterable[Any]) -> CallFigures:
    """What the columns of `figure_columns` gave."""
    return CallFigures(*(int(each or 0) for each in numbers))


def total_of(some: Sequence[CallFigures]) -> CallFigures:
    """The sums of some figures."""
    return some[0] if len(some) == 1 else CallFigures(*map(sum, zip(*map(values_of, (NO_CALLS, *some)), strict=True)))


def hours_within(*ranges: tuple[date, date]) -> Grain:
    """The hours of some ranges of days, and other days whole: over years that is read many times faster."""
    return KEPT.day, case((or_(*(KEPT.day.between(*each) for each in ranges)), KEPT.hour), else_=0)


def calls_by_hour(
    session: Session,
    days: Sequence[OwnDays],
    now: datetime,
    narrow: Narrow | None = None,
    *,
    with_spam: bool = False,
    grain: Grain = HOURS,
) -> dict[tuple[ZoneInfo, datetime], CallFigures]:
    """The calls of some days by the hour, each named by its beginning by the clocks of its companies, without an offset, and by
    their time zone. With `narrow` or `with_spam` all are counted from the calls."""
    found: defaultdict[tuple[ZoneInfo, datetime], list[CallFigures]] = defaultdict(list)
    for each in days:
        if narrow or with_spam:
            hours: Iterable[tuple[datetime, CallFigures]] = count_hours(session, each, narrow, with_spam).items()
        else:
            hours = _kept_and_counted(session, each, now, grain)
        for at, figures in hours:
            found[each.zone, at].append(figures)
    return {key: total_of(some) for key, some in found.items()}


def calls_by_stretch(
    session: Session, days: Sequence[OwnDays], stretches: Sequence[tuple[datetime, datetime]], now: datetime
) -> list[CallFigures]:
    """The calls of some companies in each of some stretches of time that follow one another, without spam."""
    found: list[list[CallFigures]] = [[] for _ in stretches]
    begins = [first for first, _ in stretches]
    for each in days:
        if all(_begins_hour(at, each.zone) for at in begins[1:]):
            whole = each._replace(begins=begins[0], ends=stretches[-1][1])
            local = [at.astimezone(each.zone).replace(tzinfo=None) for at in begins]
            grain = DAYS if all(at.time() == time() for at in local[1:]) else HOURS
            for at, figures in _kept_and_counted(session, whole, now, grain):
                found[max(0, bisect_right(local, at) - 1)].append(figures)
        else:
            for some, (first, last) in zip(found, stretches, strict=True):
                some += calls_by_hour(session, [each._replace(begins=first, ends=last)], now).values()
    return [total_of(some) for some in found]


def _begins_hour(at: datetime, zone: ZoneInfo) -> bool:
    """Whether an hour of a zone begins at a moment, and comes once that day."""
    local = at.astimezone(zone)
    once = local.replace(fold=0).utcoffset() == local.replace(fold=1).utcoffset()
    return once and (local.minute, local.second, local.microsecond) == (0, 0, 0)


def first_kept_day(session: Session, companies: Collection[str]) -> date | None:
    """The first day of some companies of which hours are kept."""
    return session.scalar(select(func.min(col(HourRollup.day))).where(col(HourRollup.company_id).in_(companies)))


def count_hours(
    session: Session, days: OwnDays, narrow: Narrow | None = None, with_spam: bool = False
) -> dict[datetime, CallFigures]:
    """The same of the companies of one time zone, counted from the calls."""
    stretch = stretch_of(days, col(Call.started_at))
    query = select(stretch, col(Call.spam), *figure_columns())
    query = query.where(in_days([days], col(Call.company_id), col(Call.started_at))).group_by(stretch, col(Call.spam))
    found: defaultdict[datetime, list[CallFigures]] = defaultdict(list)
    for begun, spam, *numbers in session.execute(narrow(query) if narrow else query):
        at = days.local(begun).replace(minute=0, fold=0, tzinfo=None)
        found[at].append(CallFigures(spam=int(numbers[0])) if spam and not with_spam else figures_of(numbers))
    for begun, number in session.execute(_other_leads(days)):
        found[days.local(begun).replace(minute=0, fold=0, tzinfo=None)].append(CallFigures(other_leads=number))
    return {at: total_of(some) for at, some in found.items()}


def write_hours(session: Session, company_id: str, day: date, hours: Mapping[datetime, CallFigures]) -> None:
    """Set the kept hours of a company's day."""
    where = KEPT.company_id == company_id, KEPT.day == day
    new = {at.hour: values_of(figures) for at, figures in hours.items()}
    kept = session.execute(select(KEPT.hour, *map(KEPT.__getitem__, NAMES)).where(*where))
    if {hour: tuple(numbers) for hour, *numbers in kept} != new:
        session.execute(delete(HOUR_TABLE).where(*where))
        rows = ({"hour": hour, **dict(zip(NAMES, numbers, strict=True))} for hour, numbers in sorted(new.items()))
        write_rows(session, HourRollup, [HourRollup(company_id=company_id, day=day, **row) for row in rows])


def _kept_and_counted(
    session: Session, days: OwnDays, now: datetime, grain: Grain
) -> Iterator[tuple[datetime, CallFigures]]:
    """The whole days that were added up are read from the kept hours; what is before and after them is counted by the hour."""
    zone = days.zone
    first = day_of(days.begins - timedelta(microseconds=1), zone) + timedelta(days=1)
    settled = min(day_of(days.ends, zone) - timedelta(days=1), day_of(now, zone) - NEWEST)
    marked = _marked(session, days.companies, first, settled) if first <= settled else {}
    if settled < first or len(marked) > MAX_MARKED_DAYS:
        yield from count_hours(session, days).items()
        return
    query = select(func.min(KEPT.day), func.min(KEPT.hour), *(func.sum(KEPT[name]) for name in NAMES)).where(
        KEPT.company_id.in_(days.companies),
        KEPT.day.between(first, settled),
        *(not_(and_(KEPT.day == day, KEPT.company_id.in_(companies))) for day, companies in marked.items()),
    )
    for day, begins_at, *numbers in session.execute(query.group_by(*grain)).all():
        yield datetime.combine(day, time(begins_at)), CallFigures(*numbers)
    begins, ends = bounds(first, zone)[0], bounds(settled, zone)[1]
    counted = [OwnDays(zone, tuple(companies), *bounds(day, zone)) for day, companies in marked.items()]
    for each in (*counted, days._replace(ends=begins), days._replace(begins=ends)):
        if each.begins < each.ends:
            yield from count_hours(session, each).items()


def _marked(session: Session, companies: Sequence[str], first: date, last: date) -> dict[date, list[str]]:
    """Day → the companies that have a mark on it."""
    day, company = col(DirtyDay.day), col(DirtyDay.company_id)
    query = select(day, company).where(company.in_(companies), day.between(first, last)).distinct()
    found: dict[date, list[str]] = {}
    for at, company_id in session.execute(query.order_by(day, company)):
        found.setdefault(at, []).append(company_id)
    return found


def _other_leads(days: OwnDays) -> Any:
    """The texts and forms of some days that are leads, by the stretch in which they came."""
    parts = []
    for table, at in [(table, at) for kind, table, at in contact_tables() if kind != "call"]:
        leads = select(stretch_of(days, at).label("stretch"), func.count()).group_by("stretch")
        parts.append(leads.where(in_days([days], table.company_id, at), is_lead(table)))
    return union_all(*parts)


def stretch_of(days: OwnDays, at: Any) -> Any:
    """The hour of UTC of a moment; the quarter for a zone whose hours begin at another minute."""
    offsets = [days.local(each).utcoffset() or timedelta() for each in (days.begins, days.ends)]
    has_whole_hours = all(offset.total_seconds() % 3600 == 0 for offset in offsets)
    return (UtcHour if has_whole_hours else UtcQuarter)(at)
