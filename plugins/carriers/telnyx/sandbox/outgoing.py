"""Calls that the fake places for the hub.

Source: developers.telnyx.com/api-reference/texml-rest-commands (initiate an outbound call).
"""

from __future__ import annotations

import re

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from plugins.carriers.telnyx.sandbox.account import Account
from plugins.carriers.telnyx.sandbox.errors import TelnyxError, body


async def place(sandbox: Account, request: Request) -> Response:
    """Place a call, as the API does. The reply holds no id of the call."""
    asked, key = await body(request), request.headers.get("idempotency-key", "")
    if key in sandbox.placed_keys:
        return JSONResponse(sandbox.placed_keys[key])
    sender, receiver = str(asked.get("From", "")), str(asked.get("To", ""))
    if not asked.get("ApplicationSid") or not asked.get("Texml"):
        raise TelnyxError("10004")
    if asked["ApplicationSid"] != sandbox.application_id:
        raise TelnyxError("10005")
    if not re.fullmatch(r"\+[1-9]\d{6,14}", receiver):
        raise TelnyxError("10002")
    refused = sandbox.refused_numbers.get(sender) or sandbox.refused_numbers.get(receiver)
    if refused:
        raise TelnyxError(refused)
    sid = sandbox.new_call_id()
    sandbox.list_call(sid, sender, receiver, sandbox.clock(), "outbound-api")["status"] = "queued"
    sandbox.placed[sid] = asked
    reply = {"from": sender, "to": receiver, "status": "queued"}
    if key:
        sandbox.placed_keys[key] = reply
    return JSONResponse(reply)
