"""What must have happened at Telnyx before some recorded requests."""

from __future__ import annotations

import httpx2

from hub.api.sandbox import SimulatedCall
from plugins.carriers.telnyx.sandbox import Sandbox
from plugins.carriers.telnyx.sandbox.numbers import Numbers

PERSON, OURS = "+13125550177", "+13125550143"
HUB = "https://calls.example.com/webhooks/telnyx"


def an_owned_number(sandbox: Sandbox) -> dict[str, str]:
    """The account owns a number."""
    number_id = sandbox.new_id("number")
    sandbox.numbers.clear()
    Numbers(sandbox).own(OURS, number_id, {})
    return {"number_id": number_id}


def a_recorded_call(sandbox: Sandbox) -> dict[str, str]:
    """A call came in, was answered and recorded."""
    call = SimulatedCall(
        caller_number=PERSON, tracking_number=OURS, answering_number="+13125550199", started_at=sandbox.clock()
    )
    sandbox.webhooks(call, HUB)
    return {"recording_id": sandbox.recordings()[-1]}


def a_call_that_is_being_recorded(sandbox: Sandbox) -> dict[str, str]:
    """A call whose recording has not ended."""
    recording = sandbox.held_recordings[a_recorded_call(sandbox)["recording_id"]]
    recording |= {"status": "in-progress", "duration": None}
    recording.pop("end_time", None)
    return {"call_sid": recording["call_sid"], "recording_id": recording["sid"]}


def a_received_text(sandbox: Sandbox) -> dict[str, str]:
    """A person wrote."""
    sandbox.message_webhook(PERSON, OURS, "Is 5 pm ok?", HUB)
    return {}


def a_text_to_list(sandbox: Sandbox) -> dict[str, str]:
    """The only text of the account is one that a person wrote."""
    sandbox.messages.clear()
    a_received_text(sandbox)
    return {"text_id": next(iter(sandbox.messages))}


def a_port_order(sandbox: Sandbox) -> dict[str, str]:
    """A draft of a port order."""
    headers = {"authorization": f"Bearer {sandbox.settings()['api_key']}"}
    wanted = {"phone_numbers": ["+13125550144", "+13125550145"], "customer_reference": "port-1"}
    with httpx2.Client(base_url=f"{sandbox.url}/v2", headers=headers, trust_env=False) as client:
        order_id = client.post("/porting_orders", json=wanted).json()["data"][0]["id"]
        numbers = {"connection_id": "293384405222525300", "messaging_profile_id": "abc85f64-5717-4562-b3fc-2c9600"}
        client.patch(f"/porting_orders/{order_id}", json={"phone_number_configuration": numbers})
    return {"order_id": order_id}
