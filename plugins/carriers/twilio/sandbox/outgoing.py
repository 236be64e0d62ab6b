"""Calls that the fake places for the hub: what its API takes, and the webhooks of both legs.

Source: twilio.com/docs/voice/api/call-resource (create) and /docs/voice/twiml/dial.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from hub.api import CALL_BACK_STEPS, CallBackOutcome, person_dial
from plugins.carriers.twilio.sandbox import resources
from plugins.carriers.twilio.sandbox.account import Account
from plugins.carriers.twilio.sandbox.errors import TwilioError, fields
from plugins.carriers.twilio.sandbox.resources import API_VERSION, at_twilio, party_fields

if TYPE_CHECKING:
    from datetime import datetime

MAX_TWIML_CHARACTERS = 4000
Posted = tuple["datetime", str, dict[str, str]]


async def place(sandbox: Account, request: Request) -> Response:
    """Place a call, as the API does: it is queued, and its legs are reported to the addresses that came with it."""
    pairs = await fields(request)
    form = dict(pairs)
    sender, receiver = form.get("From", ""), form.get("To", "")
    if not re.fullmatch(r"\+[1-9]\d{6,14}", receiver):
        raise TwilioError(21211)
    refused = sandbox.refused_numbers.get(sender) or sandbox.refused_numbers.get(receiver)
    if refused:
        raise TwilioError(refused)
    if not 0 < len(form.get("Twiml", "")) <= MAX_TWIML_CHARACTERS:
        raise TwilioError(21205)
    sid = sandbox.new_sid("CA")
    shown = resources.call(sandbox.account_sid, sid, sender, receiver, sandbox.clock())
    shown |= {"direction": "outbound-api", "status": "queued"}
    sandbox.calls[sid] = shown
    events = " ".join(value for name, value in pairs if name == "StatusCallbackEvent")
    sandbox.placed[sid] = form | {"StatusCallbackEvent": events or "completed"}
    return JSONResponse(shown, status_code=201)


def placed_calls(sandbox: Account) -> list[Mapping[str, str]]:
    """The calls that the hub placed, with both legs."""
    shown = []
    for sid, form in sandbox.placed.items():
        dial = person_dial(form["Twiml"])
        shown.append(
            {
                "reference": sid,
                "caller_id": form["From"],
                "user_number": form["To"],
                "person_caller_id": dial.caller_id if dial else "",
                "person_number": dial.number if dial else "",
            }
        )
    return shown


def play(sandbox: Account, sid: str, outcome: CallBackOutcome) -> Sequence[Posted]:
    """Both legs of a placed call: when, to which address and with which fields Twilio reports them."""
    form, dial = sandbox.placed[sid], person_dial(sandbox.placed[sid]["Twiml"])
    assert dial is not None, "the document dials nobody"
    start, child, posted = sandbox.clock(), sandbox.new_sid("CA"), list[Posted]()
    for step in CALL_BACK_STEPS[outcome]:
        at, is_user = start + timedelta(seconds=step.after), step.leg == "user"
        leg, receiver = (sid, form["To"]) if is_user else (child, dial.number)
        sender = form["From"] if is_user else dial.caller_id
        if not is_user and child not in sandbox.calls:
            sandbox.calls[child] = resources.call(sandbox.account_sid, child, sender, receiver, start, parent=sid)
        if step.status == "in-progress":
            sandbox.calls[leg]["status"] = step.status
        else:
            resources.ended(sandbox.calls[leg], step.status, at, step.duration)
        told = party_fields(sender, receiver) | {
            "AccountSid": sandbox.account_sid,
            "ApiVersion": API_VERSION,
            "CallSid": leg,
            "CallStatus": step.status,
            "Direction": "outbound-api" if is_user else "outbound-dial",
            "Timestamp": at_twilio(at),
            "CallbackSource": "call-progress-events",
        }
        if not is_user:
            told["ParentCallSid"] = sid
        if step.status != "in-progress":
            told |= {"CallDuration": str(step.duration), "Duration": str(math.ceil(step.duration / 60))}
        posted.append((at, form["StatusCallback"] if is_user else dial.callback, told))
    return posted
