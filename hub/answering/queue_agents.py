"""The agents of a company's queues: who is signed in, who is engaged, and who gets no call for a while."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import Connection, and_, bindparam, or_, select, update
from sqlmodel import Session, col

from hub.access.users import may
from hub.config.callflow.definition import Agent
from hub.contracts.answers import OWN_PHONE
from hub.errors import CannotDo
from hub.model import Call, OutgoingCall, QueueAgent, QueueEntry, User
from hub.model.calls import MAX_CALL_AGE, UNDER_WAY
from hub.model.outgoing_calls import OutgoingCallStatus
from hub.model.queues import AgentState
from hub.store import audit
from hub.store.locks import TransactionLock, lock_transaction
from hub.store.rows import Columns, insert_rows

UNANSWERED_REST = timedelta(seconds=60)
"""An agent whose phone was not picked up gets no call for this long."""
MAX_MISSED = 2
"""So many calls in a row that an agent does not pick up put them on a break."""
BY_QUEUE, BY_PHONE = "queue", "phone"
"""Who changed an agent's state, if no user did: the hub after missed calls, and the agent by phone with the PIN."""
MAX_RINGING = timedelta(minutes=5)
"""A call back that rings for longer has lost a report."""


@dataclass
class CompanyAgents:
    """What is known of the agents of one company; the transaction that made it is alone with them until its end."""

    connection: Connection
    company_id: str
    now: datetime
    rows: dict[str, Columns] = field(default_factory=dict)
    """Phone → row of the agents of whom anything is known."""
    _changed: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, connection: Connection, company_id: str, now: datetime) -> CompanyAgents:
        """Read them, alone."""
        lock_transaction(connection, TransactionLock.QUEUES)
        rows = {row["phone"]: dict(row) for row in connection.execute(_AGENTS, {"of": company_id}).mappings()}
        return cls(connection, company_id, now, rows)

    def on_duty(self, agents: Sequence[Agent], time_zone: str) -> list[Agent]:
        """Those who are signed in, in their hours."""
        return [
            each
            for each in agents
            if each.on_duty(self.now, time_zone)
            and self._known(each.phone, "state") in (None, AgentState.SIGNED_IN)
        ]  # fmt: skip

    def free(self, agents: Sequence[Agent], time_zone: str, engaged: Collection[str]) -> list[Agent]:
        """Those who can take a call now; whose phone has rung least lately comes first."""
        free = [
            each
            for each in self.on_duty(agents, time_zone)
            if each.phone not in engaged and (self._known(each.phone, "rests_until") or self.now) <= self.now
        ]
        long_ago = datetime.min.replace(tzinfo=self.now.tzinfo)
        return sorted(free, key=lambda each: self._known(each.phone, "rang_at") or long_ago)

    def sign(self, phone: str, state: AgentState, by: str) -> None:
        """An agent signs in or out, or goes on a break. A conversation under way goes on."""
        self._row(phone).update(state=state, changed_at=self.now, changed_by=by, missed=0, rests_until=None)

    def rings(self, phone: str) -> None:
        """The agent's phone rings."""
        self._row(phone).update(rang_at=self.now)

    def rest(self, phone: str | None, until: datetime) -> None:
        """An agent who has talked gets no call before a time."""
        if phone:
            self._row(phone).update(rests_until=until, missed=0)

    def not_taken(self, phone: str | None, why: str | None = "no_answer") -> None:
        """An agent did not take a call, and gets none for a while; who missed several goes on a break. A phone that is busy has
        missed none, and neither has a number that could not be reached."""
        if not phone:
            return
        row = self._row(phone)
        is_missed = why == "no_answer" or (why is None and phone.startswith(OWN_PHONE))
        row.update(rests_until=self.now + UNANSWERED_REST, missed=row["missed"] + is_missed)
        if row["missed"] >= MAX_MISSED and row["state"] == AgentState.SIGNED_IN:
            self.sign(phone, AgentState.ON_BREAK, BY_QUEUE)

    def write(self) -> None:
        """Write what has changed."""
        rows = [self.rows[phone] for phone in sorted(self._changed)]
        insert_rows(self.connection, QueueAgent, rows)  # one that is there stays, and is changed next
        rewrite(self.connection, QueueAgent, rows)

    def _known(self, phone: str, what: str) -> Any:
        return self.rows.get(phone, {}).get(what)

    def _row(self, phone: str) -> Columns:
        self._changed.add(phone)
        return self.rows.setdefault(phone, QueueAgent.columns(company_id=self.company_id, phone=phone))


def sign_agent(
    session: Session,
    user: User,
    company_id: str,
    agent: Agent,
    state: AgentState,
    now: datetime,
    actor: str | None = None,
) -> None:
    """Sign an agent in or out, or send them on a break, with an audit entry. CannotDo if the user may not. `actor` is who does
    it, if not the user."""
    if not may_sign(user, agent):
        raise CannotDo(
            "You may sign in and out yourself only, at the phone that is yours; ask who may call people back."
        )
    agents = CompanyAgents.of(session.connection(), company_id, now)
    agents.sign(agent.phone, state, actor or user.id)
    agents.write()
    audit.note(
        session, now, actor or user.id, f"queue.sign.{state}", company_id, agent.phone.removeprefix(OWN_PHONE)[-4:]
    )


def may_sign(user: User, agent: Agent) -> bool:
    """Whether a user may sign an agent in and out: themselves, or everybody for who may call people back."""
    by_name = agent.user is not None and agent.user == (user.email or "").lower()
    return by_name or agent.phone in (user.phone_numbers or "").split() or may(user, "contact") is not None


def engaged(bind: Session | Connection, companies: Iterable[str], now: datetime) -> set[tuple[str, str]]:
    """(company, phone) of everybody who talks in any call of these companies, or rings for a call back."""
    known = {"companies": list(companies), "since": now - MAX_CALL_AGE, "lately": now - MAX_RINGING}
    return {(str(company), str(phone)) for company, phone in bind.execute(_ENGAGED, known)}


def rewrite(connection: Connection, table: type[QueueEntry | QueueAgent], rows: Sequence[Mapping[str, Any]]) -> None:
    """Write all columns of rows that are there."""
    if rows:
        connection.execute(_rewritten(table), [{f"_{key}": value for key, value in row.items()} for row in rows])


@cache
def _rewritten(table: type[QueueEntry | QueueAgent]) -> Any:
    columns = table.__table__.columns
    named: dict[str, Any] = {each.key: bindparam(f"_{each.key}") for each in columns if each.key != "id"}
    return update(table.__table__).where(columns.id == bindparam("_id")).values(named)


_AGENTS = select(QueueAgent.__table__).where(col(QueueAgent.company_id) == bindparam("of"))
_COMPANIES: Any = bindparam("companies", expanding=True)
_ENGAGED = (
    select(col(Call.company_id), col(Call.answered_by))
    .where(
        col(Call.company_id).in_(_COMPANIES),
        col(Call.started_at) > bindparam("since"),
        col(Call.status).in_(UNDER_WAY),
        col(Call.answered_by).is_not(None),
    )
    .union_all(
        select(col(OutgoingCall.company_id), col(OutgoingCall.user_number)).where(
            col(OutgoingCall.company_id).in_(_COMPANIES),
            col(OutgoingCall.made_at) > bindparam("since"),
            or_(
                col(OutgoingCall.status) == OutgoingCallStatus.ANSWERED,
                and_(
                    col(OutgoingCall.status) == OutgoingCallStatus.PLACED,
                    col(OutgoingCall.made_at) > bindparam("lately"),
                ),
            ),
            col(OutgoingCall.user_number).is_not(None),
        )
    )
)
