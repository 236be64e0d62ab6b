"""Calls back the callers who keep their place in a queue when it is their turn, and ends the waits whose calls are over."""

from __future__ import annotations

from datetime import timedelta

from sqlmodel import Session, col, select

from hub.access.scope import AccessScope
from hub.answering.queues import CompanyQueues, Entry
from hub.config.callflow.definition import Flow
from hub.delivery.queue_call_back import CannotCall, phones_of, queue_call_back
from hub.model import Call, Company, OutgoingCall, QueueEntry, User
from hub.model.outgoing_calls import NOT_REACHED, OutgoingCallStatus
from hub.model.queues import QueueState
from hub.numbers.directory import Directory, read_directory
from hub.runtime import Hub

MAX_TRIES = 2
"""Calls back that the person does not take."""
KEPT = timedelta(hours=12)
"""A place is kept no longer; the caller stays in the list of missed calls."""
AGENT_AWAY = {reason for (leg, _), reason in NOT_REACHED.items() if leg == "user"}
"""The reasons of calls back whose agent did not take them."""
NOT_PICKED_UP = NOT_REACHED["user", "no_answer"]
ACTOR = "queue"


def tend_queues(hub: Hub) -> None:
    """Look after the queues of every company in which somebody waits."""
    with hub.store.reading() as session:
        waiting = select(QueueEntry.company_id).where(col(QueueEntry.left_at).is_(None)).distinct()
        companies = session.exec(waiting).all()
        directory = read_directory(session) if companies else None
    for company_id in companies:
        assert directory is not None
        with hub.store.writing() as session:
            queues = CompanyQueues.of(session.connection(), company_id, hub.clock())
            for entry in list(queues.entries):
                if entry.row["state"] == QueueState.CALLING_BACK:
                    _settle(session, queues, entry)
                elif entry.row["state"] == QueueState.CALL_BACK:
                    _call_back(session, hub, directory, queues, entry)
            queues.write()


def _call_back(session: Session, hub: Hub, directory: Directory, queues: CompanyQueues, entry: Entry) -> None:
    """Place the call if an agent is free for it now."""
    company = directory.company(entry.row["company_id"])
    flow = _flow(directory, entry)
    if company is None or flow is None or entry.row["entered_at"] < queues.now - KEPT:
        entry.end(QueueState.NOT_REACHED, queues.now)
        return
    agent = queues.free_for(entry, flow.agents, company.time_zone)
    call = session.exec(
        select(Call).where(
            Call.connector == entry.row["connector"], Call.carrier_call_id == entry.row["carrier_call_id"]
        )
    ).first()
    if agent is None or call is None or call.company_id is None or not call.over:
        return
    user = _user(session, company, agent)
    if user is None:
        return
    try:
        placed = queue_call_back(
            session, AccessScope(user), hub, directory, call, agent, ACTOR, shown=call.tracking_number, remember=False
        )
    except CannotCall:
        entry.end(QueueState.NOT_REACHED, queues.now)
        return
    queues.ring(entry, agent, placed.id)


def _settle(session: Session, queues: CompanyQueues, entry: Entry) -> None:
    """What became of the call back."""
    placed = session.get(OutgoingCall, entry.row["point"])
    if placed is None or placed.status == OutgoingCallStatus.REFUSED:
        entry.end(QueueState.NOT_REACHED, queues.now)
    elif placed.status == OutgoingCallStatus.COMPLETED:
        entry.end(QueueState.CALLED_BACK, placed.ended_at or queues.now)
        entry.set(rang_at=placed.answered_at, talk_seconds=placed.duration)
        queues.agents.rest(entry.row["agent"], entry.row["left_at"] + timedelta(seconds=entry.row["pause_seconds"]))
    elif placed.status == OutgoingCallStatus.FAILED and placed.reason in AGENT_AWAY:
        queues.agents.not_taken(entry.row["agent"], "no_answer" if placed.reason == NOT_PICKED_UP else "busy")
        entry.set(state=QueueState.CALL_BACK, agent=None)
    elif placed.status == OutgoingCallStatus.FAILED:
        tries = entry.row["tries"] + 1
        entry.set(state=QueueState.CALL_BACK, agent=None, tries=tries, seen_at=queues.now)
        if tries >= MAX_TRIES:
            entry.end(QueueState.NOT_REACHED, queues.now)


def _flow(directory: Directory, entry: Entry) -> Flow | None:
    """The flow of the queue as it is now."""
    return next(
        (
            line.flow
            for line in directory.lines.values()
            if line.company.id == entry.row["company_id"] and line.flow.name == entry.row["flow"]
        ),
        None,
    )


def _user(session: Session, company: Company, agent: str) -> User | None:
    """The user whose phone it is, else the account's first owner."""
    users = session.exec(select(User).where(User.account_id == company.account_id).order_by(col(User.made_at))).all()
    own = next((each for each in users if agent in phones_of(each)), None)
    return own or next((each for each in users if each.role == "owner"), None)
