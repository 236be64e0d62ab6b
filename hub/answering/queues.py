"""Who waits in a company's queues, whose turn it is, and which agent is free: decided within one write transaction.

The order is that of coming in. A caller gets an agent only if every caller before them has one too, or needs other skills.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, bindparam, func, select
from sqlmodel import col

from hub.answering.queue_agents import CompanyAgents, engaged, rewrite
from hub.config.callflow.context import QueueMove, QueueTurn
from hub.config.callflow.definition import Agent, Queue
from hub.model import Call, QueueEntry
from hub.model.columns import CALL_RETENTION
from hub.model.queues import QueueState
from hub.model.states import CallStatus
from hub.store.rows import Columns, insert_rows

ALIVE = timedelta(seconds=75)
"""A caller of whom the carrier has not asked for longer keeps no agent from others; longer than the longest piece of what is
heard."""
SETTLES_WITHIN = timedelta(seconds=10)
"""From the end of a call for which a phone rang until it counts as given up: the reports of one call come in any order."""
LOST = timedelta(hours=4)
"""After this time without a word of the carrier the wait is over."""
AGAIN = timedelta(minutes=5)
"""Until somebody is called back again who did not pick up."""
USUAL_TALK_SECONDS = 180.0
TALK_WITHIN = timedelta(hours=2)
ENDS: Mapping[str, QueueState] = {
    each: QueueState(each) for each in ("answered", "left", "too_long", "full", "no_agents")
}


@dataclass(frozen=True, kw_only=True)
class Caller:
    """A caller at a queue: whose call, at which point, and what the flow says of the queue and its agents."""

    connector: str
    call_id: str
    point: str
    flow: str
    step_name: str
    step: Queue
    agents: Sequence[Agent]
    time_zone: str
    dial_ended: bool = False
    why: str | None = None
    """At the end of a dial: why nobody took the call."""


@dataclass
class Entry:
    """A row of the table with what its call says."""

    row: Columns
    call_status: str | None = None
    answered_at: datetime | None = None
    ended_at: datetime | None = None
    is_new: bool = False
    changed: bool = False

    def set(self, **values: Any) -> None:
        """Other values of the row."""
        self.row.update(values)
        self.changed = True

    @property
    def waits(self) -> bool:
        """Whether an agent is wanted for it."""
        return self.row["state"] in (QueueState.WAITING, QueueState.CALL_BACK)

    def end(self, state: QueueState, at: datetime) -> None:
        """The wait is over."""
        since = self.answered_at or self.row["rang_at"]
        talked = max(0, round((at - since).total_seconds())) if state == QueueState.ANSWERED and since else None
        self.set(state=state, left_at=at, talk_seconds=talked)


@dataclass
class CompanyQueues:
    """All queues of one company; the transaction that made it is alone with them until its end."""

    connection: Connection
    company_id: str
    now: datetime
    agents: CompanyAgents
    entries: list[Entry] = field(default_factory=list)
    _engaged: set[str] | None = None

    @classmethod
    def of(cls, connection: Connection, company_id: str, now: datetime) -> CompanyQueues:
        """Read them, and end the waits whose calls are over."""
        made = cls(connection, company_id, now, CompanyAgents.of(connection, company_id, now))
        made.entries = [_entry(dict(row)) for row in connection.execute(_LIVE, {"company": company_id}).mappings()]
        for entry in made.entries:
            made._close(entry)
        return made

    def _close(self, entry: Entry) -> None:
        """End a wait whose call is over, or of which nothing was heard for hours."""
        state, over = entry.row["state"], entry.call_status in (CallStatus.COMPLETED, CallStatus.FAILED)
        if state in (QueueState.CALL_BACK, QueueState.CALLING_BACK):
            return
        if over and entry.answered_at:
            entry.end(QueueState.ANSWERED, entry.ended_at or self.now)
            self.agents.rest(entry.row["agent"], entry.row["left_at"] + timedelta(seconds=entry.row["pause_seconds"]))
        elif over:
            failed = entry.call_status == CallStatus.FAILED
            if not failed and state == QueueState.RINGING and (entry.ended_at or self.now) > self.now - SETTLES_WITHIN:
                return
            entry.end(QueueState.FAILED if failed else QueueState.ABANDONED, entry.ended_at or self.now)
        elif entry.row["seen_at"] < self.now - LOST:
            entry.end(QueueState.FAILED, entry.row["seen_at"])

    def turn(self, caller: Caller) -> QueueTurn:
        """How it stands with a caller, who is there from now on."""
        entry = self._of(caller)
        if entry is None and (ended := self._ended_here(caller)):
            return ended
        before = None
        if entry is None:
            entry = self._new(caller)
        else:
            before = (entry.row["seen_at"] - entry.row["entered_at"]).total_seconds()
            if entry.row["state"] == QueueState.RINGING and entry.row["point"] != caller.point:
                if caller.dial_ended:
                    self.agents.not_taken(entry.row["agent"], caller.why)
                entry.set(state=QueueState.WAITING, agent=None)
            entry.set(seen_at=self.now)
        agent = entry.row["agent"] or self.free_for(entry, caller.agents, caller.time_zone)
        line = [each for each in self._line(caller.flow) if each.row["step"] == caller.step_name]
        position = next((at for at, each in enumerate(line, 1) if each is entry), 1)
        on_duty = self.agents.on_duty(caller.step.takers(tuple(caller.agents)), caller.time_zone)
        waited = (self.now - entry.row["entered_at"]).total_seconds()
        turn = QueueTurn(
            position=position, waited=waited, waited_before=before, agents=len(on_duty), agent=agent
        )  # fmt: skip
        if not turn.is_due(caller.step.announce_seconds):
            return turn
        return turn.expecting(self._talk_seconds(caller) * position / max(1, len(on_duty)))

    def apply(self, caller: Caller, moves: Iterable[QueueMove]) -> None:
        """Keep what a walk decided for the caller."""
        for move in moves:
            entry = self._of(caller, move.step)
            if entry is None:
                continue
            if move.move == "rings":
                self.ring(entry, move.agent or "", caller.point, QueueState.RINGING)
            elif move.move == "call_back":
                entry.set(state=QueueState.CALL_BACK, agent=None)
            elif move.move != "waits":
                entry.end(ENDS[move.move], self.now)
                entry.set(point=caller.point)
                if move.move == "answered":
                    self.agents.rest(entry.row["agent"], self.now + timedelta(seconds=entry.row["pause_seconds"]))

    def ring(self, entry: Entry, agent: str, point: str, state: QueueState = QueueState.CALLING_BACK) -> None:
        """The phone of an agent rings; `point` says for what."""
        entry.set(state=state, agent=agent, rang_at=self.now, point=point)
        self.agents.rings(agent)

    def free_for(self, wanting: Entry, agents: Sequence[Agent], time_zone: str) -> str | None:
        """The agent who takes the call of this entry now: those before it are served first."""
        ringing = {each.row["agent"] for each in self.entries if each.row["left_at"] is None and each.row["agent"]}
        free = self.agents.free(agents, time_zone, self._engaged_phones() | ringing)
        for entry in self._line(wanting.row["flow"]):
            chosen = next((each for each in free if set(entry.row["skills"]) <= set(each.skills)), None)
            if entry is wanting:
                return chosen.phone if chosen else None
            if chosen is not None:
                free.remove(chosen)
        return None

    def write(self) -> None:
        """Write what has changed."""
        insert_rows(self.connection, QueueEntry, [each.row for each in self.entries if each.is_new])
        rewrite(self.connection, QueueEntry, [each.row for each in self.entries if each.changed and not each.is_new])
        self.agents.write()

    def _of(self, caller: Caller, step: str | None = None) -> Entry | None:
        """The live wait of the caller."""
        key = (caller.connector, caller.call_id, caller.flow, step or caller.step_name)
        return next(
            (
                each
                for each in self.entries
                if (each.row["connector"], each.row["carrier_call_id"], each.row["flow"], each.row["step"]) == key
                and each.row["state"] in (QueueState.WAITING, QueueState.RINGING)
            ),
            None,
        )

    def _ended_here(self, caller: Caller) -> QueueTurn | None:
        """The turn with which the caller has left the queue at this very point: the carrier repeats a request whose answer was
        lost."""
        known = {
            "company": self.company_id, "connector": caller.connector, "call": caller.call_id, "flow": caller.flow,
            "step": caller.step_name, "point": caller.point, "since": self.now - LOST,
        }  # fmt: skip
        ways_out = {
            QueueState.TOO_LONG: QueueTurn(waited=caller.step.longest_wait, waited_before=0.0),
            QueueState.FULL: QueueTurn(position=caller.step.most_waiting + 1),
            QueueState.NO_AGENTS: QueueTurn(agents=0),
        }
        state = self.connection.execute(_ENDED, known).scalar()
        return ways_out.get(QueueState(state)) if state else None

    def _new(self, caller: Caller) -> Entry:
        step, now = caller.step, self.now
        row = QueueEntry.columns(
            company_id=self.company_id,
            connector=caller.connector,
            carrier_call_id=caller.call_id,
            flow=caller.flow,
            step=caller.step_name,
            state=QueueState.WAITING,
            skills=list(step.skills),
            entered_at=now,
            seen_at=now,
            pause_seconds=step.pause_seconds,
            target_seconds=step.target_seconds,
            expires_at=now + CALL_RETENTION,
        )
        self.entries.append(Entry(row, is_new=True))
        return self.entries[-1]

    def _line(self, flow: str) -> list[Entry]:
        """Those who wait for an agent of a flow, who came first before all others."""
        alive = [
            each
            for each in self.entries
            if each.row["flow"] == flow
            and each.waits
            and (self._may_be_called(each) if each.row["state"] == QueueState.CALL_BACK else self._is_there(each))
        ]
        return sorted(alive, key=lambda each: (each.row["entered_at"], each.row["id"]))

    def _is_there(self, entry: Entry) -> bool:
        return bool(entry.row["seen_at"] > self.now - ALIVE)

    def _may_be_called(self, entry: Entry) -> bool:
        return not entry.row["tries"] or bool(entry.row["seen_at"] < self.now - AGAIN)

    def _engaged_phones(self) -> set[str]:
        """The phones that are in another call of the company."""
        if self._engaged is None:
            self._engaged = {phone for _, phone in engaged(self.connection, [self.company_id], self.now)}
        return self._engaged

    def _talk_seconds(self, caller: Caller) -> float:
        known = {"company": self.company_id, "flow": caller.flow, "since": self.now - TALK_WITHIN}
        return float(self.connection.execute(_TALK, known).scalar_one() or USUAL_TALK_SECONDS)


def _entry(row: Mapping[str, Any]) -> Entry:
    own = {name: row[name] for name in QueueEntry.model_fields}
    return Entry(own, row["call_status"], row["answered_at"], row["ended_at"])


_LIVE = (
    select(
        QueueEntry.__table__,
        col(Call.status).label("call_status"),
        col(Call.answered_at).label("answered_at"),
        col(Call.ended_at).label("ended_at"),
    )
    .select_from(QueueEntry)
    .outerjoin(
        Call,
        (col(Call.connector) == col(QueueEntry.connector))
        & (col(Call.carrier_call_id) == col(QueueEntry.carrier_call_id)),
    )
    .where(col(QueueEntry.company_id) == bindparam("company"), col(QueueEntry.left_at).is_(None))
)
_ENDED = (
    select(col(QueueEntry.state))
    .where(
        col(QueueEntry.company_id) == bindparam("company"),
        col(QueueEntry.entered_at) > bindparam("since"),
        col(QueueEntry.connector) == bindparam("connector"),
        col(QueueEntry.carrier_call_id) == bindparam("call"),
        col(QueueEntry.flow) == bindparam("flow"),
        col(QueueEntry.step) == bindparam("step"),
        col(QueueEntry.point) == bindparam("point"),
        col(QueueEntry.left_at).is_not(None),
    )
    .limit(1)
)
_TALK = select(func.avg(col(QueueEntry.talk_seconds))).where(
    col(QueueEntry.company_id) == bindparam("company"),
    col(QueueEntry.flow) == bindparam("flow"),
    col(QueueEntry.left_at) > bindparam("since"),
    col(QueueEntry.entered_at) > bindparam("since"),
)
