"""What the tests of the REST side share: the time, the numbers, a set-up, a text, and a call as the webhooks tell it."""

from __future__ import annotations

from hub.api import CallEvent
from hub.api.carriers import NumberSetup, OutboundText
from hub.api.sandbox import SimulatedCall
from hub.testing import FrozenClock, connect
from plugins.carriers.telnyx import Telnyx
from plugins.carriers.telnyx.sandbox import Sandbox

TRACKING, CALLER, BUSINESS = "+13125550142", "+13125550143", "+13125550199"
CLOCK = FrozenClock()
HUB = "https://calls.example.com/webhooks/telnyx"
TEXT = OutboundText(key="text-1", sender=TRACKING, recipient_number=CALLER, body="Yes")


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


def play(sandbox: Sandbox, outcome: str = "answered", **changes: object) -> list[CallEvent]:
    """A call as the webhooks tell it."""
    told = {"caller_number": CALLER, "tracking_number": TRACKING, "answering_number": BUSINESS, "started_at": CLOCK()}
    call = SimulatedCall(**{**told, "outcome": outcome, **changes})  # type: ignore[arg-type]
    connector = connect(Telnyx, sandbox, clock=CLOCK)
    found = [event for _, request in sandbox.webhooks(call, HUB) for event in connector.parse_webhook(request)]
    return [event for event in found if isinstance(event, CallEvent)]
