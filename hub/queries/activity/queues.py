"""Who waits in the queues of companies now, who talks and which agents are there; and how long callers of some days waited."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Literal

from sqlalchemy import ColumnElement, and_, case, func
from sqlmodel import Session, col, or_, select

from hub.access.scope import AccessScope
from hub.access.users import names_of
from hub.answering.queue_agents import BY_QUEUE, engaged
from hub.config.callflow.definition import Agent
from hub.config.models import Config
from hub.errors import CannotDo
from hub.model import Call, Company, QueueAgent, QueueEntry
from hub.model.queues import AgentState, QueueState
from hub.model.states import CallStatus
from hub.queries.flows.current import current_flows
from hub.reports.calendar import in_days, own_days
from hub.store.dialects import SecondsBetween

CALLED = (QueueState.CALL_BACK, QueueState.CALLING_BACK)
"""The states of those who hung up and keep their place."""
WaitState = Literal["waits", "rings", "talks", "call_back", "calling_back"]
Doing = Literal["free", "rings", "talks", "busy", "rests", "off_hours", "break", "signed_out"]


@dataclass(frozen=True, kw_only=True)
class QueueFigures:
    """What became of the callers of one queue. Seconds are whole."""

    company: str
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
    """One who waits or talks now. Of a user who sees own calls only, the caller is hidden."""

    company: str
    flow: str
    step: str
    state: WaitState
    """`call_back`: they hung up, and keep their place."""
    since: datetime
    waited: int
    """Seconds until the answer, or until now."""
    agent: str | None
    """The phone of the agent who has the call."""
    call_id: str | None
    caller_number: str | None


@dataclass(frozen=True, kw_only=True)
class AgentNow:
    """An agent of a company: whether they take calls now, and who changed that last."""

    company: str
    company_id: str
    name: str
    phone: str
    skills: Sequence[str]
    doing: Doing
    since: datetime | None
    """When somebody changed whether they are signed in."""
    changed_by: str | None
    missed_calls: bool
    """Whether calls that were not picked up put them on the break."""
    call_id: str | None
    """The call that rings there, or with which they talk."""
    caller_number: str | None
    agent: Agent


@dataclass(frozen=True, kw_only=True)
class QueuesNow:
    """The queues of some companies."""

    waits: Sequence[Wait]
    """Who came first stands first."""
    agents: Sequence[AgentNow]
    figures: Sequence[QueueFigures]
    """Of those who came in on the days that were asked for, and whose wait is over."""

    @property
    def waiting(self) -> Sequence[Wait]:
        """Those with whom no agent talks yet, and for whom no phone rings."""
        return [each for each in self.waits if not each.agent]


def queues_now(
    session: Session,
    scope: AccessScope,
    companies: Sequence[Company],
    config: Config,
    days: tuple[date | None, date | None],
    now: datetime,
) -> QueuesNow:
    """Who waits, the agents, and the figures of the days from the first to the last; of the last seven if they are left out."""
    last = days[1] or (now + timedelta(days=1)).date()  # today, in every time zone
    first = days[0] or last - timedelta(days=7)
    waits = _waits(session, scope, companies, now)
    return QueuesNow(
        waits=list(waits.values()),
        agents=agents_now(session, companies, config, now, waits),
        figures=_figures(session, scope, companies, (first, last)),
    )


def agents_now(
    session: Session,
    companies: Sequence[Company],
    config: Config,
    now: datetime,
    waits: dict[str, Wait] | None = None,
) -> list[AgentNow]:
    """The agents of all queues of some companies, as they are now."""
    by_name, ids = {each.name: each for each in companies}, [each.id for each in companies]
    rows = session.exec(select(QueueAgent).where(col(QueueAgent.company_id).in_(ids)))
    known = {(row.company_id, row.phone): row for row in rows}
    names = names_of(session, {row.changed_by for row in known.values() if row.changed_by})
    served = {(each.company, each.agent): each for each in (waits or {}).values() if each.agent}
    busy = engaged(session, ids, now)
    found: dict[tuple[str, str], AgentNow] = {}
    for flow in current_flows(config, by_name):
        company = by_name[flow.company.name]
        for agent in flow.flow.agents if flow.flow.has_queue else ():
            key = (company.id, agent.phone)
            row = known.get(key) or QueueAgent(company_id=company.id, phone=agent.phone)
            wait = served.get((company.name, agent.phone))
            found[key] = AgentNow(
                company=company.name,
                company_id=company.id,
                name=agent.name,
                phone=agent.phone,
                skills=agent.skills,
                doing=_doing(row, wait, agent.on_duty(now, company.time_zone), key in busy, now),
                since=row.changed_at,
                changed_by=names.get(row.changed_by or "", row.changed_by),
                missed_calls=row.state == AgentState.ON_BREAK and row.changed_by == BY_QUEUE,
                call_id=wait.call_id if wait else None,
                caller_number=wait.caller_number if wait else None,
                agent=agent,
            )
    return list(found.values())


def agent_named(agents: Sequence[AgentNow], company: str, name: str) -> AgentNow:
    """The agent of a company with this name or phone. CannotDo names the agents if there is none."""
    among = [each for each in agents if each.company == company]
    found = [each for each in among if name in (each.phone, each.name)]
    if len(found) == 1:
        return found[0]
    known = (
        ", ".join(f"{each.name} ({each.phone})" for each in among)
        or "none; write `agents:` at a call flow with a queue"
    )
    raise CannotDo(f"Name one agent of the company by name or phone. It has {known}.")


def _doing(row: QueueAgent, wait: Wait | None, on_duty: bool, is_busy: bool, now: datetime) -> Doing:
    if wait is not None:
        return "talks" if wait.state == "talks" else "rings"
    if row.state != AgentState.SIGNED_IN:
        return "break" if row.state == AgentState.ON_BREAK else "signed_out"
    if not on_duty:
        return "off_hours"
    if is_busy:
        return "busy"
    return "rests" if row.rests_until is not None and row.rests_until > now else "free"


def has_queues(config: Config, companies: Sequence[str]) -> bool:
    """Whether any call flow of these companies has a queue."""
    return any(each.flow.has_queue for each in current_flows(config, companies))


def _waits(session: Session, scope: AccessScope, companies: Sequence[Company], now: datetime) -> dict[str, Wait]:
    """By id: those who wait or talk now, who came first before all others."""
    by_id = {each.id: each.name for each in companies}
    over = col(Call.status).in_((CallStatus.COMPLETED, CallStatus.FAILED))
    rows = session.exec(
        scope.narrow(select(QueueEntry, Call).outerjoin(Call, _SAME_CALL), QueueEntry, scope.user)
        .where(
            col(QueueEntry.company_id).in_(by_id),
            col(QueueEntry.left_at).is_(None),
            or_(col(Call.id).is_(None), ~over, col(QueueEntry.state).in_(CALLED)),
        )
        .order_by(col(QueueEntry.entered_at), col(QueueEntry.id))
    ).all()
    return {entry.id: _wait(entry, call, by_id[entry.company_id], scope, now) for entry, call in rows}


def _wait(entry: QueueEntry, call: Call | None, company: str, scope: AccessScope, now: datetime) -> Wait:
    calls_back = entry.state in CALLED
    answered = call.answered_at if call and entry.agent and not calls_back else None
    state: Any = entry.state if calls_back else "talks" if answered else "rings" if entry.agent else "waits"
    shown = call if scope.reach == "account" else None
    return Wait(
        company=company,
        flow=entry.flow,
        step=entry.step,
        state=state,
        since=entry.entered_at,
        waited=max(0, round(((answered or now) - entry.entered_at).total_seconds())),
        agent=entry.agent,
        call_id=shown.id if shown else None,
        caller_number=shown.caller_number if shown else None,
    )


def _figures(
    session: Session, scope: AccessScope, companies: Sequence[Company], days: tuple[date, date]
) -> list[QueueFigures]:
    """The figures of each queue."""
    names = {each.id: each.name for each in companies}
    state, answered = col(QueueEntry.state), col(QueueEntry.state) == QueueState.ANSWERED
    picked_up = case(
        (answered, func.coalesce(col(Call.answered_at), col(QueueEntry.rang_at))),
        (state == QueueState.CALLED_BACK, col(QueueEntry.rang_at)),
    )
    seconds = SecondsBetween(col(QueueEntry.entered_at), func.coalesce(picked_up, col(QueueEntry.left_at)))

    def count(condition: ColumnElement[bool]) -> Any:
        return func.count().filter(condition)

    keys = (col(QueueEntry.company_id), col(QueueEntry.flow), col(QueueEntry.step))
    columns: Any = (
        keys[0],
        func.avg(seconds).filter(answered),
        *keys[1:],
        func.count(),
        count(answered),
        count(and_(answered, seconds <= col(QueueEntry.target_seconds))),
        count(state == QueueState.CALLED_BACK),
        count(state.in_((QueueState.ABANDONED, QueueState.NOT_REACHED))),
        count(state.in_((QueueState.FULL, QueueState.TOO_LONG, QueueState.NO_AGENTS))),
        count(state == QueueState.LEFT),
        count(state == QueueState.FAILED),
        func.max(seconds),
    )
    over = and_(
        col(QueueEntry.left_at).is_not(None),
        in_days(own_days(companies, *days), col(QueueEntry.company_id), col(QueueEntry.entered_at)),
    )
    joined = scope.narrow(
        select(*columns).select_from(QueueEntry).outerjoin(Call, _SAME_CALL).where(over), QueueEntry, scope.user
    )
    rows = session.exec(joined.group_by(*keys).order_by(*keys)).all()
    return [
        QueueFigures(
            company=names[company],
            average_wait=None if average is None else round(average),
            **dict(zip(_COUNTED, figures, strict=True)),
        )
        for company, average, *figures in rows
    ]


_COUNTED = tuple(name for name in QueueFigures.__dataclass_fields__ if name not in ("company", "average_wait"))
_SAME_CALL = (col(Call.connector) == col(QueueEntry.connector)) & (
    col(Call.carrier_call_id) == col(QueueEntry.carrier_call_id)
)
