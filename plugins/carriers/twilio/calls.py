"""Calls that Twilio places for a user, and the reports about their two legs.

Source: twilio.com/docs/voice/api/call-resource (create), /docs/voice/twiml/dial, /number and /docs/api/errors.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from hub.api import USER_LEG, CallBack, OutcomeUnknown, Receipt, Rejected, hookimpl, refused_receipt
from plugins.carriers.twilio.rest import Account
from plugins.carriers.twilio.translate import TwilioWebhook

REASONS: Mapping[str, str] = {
    "21210": "The tracking number is not a number of this Twilio account, so it cannot be the caller ID.",
    "21211": "Twilio takes the user's phone for no phone number.",
    "21215": "The account may not call that country; allow it in Twilio's voice geographic permissions.",
    "21216": "Twilio does not allow calls to that number.",
    "21217": "Twilio takes the user's phone for no phone number.",
    "21219": "A trial account calls only numbers that are verified at Twilio.",
}
"""Twilio's error codes in words, without personal data."""


class Calls(Account):
    """Calls that Twilio places for a user, and the reports about their two legs."""

    @hookimpl
    def place_call(self, call: CallBack) -> Receipt:
        """Place a call, at most once. Raises OutcomeUnknown if Twilio may have taken it anyway.

        Twilio gets the whole document with the request, so that nobody waits for the hub.
        """
        report_to = self.addresses.of(USER_LEG, call.tracking_number, "", call.key)
        form: dict[str, str | Sequence[str]] = {
            "To": call.user_number or "",
            "From": call.tracking_number,
            "Twiml": self.connect(call),
            "Timeout": str(call.user_ring_seconds),
            "StatusCallback": report_to,
            "StatusCallbackEvent": ["answered", "completed"],
        }
        try:
            placed = self._rest.post_once(f"{self._rest.account}/Calls.json", form)
        except Rejected as error:
            return refused_receipt(call.key, error, REASONS)
        reference = placed.get("sid")
        if not isinstance(reference, str) or not TwilioWebhook.call_id_form.fullmatch(reference):
            raise OutcomeUnknown("Twilio answered without the id of the call; look in its call log.")
        return Receipt(key=call.key, status="accepted", reference=reference)
