"""Who waits in the queues of companies now, who talks and which agents are there; and how long callers of some days waited."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlmodel import Session, col, select

from hub.access.scope import AccessScope
from hub.config.models import Config
from hub.model import Call, Company, QueueAgent, QueueEntry
from hub.model.calls import MAX_CALL_AGE, UNDER_WAY
from hub.model.queues import QueueState
from hub.queries.flows.current import current_flows
from hub.reports.calendar import OwnDays, in_days


@dataclass(frozen=True, kw_only=True)
class QueueFigures:
    """What became of the callers of one queue. Seconds are whole."""

    company_id: str
    flow: str
    step: str
    came: int
    """Callers whose wait is over."""
    answered: int
    in_time: int
    """Answered within the target of the queue."""
    called_back: int
    abandoned: int
    turned_away: int
    """The queue was full, the wait too long, or no agent was signed in."""
    left: int
    failed: int
    average_wait: int | None
    """Until the answer, of those who were answered."""
    longest_wait: int
    """Of all."""


@dataclass(frozen=True, kw_only=True)
class Wait:
    """One wait in a queue, and its call as far as it is known."""

    entry: QueueEntry
    call: Call | None

    @property
    def answered_at(self) -> datetime | None:
        """When somebody answered."""
        if self.call is not None and self.call.answered_at is not None:
            return self.call.answered_at
        return self.entry.rang_at if self.entry.state in (QueueState.ANSWERED, QueueState.CALLED_BACK) else None

    @property
    def talks(self) -> bool:
        """Whether the caller talks with an agent now."""
        return self.entry.left_at is None and self.entry.agent is not None and self.answered_at is not None

    def waited(self, now: datetime) -> int:
        """Seconds until the answer, or until the end of the wait, or until now."""
        until = self.answered_at or self.entry.left_at or now
        return max(0, round((until - self.entry.entered_at).total_seconds()))


def waits_now(session: Session, scope: AccessScope, companies: Sequence[str]) -> list[Wait]:
    """Those who wait or talk now, who came first before all others."""
    rows = session.exec(
        _waits(scope)
        .where(col(QueueEntry.company_id).in_(companies), col(QueueEntry.left_at).is_(None))
        .order_by(col(QueueEntry.entered_at), col(QueueEntry.id))
    ).all()
    found = [Wait(entry=entry, call=call) for entry, call in rows]
    return [each for each in found if each.call is None or not each.call.over or _waits_on(each.entry)]


@dataclass(frozen=True, kw_only=True)
class AgentNow:
    """An agent of a company: whether they take calls now."""

    company_id: str
    name: str
    phone: str
    skills: Sequence[str]
    state: Literal["free", "rings", "talks", "busy", "rests", "off_hours", "signed_out"]
    wait: Wait | None = None
    """The caller for whom the phone rings, or with whom they talk."""


def agents_now(
    session: Session, companies: Sequence[Company], config: Config, waits: Sequence[Wait], now: datetime
) -> list[AgentNow]:
    """The agents of all queues of some companies, as they are now."""
    by_name = {each.name: each for each in companies}
    rows = session.exec(select(QueueAgent).where(col(QueueAgent.company_id).in_([each.id for each in companies])))
    known = {(row.company_id, row.phone): row for row in rows}
    served = {(each.entry.company_id, each.entry.agent): each for each in waits if each.entry.agent}
    talking = select(Call.company_id, Call.answered_by).where(
        col(Call.company_id).in_([each.id for each in companies]),
        col(Call.status).in_(UNDER_WAY),
        col(Call.started_at) > now - MAX_CALL_AGE,
    )
    busy = set(session.exec(talking))
    found: dict[tuple[str, str], AgentNow] = {}
    for flow in current_flows(config, by_name):
        company = by_name[flow.company.name]
        for agent in flow.flow.agents if flow.flow.has_queue else ():
            key = (company.id, agent.phone)
            row, wait = known.get(key), served.get(key)
            state: Any = "free"
            if wait is not None:
                state = "talks" if wait.talks else "rings"
            elif row is not None and row.signed_out_at is not None:
                state = "signed_out"
            elif not agent.on_duty(now, company.time_zone):
                state = "off_hours"
            elif key in busy:
                state = "busy"
            elif row is not None and row.rests_until is not None and row.rests_until > now:
                state = "rests"
            found[key] = AgentNow(
                company_id=company.id, name=agent.name, phone=agent.phone, skills=agent.skills, state=state, wait=wait
            )
    return list(found.values())


def has_queues(config: Config, companies: Sequence[str]) -> bool:
    """Whether any call flow of these companies has a queue."""
    return any(each.flow.has_queue for each in current_flows(config, companies))


def queue_figures(session: Session, scope: AccessScope, days: Sequence[OwnDays]) -> list[QueueFigures]:
    """The figures of each queue for those who came in on these days and whose wait is over."""
    query = _waits(scope).where(in_days(days, col(QueueEntry.company_id), col(QueueEntry.entered_at)))
    by_queue: dict[tuple[str, str, str], list[Wait]] = {}
    for entry, call in session.exec(query.where(col(QueueEntry.left_at).is_not(None))).all():
        key = (entry.company_id, entry.flow, entry.step)
        by_queue.setdefault(key, []).append(Wait(entry=entry, call=call))
    return [_figures(*key, by_queue[key]) for key in sorted(by_queue)]


def _figures(company_id: str, flow: str, step: str, waits: Sequence[Wait]) -> QueueFigures:
    def count(*states: QueueState) -> int:
        return sum(each.entry.state in states for each in waits)

    ends = [each.waited(each.entry.left_at or each.entry.entered_at) for each in waits]
    taken = [
        (each, seconds) for each, seconds in zip(waits, ends, strict=True) if each.entry.state == QueueState.ANSWERED
    ]
    return QueueFigures(
        company_id=company_id,
        flow=flow,
        step=step,
        came=len(waits),
        answered=len(taken),
        in_time=sum(seconds <= each.entry.target_seconds for each, seconds in taken),
        called_back=count(QueueState.CALLED_BACK),
        abandoned=count(QueueState.ABANDONED, QueueState.NOT_REACHED),
        turned_away=count(QueueState.FULL, QueueState.TOO_LONG, QueueState.NO_AGENTS),
        left=count(QueueState.LEFT),
        failed=count(QueueState.FAILED),
        average_wait=round(sum(seconds for _, seconds in taken) / len(taken)) if taken else None,
        longest_wait=max(ends, default=0),
    )


def _waits(scope: AccessScope) -> Any:
    same = (col(Call.connector) == col(QueueEntry.connector)) & (
        col(Call.carrier_call_id) == col(QueueEntry.carrier_call_id)
    )
    return scope.narrow(select(QueueEntry, Call).outerjoin(Call, same), QueueEntry, scope.user)


def _waits_on(entry: QueueEntry) -> bool:
    return entry.state in (QueueState.CALL_BACK, QueueState.CALLING_BACK)
