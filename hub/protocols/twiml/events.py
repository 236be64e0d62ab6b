"""What a carrier that speaks TwiML reports about a call, as our events: a dialed leg's status, the call's end, a recording."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Literal

from hub.contracts.answers import OWN_PHONE
from hub.contracts.call_backs import CallBackEvent, LegStatus
from hub.contracts.events import CallEvent, CallFailure
from hub.contracts.phones import own_phone, phone_number

DEVICES = frozenset({"client", "sip", "sim"})
"""What stands before the colon in the address of a device (twilio.com/docs/voice/api/call-resource, `to`)."""
UNANSWERED_STATUSES = frozenset({"busy", "failed", "no-answer", "canceled"})
"""The final statuses of a dialed leg that nobody picked up."""
ENDED_STATUSES = UNANSWERED_STATUSES | {"completed"}
"""The final statuses of a leg."""
USER_LEG = "outgoing_user"
"""Our path to which a carrier reports the user's leg of a call that the hub has placed."""
PERSON_LEG = "outgoing_person"
"""Our path to which it reports the leg of the person who is called."""
LEG_STATUSES: Mapping[str, LegStatus] = {
    "in-progress": "answered",
    "completed": "completed",
    "busy": "busy",
    "no-answer": "no_answer",
    "canceled": "canceled",
    "failed": "failed",
}


def call_back_event(
    path: str, leg_status: str, key: str, call_id: str | None, at: datetime, duration: int | None
) -> CallBackEvent | None:
    """What a status of one leg of our own call means, by the path to which it was reported; None before it is answered."""
    status = LEG_STATUSES.get(leg_status)
    if status is None:
        return None
    ended = duration if status == "completed" else None
    leg: Literal["user", "person"] = "user" if path == USER_LEG else "person"
    return CallBackEvent(leg=leg, status=status, key=key, call_id=call_id, at=at, duration=ended)


def leg_event(
    leg_status: str, call_id: str, at: datetime, duration: int | None, tracking_number: str | None, to: str
) -> CallEvent | None:
    """What the dialed leg's status means for the caller's call `call_id`; `at` is the status's own time. `to` is whom it
    dialed: a number, or the address of a device.

    A `completed` leg was picked up `duration` seconds earlier. None for a status that has no meaning for the call.
    """
    if leg_status in UNANSWERED_STATUSES:
        return CallEvent(kind="not_answered", call_id=call_id, at=at, tracking_number=tracking_number)
    if leg_status not in ("in-progress", "completed"):
        return None
    picked_up = at - timedelta(seconds=duration or 0) if leg_status == "completed" else at
    scheme, _, name = to.partition(":")
    own = own_phone(f"{OWN_PHONE}{name.replace('_', '-')}") if scheme in ("client", "sip") else None
    return CallEvent(
        kind="answered",
        call_id=call_id,
        at=picked_up,
        tracking_number=tracking_number,
        answered_by=phone_number(to) or own,
        answered_device=scheme if scheme in DEVICES else None,
    )


def end_event(
    call_status: str,
    call_id: str,
    at: datetime,
    duration: int | None,
    tracking_number: str | None,
    caller: str | None,
    failure: CallFailure | None = None,
) -> CallEvent | None:
    """The end of the caller's leg; None for a status that is not final.

    A caller who gives up (`no-answer`, `canceled`) has completed a call that nobody answered; `busy` was never connected,
    `failed` neither, or it broke off. `failure` says why, if the carrier does.
    """
    if call_status not in ENDED_STATUSES:
        return None
    return CallEvent(
        kind="failed" if call_status in ("busy", "failed") else "completed",
        failure=failure if call_status == "failed" else None,
        call_id=call_id,
        at=at,
        tracking_number=tracking_number,
        caller_number=caller,
        duration=duration,
    )


def recording_event(
    source: object,
    call_id: str,
    at: datetime,
    recording_id: str,
    url: str,
    duration: int | None,
    tracking_number: str | None,
) -> CallEvent:
    """A recording that is ready; a recording by the TwiML verb `<Record>` is a voicemail."""
    return CallEvent(
        kind="voicemail" if source == "RecordVerb" else "recorded",
        call_id=call_id,
        at=at,
        tracking_number=tracking_number,
        recording_id=recording_id,
        recording_url=url,
        recording_duration=duration,
    )
