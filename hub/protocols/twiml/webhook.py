"""A webhook in TwiML's form fields: the event that it reports, the answer that it waits for, and its translation to our events.

Source of the fields: twilio.com/docs/voice/twiml (request parameters), /dial, /record and messaging/guides/webhook-request.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import ClassVar, Literal, cast

from hub.contracts.answers import ACCEPT_KEY, AnswerPoint, Attestation, Moment
from hub.contracts.call_backs import CallBackEvent
from hub.contracts.events import CallEvent, CallFailure, Event, MessageEvent, MessageStatusEvent
from hub.contracts.phones import phone_number
from hub.contracts.webhooks import WebhookRequest
from hub.errors import BadPayload
from hub.protocols.twiml.addresses import Carried
from hub.protocols.twiml.events import (
    UNANSWERED_STATUSES,
    USER_LEG,
    call_back_event,
    end_event,
    leg_event,
    recording_event,
)
from hub.protocols.twiml.signature import Field
from hub.protocols.twiml.words import address_at, believed, call_status, caller_name, identifier, whole_seconds

MAX_MEDIA = 10
TEXT_STATUS_PATH = "text"
"""Our path to which the carrier reports a text's delivery."""
VERSTAT = re.compile(
    r"TN-Validation-Passed-([ABC])(?:-\w+)*|(TN-Validation-Failed)(?:-\w+)*|No-TN-Validation(?:-\w+)*", re.ASCII
)
"""Twilio's verdicts on a caller's number; a suffix says how the signature came."""
MOMENTS: Mapping[str, Moment] = {
    "voice": "ringing",
    "fallback": "ringing",
    "dial": "dial_ended",
    "digits": "digits",
    "voicemail": "message_left",
    "whisper": "whisper",
    "accept": "accept",
    "conversed": "conversed",
}
"""The paths at which the carrier waits for a document."""
WHY_UNANSWERED: Mapping[str, Literal["busy", "no_answer"]] = {
    "busy": "busy",
    "no-answer": "no_answer",
    "canceled": "no_answer",
}
"""A dial's final status → why nobody took the call; `failed` has another reason."""
TEXT_STATUSES: Mapping[str, Literal["sent", "delivered", "failed"]] = {
    "sent": "sent",
    "delivered": "delivered",
    "read": "delivered",
    "undelivered": "failed",
    "failed": "failed",
    "rejected": "failed",
    "canceled": "failed",
}
WAITING_TEXTS = frozenset({"accepted", "scheduled", "queued", "sending"})
OPT_WORDS: Mapping[str, Literal["stop", "start", "help"]] = {"STOP": "stop", "START": "start", "HELP": "help"}
"""What a carrier adds in `OptOutType` if it recognized a text as one of its keywords."""
STRANGE_ADDRESS = "the webhook came to an address that this plugin does not give to the carrier."


class TwimlWebhook:
    """The fields of one webhook, read strictly: a malformed field raises BadPayload. `carried` is what our address carries to
    which it came, `origins` (scheme and host) may serve recordings and pictures. A carrier's dialect overrides what differs.
    """

    carrier: ClassVar[str] = "the carrier"
    call_id_form: ClassVar[re.Pattern[str]] = re.compile(r"CA[0-9a-fA-F]{32}")
    recording_id_form: ClassVar[re.Pattern[str]] = re.compile(r"RE[0-9a-fA-F]{32}")
    text_id_form: ClassVar[re.Pattern[str]] = re.compile(r"[SM]M[0-9a-fA-F]{32}")
    name_field: ClassVar[str] = "CallerName"
    dialed_leg_paths: ClassVar[frozenset[str]] = frozenset({"leg", "whisper", "accept"})
    """The paths of webhooks about the phone that was dialed, on which `To` is not the tracking number."""

    reports_connected: ClassVar[bool] = False
    """Whether the carrier calls a dial `completed` only if caller and person were connected, not if a phone was picked up and
    did not take the call."""
    reasons: ClassVar[Mapping[str, str]] = {}
    """The carrier's error codes of texts in words, without personal data."""
    opted_out: ClassVar[str] = "21610"
    """The carrier's error code of a text to a person who sent STOP."""
    text_error_form: ClassVar[re.Pattern[str]] = re.compile(r"[0-9]{4,6}", re.ASCII)

    def __init__(
        self, request: WebhookRequest, fields: Iterable[Field], carried: Carried, origins: Sequence[str] = ()
    ) -> None:
        self.path, self.received_at, self.carried, self.origins = request.path, request.received_at, carried, origins
        self._values: dict[bytes, bytes] = {}
        self._repeated: set[bytes] = set()
        for name, value in fields:
            if name in self._values:
                self._repeated.add(name)
            self._values[name] = value

    # The fields

    def text(self, name: str) -> str:
        """A field; blank if absent."""
        wanted = name.encode()
        if wanted in self._repeated:
            raise BadPayload(f"the webhook has the field {name} more than once.")
        # PostgreSQL cannot store NUL, and NUL has no meaning in any field.
        return self._values.get(wanted, b"").decode("utf-8", "replace").replace("\x00", "")

    def call_id(self, name: str = "CallSid") -> str:
        """The id of a leg (required)."""
        return identifier(self.call_id_form, self.text(name), name)

    def recording_id(self) -> str:
        """The id of the recording (required)."""
        return identifier(self.recording_id_form, self.text("RecordingSid"), "RecordingSid")

    def text_id(self) -> str:
        """The id of the text (required)."""
        return identifier(self.text_id_form, self.text("MessageSid"), "MessageSid")

    def status(self, name: str = "CallStatus") -> str:
        """A call status (required)."""
        return call_status(self.text(name), name)

    def word(self, name: str) -> str:
        """Any other status (required)."""
        text = self.text(name)
        if not re.fullmatch(r"[a-z-]{2,20}", text):
            raise BadPayload(f"{name} is not a status.")
        return text

    def seconds(self, name: str) -> int | None:
        """A duration; None if absent."""
        return whole_seconds(self.text(name), name)

    @property
    def at(self) -> datetime:
        """When it happened."""
        return believed(self.text("Timestamp"), "Timestamp", self.received_at)

    @property
    def callers_leg(self) -> str:
        """The id of the caller's leg."""
        if self.carried.call_id:
            return identifier(self.call_id_form, self.carried.call_id, "the call of our address")
        return self.call_id("ParentCallSid" if self.text("ParentCallSid") else "CallSid")

    @property
    def called_number(self) -> str | None:
        """The tracking number that was called or texted. On a dialed leg only our address has it."""
        own = self.carried.tracking_number
        is_dialed = self.path in self.dialed_leg_paths or self.text("ParentCallSid")
        return own if own or is_dialed else phone_number(self.text("To"))

    @property
    def keys(self) -> str:
        """What the caller pressed."""
        text = self.text("Digits")
        return text if re.fullmatch(r"[0-9*#]{1,32}", text, re.ASCII) else ""

    @property
    def chosen(self) -> str:
        """The way that the hub named when it ended a conversation; blank if it broke off."""
        text = self.text("HandoffData")
        return text if re.fullmatch(r"[a-z0-9_-]{1,32}", text, re.ASCII) else ""

    # What differs between carriers

    def attestation(self) -> Attestation | None:
        """The verdict on the caller's number, from `StirVerstat`; None if none was sent."""
        match = re.fullmatch(VERSTAT, self.text("StirVerstat"))
        if match is None:
            return None
        return cast(Attestation, match[1]) if match[1] else "failed" if match[2] else "none"

    def failure(self) -> CallFailure | None:
        """Why the call failed; None if the carrier sends no such field."""
        return None

    def recording_address(self) -> str:
        """The address of the recording. Raises BadPayload for one that is not at the carrier."""
        return address_at(self.text("RecordingUrl"), self.origins, self.carrier)

    # The event and the answer

    def event_key(self) -> str:
        """The name of the event that the webhook reports. Raises BadPayload if its content makes no sense."""
        match self.path:
            case "voice" | "fallback":
                return f"call:{self.call_id()}:ringing"
            case "status" | "leg" | "outgoing_user" | "outgoing_person":
                return f"call:{self.call_id()}:{self.status()}"
            case "dial":
                leg = self.call_id("DialCallSid") if self.text("DialCallSid") else "none"
                return f"dial:{self.callers_leg}:{leg}:{self.status('DialCallStatus')}:{self.carried.mark}"
            case "whisper":
                return f"whisper:{self.call_id()}"
            case "accept":
                return f"accept:{self.call_id()}:{self.carried.mark}:{self.keys}"
            case "digits":
                return f"digits:{self.callers_leg}:{self.carried.mark}:{self.keys}"
            case "conversed":
                return f"conversed:{self.callers_leg}:{self.carried.mark}"
            case "voicemail":
                recording = self.recording_id() if self.text("RecordingSid") else self.carried.mark
                return f"voicemail:{self.callers_leg}:{recording}"
            case "recording":
                return f"recording:{self.recording_id()}:{self.word('RecordingStatus')}"
            case "message" | "message_fallback":
                return f"message:{self.text_id()}:{self._text_state()}"
            case "text":
                return f"text:{self.text_id()}:{self.word('MessageStatus')}"
        raise BadPayload(STRANGE_ADDRESS)

    def answer_point(self) -> AnswerPoint | None:
        """The point at which the carrier waits for a document; None if the webhook only reports something."""
        moment, number = MOMENTS.get(self.path), self.called_number
        if moment is None or number is None:
            return None
        try:
            ended = self.status("DialCallStatus") if moment == "dial_ended" else ""
            return AnswerPoint(
                moment=moment,
                tracking_number=number,
                call_id=self.callers_leg,
                caller_number=phone_number(self.text("From")),
                mark=self.carried.mark,
                digits=self.keys if moment in ("digits", "accept") else "",
                chosen=self.chosen if moment == "conversed" else "",
                attestation=self.attestation() if moment == "ringing" else None,
                answered=bool(ended) and ended not in UNANSWERED_STATUSES,
                connected=self.reports_connected and ended == "completed",
                why=WHY_UNANSWERED.get(ended),
            )
        except BadPayload:
            return None

    def check_account(self, account_id: str) -> None:
        """Raise BadPayload if the webhook is not of this account."""
        if self.text("AccountSid") != account_id:
            raise BadPayload("the webhook is not of this connector's account.")

    def event(self, account_id: str) -> Event | None:
        """The event in the webhook, or None."""
        self.check_account(account_id)
        match self.path:
            case "voice" | "fallback":
                return self.ringing()
            case "status" if not self.text("ParentCallSid"):
                return self.callers_status()
            case "status" | "leg":
                return self._dialed_status()
            case "outgoing_user" | "outgoing_person":
                return self._own_call()
            case "dial":
                return self._after_dial()
            case "accept":
                return self._accepted()
            case "recording":
                return self._recording()
            case "message" | "message_fallback":
                return self._message()
            case "text":
                return self._text_status()
            case "whisper" | "voicemail" | "digits" | "conversed":
                # The dialed leg's status and the recording's own webhook say more; the answerer itself records the keys.
                return None
        raise BadPayload(STRANGE_ADDRESS)

    def _called(self) -> str:
        number = self.called_number
        if number is None:
            raise BadPayload("the webhook does not say which of our numbers was called.")
        return number

    def ringing(self) -> CallEvent:
        """A call that comes in."""
        return CallEvent(
            kind="ringing",
            call_id=self.call_id(),
            at=self.at,
            tracking_number=self._called(),
            caller_number=phone_number(self.text("From")),
            caller_name=caller_name(self.text(self.name_field)),
            attestation=self.attestation(),
        )

    def callers_status(self) -> CallEvent | None:
        """The status of the caller's leg."""
        caller, duration = phone_number(self.text("From")), self.seconds("CallDuration")
        status, number = self.status(), self.called_number
        return end_event(status, self.call_id(), self.at, duration, number, caller, self.failure())

    def _answered_at(self) -> datetime | None:
        text = self.text("AnsweredTime")
        return believed(text, "AnsweredTime", self.received_at) if text else None

    def _dialed_status(self) -> CallEvent | None:
        duration, answered_at = self.seconds("CallDuration"), self._answered_at()
        status, at = self.status(), self.at
        if status == "completed" and answered_at:
            status, at, duration = "in-progress", answered_at, None
        return leg_event(status, self.callers_leg, at, duration, self.called_number, self.text("To"))

    def _own_call(self) -> CallBackEvent | None:
        """A leg of a call that the hub placed; our address carries its key."""
        if not self.carried.mark:
            raise BadPayload("the webhook does not say which of our calls it is about.")
        name = "CallSid" if self.path == USER_LEG else "ParentCallSid"
        user_leg = self.call_id(name) if self.text(name) else None
        duration, answered_at = self.seconds("CallDuration"), self._answered_at()
        found = call_back_event(self.path, self.status(), self.carried.mark, user_leg, self.at, duration)
        if found is None or found.status != "completed" or not answered_at:
            return found
        return replace(found, duration=max(0, int((found.at - answered_at).total_seconds())))

    def _after_dial(self) -> CallEvent | None:
        """Reports only that nobody answered. If somebody did, the dialed leg's own status says more exactly who and when."""
        status = self.status("DialCallStatus")
        if status not in UNANSWERED_STATUSES:
            return None
        return leg_event(status, self.callers_leg, self.at, None, self.called_number, "")

    def _accepted(self) -> CallEvent | None:
        """The person who pressed the key has the call."""
        if self.keys[:1] != ACCEPT_KEY:
            return None
        return leg_event("in-progress", self.callers_leg, self.at, None, self.called_number, self.text("To"))

    def _recording(self) -> CallEvent | None:
        if self.word("RecordingStatus") != "completed":
            return None
        source, duration = self.text("RecordingSource"), self.seconds("RecordingDuration")
        address, number = self.recording_address(), self.carried.tracking_number
        return recording_event(source, self.callers_leg, self.at, self.recording_id(), address, duration, number)

    def _text_state(self) -> str:
        """The state of a text. Twilio sends `SmsStatus`, but does not document it for a received one."""
        return self.word("SmsStatus") if self.text("SmsStatus") else "received"

    def _message(self) -> MessageEvent | None:
        if self._text_state() != "received":
            return None
        return MessageEvent(
            message_id=self.text_id(),
            at=self.at,
            tracking_number=self._called(),
            sender_number=phone_number(self.text("From")),
            body=self.text("Body"),
            media_urls=tuple(self._pictures()),
            opt_word=OPT_WORDS.get(self.text("OptOutType")),
        )

    def _pictures(self) -> Iterator[str]:
        """The addresses of a text's pictures, without those that are not at the carrier."""
        count = self.text("NumMedia") or "0"
        if not re.fullmatch(r"[0-9]{1,2}", count, re.ASCII) or int(count) > MAX_MEDIA:
            raise BadPayload("NumMedia is not a number of attachments.")
        for index in range(int(count)):
            with contextlib.suppress(BadPayload):
                yield address_at(self.text(f"MediaUrl{index}"), self.origins, self.carrier)

    def _text_status(self) -> MessageStatusEvent | None:
        """The delivery of a text that the hub sent; None while it is in transit."""
        word, code = self.word("MessageStatus"), self.text("ErrorCode")
        if word in WAITING_TEXTS:
            return None
        if word not in TEXT_STATUSES:
            raise BadPayload("MessageStatus is not the status of a text.")
        failed = TEXT_STATUSES[word] == "failed"
        code = code if failed and self.text_error_form.fullmatch(code) else ""
        return MessageStatusEvent(
            message_id=self.text_id(),
            at=self.at,
            status=TEXT_STATUSES[word],
            code=code or None,
            reason=self.reasons.get(code, f"{self.carrier} could not deliver the text.") if failed else None,
            opted_out=code == self.opted_out,
        )
