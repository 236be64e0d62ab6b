"""Reports that are counted from the calls themselves: by tracker, by agent, and by weekday and hour.

Each reads the calls of a period one time, by the index on company and start, so a period is at most MAX_DAYS long.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import and_, case
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from hub.access.narrowing import to_own_calls
from hub.access.scope import AccessScope
from hub.config.callflow.context import RINGING, phones_rung
from hub.model import Call, CallStep, Company, SignalRow, Tracker, TrackingNumber, User
from hub.queries.reports.activity import call_activity
from hub.reports.calendar import OwnDays, in_days
from hub.reports.hours import NO_CALLS, WEEKDAYS, CallFigures, figure_columns, figures_of
from hub.reports.touches import unanswered

MAX_DAYS = 366


@dataclass(frozen=True)
class CallPeriod:
    """The calls of some days of companies that a user may see."""

    session: Session
    scope: AccessScope
    days: Sequence[OwnDays]
    now: datetime
    with_spam: bool = False

    @property
    def companies(self) -> list[str]:
        """The ids of the companies."""
        return [each for days in self.days for each in days.companies]

    def by_zone(self) -> Iterator[tuple[OwnDays, CallPeriod]]:
        """The days of each time zone, with the calls of its companies alone."""
        return ((each, replace(self, days=[each])) for each in self.days)

    def narrowed(self, query: Any) -> Any:
        """A query of calls, narrowed to these."""
        query = query.where(in_days(self.days, col(Call.company_id), col(Call.started_at)))
        query = query if self.with_spam else query.where(~col(Call.spam))
        return to_own_calls(query, self.scope.user) if self.scope.reach == "own" else query


@dataclass(frozen=True)
class TrackerCalls:
    """The calls to one tracker's numbers."""

    tracker_id: str
    name: str
    title: str
    """What people call it."""
    company_id: str
    numbers: tuple[str, ...]
    """Its numbers in use today."""
    figures: CallFigures


@dataclass(frozen=True)
class AgentCalls:
    """The calls that were answered at one phone; `number` is None if the carrier did not say where."""

    number: str | None
    name: str | None
    """The user whose phone it is."""
    figures: CallFigures
    missed: int = 0
    """The calls that rang this phone, are over and that nobody answered, voicemails included. A call that rang several phones
    counts at each of them."""


@dataclass(frozen=True)
class SignalCalls:
    """The calls in which one signal was read; `is_outcome` if it is how they ended."""

    name: str
    is_outcome: bool
    figures: CallFigures


def calls_by_tracker(of: CallPeriod) -> list[TrackerCalls]:
    """Every tracker in use or with calls in the period, those with the most calls first."""
    counted = figures_by(of, col(Call.tracker_id))
    query = of.scope.select(Tracker).where(col(Tracker.company_id).in_(of.companies))
    trackers = [each for each in of.session.exec(query) if each.retired_at is None or each.id in counted]
    lines = of.session.exec(
        select(TrackingNumber.tracker_id, TrackingNumber.number)
        .where(col(TrackingNumber.tracker_id).in_([each.id for each in trackers]))
        .where(col(TrackingNumber.retired_at).is_(None))
        .order_by(col(TrackingNumber.number))
    )
    numbers: dict[str, list[str]] = {}
    for tracker_id, number in lines:
        numbers.setdefault(tracker_id, []).append(number)
    found = [
        TrackerCalls(
            each.id,
            each.name,
            each.shown_name,
            each.company_id,
            tuple(numbers.get(each.id, ())),
            counted.get(each.id, NO_CALLS),
        )
        for each in trackers
    ]
    return sorted(found, key=lambda each: (-each.figures.calls, each.name, each.tracker_id))


def calls_by_agent(of: CallPeriod) -> list[AgentCalls]:
    """The answered calls by the phone that answered, and how many rang there in vain; those with the most calls first."""
    answered = col(Call.answered_at).is_not(None)
    counted = figures_by(of, col(Call.answered_by), answered)
    accounts = select(Company.account_id).where(col(Company.id).in_(of.companies))
    users = of.session.exec(select(User.name, User.phone_numbers).where(col(User.account_id).in_(accounts)))
    names = {number: name for name, phones in users for number in (phones or "").split()}
    missed = _missed_by_phone(of)
    found = [
        AgentCalls(
            number,
            names.get(number or ""),
            counted.get(number, NO_CALLS),
            missed[number or ""],
        )
        for number in dict.fromkeys([*counted, *missed])
    ]
    return sorted(found, key=lambda each: (-each.figures.calls, each.number or ""))


def calls_by_signal(of: CallPeriod) -> list[SignalCalls]:
    """The calls in which each signal was read, outcomes first, then those of the most calls. A call with a signal in several
    recordings counts once."""
    other = aliased(SignalRow)
    earlier = select(1).where(
        col(other.subject_id) == SignalRow.subject_id, col(other.name) == SignalRow.name, col(other.id) < SignalRow.id
    )
    read = (col(SignalRow.subject_id) == Call.id, ~earlier.correlate(SignalRow).exists())
    key = case((col(SignalRow.is_outcome), "outcome "), else_="signal ") + col(SignalRow.name)
    found = [
        SignalCalls(name, kind == "outcome", figures)
        for both, figures in figures_by(of, key, *read).items()
        for kind, _, name in [both.partition(" ")]
    ]
    return sorted(found, key=lambda each: (not each.is_outcome, -each.figures.calls, each.name))


def _missed_by_phone(of: CallPeriod) -> Counter[str]:
    """Phone → the unanswered calls that rang it, by the steps of their flows and routes."""
    call, step = col(Call.id), CallStep
    same = and_(
        col(step.connector) == col(Call.connector),
        col(step.carrier_call_id) == col(Call.carrier_call_id),
        col(step.do).in_(RINGING),
    )
    query = of.narrowed(select(call, col(step.result)).join(step, same).where(unanswered()[0]))
    rung = {(id_, number) for id_, result in of.session.execute(query) for number in phones_rung(result or "")}
    return Counter(number for _, number in rung)


def calls_by_weekday_and_hour(of: CallPeriod) -> dict[tuple[int, int], CallFigures]:
    """(weekday, 0 is Monday; hour) of each company's time zone → its calls. Hours without calls are left out."""
    found = call_activity(of.session, of.scope, of.days, of.now, with_spam=of.with_spam, grain=WEEKDAYS)
    return found.by_weekday_and_hour()


def figures_by(of: CallPeriod, key: Any, *conditions: Any) -> dict[Any, CallFigures]:
    """The figures of the calls that the user may see, by the values of `key`."""
    columns: list[Any] = [key, *figure_columns()]
    query = of.narrowed(select(*columns).where(*conditions))
    return {value: figures_of(numbers) for value, *numbers in of.session.execute(query.group_by(key))}
