"""How the office calls back people whose calls were missed, at the phone that users have beside the demo."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlmodel import Session, col, func, select

from hub.access.first_owner import NAME
from hub.access.scope import scope_of
from hub.access.users import user_named
from hub.contracts.sandbox import CallBackSandbox
from hub.contracts.webhooks import WebhookRequest
from hub.delivery.queue_call_back import queue_call_back
from hub.model import Call, OutgoingCall
from hub.model.outgoing_calls import OutgoingCallStatus
from hub.proof.demo.check import Check
from hub.proof.demo.scenario import Story
from hub.startup.opening import Opened
from hub.worker.stand_in_call_backs import placed_as


def call_back(
    opened: Opened,
    story: Story,
    work: Callable[[], object],
    go: Callable[[datetime], None],
    post: Callable[[WebhookRequest], object],
) -> bool:
    """Queue the call back as its page does, let the hub `work` until it is placed, and report both legs of it; False if the
    law or the person forbids it now."""
    assert story.called_back is not None
    hub = opened.hub
    with hub.store.writing() as session:
        scope, missed = scope_of(session, user_named(session, NAME), "contact"), _newest_call(session, story)
        if scope is None or missed is None:
            return False
        company = next(each for each in hub.config.companies if each.name == story.company)
        directory = opened.directory.current()
        queued = queue_call_back(session, scope, hub, directory, missed, str(company.website.swap[0])).id
    work()
    with hub.store.reading() as session:
        row = session.get_one(OutgoingCall, queued)
    carrier: object = opened.sandboxes.of(row.connector)
    if row.status != OutgoingCallStatus.PLACED or not isinstance(carrier, CallBackSandbox):
        return False
    reference = placed_as(carrier, row)
    assert reference is not None
    for request in carrier.play_call_back(reference, story.called_back[1]):
        go(request.received_at)
        post(request)
    work()
    return True


def call_back_check(session: Session, placed: int) -> Check:
    """Each call back that was placed has ended; somebody who looks at the demo may have placed more."""
    ended = session.exec(select(func.count(col(OutgoingCall.ended_at)))).one()
    return Check("every call back that was placed has ended", ended >= placed, f"{placed} placed, {ended} ended")


def _newest_call(session: Session, story: Story) -> Call | None:
    calls = select(Call).where(Call.caller_number == story.caller, col(Call.answered_at).is_(None))
    return session.exec(calls.order_by(col(Call.started_at).desc())).first()
