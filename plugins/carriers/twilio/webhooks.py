"""Twilio's webhooks: which event a request reports, whether it waits for an answer, and the translation to our events.

Source of the fields: twilio.com/docs/voice/twiml (request parameters), /dial, /record and messaging/guides/webhook-request.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Literal
from urllib.parse import parse_qs

from hub.api import (
    TWIML_UNANSWERED,
    USER_LEG,
    AnswerPoint,
    BadPayload,
    Event,
    MessageEvent,
    Moment,
    WebhookRequest,
    call_back_event,
    end_event,
    leg_event,
    phone_number,
    recording_event,
)
from plugins.carriers.twilio import texts, translate
from plugins.carriers.twilio.signature import Field
from plugins.carriers.twilio.twiml import MARK, TRACKING_NUMBER

MAX_MEDIA = 10
OPT_WORDS: Mapping[str, Literal["stop", "start", "help"]] = {"STOP": "stop", "START": "start", "HELP": "help"}
"""`OptOutType`, which Twilio adds if it recognized a text as one of its keywords (Advanced Opt-Out)."""
BELIEVABLE = timedelta(days=1)
"""Twilio's time is signed, so it is trusted unless it differs from ours by a day."""


class Webhook:
    """The fields of one webhook, read strictly: a malformed field raises BadPayload."""

    def __init__(self, request: WebhookRequest, fields: Sequence[Field]) -> None:
        self.path = request.path
        self.received_at = request.received_at
        self.named_number, self.mark = _our_fields(request.query)
        """The tracking number and the mark in the query of our own callback addresses."""
        self._fields = fields

    def text(self, name: str) -> str:
        """A field; blank if absent."""
        wanted = name.encode()
        values = [value for field, value in self._fields if field == wanted]
        if len(values) > 1:
            raise BadPayload(f"the webhook has the field {name} more than once.")
        # PostgreSQL cannot store NUL, and NUL has no meaning in any of Twilio's fields.
        return values[0].decode("utf-8", "replace").replace("\x00", "") if values else ""

    def sid(self, name: str) -> str:
        """A Twilio id (required)."""
        return translate.sid(self.text(name), name)

    def status(self, name: str) -> str:
        """A call status (required)."""
        return translate.status(self.text(name), name)

    def word(self, name: str) -> str:
        """Any other status (required)."""
        text = self.text(name)
        if not re.fullmatch(r"[a-z-]{2,20}", text):
            raise BadPayload(f"{name} is not a status.")
        return text

    def seconds(self, name: str) -> int | None:
        """A duration; None if absent."""
        return translate.seconds(self.text(name), name)

    @property
    def at(self) -> datetime:
        """When it happened: Twilio's own time if it is plausible, else the arrival time."""
        text = self.text("Timestamp")
        reported = translate.when(text, "Timestamp") if text else self.received_at
        return reported if abs(reported - self.received_at) < BELIEVABLE else self.received_at

    @property
    def called_number(self) -> str | None:
        """The tracking number that was called or texted, on the caller's leg."""
        return self.named_number or phone_number(self.text("To"))


@lru_cache(maxsize=4096)
def _our_fields(query: str) -> tuple[str | None, str]:
    try:
        fields = parse_qs(query)
    except ValueError:
        return None, ""
    named, marks = fields.get(TRACKING_NUMBER, []), fields.get(MARK, [])
    return phone_number(named[0]) if len(named) == 1 else None, marks[0] if len(marks) == 1 else ""


def event_key(webhook: Webhook) -> str | None:
    """The name of the event that a webhook reports; None if its content makes no sense."""
    try:
        match webhook.path:
            case "voice" | "fallback":
                return f"call:{webhook.sid('CallSid')}:ringing"
            case "status" | "outgoing_user" | "outgoing_person":
                return f"call:{webhook.sid('CallSid')}:{webhook.status('CallStatus')}"
            case "dial":
                leg = webhook.sid("DialCallSid") if webhook.text("DialCallSid") else "none"
                return f"dial:{webhook.sid('CallSid')}:{leg}:{webhook.status('DialCallStatus')}:{webhook.mark}"
            case "whisper":
                return f"whisper:{webhook.sid('CallSid')}"
            case "digits":
                return f"digits:{webhook.sid('CallSid')}:{webhook.mark}:{_keys(webhook.text('Digits'))}"
            case "voicemail":
                return f"voicemail:{webhook.sid('CallSid')}:{webhook.sid('RecordingSid')}"
            case "recording":
                return f"recording:{webhook.sid('RecordingSid')}:{webhook.word('RecordingStatus')}"
            case "message":
                return f"message:{webhook.sid('MessageSid')}:{webhook.word('SmsStatus')}"
            case texts.STATUS_PATH:
                return f"text:{webhook.sid('MessageSid')}:{webhook.word('MessageStatus')}"
    except BadPayload:
        return None
    return None


def answer_point(webhook: Webhook) -> AnswerPoint | None:
    """The point at which Twilio waits for TwiML; None if the webhook only reports something."""
    moment = MOMENTS.get(webhook.path)
    try:
        # On the dialed leg `To` is the business, not the tracking number.
        number = webhook.named_number if moment == "whisper" else webhook.called_number
        if moment is None or number is None:
            return None
        return AnswerPoint(
            moment=moment,
            tracking_number=number,
            call_id=webhook.text("CallSid"),
            caller_number=phone_number(webhook.text("From")),
            mark=webhook.mark,
            digits=_keys(webhook.text("Digits")) if moment == "digits" else "",
            answered=moment == "dial_ended" and webhook.status("DialCallStatus") not in TWIML_UNANSWERED,
        )
    except BadPayload:
        return None


MOMENTS: Mapping[str, Moment] = {
    "voice": "ringing",
    "fallback": "ringing",
    "dial": "dial_ended",
    "digits": "digits",
    "voicemail": "message_left",
    "whisper": "whisper",
}
"""The paths at which Twilio waits for TwiML."""


def _keys(text: str) -> str:
    return text if re.fullmatch(r"[0-9*#]{1,32}", text, re.ASCII) else ""


def events(webhook: Webhook, account_sid: str, origins: Sequence[str]) -> list[Event]:
    """The events in a webhook; `origins` are the addresses (scheme and host) that may serve recordings."""
    if webhook.text("AccountSid") != account_sid:
        raise BadPayload("the webhook is not of this connector's Twilio account.")
    match webhook.path:
        case "voice" | "fallback":
            found: Event | None = _ringing(webhook)
        case "status":
            found = _dialed_leg(webhook) if webhook.text("ParentCallSid") else _callers_leg(webhook)
        case "outgoing_user" | "outgoing_person":
            found = _own_call(webhook)
        case "dial":
            found = _after_dial(webhook)
        case "recording":
            found = _recording(webhook, origins)
        case "message":
            found = _message(webhook, origins)
        case texts.STATUS_PATH:
            found = texts.became(
                webhook.word("MessageStatus"), webhook.sid("MessageSid"), webhook.at, _code(webhook.text("ErrorCode"))
            )
        case "whisper" | "voicemail" | "digits":
            # The dialed leg's status and the recording's own webhook say more; the answerer itself records the keys.
            found = None
        case _:
            raise BadPayload("the webhook came to an address that this plugin does not give to Twilio.")
    return [found] if found else []


def _called(webhook: Webhook) -> str:
    number = webhook.called_number
    if number is None:
        raise BadPayload("the webhook does not say which of our numbers was called.")
    return number


def _ringing(webhook: Webhook) -> Event:
    return translate.ringing(
        webhook.sid("CallSid"),
        webhook.at,
        _called(webhook),
        webhook.text("From"),
        webhook.text("CallerName"),
        webhook.text("StirVerstat"),
    )


def _callers_leg(webhook: Webhook) -> Event | None:
    return end_event(
        webhook.status("CallStatus"),
        webhook.sid("CallSid"),
        webhook.at,
        webhook.seconds("CallDuration"),
        webhook.called_number,
        phone_number(webhook.text("From")),
    )


def _own_call(webhook: Webhook) -> Event | None:
    """A leg of a call that the hub placed; our address carries its key."""
    if not webhook.mark:
        raise BadPayload("the webhook does not say which of our calls it is about.")
    user_leg = "CallSid" if webhook.path == USER_LEG else "ParentCallSid"
    return call_back_event(
        webhook.path,
        webhook.status("CallStatus"),
        webhook.mark,
        webhook.sid(user_leg) if webhook.text(user_leg) else None,
        webhook.at,
        webhook.seconds("CallDuration"),
    )


def _dialed_leg(webhook: Webhook) -> Event | None:
    return leg_event(
        webhook.status("CallStatus"),
        webhook.sid("ParentCallSid"),
        webhook.at,
        webhook.seconds("CallDuration"),
        webhook.named_number,
        phone_number(webhook.text("To")),
    )


def _after_dial(webhook: Webhook) -> Event | None:
    """Reports only that nobody answered. If somebody did, the dialed leg's own status says more exactly who and when."""
    if webhook.status("DialCallStatus") not in TWIML_UNANSWERED:
        return None
    return leg_event(
        webhook.status("DialCallStatus"),
        webhook.sid("CallSid"),
        webhook.at,
        None,
        webhook.called_number,
        None,
    )


def _recording(webhook: Webhook, origins: Sequence[str]) -> Event | None:
    if webhook.word("RecordingStatus") != "completed":
        return None
    return recording_event(
        webhook.text("RecordingSource"),
        webhook.sid("CallSid"),
        webhook.at,
        webhook.sid("RecordingSid"),
        translate.twilio_address(webhook.text("RecordingUrl"), origins, "recording"),
        webhook.seconds("RecordingDuration"),
        webhook.named_number,
    )


def _code(text: str) -> str:
    return text if re.fullmatch(r"[0-9]{5}", text, re.ASCII) else ""


def _message(webhook: Webhook, origins: Sequence[str]) -> Event | None:
    if webhook.word("SmsStatus") != "received":
        return None
    count = webhook.text("NumMedia") or "0"
    if not re.fullmatch(r"[0-9]{1,2}", count, re.ASCII) or int(count) > MAX_MEDIA:
        raise BadPayload("NumMedia is not a number of attachments.")
    media = [webhook.text(f"MediaUrl{index}") for index in range(int(count))]
    return MessageEvent(
        message_id=webhook.sid("MessageSid"),
        at=webhook.at,
        tracking_number=_called(webhook),
        sender_number=phone_number(webhook.text("From")),
        body=webhook.text("Body"),
        media_urls=tuple(url for url in media if _is_at(url, origins)),
        opt_word=OPT_WORDS.get(webhook.text("OptOutType")),
    )


def _is_at(url: str, origins: Sequence[str]) -> bool:
    try:
        translate.twilio_address(url, origins, "picture")
    except BadPayload:
        return False
    return True
