"""Instructions as the gateway's dialect of TwiML, and the fields of its webhooks."""

from __future__ import annotations

from hub.api import CallFailure, Say, Twiml, TwimlWebhook, call_failure

NOTICE = "notice"
"""The attribute of a text that announces a recording: the gateway leaves it out of a document that it repeats while the hub
is away, because it records no conversation then."""


class SipTwiml(Twiml):
    """TwiML in which a text that announces a recording is marked."""

    def say_attributes(self, say: Say) -> dict[str, str]:
        """The attributes of a `<Say>`."""
        return super().say_attributes(say) | ({NOTICE: "recording"} if say.about_recording else {})


class SipWebhook(TwimlWebhook):
    """The fields of one webhook of the gateway."""

    carrier = "the gateway"

    def failure(self) -> CallFailure | None:
        """Why the call failed, from `FailureReason`."""
        return call_failure(self.text("FailureReason"), "FailureReason")
