"""Calls that the fake places for the hub: what its API takes, and the webhooks of both legs.

Source: developers.telnyx.com/api-reference/texml-rest-commands (initiate an outbound call) and callbacks (texml-call-*).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from hub.api import CALL_BACK_STEPS, CallBackOutcome, person_dial
from plugins.carriers.telnyx.sandbox.account import Account
from plugins.carriers.telnyx.sandbox.call import listed_time
from plugins.carriers.telnyx.sandbox.errors import TelnyxError, body
from plugins.carriers.telnyx.sandbox.messages import iso

Posted = tuple[datetime, str, dict[str, str]]


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
    _list(sandbox, sid, sender, receiver, sandbox.clock())
    sandbox.placed[sid] = asked
    reply = {"from": sender, "to": receiver, "status": "queued"}
    if key:
        sandbox.placed_keys[key] = reply
    return JSONResponse(reply)


def placed_calls(sandbox: Account) -> list[Mapping[str, str]]:
    """The calls that the hub placed, with both legs."""
    shown = []
    for sid, asked in sandbox.placed.items():
        dial = person_dial(asked["Texml"])
        shown.append(
            {
                "reference": sid,
                "caller_id": asked["From"],
                "user_number": asked["To"],
                "person_caller_id": dial.caller_id if dial else "",
                "person_number": dial.number if dial else "",
            }
        )
    return shown


def play(sandbox: Account, sid: str, outcome: CallBackOutcome) -> Sequence[Posted]:
    """Both legs of a placed call: when, to which address and with which fields Telnyx reports them."""
    asked, dial = sandbox.placed[sid], person_dial(sandbox.placed[sid]["Texml"])
    assert dial is not None, "the document dials nobody"
    start, child, posted = sandbox.clock(), sandbox.new_call_id(), list[Posted]()
    for step in CALL_BACK_STEPS[outcome]:
        at, is_user = start + timedelta(seconds=step.after), step.leg == "user"
        leg, receiver = (sid, asked["To"]) if is_user else (child, dial.number)
        sender = asked["From"] if is_user else dial.caller_id
        if not is_user and child not in sandbox.calls:
            _list(sandbox, child, sender, receiver, start)
        form = {
            "AccountSid": sandbox.account_id,
            "CallSid": leg,
            "CallSidLegacy": leg,
            "ConnectionId": sandbox.application_id,
            "CallStatus": step.status,
            "From": sender,
            "To": receiver,
            "CallbackSource": "call-progress-events",
            "Timestamp": iso(at),
        }
        if not is_user:
            form |= {"ParentCallSid": sid, "ParentCallSidLegacy": sid}
        if step.status != "in-progress":
            ended = listed_time(at)
            form["CallDuration"] = str(step.duration)
            sandbox.calls[leg] |= {"status": step.status, "end_time": ended, "duration": str(step.duration)}
        if step.status == "completed":
            form["AnsweredTime"] = iso(at - timedelta(seconds=step.duration))
        posted.append((at, asked["StatusCallback"] if is_user else dial.callback, form))
    return posted


def _list(sandbox: Account, sid: str, sender: str, receiver: str, at: datetime) -> None:
    began = listed_time(at)
    sandbox.calls[sid] = {
        "sid": sid,
        "account_sid": sandbox.account_id,
        "from": sender,
        "to": receiver,
        "status": "queued",
        "direction": "outbound",
        "date_created": began,
        "date_updated": began,
        "start_time": began,
        "end_time": None,
        "duration": None,
        "caller_name": None,
        "uri": f"/v2/texml/Accounts/{sandbox.account_id}/Calls/{sid}.json",
    }
