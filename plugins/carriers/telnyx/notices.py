"""Telnyx' JSON events: texts and their delivery, and the calls of accounts that also get call events as JSON.

Source of the fields: developers.telnyx.com/api-reference/callbacks and the models of the SDK `telnyx` 4.189.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal, cast

from hub.api import BadPayload, CallEvent, Event, WebhookRequest, phone_number
from hub.api.carriers import MessageEvent, MessageStatusEvent
from hub.api.twiml import believed, caller_name, moment, recording_event, whole_seconds
from plugins.carriers.telnyx.translate import attestation, recording_address, uuid

MAX_MEDIA = 10
BLOCKED = "40300"
"""Telnyx' error code for a text to a person who sent STOP to Telnyx."""
FAILED_STATUSES = frozenset({"sending_failed", "delivery_failed", "expired"})
UNANSWERED_CAUSES = frozenset({"no_answer", "timeout", "user_busy", "call_rejected", "not_found"})
"""Hang-up causes of a leg that nobody answered."""


def is_json(request: WebhookRequest) -> bool:
    """Whether the body is a JSON event."""
    return request.body.lstrip()[:1] in (b"{", b"[")


class Notice:
    """One JSON event; a malformed field raises BadPayload."""

    def __init__(self, request: WebhookRequest) -> None:
        self.received_at = request.received_at
        try:
            body = json.loads(request.body)
        except (ValueError, RecursionError) as error:
            raise BadPayload("the webhook's body is not JSON.") from error
        data = _object(body.get("data") if isinstance(body, dict) else None, "data")
        self._id, self._type, self._payload = data.get("id"), data.get("event_type"), data.get("payload")
        self.reported_at = data.get("occurred_at")

    @property
    def id(self) -> str:
        """Telnyx' id of the event, the same for every redelivery."""
        return uuid(self._id, "data.id")

    @property
    def event_type(self) -> str:
        """As in `message.received`."""
        if not isinstance(self._type, str) or not re.fullmatch(r"[a-z0-9_]+(\.[a-z0-9_]+)*", self._type, re.ASCII):
            raise BadPayload("data.event_type is not the name of an event.")
        return self._type

    @property
    def payload(self) -> Mapping[str, Any]:
        """The event's payload."""
        return _object(self._payload, "data.payload")

    @property
    def at(self) -> datetime:
        """When it happened."""
        return believed(self.reported_at, "data.occurred_at", self.received_at)


def event(notice: Notice, base_url: str) -> Event | None:
    """The event in a notice, or None if we store nothing of it (an order's progress, a played prompt …)."""
    match notice.event_type:
        case "message.received":
            return received_text(notice.payload, notice.at)
        case "message.sent" | "message.finalized":
            return _message_status(notice)
        case "call.initiated":
            return _initiated(notice)
        case "call.bridged":
            return CallEvent(kind="answered", call_id=_call(notice), at=notice.at)
        case "call.hangup":
            return _hangup(notice)
        case "call.recording.saved":
            return _recording(notice, base_url)
    return None


def _object(value: object, name: str) -> Mapping[str, object]:
    if not isinstance(value, dict):
        raise BadPayload(f"{name} is not an object.")
    return value


def _text(value: object, name: str) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        raise BadPayload(f"{name} is not a text.")
    # PostgreSQL can store neither NUL nor lone surrogates.
    return value.replace("\x00", "").encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def received_text(payload: Mapping[str, object], at: datetime) -> MessageEvent:
    """A received text, as a webhook and as the API show it."""
    number = phone_number(_address(payload.get("to")))
    if number is None:
        raise BadPayload("the text does not say which of our numbers it came to.")
    word = _text(payload.get("autoresponse_type"), "autoresponse_type").lower()
    return MessageEvent(
        message_id=uuid(payload.get("id"), "payload.id"),
        at=at,
        tracking_number=number,
        sender_number=phone_number(_address(payload.get("from"))),
        body=_text(payload.get("text"), "payload.text"),
        media_urls=tuple(_media(payload.get("media"))),
        opt_word=cast(Literal["stop", "start", "help"], word) if word in ("stop", "start", "help") else None,
    )


def _address(party: object) -> str:
    """The number of a party: an object, a list of one or more, or a bare text."""
    first = (party[0] if party else None) if isinstance(party, list) else party
    return _text(first.get("phone_number") if isinstance(first, dict) else first, "a phone number")


def _media(media: object) -> list[str]:
    if media is None:
        return []
    if not isinstance(media, list) or len(media) > MAX_MEDIA:
        raise BadPayload("payload.media is not a list of attachments.")
    urls = [_text(_object(one, "an attachment").get("url"), "an attachment's url") for one in media]
    return [url for url in urls if url]


def _message_status(notice: Notice) -> MessageStatusEvent:
    payload = notice.payload
    recipients = payload.get("to")
    first = recipients[0] if isinstance(recipients, list) and recipients else None
    reported = _text(first.get("status") if isinstance(first, dict) else None, "the text's status")
    status: Literal["sent", "delivered", "failed"] = "sent"
    if reported in FAILED_STATUSES:
        status = "failed"
    elif reported in ("delivered", "read"):
        status = "delivered"
    error = _first_error(payload.get("errors")) if status == "failed" else {}
    code = re.sub(r"[^0-9A-Za-z]", "", str(error.get("code") or ""))[:20] or None
    return MessageStatusEvent(
        message_id=uuid(payload.get("id"), "payload.id"),
        at=notice.at,
        status=status,
        code=code,
        # The detail names both numbers; the title does not.
        reason=_text(error.get("title"), "an error's title")[:200] or None,
        opted_out=code == BLOCKED,
    )


def _first_error(errors: object) -> Mapping[str, object]:
    return errors[0] if isinstance(errors, list) and errors and isinstance(errors[0], dict) else {}


def _call(notice: Notice) -> str:
    """The call's id: the session id, because only it is shared by the caller's leg, the dialed legs and recordings."""
    return uuid(notice.payload.get("call_session_id"), "call_session_id")


def _initiated(notice: Notice) -> CallEvent | None:
    payload = notice.payload
    called = _number(payload.get("to"))
    if payload.get("direction") != "incoming":
        return None
    if called is None:
        raise BadPayload("the webhook does not say which of our numbers was called.")
    level, validated = payload.get("shaken_stir_attestation"), payload.get("shaken_stir_validated")
    return CallEvent(
        kind="ringing",
        call_id=_call(notice),
        at=notice.at,
        tracking_number=called,
        caller_number=_number(payload.get("from")),
        caller_name=caller_name(payload.get("caller_id_name")),
        attestation=attestation(level or _verstat(payload), validated),
    )


def _number(text: object) -> str | None:
    return phone_number(text) if isinstance(text, str) else None


def _verstat(payload: Mapping[str, object]) -> str:
    """The `verstat` of the caller's asserted identity, among the SIP headers."""
    headers = payload.get("sip_headers")
    for header in headers if isinstance(headers, list) else []:
        if isinstance(header, dict) and str(header.get("name")).lower() == "p-asserted-identity":
            found = re.search(r"verstat=([A-Za-z-]+)", str(header.get("value")))
            if found:
                return found[1]
    return ""


def _hangup(notice: Notice) -> CallEvent:
    """The end of a leg. It does not say whether it is the caller's leg, but only a dialed leg can end unanswered."""
    payload = notice.payload
    if _text(payload.get("hangup_cause"), "hangup_cause") in UNANSWERED_CAUSES:
        return CallEvent(kind="not_answered", call_id=_call(notice), at=notice.at)
    started = payload.get("start_time")
    began = believed(started, "payload.start_time", notice.at) if started else None
    return CallEvent(
        kind="completed",
        call_id=_call(notice),
        at=notice.at,
        duration=max(0, int((notice.at - began).total_seconds())) if began else None,
    )


def _recording(notice: Notice, base_url: str) -> CallEvent | None:
    payload = notice.payload
    if not payload.get("recording_id"):
        # Older accounts do not get the id; the call list finds the recording.
        return None
    began = moment(payload.get("recording_started_at"), "recording_started_at")
    finished = moment(payload.get("recording_ended_at"), "recording_ended_at")
    duration = whole_seconds(max(0, int((finished - began).total_seconds())), "the recording's duration")
    recording_id = uuid(payload.get("recording_id"), "recording_id")
    address = recording_address(base_url, recording_id)
    return recording_event("", _call(notice), notice.at, recording_id, address, duration, None)
