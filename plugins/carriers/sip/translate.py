"""Instructions as the gateway's dialect of TwiML, and the fields of its webhooks."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Literal

from hub.api import BadPayload, CallEvent, Event, phone_number
from hub.api.carriers import CallFailure, Dial, Gather, LegReport, Say
from hub.api.twiml import Twiml, TwimlWebhook, call_failure

NOTICE = "notice"
"""The attribute of a text that announces a recording: the gateway leaves it out of a document that it repeats while the hub
is away, because it records no conversation then."""

END_KEY, END_ADDRESS = "endRecordingOn", "recordingEndedCallback"
"""The attributes of a `<Dial>` whose recording the caller ends with a key, and the address that hears of it."""
ENDED_PATH = "recording_ended"


ENDED_BY: Mapping[str, Literal["party", "hub"]] = {"party": "party", "hub": "hub"}
MAX_REFERENCE = 128
ACCEPT_WITH = "acceptKey"
"""The attribute of a `<Number>` that gets the call only by a key: the gateway waits for it and reports who pressed it."""
HOLD, HOLD_STATUS = "hold", "holdStatusCallback"
"""The attributes of a `<Gather>` that holds a caller in a queue: the phone that rings if the hub stays away, and where its
answer is reported."""


def dialed(phone: str) -> str:
    """A number, or a phone of the business, as the gateway dials it."""
    return re.sub("^phone:", "sip:", phone)


class SipTwiml(Twiml):
    """TwiML in which a text that announces a recording is marked."""

    waits_for_key = True

    def say_attributes(self, say: Say) -> dict[str, str]:
        """The attributes of a `<Say>`."""
        return super().say_attributes(say) | ({NOTICE: "recording"} if say.about_recording else {})

    def dial_attributes(self, dial: Dial) -> dict[str, str]:
        """The attributes of a `<Dial>`."""
        ends = {END_KEY: dial.end_key, END_ADDRESS: self.address(ENDED_PATH, "")} if dial.end_key else {}
        return super().dial_attributes(dial) | ends

    def gather_attributes(self, gather: Gather) -> dict[str, str]:
        """The attributes of a `<Gather>`."""
        held = {HOLD: dialed(gather.hold), HOLD_STATUS: self.address(self.leg_path, "")} if gather.hold else {}
        return super().gather_attributes(gather) | held

    def number_attributes(self, dial: Dial) -> dict[str, str]:
        """The attributes of each `<Number>`."""
        return super().number_attributes(dial) | ({ACCEPT_WITH: dial.accept_key} if dial.accept_key else {})


class SipWebhook(TwimlWebhook):
    """The fields of one webhook of the gateway."""

    carrier = "the gateway"
    reports_connected = True

    def event_key(self) -> str:
        """The name of the event; a caller ends the recordings of a call one time."""
        return f"recording_ended:{self.call_id()}" if self.path == ENDED_PATH else super().event_key()

    def event(self, account_id: str) -> Event | None:
        """The event, or None."""
        if self.path != ENDED_PATH:
            event = super().event(account_id)
            ended = isinstance(event, CallEvent) and bool(self.text("EndedBy") or self.text("SipCallId"))
            return replace(event, leg=self._leg()) if ended and isinstance(event, CallEvent) else event
        self.check_account(account_id)
        return CallEvent(kind="recording_ended", call_id=self.call_id(), at=self.at, tracking_number=self.called_number)

    def _leg(self) -> LegReport:
        """What the gateway reports of a leg that is over."""
        is_phone = bool(self.text("ParentCallSid"))
        return LegReport(
            reference=self.text("SipCallId")[:MAX_REFERENCE] or None,
            code=int(code) if (code := self._figure("SipResponseCode")) is not None else None,
            number=phone_number(self.text("To")) if is_phone else None,
            codec=self.text("Codec")[:20] or None,
            post_dial_seconds=self._figure("PostDialDelay"),
            loss=self._figure("PacketLoss"),
            far_loss=self._figure("FarPacketLoss"),
            jitter_ms=self._figure("Jitter"),
            ended_by=ENDED_BY.get(self.text("EndedBy")),
        )

    def _figure(self, name: str) -> float | None:
        text = self.text(name)
        if text and not re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,9})?", text, re.ASCII):
            raise BadPayload(f"{name} is not a figure.")
        return float(text) if text else None

    def failure(self) -> CallFailure | None:
        """Why the call failed, from `FailureReason`."""
        return call_failure(self.text("FailureReason"), "FailureReason")
