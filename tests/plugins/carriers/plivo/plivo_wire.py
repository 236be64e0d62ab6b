"""What Plivo's tests share: the time, the numbers, a set-up, a call as the webhooks tell it, and a webhook of given fields."""

from __future__ import annotations

from typing import Any

from hub.api import CallEvent, Event
from hub.api.carriers import CallBack, NumberSetup, OutboundText
from hub.api.sandbox import SimulatedCall
from hub.testing import FrozenClock
from plugins.carriers.plivo import Plivo
from plugins.carriers.plivo.sandbox import Sandbox

TRACKING, CALLER, BUSINESS = "+13125550142", "+13125550143", "+13125550199"
CLOCK = FrozenClock()
HUB = "https://calls.example.com/webhooks/plivo"
TEXT = OutboundText(key="text-1", sender=TRACKING, recipient_number=CALLER, body="Yes")
CALL = CallBack(key="call-1", tracking_number=TRACKING, user_number=BUSINESS, person_number=CALLER)
LEG, CHILD = "0f3c2a90-7a43-4c1e-9d55-52f2f6a3b001", "0f3c2a90-7a43-4c1e-9d55-52f2f6a3b002"


def setup(number: str, label: str = "spring flyer") -> NumberSetup:
    return NumberSetup(
        number=number,
        voice_url=f"{HUB}/voice",
        fallback_url=f"{HUB}/fallback",
        status_url=f"{HUB}/status",
        message_url=f"{HUB}/message",
        message_fallback_url=f"{HUB}/message_fallback",
        label=label,
    )


def simulated(**changes: Any) -> SimulatedCall:
    told = {"caller_number": CALLER, "tracking_number": TRACKING, "answering_number": BUSINESS, "started_at": CLOCK()}
    return SimulatedCall(**{**told, **changes})


def play(sandbox: Sandbox, plivo: Plivo, **changes: Any) -> list[CallEvent]:
    """A call as the webhooks tell it."""
    sent = sandbox.webhooks(simulated(**changes), plivo.services.webhook_url)
    found = [event for _, request in sent for event in plivo.parse_webhook(request)]
    return [event for event in found if isinstance(event, CallEvent)]


def told(sandbox: Sandbox, plivo: Plivo, path: str, mark: str | None = None, **fields: str) -> list[Event]:
    """What a genuine webhook with these fields means; with a mark it comes to an address within a call."""
    base = plivo.services.webhook_url
    url = f"{base}/{path}" if mark is None else sandbox.addresses(base).of(path, TRACKING, LEG, mark)
    request = sandbox.form_webhook(url, fields, CLOCK())
    plivo.verify_webhook(request)
    return list(plivo.parse_webhook(request))
