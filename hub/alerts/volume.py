"""Fewer or more calls than usual: a count against the same hours of the same weekday in former weeks.

Calls come at random, so a count differs from its mean even on an ordinary day. The former weeks give mean and variance; a
negative binomial distribution (Poisson, if the weeks differ no more than chance alone makes them) gives the probability of
a count as far off as this one. An alert needs both: that it is very improbable, and that it is at most half or at least
double the mean.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

from sqlalchemy import func
from sqlmodel import Session, col, select

from hub.model import Call, Company

WEEKS = 8
MIN_WEEKS = 4
MIN_USUAL = 8.0
"""A mean below this says too little: two calls instead of four are chance."""
MIN_SPIKE = 16
MAX_PROBABILITY = 0.0005
"""Of a count as far off by chance. A company is judged at most 24 times a day, over hours that overlap."""
HOURS = 4
"""The length of what is judged: long enough for a count, short enough to act on."""
SETTLED = timedelta(minutes=5)
"""After a full hour: late webhooks are in by then."""


@dataclass(frozen=True)
class Judgement:
    """A count that is far off, with what it was compared with."""

    kind: Literal["volume_drop", "volume_spike"]
    count: int
    usual: float
    weeks: int


@dataclass(frozen=True)
class Hours:
    """Some hours of one day, in the company's time zone."""

    begins: datetime
    ends: datetime

    def weeks_before(self, weeks: int) -> Hours:
        """The same hours of the clock on the same weekday, some weeks before."""
        return Hours(*(_shifted(each, timedelta(weeks=weeks)) for each in (self.begins, self.ends)))


def judge(count: int, former: Sequence[int]) -> Judgement | None:
    """What to say about a count, given those of the former weeks; None if it is ordinary or too little is known."""
    weeks = len(former)
    if weeks < MIN_WEEKS:
        return None
    usual = sum(former) / weeks
    if usual < MIN_USUAL:
        return None
    spread = sum((each - usual) ** 2 for each in former) / (weeks - 1)
    # The mean itself is known from few weeks only, which widens what is to be expected.
    variance = max(spread, usual) * (1 + 1 / weeks)
    if count <= usual / 2 and probability_up_to(count, usual, variance) < MAX_PROBABILITY:
        return Judgement("volume_drop", count, usual, weeks)
    if count >= max(MIN_SPIKE, 2 * usual) and 1 - probability_up_to(count - 1, usual, variance) < MAX_PROBABILITY:
        return Judgement("volume_spike", count, usual, weeks)
    return None


def probability_up_to(count: int, mean: float, variance: float) -> float:
    """The probability of at most `count` under a negative binomial distribution of this mean and variance."""
    size = mean**2 / max(variance - mean, 1e-6)
    share = size / (size + mean)
    at_start = size * math.log(share)
    terms = (
        math.exp(at_start + math.lgamma(each + size) - math.lgamma(size) - math.lgamma(each + 1)
                 + each * math.log1p(-share))
        for each in range(count + 1)
    )  # fmt: skip
    return min(1.0, math.fsum(terms))


def hours_to_judge(now: datetime, zone: ZoneInfo) -> list[Hours]:
    """The last full hours of the day, and the day so far: a company with few calls shows only in the longer one."""
    local = (now - SETTLED).astimezone(zone)
    begins = [local.hour - HOURS, 0] if local.hour > HOURS else [0] if local.hour else []
    ends = datetime.combine(local.date(), time(local.hour), zone)
    return [Hours(datetime.combine(local.date(), time(each), zone), ends) for each in begins]


def judged_now(session: Session, company: Company, now: datetime) -> tuple[Hours, Judgement] | None:
    """What to say about a company's calls of the last hours, if anything."""
    first = session.exec(select(func.min(Call.started_at)).where(Call.company_id == company.id)).one()
    if first is None:
        return None
    for hours in hours_to_judge(now, ZoneInfo(company.time_zone)):
        former = [_count(session, company, each) for each in _former(hours) if each.begins >= first]
        judged = judge(_count(session, company, hours), former)
        if judged is not None:
            return hours, judged
    return None


def _former(hours: Hours) -> Iterator[Hours]:
    return (hours.weeks_before(weeks) for weeks in range(1, WEEKS + 1))


def _count(session: Session, company: Company, hours: Hours) -> int:
    counted: Any = select(func.count()).where(
        Call.company_id == company.id,
        col(Call.started_at) >= hours.begins,
        col(Call.started_at) < hours.ends,
    )
    return int(session.execute(counted).scalar_one())


def _shifted(at: datetime, back: timedelta) -> datetime:
    # Arithmetic on the clock of the wall: the zone's offset may differ in the former week.
    return (at.replace(tzinfo=None) - back).replace(tzinfo=at.tzinfo)
