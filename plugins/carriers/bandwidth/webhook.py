"""Bandwidth's callbacks about calls: the event, the answer that it waits for, and its translation to our events.

Source: dev.bandwidth.com/docs/voice/webhooks and the SDK's callback models 23.3.1. `callId` is that of the leg, which for a
transferred leg may be either's; our address has that of the caller's leg, with a proof.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Literal

from hub.api import BadPayload, CallEvent, Event, WebhookRequest, phone_number
from hub.api.carriers import ACCEPT_KEY, AnswerPoint, CallBackEvent, LegStatus, Moment
from hub.api.twiml import PERSON_LEG, USER_LEG, believed, identifier
from plugins.carriers.bandwidth.bxml import MESSAGE, RECORDED
from plugins.carriers.bandwidth.translate import (
    CALL_ID,
    LEG_STATUSES,
    NORMAL_ENDS,
    attestation,
    between,
    held_recording,
    iso_seconds,
    text_of,
)

MOMENTS: Mapping[tuple[str, str], Moment] = {
    ("voice", "initiate"): "ringing",
    ("fallback", "initiate"): "ringing",
    ("dial", "transferComplete"): "dial_ended",
    ("digits", "gather"): "digits",
    ("voicemail", "recordComplete"): "message_left",
    ("whisper", "transferAnswer"): "whisper",
    ("accept", "transferAnswer"): "whisper",
    ("accept", "gather"): "accept",
}
"""The paths and events at which Bandwidth waits for a document."""
WHY_UNANSWERED: Mapping[LegStatus, Literal["busy", "no_answer"]] = {
    "busy": "busy",
    "no_answer": "no_answer",
    "canceled": "no_answer",
}
ONCE_A_CALL = frozenset({"initiate", "answer", "disconnect"})
READY = frozenset({"complete", "partial"})


def body_of(request: WebhookRequest) -> Any:
    """A request's JSON. BadPayload if it has none."""
    try:
        return json.loads(request.body)
    except (ValueError, RecursionError) as error:
        raise BadPayload("the callback's body is not JSON.") from error


class VoiceCallback:
    """One callback about a call, read strictly: a malformed field raises BadPayload."""

    def __init__(self, request: WebhookRequest, carried: Any) -> None:
        self.path, self.received_at = request.path, request.received_at
        self.carried, self.mark = carried, carried.mark.removeprefix(RECORDED)
        self.records = carried.mark.startswith(RECORDED)
        """Whether the dial records; `RECORDED` says so before the mark."""
        self.body: Mapping[str, Any] = body_of(request)
        if not isinstance(self.body, dict):
            raise BadPayload("the callback's body is not an object.")
        self.kind = text_of(self.body, "eventType")
        if not re.fullmatch(r"[a-zA-Z]{3,40}", self.kind):
            raise BadPayload("eventType is not the name of an event.")
        if self.kind == "recordingComplete":
            self.kind = "recordComplete"

    def _at(self, name: str, otherwise: datetime | None = None) -> datetime:
        text = self.body.get(name)
        return believed(text, name, self.received_at) if text else otherwise or self.received_at

    @property
    def callers_leg(self) -> str:
        """The id of the caller's leg."""
        named = self.carried.call_id or self.body.get("parentCallId") or self.body.get("callId")
        return identifier(CALL_ID, named, "callId")

    @property
    def number(self) -> str | None:
        """The tracking number; in an event of a caller's leg `to` is that number as well."""
        return self.carried.tracking_number or phone_number(text_of(self.body, "to"))

    @property
    def caller(self) -> str | None:
        """The caller's number; None if it is hidden (Anonymous, Restricted …)."""
        return phone_number(text_of(self.body, "from"))

    @property
    def digits(self) -> str:
        """What the caller pressed."""
        text = text_of(self.body, "digits")
        return text if re.fullmatch(r"[0-9*#]{1,50}", text, re.ASCII) else ""

    def event_key(self) -> str:
        """The name of the event, without a phone number."""
        names = [self.kind, identifier(CALL_ID, self.body.get("callId"), "callId")]
        if self.kind not in ONCE_A_CALL:
            reported = [text_of(self.body, name) for name in ("eventTime", "transferTo", "recordingId")]
            names.append(hashlib.sha256("\n".join([self.path, *reported]).encode()).hexdigest()[:32])
        return ":".join(names)

    def answer_point(self) -> AnswerPoint | None:
        """The point at which Bandwidth waits for a document; None if the callback only reports something."""
        moment, number = MOMENTS.get((self.path, self.kind)), self.number
        if moment is None or number is None:
            return None
        return AnswerPoint(
            moment=moment,
            tracking_number=number,
            call_id=self.callers_leg,
            caller_number=self.caller,
            mark=self.mark,
            digits=self.digits if moment in ("digits", "accept") else "",
            answered=moment == "dial_ended" and text_of(self.body, "cause") == "hangup",
            why=WHY_UNANSWERED.get(LEG_STATUSES.get(text_of(self.body, "cause"), "failed"))
            if moment == "dial_ended"
            else None,
            records=moment in ("whisper", "accept") and self.records,
            attestation=attestation(self.body.get("stirShaken")) if moment == "ringing" else None,
        )

    def event(self, account_id: str) -> Event | None:
        """The event in the callback, or None."""
        if text_of(self.body, "accountId") != account_id:
            raise BadPayload("the callback is not of this connector's account.")
        readers: Mapping[tuple[str, str], Callable[[], Event | None]] = {
            ("voice", "initiate"): self._ringing,
            ("fallback", "initiate"): self._ringing,
            ("status", "disconnect"): self._ended,
            ("whisper", "transferAnswer"): self._answered,
            ("accept", "transferAnswer"): lambda: None,
            ("accept", "gather"): lambda: self._answered() if self.digits[:1] == ACCEPT_KEY else None,
            ("leg", "transferDisconnect"): self._leg_ended,
            ("dial", "transferComplete"): self._after_dial,
            ("recording", "recordingAvailable"): self._recording,
            (USER_LEG, "answer"): lambda: self._own_leg("answered"),
            (USER_LEG, "disconnect"): lambda: self._own_leg("ended"),
            (PERSON_LEG, "transferDisconnect"): lambda: self._own_leg("ended"),
            # The recording's own callback says more, and the hub records the keys when it answers.
            ("digits", "gather"): lambda: None,
            ("voicemail", "recordComplete"): lambda: None,
        }
        read = readers.get((self.path, self.kind))
        if read is None:
            raise BadPayload("the callback is not an event that this plugin orders at that address.")
        return read()

    def _called(self) -> str:
        if self.number is None:
            raise BadPayload("the callback does not say which of our numbers was called.")
        return self.number

    def _ringing(self) -> CallEvent:
        return CallEvent(
            kind="ringing",
            call_id=self.callers_leg,
            at=self._at("startTime", self._at("eventTime")),
            tracking_number=self._called(),
            caller_number=self.caller,
            attestation=attestation(self.body.get("stirShaken")),
        )

    def _ended(self) -> CallEvent | None:
        """The end of the caller's leg. Bandwidth reports the end of legs that we placed there too."""
        if self.body.get("direction") == "outbound":
            return None
        ended = self._at("endTime", self._at("eventTime"))
        normal = text_of(self.body, "cause") in NORMAL_ENDS
        return CallEvent(
            kind="completed" if normal else "failed",
            call_id=self.callers_leg,
            at=ended,
            tracking_number=self.number,
            caller_number=self.caller,
            duration=between(self._at("startTime", ended), ended),
        )

    def _answered(self) -> CallEvent:
        at, by = self._at("answerTime", self._at("eventTime")), phone_number(text_of(self.body, "transferTo"))
        return CallEvent(kind="answered", call_id=self.callers_leg, at=at, tracking_number=self.number, answered_by=by)

    def _leg_ended(self) -> CallEvent:
        return self._answered() if text_of(self.body, "cause") == "hangup" else self._unanswered()

    def _unanswered(self) -> CallEvent:
        at = self._at("endTime", self._at("eventTime"))
        return CallEvent(kind="not_answered", call_id=self.callers_leg, at=at, tracking_number=self.number)

    def _after_dial(self) -> CallEvent | None:
        """Reports only that nobody answered; if somebody did, the leg's own callback says who and when."""
        return None if text_of(self.body, "cause") == "hangup" else self._unanswered()

    def _recording(self) -> CallEvent | None:
        if text_of(self.body, "status") not in READY:
            return None
        return recording(
            self.body,
            self.callers_leg,
            self._at("endTime", self._at("eventTime")),
            self.carried.tracking_number,
            is_message=self.mark == MESSAGE,
        )

    def _own_leg(self, what: str) -> CallBackEvent:
        """A leg of a call that the hub placed; our address carries its key."""
        if not self.mark:
            raise BadPayload("the callback does not say which of our calls it is about.")
        is_user = self.path == USER_LEG
        named = self.body.get("callId") if is_user else self.body.get("parentCallId")
        event = CallBackEvent(
            leg="user" if is_user else "person",
            status="answered",
            key=self.mark,
            call_id=identifier(CALL_ID, named, "callId") if named else None,
            at=self._at("answerTime", self._at("eventTime")),
        )
        if what == "answered":
            return event
        status = LEG_STATUSES.get(text_of(self.body, "cause"), "failed")
        ended = self._at("endTime", self._at("eventTime"))
        duration = between(event.at, ended) if status == "completed" else None
        return replace(event, status=status, at=ended, duration=duration)


def recording(
    item: Mapping[str, object], call_id: str, at: datetime, number: str | None, is_message: bool
) -> CallEvent:
    """A recording that is ready, from a callback or from the list."""
    return CallEvent(
        kind="voicemail" if is_message else "recorded",
        call_id=call_id,
        at=at,
        tracking_number=number,
        recording_id=held_recording(item.get("callId"), item.get("recordingId")),
        recording_url=text_of(item, "mediaUrl"),
        recording_duration=iso_seconds(item.get("duration")),
    )
