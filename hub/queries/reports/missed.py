"""Calls that nobody answered, by hour of the day or by source, and whether the callers were reached later."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, Literal

from sqlalchemy import and_, func, not_, select
from sqlalchemy.orm import aliased
from sqlmodel import col

from hub.model import Attribution, Call, Lead, OutgoingCall
from hub.queries.missed_calls import SETTLED
from hub.queries.reports.call_reports import CallPeriod
from hub.reports.hours import count_if, stretch_of
from hub.reports.touches import unanswered

By = Literal["hour", "source"]


@dataclass(frozen=True)
class MissedFigures:
    """Counts of unanswered calls. `called_back` and `called_again` say how the business and the caller spoke after all;
    `open` calls still need a call back, by the rule of `missed_not_called_back`, however long ago they were."""

    unanswered: int = 0
    missed: int = 0
    voicemail: int = 0
    abandoned: int = 0
    called_back: int = 0
    called_again: int = 0
    open: int = 0

    def __add__(self, other: MissedFigures) -> MissedFigures:
        return MissedFigures(*(getattr(self, each.name) + getattr(other, each.name) for each in fields(self)))


def missed_by_hour(of: CallPeriod) -> dict[int, MissedFigures]:
    """Hour of the day (0 to 23) of each company's time zone → its unanswered calls."""
    found: dict[int, MissedFigures] = {}
    for days, calls in of.by_zone():
        for begun, figures in _missed_by(calls, stretch_of(days, col(Call.started_at))).items():
            hour = days.local(begun).hour
            found[hour] = found.get(hour, MissedFigures()) + figures
    return found


def missed_by_source(of: CallPeriod) -> dict[str, MissedFigures]:
    """Source and medium, like `google / cpc` → its unanswered calls. Calls that are not attributed yet have no source."""
    cause: Any = Attribution
    key = func.coalesce(cause.source + " / " + cause.medium, "")
    return _missed_by(of, key, by_source=True)


def _missed_by(of: CallPeriod, key: Any, *, by_source: bool = False) -> dict[Any, MissedFigures]:
    call: Any = Call
    over, missed, voicemail, abandoned = unanswered()
    back, again = _called_back(), _called_again()
    waits = and_(call.caller_number.is_not(None), not_(back), not_(again), not_(_settled()))
    parts = (missed, voicemail, abandoned, back, and_(again, not_(back)), waits)
    chosen = select(key.label("key"), *(part.label(f"part{place}") for place, part in enumerate(parts))).where(over)
    if by_source:
        cause: Any = Attribution
        chosen = chosen.join(cause, cause.subject_id == call.id, isouter=True)
    rows = of.narrowed(chosen).subquery().c
    counted = select(rows.key, func.count(), *(count_if(rows[f"part{place}"]) for place in range(len(parts))))
    found = of.session.execute(counted.group_by(rows.key))
    return {value: MissedFigures(*(int(each or 0) for each in numbers)) for value, *numbers in found}


def _called_back() -> Any:
    """The condition that a user called the caller back and the caller picked up."""
    call, back = Call, aliased(OutgoingCall)
    same: Any = (back.company_id == call.company_id, back.person_number == call.caller_number)
    after: Any = col(back.answered_at) > col(call.started_at)
    return select(1).where(*same, after).correlate(Call).exists()


def _called_again() -> Any:
    """The condition that the caller called again later and somebody answered."""
    call, later = Call, aliased(Call)
    same: Any = (later.company_id == call.company_id, later.caller_number == call.caller_number)
    after: Any = col(later.answered_at) > col(call.started_at)
    return select(1).where(*same, after).correlate(Call).exists()


def _settled() -> Any:
    """The condition that a user marked the call so that it needs no call back."""
    marks: Any = (Lead.subject_id == Call.id, col(Lead.status).in_(SETTLED))
    return select(1).where(*marks).correlate(Call).exists()
