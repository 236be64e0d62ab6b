"""What tests of calls back do: a receptionist asks for one, the worker places it, the carrier reports its legs."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from testbed import CALLER, SHARED, TestHub

from hub.access.scope import AccessScope, scope_of
from hub.access.users import add_user
from hub.api.carriers import CallBackEvent, MessageEvent
from hub.delivery.place_calls import place_calls
from hub.delivery.queue_call_back import queue_call_back
from hub.model import (
    Account,
    OutgoingCall,
    User,
    UserCompany,
)

AGENT_PHONE = "+13125550191"
USE = "essential.service.call_back"


def agent(stage: TestHub, phones: tuple[str, ...] = (AGENT_PHONE,), companies: tuple[str, ...] = ()) -> AccessScope:
    """A receptionist who calls people back."""
    with stage.hub.store.writing() as session:
        account = session.get_one(Account, stage.directory.companies["lakeside"].account_id)
        name = f"anna{len(session.exec(User.__table__.select()).all())}"
        user = add_user(session, account, name, "receptionist", stage.clock(), phone_numbers=phones)
        for company in companies:
            session.add(UserCompany(user_id=user.id, company_id=stage.directory.companies[company].id))
        session.flush()
        scope = scope_of(session, user, "contact")
    assert scope is not None
    return scope


def call_back(stage: TestHub, subject: Any, scope: AccessScope | None = None, **more: Any) -> OutgoingCall:
    """Ask for a call back."""
    scope = scope or agent(stage)
    with stage.hub.store.writing() as session:
        return queue_call_back(session, scope, stage.hub, stage.directory, subject, **more)


def write_in(stage: TestHub, body: str) -> None:
    """The caller sends a text."""
    text: dict[str, Any] = {"message_id": f"SM{body}", "at": stage.clock(), "tracking_number": SHARED}
    stage.tell(MessageEvent(sender_number=CALLER, body=body, **text))


def place(stage: TestHub) -> dict[str, int]:
    """Place what is due."""
    return dict(place_calls(stage.hub, stage.directory, "carrier"))


def event(stage: TestHub, call: OutgoingCall, leg: Any, status: Any, **more: Any) -> CallBackEvent:
    """What the carrier reports of a leg now."""
    return CallBackEvent(leg=leg, status=status, key=call.id, call_id="CB0001", at=stage.clock(), **more)


def spoken(stage: TestHub, call: OutgoingCall) -> list[CallBackEvent]:
    """The events of a conversation of one minute."""
    start = stage.clock()
    told: dict[str, Any] = {"key": call.id, "call_id": "CB0001"}
    return [
        CallBackEvent(leg="user", status="answered", at=start + timedelta(seconds=5), **told),
        CallBackEvent(leg="person", status="answered", at=start + timedelta(seconds=15), **told),
        CallBackEvent(leg="person", status="completed", at=start + timedelta(seconds=75), duration=60, **told),
        CallBackEvent(leg="user", status="completed", at=start + timedelta(seconds=75), duration=70, **told),
    ]
