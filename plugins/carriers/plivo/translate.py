"""Plivo's webhooks, which are forms, read with the names that other carriers use for the same things.

Source of the fields: plivo.com/docs/voice/xml/request, /docs/voice/xml/dial, /record, /docs/voice/concepts/stir-shaken,
/docs/messaging/api/message/handling-incoming and /docs/messaging/troubleshooting/error-codes.
"""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Literal

from hub.api import BadPayload, CallEvent, WebhookRequest, phone_number
from hub.api.carriers import Attestation, MessageEvent
from hub.api.twiml import PERSON_LEG, FormField, TwimlWebhook, address_at, identifier, recording_event
from plugins.carriers.plivo.plivo_xml import BY_KEY, MESSAGE
from plugins.carriers.plivo.settings import PlivoSettings

UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
"""The id of a leg, a recording, a text, a picture."""
CALL_NAMES = {"CallUUID": "CallSid", "Duration": "CallDuration"}
DIAL_NAMES = {"CallUUID": "CallSid", "DialStatus": "DialCallStatus", "DialBLegUUID": "DialCallSid"}
LEG_NAMES = {"DialBLegUUID": "CallSid", "DialALegUUID": "ParentCallSid", "DialBLegTo": "To"} | {
    "DialBLegDuration": "CallDuration"
}
"""What a dial reports of the phones that it rings."""
RECORDING_NAMES = {"CallUUID": "CallSid", "RecordingID": "RecordingSid", "recording_id": "RecordingSid"} | {
    "recording_duration": "RecordingDuration"
}
"""The small letters are those of a recording that the API began."""
TEXT_NAMES = {"MessageUUID": "MessageSid", "Status": "MessageStatus"}
SAME = (
    *("From", "To", "CallStatus", "Digits", "STIRVerification", "CallerName", "RecordingDuration", "ErrorCode"),
    *("DialAction", "DialBLegHangupCauseCode", "Text", "Body", "MessageIntent", "ParentMessageUUID"),
    *(f"Media{index}" for index in range(11)),
)
NAMES: Mapping[str, Mapping[str, str]] = {
    **{"leg": LEG_NAMES, PERSON_LEG: LEG_NAMES, "dial": DIAL_NAMES, "recording": RECORDING_NAMES},
    **{"voicemail": RECORDING_NAMES, "message": TEXT_NAMES, "text": TEXT_NAMES},
}
"""By path: Plivo's names → those of the same fields at other carriers."""
STATUSES = {"timeout": "no-answer", "cancel": "canceled", "cancelled": "canceled"}
ACTIONS = {"answer": "ringing", "connected": "in-progress", "digits": "queued", "hangup": ""}
"""What a dial reports of a phone: it is picked up (and whispered to), both are connected, somebody presses keys."""
BUSY = "3010"
OPT_WORDS: Mapping[str, Literal["stop", "start", "help"]] = {"optout": "stop", "optin": "start", "help": "help"}
STOPPED = "200"
TEXT_ERRORS: Mapping[str, str] = {
    "30": "The text was filtered as spam by a carrier.",
    "40": "The sender is not a number of this account that can send texts.",
    "50": "Plivo does not recognize the recipient as a phone number.",
    "70": "The number is no longer in use or takes no texts.",
    "80": "The phone is switched off or cannot be reached.",
    "90": "Plivo has no route from this sender to this recipient.",
    "100": "The recipient's carrier rejected the text.",
    STOPPED: "The person asked Plivo to stop texts from this number.",
    "450": "The account may not send texts to that country; allow it in Plivo's geo permissions.",
    "900": "The Plivo account has no credit.",
}
"""Plivo's error codes of texts in words, without personal data."""


def uuid(text: object, name: str) -> str:
    """An id of anything."""
    return identifier(UUID, text, name)


def e164(text: object) -> str | None:
    """A number, which Plivo writes without a plus sign; None for a hidden caller."""
    written = str(text or "")
    return phone_number(f"+{written}" if re.fullmatch(r"[1-9][0-9]{6,14}", written, re.ASCII) else written)


def recordings_of(settings: PlivoSettings) -> str:
    """The API's address of the account's recordings. One of them is named below it by its id, so the address lasts."""
    return f"{settings.base_url}/v1/Account/{settings.auth_id}/Recording"


class PlivoWebhook(TwimlWebhook):
    """The fields of one webhook, under the names that its path gives them; all other fields are dropped."""

    carrier = "Plivo"
    call_id_form = recording_id_form = text_id_form = UUID
    dialed_leg_paths = frozenset({"leg", PERSON_LEG, "whisper"})
    reasons, opted_out = TEXT_ERRORS, STOPPED
    reports_connected = True
    text_error_form = re.compile(r"[0-9]{2,4}", re.ASCII)

    def __init__(
        self, request: WebhookRequest, fields: Iterable[FormField], carried: Any, settings: PlivoSettings
    ) -> None:
        names = dict.fromkeys(SAME, "") | NAMES.get(request.path, CALL_NAMES)
        wanted = {name.encode(): (names[name] or name).encode() for name in names}
        found = [*fields, *_of_json(fields)] if request.path == "recording" else list(fields)
        known = [(wanted[name], value) for name, value in found if name in wanted]
        # The signature is made with the account's own token, so it names the account.
        account = (b"AccountSid", settings.auth_id.encode())
        super().__init__(request, [*known, account], carried, (settings.media_url,))
        self._recordings = recordings_of(settings)

    def text(self, name: str) -> str:
        found = super().text(name)
        return (e164(found) or ("" if found.isdecimal() else found)) if name in ("From", "To") else found

    def status(self, name: str = "CallStatus") -> str:
        if name != "CallStatus" or self.path not in ("leg", PERSON_LEG):
            return STATUSES.get(self.text(name)) or super().status(name)
        action = self.text("DialAction")
        if action not in ACTIONS:
            raise BadPayload("DialAction is not an event of a dial.")
        unanswered = "busy" if self.text("DialBLegHangupCauseCode") == BUSY else "no-answer"
        return ACTIONS[action] or ("completed" if self.seconds("CallDuration") else unanswered)

    def attestation(self) -> Attestation | None:
        """The verdict on the caller's number. Not Verified may mean B, C, a bad signature or none, so it says nothing."""
        return "A" if self.text("STIRVerification") == "Verified" else None

    def text_id(self) -> str:
        """The id of the text; of a long one's parts, that of the whole."""
        parent = self.text("ParentMessageUUID")
        return uuid(parent, "ParentMessageUUID") if parent else super().text_id()

    def event_key(self) -> str:
        match self.path:
            case "whisper":
                return f"whisper:{self.callers_leg}:{self.carried.mark}:{self.text('CallSid')}"
            case "recording":
                return f"recording:{self.recording_id()}"
            case "message":
                return f"message:{self.text_id()}"
            case "text":
                return f"text:{uuid(self.text('MessageSid'), 'MessageUUID')}:{self.word('MessageStatus')}"
        return super().event_key()

    def _dialed_status(self) -> CallEvent | None:
        """A phone of a dial that a key takes counts once it is connected, however long it was picked up."""
        if self.carried.mark == BY_KEY and self.text("DialAction") != "connected":
            return None
        return super()._dialed_status()

    def _recording(self) -> CallEvent:
        source = "RecordVerb" if self.carried.mark == MESSAGE else ""
        recording_id, length = self.recording_id(), self.text("RecordingDuration")
        duration = None if length == "-1" else self.seconds("RecordingDuration")
        address, number = f"{self._recordings}/{recording_id}/", self.carried.tracking_number
        return recording_event(source, self.callers_leg, self.at, recording_id, address, duration, number)

    def _message(self) -> MessageEvent:
        return MessageEvent(
            message_id=self.text_id(),
            at=self.at,
            tracking_number=self._called(),
            sender_number=phone_number(self.text("From")),
            body=self.text("Text") or self.text("Body"),
            media_urls=tuple(self._pictures()),
            opt_word=OPT_WORDS.get(self.text("MessageIntent")),
        )

    def _pictures(self) -> Iterator[str]:
        """The addresses of a text's pictures, without those that are not at Plivo."""
        for index in range(11):
            with contextlib.suppress(BadPayload):
                yield address_at(self.text(f"Media{index}"), self.origins, self.carrier)


def _of_json(fields: Iterable[FormField]) -> list[FormField]:
    """The fields of a recording that the API began, which come as one JSON object in the field `response`."""
    for name, value in fields:
        if name == b"response":
            with contextlib.suppress(ValueError):
                reported = json.loads(value)
                return (
                    [(str(k).encode(), str(v).encode()) for k, v in reported.items()]
                    if isinstance(reported, dict)
                    else []
                )
    return []
