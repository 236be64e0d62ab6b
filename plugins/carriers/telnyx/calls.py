"""Calls that Telnyx places for a user.

Source: developers.telnyx.com/api-reference/texml-rest-commands (initiate an outbound call) and the API error codes. The reply
holds no id of the call: the first report about it does, and names it by our key.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from hub.api import USER_LEG, CallBack, Receipt, Refusal, Rejected, RingfenceError, hookimpl, refused_receipt
from plugins.carriers.telnyx.rest import TELNYX, Account, refusal_details

NOT_ALLOWED = "10010"
REASONS: Mapping[str, str] = {
    "10001": "The tracking number is not active at Telnyx.",
    "10002": "Telnyx takes the user's phone for no phone number.",
    NOT_ALLOWED: "Telnyx does not allow this call: the tracking number must belong to the account, and the outbound "
    "voice profile must allow the country.",
    "10016": "Telnyx takes the user's phone for no phone number.",
}
"""Telnyx' error codes in words, without personal data."""


def _one_call_only(refusal: Refusal) -> RingfenceError | None:
    """403 with 10010 is about this call (its caller ID, its country), not about the API key."""
    code, _ = refusal_details(refusal)
    if refusal.status == 403 and code == NOT_ALLOWED:
        return Rejected(REASONS[NOT_ALLOWED], code)
    return None


TELNYX_CALLS = replace(TELNYX, special=_one_call_only)


class Calls(Account):
    """Calls that Telnyx places for a user."""

    @hookimpl
    def place_call(self, call: CallBack) -> Receipt:
        """Place a call, at most once. Its first report names its id. Raises OutcomeUnknown if Telnyx may have taken it anyway.

        Telnyx gets the whole document with the request, so that nobody waits for the hub.
        """
        rest = self._rest
        report_to = self.addresses.of(USER_LEG, call.tracking_number, "", call.key)
        body: dict[str, Any] = {
            "ApplicationSid": rest.settings.application_id,
            "To": call.user_number,
            "From": call.tracking_number,
            "Texml": self.connect(call),
            "Timeout": call.user_ring_seconds,
            "StatusCallback": report_to,
            "StatusCallbackMethod": "POST",
            "StatusCallbackEvent": "answered completed",
        }
        try:
            rest.post_once(f"{rest.texml}/Calls", body, call.key, TELNYX_CALLS)
        except Rejected as error:
            return refused_receipt(call.key, error, REASONS)
        return Receipt(key=call.key, status="accepted")
