"""What must have happened at Twilio before some recorded requests."""

from __future__ import annotations

from hub.api.sandbox import SimulatedCall
from plugins.carriers.twilio.sandbox import Sandbox
from plugins.carriers.twilio.sandbox.api import Api


def an_owned_number(sandbox: Sandbox) -> dict[str, str]:
    """The account owns a number."""
    sandbox.numbers.clear()
    number = Api(sandbox).own("+13125550143", {})
    return {"number_sid": number["sid"]}


def a_recorded_call(sandbox: Sandbox) -> dict[str, str]:
    """A call came in, was answered and recorded."""
    call = SimulatedCall(
        caller_number="+13125550177",
        tracking_number="+13125550143",
        answering_number="+13125550199",
        started_at=sandbox.clock(),
    )
    sandbox.webhooks(call, "https://calls.example.com/webhooks/twilio")
    return {"recording_sid": sandbox.recordings()[-1]}


def a_call_that_is_being_recorded(sandbox: Sandbox) -> dict[str, str]:
    """A call whose recording has not ended."""
    recording = sandbox.held_recordings[a_recorded_call(sandbox)["recording_sid"]]
    recording["status"] = "in-progress"
    return {"call_sid": recording["call_sid"]}


def a_received_picture(sandbox: Sandbox) -> dict[str, str]:
    """A person sent a picture."""
    picture, hub = b"\x89PNG", "https://calls.example.com/webhooks/twilio"
    sandbox.messages.clear()
    sandbox.message_webhook("+13125550177", "+13125550143", "Look at this", hub, [picture])
    return {"text_sid": next(iter(sandbox.messages))}
