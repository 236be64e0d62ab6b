"""TeXML webhooks, which are forms: their fields, the paths that want an answer, and the translation to our events.

Source of the fields: developers.telnyx.com/api-reference/callbacks (texml-call-*, texml-gather, texml-recording-completed).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from urllib.parse import parse_qsl

from hub.api import (
    TWIML_UNANSWERED,
    USER_LEG,
    AnswerPoint,
    BadPayload,
    CallBackEvent,
    CallEvent,
    Moment,
    WebhookRequest,
    call_back_event,
    end_event,
    leg_event,
    phone_number,
)
from plugins.carriers.telnyx import translate
from plugins.carriers.telnyx.addresses import carried

MAX_WEBHOOK_FIELDS = 200
MOMENTS: Mapping[str, Moment] = {
    "voice": "ringing",
    "fallback": "ringing",
    "dial": "dial_ended",
    "digits": "digits",
    "voicemail": "message_left",
    "whisper": "whisper",
}
"""The paths at which Telnyx waits for TeXML."""


class Form:
    """The fields of one TeXML webhook, read strictly: a malformed field raises BadPayload."""

    def __init__(self, request: WebhookRequest) -> None:
        self.path = request.path
        self.received_at = request.received_at
        self.carried = carried(request)
        try:
            pairs = parse_qsl(
                request.body.decode("utf-8"),
                keep_blank_values=True,
                strict_parsing=True,
                max_num_fields=MAX_WEBHOOK_FIELDS,
            )
        except ValueError as error:
            raise BadPayload("the webhook's body is not a form.") from error
        self._fields = dict(pairs)
        if len(self._fields) != len(pairs):
            raise BadPayload("the webhook has a field more than once.")

    def text(self, name: str) -> str:
        """A field; blank if absent."""
        # PostgreSQL cannot store NUL, and NUL has no meaning in any of Telnyx' fields.
        return self._fields.get(name, "").replace("\x00", "")

    @property
    def leg(self) -> str:
        """The id of the leg that the webhook is about."""
        return translate.call_id(self.text("CallSid"), "CallSid")

    @property
    def call(self) -> str:
        """The id of the caller's leg."""
        parent = self.carried.call_id or self.text("ParentCallSid")
        return translate.call_id(parent, "ParentCallSid") if parent else self.leg

    @property
    def status(self) -> str:
        """The leg's status (required)."""
        return translate.status(self.text("CallStatus"), "CallStatus")

    @property
    def dial_status(self) -> str:
        """How the dial ended (required)."""
        return translate.status(self.text("DialCallStatus"), "DialCallStatus")

    @property
    def recording_status(self) -> str:
        """The recording's status (required)."""
        text = self.text("RecordingStatus")
        if not re.fullmatch(r"[a-z-]{2,20}", text, re.ASCII):
            raise BadPayload("RecordingStatus is not a status.")
        return text

    @property
    def at(self) -> datetime:
        """When it happened."""
        return translate.believed(self.text("Timestamp"), "Timestamp", self.received_at)

    @property
    def called_number(self) -> str | None:
        """The tracking number that was called. On a dialed leg `To` is the business, so only our address has it."""
        own = self.carried.tracking_number
        return own if own or self.text("ParentCallSid") else phone_number(self.text("To"))

    @property
    def keys(self) -> str:
        """What the caller pressed."""
        text = self.text("Digits")
        return text if re.fullmatch(r"[0-9*#]{1,32}", text, re.ASCII) else ""


def event_key(form: Form) -> str:
    """The name of the event in a form. Raises BadPayload if the content makes no sense."""
    match form.path:
        case "voice" | "fallback":
            return f"call:{form.leg}:ringing"
        case "status" | "leg" | "outgoing_user" | "outgoing_person":
            return f"status:{form.leg}:{form.status}"
        case "dial":
            leg = form.text("DialCallSid") and translate.call_id(form.text("DialCallSid"), "DialCallSid")
            return f"dial:{form.call}:{leg}:{form.carried.mark}:{form.dial_status}"
        case "digits":
            return f"digits:{form.call}:{form.carried.mark}:{form.keys}"
        case "whisper":
            return f"whisper:{form.leg}"
        case "voicemail":
            return f"message:{form.call}:{form.carried.mark}"
        case "recording":
            recording = translate.uuid(form.text("RecordingSid"), "RecordingSid")
            return f"recording:{recording}:{form.recording_status}"
    raise BadPayload("the webhook came to an address that this plugin does not give to Telnyx.")


def answer_point(form: Form) -> AnswerPoint | None:
    """The point at which Telnyx waits for TeXML; None if the webhook only reports something."""
    moment = MOMENTS.get(form.path)
    number = form.called_number
    if moment is None or number is None:
        return None
    try:
        return AnswerPoint(
            moment=moment,
            tracking_number=number,
            call_id=form.call,
            caller_number=phone_number(form.text("From")),
            mark=form.carried.mark,
            digits=form.keys if moment == "digits" else "",
            answered=moment == "dial_ended" and form.dial_status not in TWIML_UNANSWERED,
        )
    except BadPayload:
        return None


def event(form: Form, account_id: str, base_url: str) -> CallEvent | CallBackEvent | None:
    """The event in a form, or None; `base_url` is the API that serves recordings."""
    if form.text("AccountSid") != account_id:
        raise BadPayload("the webhook is not of this connector's Telnyx account.")
    match form.path:
        case "voice" | "fallback":
            return _ringing(form)
        case "status" if not form.text("ParentCallSid"):
            return _callers_leg(form)
        case "status" | "leg":
            return _dialed_leg(form)
        case "outgoing_user" | "outgoing_person":
            return _own_call(form)
        case "dial":
            return _after_dial(form)
        case "recording":
            return _recording(form, base_url)
        case "whisper" | "voicemail" | "digits":
            # The dialed leg's status and the recording's own webhook say more; the answerer itself records the keys.
            return None
    raise BadPayload("the webhook came to an address that this plugin does not give to Telnyx.")


def _ringing(form: Form) -> CallEvent:
    number = form.called_number
    if number is None:
        raise BadPayload("the webhook does not say which of our numbers was called.")
    return translate.ringing(
        form.leg,
        form.at,
        number,
        form.text("From"),
        form.text("CallerId"),
        form.text("ShakenStirAttestation"),
        form.text("ShakenStirValidated"),
    )


def _callers_leg(form: Form) -> CallEvent | None:
    if form.status in ("initiated", "ringing"):
        return _ringing(form)
    duration = translate.seconds(form.text("CallDuration"), "CallDuration")
    return end_event(form.status, form.leg, form.at, duration, form.called_number, phone_number(form.text("From")))


def _dialed_leg(form: Form) -> CallEvent | None:
    duration = translate.seconds(form.text("CallDuration"), "CallDuration")
    business = phone_number(form.text("To"))
    found = leg_event(form.status, form.call, form.at, duration, form.called_number, business)
    answered_at = form.text("AnsweredTime")
    if found is None or found.kind != "answered" or form.status != "completed" or not answered_at:
        return found
    at = translate.believed(answered_at, "AnsweredTime", form.received_at)
    return leg_event("in-progress", form.call, at, None, form.called_number, business)


def _own_call(form: Form) -> CallBackEvent | None:
    """A leg of a call that the hub placed; our address carries its key."""
    if not form.carried.mark:
        raise BadPayload("the webhook does not say which of our calls it is about.")
    parent = form.text("ParentCallSid")
    user_leg = form.leg if form.path == USER_LEG else parent and translate.call_id(parent, "ParentCallSid")
    duration = translate.seconds(form.text("CallDuration"), "CallDuration")
    found = call_back_event(form.path, form.status, form.carried.mark, user_leg or None, form.at, duration)
    answered_at = form.text("AnsweredTime")
    if found is None or found.status != "completed" or not answered_at:
        return found
    since = translate.believed(answered_at, "AnsweredTime", form.received_at)
    return replace(found, duration=max(0, int((found.at - since).total_seconds())))


def _after_dial(form: Form) -> CallEvent | None:
    """Reports only that nobody answered. If somebody did, the dialed leg's own status says more exactly who and when."""
    if form.dial_status not in TWIML_UNANSWERED:
        return None
    return leg_event(form.dial_status, form.call, form.at, None, form.called_number, None)


def _recording(form: Form, base_url: str) -> CallEvent | None:
    if form.recording_status != "completed":
        return None
    return translate.recorded(
        form.text("RecordingSource"),
        form.call,
        form.at,
        translate.uuid(form.text("RecordingSid"), "RecordingSid"),
        base_url,
        translate.seconds(form.text("RecordingDuration"), "RecordingDuration"),
        form.carried.tracking_number,
    )
