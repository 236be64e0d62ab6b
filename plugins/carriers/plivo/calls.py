"""Calls at Plivo: those that it places for a user, and its lists of calls and recordings as events.

Plivo takes no document with the request: when the user picks up, it asks `answer_url` for one. So that nobody waits for
the hub's database then, the address holds what the document needs. It is sealed, because proxies log addresses.
Source: plivo.com/docs/voice/api/calls (make a call), /docs/voice/api/call/the-call-object, /docs/voice/api/recordings and
/docs/voice/troubleshooting/hangup-causes.
"""

from __future__ import annotations

import base64
import hmac
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from hub.api import CallEvent, JsonObject, Log, Receipt, WebhookRequest, hookimpl
from hub.api.carriers import CallBack, receipt
from hub.api.twiml import (
    USER_LEG,
    CallbackAddresses,
    CallListReader,
    call_families,
    moment,
    recording_event,
    whole_seconds,
)
from plugins.carriers.plivo.rest import Account, Rest, stamp
from plugins.carriers.plivo.translate import BUSY, UUID, e164, recordings_of, uuid

REASONS: Mapping[str, str] = {
    "400": "Plivo refuses the call: the tracking number must be the account's, and the user's phone a phone number.",
    "403": "Plivo does not allow this call; allow the country in the account's voice geo permissions.",
}


class Calls(Account):
    """Place calls, list calls."""

    @hookimpl
    def place_call(self, call: CallBack) -> Receipt:
        """Place a call, at most once. Raises OutcomeUnknown if Plivo may have taken it anyway.

        Plivo queues it and returns a request id, which becomes the id of the user's leg.
        """
        sealed = (
            _box(self._rest.settings.tokens())
            .encrypt(f"{call.person_number} {call.person_ring_seconds}".encode())
            .decode()
        )
        answer_url = self.addresses.of(USER_LEG, call.tracking_number, sealed, call.key)
        body = {
            "from": call.tracking_number.lstrip("+"),
            "to": (call.user_number or "").lstrip("+"),
            "answer_url": answer_url,
            "answer_method": "POST",
            # Another try at the same address; without it the user would hear nothing.
            "fallback_url": answer_url,
            "fallback_method": "POST",
            "hangup_url": self.addresses.of(USER_LEG, call.tracking_number, "", call.key),
            "hangup_method": "POST",
            "ring_timeout": call.user_ring_seconds,
        }

        def send() -> str:
            return uuid(self._rest.post_once("Call", body).get("request_uuid"), "request_uuid")

        return receipt(call.key, "Plivo", send, REASONS)

    @hookimpl
    def list_calls(self, since: datetime) -> Sequence[CallEvent]:
        """The events of all finished calls that came in at or after `since`."""
        rest = self._rest
        # The documentation does not say in which time zone the filter counts.
        legs = [as_leg(one) for one in rest.pages("Call", {"end_time__gte": stamp(since - timedelta(days=1))})]
        answered = {leg["parent_call_sid"] for leg in legs if leg["status"] == "completed"}
        audio = [
            {**one, "status": "completed", "is_message": one.get("call_uuid") not in answered}
            for one in (rest.pages("Recording", {"add_time__gte": stamp(since - timedelta(days=1))}) if legs else ())
        ]
        return _reader(rest, self.services.log).events(call_families(legs), audio, "call_uuid", since)


def to_connect(request: WebhookRequest, addresses: CallbackAddresses, tokens: Sequence[str]) -> CallBack | None:
    """The call whose user has picked up, if this webhook asks how to go on with it. The address must be verified before."""
    carried = addresses.carried(request)
    if request.path != USER_LEG or not carried.call_id or not carried.tracking_number:
        return None
    try:
        person, _, seconds = _box(tokens).decrypt(carried.call_id.encode()).decode().partition(" ")
    except (InvalidToken, ValueError):
        return None
    return CallBack(
        key=carried.mark,
        tracking_number=carried.tracking_number,
        person_number=person,
        person_ring_seconds=int(seconds),
    )


def _box(tokens: Sequence[str]) -> MultiFernet:
    keys = (hmac.digest(token.encode(), b"the person of a call back", "sha256") for token in tokens)
    return MultiFernet([Fernet(base64.urlsafe_b64encode(key)) for key in keys])


Item = Mapping[str, Any]
CAUSES = {"1": "canceled", "3": "no-answer", "4": "completed"}
"""The first digit of a hangup cause of a leg that was not answered → its status; others are failures."""


def _reader(rest: Rest, log: Log) -> CallListReader:
    def recording(item: Item, call_id: str, number: str) -> CallEvent:
        recording_id = uuid(item.get("recording_id"), "recording_id")
        length = str(item.get("recording_duration_ms") or "").partition(".")[0]
        return recording_event(
            # The list does not say how a recording began. One of a call that nobody answered is a message.
            "RecordVerb" if item.get("is_message") else "",
            call_id,
            moment(item.get("add_time"), "add_time"),
            recording_id,
            f"{recordings_of(rest.settings)}/{recording_id}/",
            whole_seconds(str(int(length) // 1000) if length.isdecimal() else None, "recording_duration_ms"),
            number,
        )

    return CallListReader("Plivo", UUID, recording, log)


def as_leg(item: Item) -> JsonObject:
    """A call record with the names and statuses that other carriers use in their lists."""
    return {
        "sid": item.get("call_uuid"),
        "parent_call_sid": item.get("parent_call_uuid"),
        "direction": item.get("call_direction"),
        "from": e164(item.get("from_number")),
        "to": e164(item.get("to_number")),
        "status": _status(item),
        "start_time": item.get("initiation_time"),
        "end_time": item.get("end_time"),
        "duration": item.get("call_duration"),
    }


def _status(item: Item) -> str:
    code = str(item.get("hangup_cause_code") or "")
    if item.get("answer_time") or not item.get("end_time"):
        return "completed" if item.get("end_time") else "in-progress"
    return "busy" if code == BUSY else CAUSES.get(code[:1] if len(code) == 4 else "", "failed")
