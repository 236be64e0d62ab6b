"""Folds what a carrier reports about our own outgoing calls into them; they never become calls that came in."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session, select

from hub.contracts.call_backs import CallBackEvent
from hub.model import OutgoingCall
from hub.model.outgoing_calls import OutgoingCallStatus, fold_call_back
from hub.model.states import OutgoingCallState as State
from hub.store.writers.webhook_events import note_outgoing_call


def keep_call_back(session: Session, connector: str, event: CallBackEvent, now: datetime) -> None:
    """Fold one event into its call. An event of a call that is gone, or was never placed, changes nothing.

    A call whose outcome was unknown is known from now on. A worker that still waits for the carrier's reply keeps its lease.
    """
    mine = select(OutgoingCall).where(OutgoingCall.id == event.key, OutgoingCall.connector == connector)
    call = session.exec(mine.with_for_update().execution_options(populate_existing=True)).first()
    if call is None or call.placed_at is None or call.status == OutgoingCallStatus.REFUSED:
        return
    for name, value in fold_call_back(call, event).items():
        setattr(call, name, value)
    if call.state in (State.ACCEPTED, State.HELD, State.DONE):
        call.state = State.DONE if call.ended_at else State.ACCEPTED
    session.add(call)
    session.flush()
    note_outgoing_call(session, call, now)
