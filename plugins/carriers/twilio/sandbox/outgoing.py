"""Calls that the fake places for the hub.

Source: twilio.com/docs/voice/api/call-resource (create).
"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from plugins.carriers.twilio.sandbox.account import Account
from plugins.carriers.twilio.sandbox.errors import TwilioError, fields


async def place(sandbox: Account, request: Request) -> Response:
    """Place a call, as the API does: it is queued, and its legs are reported to the addresses that came with it."""
    pairs = await fields(request)
    form = dict(pairs)
    sender, receiver = form["From"], form["To"]
    refused = sandbox.refused_numbers.get(sender) or sandbox.refused_numbers.get(receiver)
    if refused:
        raise TwilioError(refused)
    sid = sandbox.new_call_id()
    shown = sandbox.list_call(sid, sender, receiver, sandbox.clock(), "outbound-api")
    shown["status"] = "queued"
    events = " ".join(value for name, value in pairs if name == "StatusCallbackEvent")
    sandbox.placed[sid] = form | {"StatusCallbackEvent": events or "completed"}
    return JSONResponse(shown, status_code=201)
