"""Instructions as the gateway's dialect of TwiML, and the fields of its webhooks."""

from __future__ import annotations

from hub.api import CallEvent, Event
from hub.api.carriers import CallFailure, Dial, Say
from hub.api.twiml import Twiml, TwimlWebhook, call_failure

NOTICE = "notice"
"""The attribute of a text that announces a recording: the gateway leaves it out of a document that it repeats while the hub
is away, because it records no conversation then."""

END_KEY, END_ADDRESS = "endRecordingOn", "recordingEndedCallback"
"""The attributes of a `<Dial>` whose recording the caller ends with a key, and the address that hears of it."""
ENDED_PATH = "recording_ended"


class SipTwiml(Twiml):
    """TwiML in which a text that announces a recording is marked."""

    def say_attributes(self, say: Say) -> dict[str, str]:
        """The attributes of a `<Say>`."""
        return super().say_attributes(say) | ({NOTICE: "recording"} if say.about_recording else {})

    def dial_attributes(self, dial: Dial) -> dict[str, str]:
        """The attributes of a `<Dial>`."""
        ends = {END_KEY: dial.end_key, END_ADDRESS: self.address(ENDED_PATH, "")} if dial.end_key else {}
        return super().dial_attributes(dial) | ends


class SipWebhook(TwimlWebhook):
    """The fields of one webhook of the gateway."""

    carrier = "the gateway"

    def event_key(self) -> str:
        """The name of the event; a caller ends the recordings of a call one time."""
        return f"recording_ended:{self.call_id()}" if self.path == ENDED_PATH else super().event_key()

    def event(self, account_id: str) -> Event | None:
        """The event, or None."""
        if self.path != ENDED_PATH:
            return super().event(account_id)
        self.check_account(account_id)
        return CallEvent(kind="recording_ended", call_id=self.call_id(), at=self.at, tracking_number=self.called_number)

    def failure(self) -> CallFailure | None:
        """Why the call failed, from `FailureReason`."""
        return call_failure(self.text("FailureReason"), "FailureReason")
