"""What must have happened at Plivo before some recorded requests."""

from __future__ import annotations

from hub.api.sandbox import SimulatedCall
from plugins.carriers.plivo.sandbox import Sandbox

PERSON, OURS = "+13125550177", "+13125550143"
HUB = "https://calls.example.com/webhooks/plivo"


def an_owned_number(sandbox: Sandbox) -> dict[str, str]:
    """The account owns a number of the application."""
    sandbox.numbers.clear()
    sandbox.own(OURS[1:], sandbox.application["app_id"])
    return {}


def a_recorded_call(sandbox: Sandbox) -> dict[str, str]:
    """A call came in, was answered and recorded."""
    call = SimulatedCall(
        caller_number=PERSON, tracking_number=OURS, answering_number="+13125550199", started_at=sandbox.clock()
    )
    sandbox.webhooks(call, HUB)
    return {"recording_id": sandbox.recordings()[-1]}
