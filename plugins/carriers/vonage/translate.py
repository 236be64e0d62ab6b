"""Vonage's webhooks, which are JSON, as the fields that the hub knows from carriers that speak TwiML.

Source: developer.vonage.com/en/voice/voice-api/webhook-reference, /ncco-reference (what each action reports) and
/en/api/messages (inbound message, message status).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from hub.api import (
    BadPayload,
    Event,
    WebhookRequest,
    as_mapping,
    as_mappings,
    as_text,
    json_object,
    phone_number,
    without_personal_data,
)
from hub.api.twiml import PERSON_LEG, FormField, TwimlWebhook, identifier, moment

UUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
LEG_ID = re.compile(rf"{UUID}|[0-9a-f]{{32}}")
CALL_ID = re.compile(rf"CON-{UUID}")
"""A call is named by its conversation, which all its legs and recordings share."""
TEXT_ID = re.compile(UUID)
RECORDING_ID = re.compile(rf"REC-{UUID}")
"""Our name of a recording: REC- and the id of its file, so that it differs from a text's id."""
FILE = re.compile(rf"/v1/files/({UUID})")
LEG_WORDS: Mapping[str, str] = {
    "started": "initiated",
    "ringing": "ringing",
    "answered": "in-progress",
    "completed": "completed",
    "busy": "busy",
    "rejected": "failed",
    "failed": "failed",
    "cancelled": "canceled",
    "unanswered": "no-answer",
    "timeout": "no-answer",
}
"""TwiML's words for the states of a leg."""
ASKING = frozenset({"completed", "busy", "rejected", "failed", "unanswered", "timeout"})
"""The states of a dialed phone after which Vonage takes a new document; after `cancelled` the caller is gone."""
SAYING_NOTHING = frozenset({"human", "machine", "transfer", "disconnected"})
TEXT_WORDS: Mapping[str, str] = {
    "submitted": "sent",
    "delivered": "delivered",
    "read": "read",
    "rejected": "failed",
    "undeliverable": "undelivered",
    "expired": "undelivered",
}
ILLEGAL_NUMBER = "1250"
"""The person asked Vonage or their network for no more texts."""
OPTED_OUT = re.compile(r"opted?[- ]?out|unsubscribed", re.IGNORECASE)
REASONS: Mapping[str, str] = {
    "1000": "Vonage throttles this account: too many texts at once.",
    "1050": "The number may not receive texts.",
    "1070": "The Vonage account has too little credit.",
    "1120": "Vonage does not accept the sender; see the registration of the number (10DLC).",
    "1160": "The number is not on the list of a Vonage trial account.",
    "1170": "The number does not exist.",
    ILLEGAL_NUMBER: "The person asked for no more texts.",
}
"""Vonage's error codes of texts in words. Source: developer.vonage.com/en/api-errors/messages."""


def number(text: object) -> str:
    """A number in E.164, which Vonage writes without the plus; blank if it is none."""
    digits = text if isinstance(text, str) else ""
    return phone_number(f"+{digits.removeprefix('+')}") or "" if re.fullmatch(r"\+?[0-9]{7,15}", digits) else ""


def call_id(conversation: object) -> str:
    """The id of a call; older webhooks leave CON- out."""
    text = as_text(conversation)
    return text if text.startswith("CON-") or not text else f"CON-{text}"


def fields(request: WebhookRequest) -> dict[str, str]:
    """The fields of a webhook. BadPayload if it is not a JSON object or reports an error in our document."""
    reported = json_object(request.body) if request.body else {}
    if reported is None:
        raise BadPayload("the webhook is not a JSON object.")
    if "reason" in reported and "uuid" not in reported:
        raise BadPayload(f"Vonage could not carry out a step of the call: {without_personal_data(reported['reason'])}")
    named = _text(reported) if request.path in ("message", "text") else _call(reported, request.path)
    return {name: value for name, value in named.items() if value}


def _call(reported: Mapping[str, object], path: str) -> dict[str, str]:
    status = as_text(reported.get("status"))
    conversation = call_id(reported.get("conversation_uuid"))
    word = LEG_WORDS.get(status, status)
    named = {
        "CallSid": conversation,
        "ParentCallSid": conversation if path == PERSON_LEG else "",
        "Leg": as_text(reported.get("uuid")),
        "From": number(reported.get("from")),
        "To": number(reported.get("to")),
        "Direction": as_text(reported.get("direction")),
        "CallStatus": word,
        "DialCallStatus": word if path == "dial" and status in ASKING else "",
        "CallDuration": str(reported.get("duration") or ""),
        "Timestamp": as_text(reported.get("timestamp")),
        "Digits": as_text(as_mapping(reported.get("dtmf")).get("digits")),
    }
    return named | (_recording(reported) if path == "recording" else {})


def _recording(reported: Mapping[str, object]) -> dict[str, str]:
    url = as_text(reported.get("recording_url"))
    file = FILE.search(url)
    if not file or not reported.get("end_time"):
        raise BadPayload("the webhook does not say where the recording is.")
    began, ended = moment(reported.get("start_time"), "start_time"), moment(reported.get("end_time"), "end_time")
    seconds = max(0, int((ended - began).total_seconds()))
    named = {"RecordingSid": f"REC-{file[1]}", "RecordingUrl": url, "RecordingDuration": str(seconds)}
    return named | {"RecordingStatus": "completed"}


def _text(reported: Mapping[str, object]) -> dict[str, str]:
    """A received text, or the delivery of one that the hub sent."""
    error = as_mapping(reported.get("error"))
    named_by = (str(error.get("title")), as_text(error.get("type")).rpartition("#")[2])
    code = next((text for text in named_by if re.fullmatch(r"[0-9]{4,6}", text)), "")
    if OPTED_OUT.search(f"{error.get('title')} {error.get('detail')}"):
        code = ILLEGAL_NUMBER
    parts = [reported, *as_mappings(reported.get("content"))]
    images = [as_text(as_mapping(part.get("image")).get("url")) for part in parts]
    images += [as_text(part.get("url")) for part in parts if part.get("type") == "image"]
    captions = [as_text(part.get("caption") or as_mapping(part.get("image")).get("caption")) for part in parts]
    pictures = [url for url in images if url]
    state = as_text(reported.get("status"))
    named = {
        "MessageSid": as_text(reported.get("message_uuid")),
        "SmsStatus": "" if state else "received",
        "MessageStatus": TEXT_WORDS.get(state, state),
        "ErrorCode": code,
        "From": number(reported.get("from")),
        "To": number(reported.get("to")),
        "Body": as_text(reported.get("text")) or " ".join(filter(None, captions)),
        "Timestamp": as_text(reported.get("timestamp")),
        "NumMedia": str(len(pictures)),
    }
    return named | {f"MediaUrl{index}": url for index, url in enumerate(pictures)}


class VonageWebhook(TwimlWebhook):
    """The fields of one webhook. At `dial` Vonage reports every state of the dialed phone; only a final one asks."""

    carrier = "Vonage"
    call_id_form = CALL_ID
    recording_id_form = RECORDING_ID
    text_id_form = TEXT_ID
    dialed_leg_paths = frozenset({"leg", "dial", "whisper"})
    reasons = REASONS
    opted_out = ILLEGAL_NUMBER

    def __init__(
        self, request: WebhookRequest, fields: Iterable[FormField], carried: Any, origins: Sequence[str] = ()
    ) -> None:
        super().__init__(request, fields, carried, origins)
        if self.path == "dial" and not self.text("DialCallStatus"):
            self.path = "leg"

    def event_key(self) -> str:
        match self.path:
            case "status" | "leg" | "outgoing_user" | "outgoing_person":
                if self.text("CallStatus") in SAYING_NOTHING:
                    raise BadPayload("the webhook reports nothing that the hub keeps.")
                return f"leg:{self._leg()}:{self.status()}"
            case "dial":
                return f"dial:{self._leg()}:{self.status('DialCallStatus')}"
            case "whisper":
                return f"whisper:{self.callers_leg}:{self.carried.mark}"
        return super().event_key()

    def _leg(self) -> str:
        return identifier(LEG_ID, self.text("Leg"), "uuid")

    def event(self, account_id: str) -> Event | None:
        if self.text("CallStatus") in SAYING_NOTHING:
            return None
        if self.path == "status" and self.status() and self.text("Direction") == "outbound":
            return None
        if self.path == "dial":
            return self._dialed_status()
        return super().event(account_id)
