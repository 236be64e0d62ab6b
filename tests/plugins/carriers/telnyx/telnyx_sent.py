"""Webhooks that Telnyx could send, and what the connector makes of them: for the tests of forms and of JSON events."""

from __future__ import annotations

from datetime import UTC, timedelta
from typing import Any

from hub.api import BadPayload, Event, WebhookRequest
from hub.api.twiml import CallbackAddresses
from hub.testing import FrozenClock, connect
from plugins.carriers.telnyx import Telnyx
from plugins.carriers.telnyx.sandbox import Sandbox

CLOCK = FrozenClock()
SANDBOX = Sandbox(CLOCK)
TELNYX = connect(Telnyx, SANDBOX, clock=CLOCK)
BASE, AT = TELNYX.services.webhook_url, CLOCK()
CALL, LEG = SANDBOX.new_call_id(), SANDBOX.new_call_id()
RECORDING, TEXT, EVENT = (SANDBOX.new_id(kind) for kind in ("recording", "text", "event"))
TRACKING, CALLER, BUSINESS = "+13125550142", "+13125550143", "+13125550199"
ADDRESSES = CallbackAddresses(BASE, SANDBOX.api_key)
OURS = (TRACKING, CALL)
"""What our addresses within the call carry."""


def parsed(request: WebhookRequest) -> list[Event]:
    TELNYX.verify_webhook(request)
    return list(TELNYX.parse_webhook(request))


def one(request: WebhookRequest) -> Any:
    (event,) = parsed(request)
    return event


def holds(request: WebhookRequest) -> None:
    verified = TELNYX.verify_webhook(request)
    assert 0 < len(verified.event_key) <= 200 and verified == TELNYX.verify_webhook(request)
    try:
        events = TELNYX.parse_webhook(request)
    except BadPayload:
        return
    assert events == TELNYX.parse_webhook(request)
    assert all(event.at.tzinfo is UTC and abs(event.at - AT) < timedelta(days=2) for event in events)
