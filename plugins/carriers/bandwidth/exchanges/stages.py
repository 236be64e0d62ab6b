"""What must have happened at Bandwidth before some recorded requests."""

from __future__ import annotations

from hub.api.sandbox import SimulatedCall
from plugins.carriers.bandwidth.sandbox import Sandbox


def a_recorded_call(sandbox: Sandbox) -> dict[str, str]:
    """A call came in, was answered and recorded."""
    call = SimulatedCall(
        caller_number="+13125550177",
        tracking_number="+13125550143",
        answering_number="+13125550199",
        started_at=sandbox.clock(),
    )
    sandbox.webhooks(call, "https://calls.example.com/webhooks/bandwidth")
    recording = sandbox.recordings()[-1]
    call_id, _, recording_id = recording.partition(".")
    return {"recording": recording, "call_id": call_id, "recording_id": recording_id}
