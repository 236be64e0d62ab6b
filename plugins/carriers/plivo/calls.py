"""Calls that Plivo places for a user.

Plivo takes no document with the request: when the user picks up, it asks `answer_url` for one. So that nobody waits for
the hub's database then, the address holds what the document needs. It is sealed, because proxies log addresses.
Source: plivo.com/docs/voice/api/calls (make a call).
"""

from __future__ import annotations

import base64
import hmac
from collections.abc import Mapping, Sequence

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from hub.api import USER_LEG, CallBack, CallbackAddresses, Receipt, Rejected, WebhookRequest, hookimpl, refused_receipt
from plugins.carriers.plivo.rest import Account
from plugins.carriers.plivo.translate import reference

REASONS: Mapping[str, str] = {
    "400": "Plivo refuses the call: the tracking number must be the account's, and the user's phone a phone number.",
    "403": "Plivo does not allow this call; allow the country in the account's voice geo permissions.",
}


class Calls(Account):
    """Calls that Plivo places for a user."""

    @hookimpl
    def place_call(self, call: CallBack) -> Receipt:
        """Place a call, at most once. Raises OutcomeUnknown if Plivo may have taken it anyway.

        Plivo queues it and returns a request id, which becomes the id of the user's leg.
        """
        sealed = (
            _box(self._rest.settings.tokens())
            .encrypt(f"{call.person_number} {call.person_ring_seconds}".encode())
            .decode()
        )
        answer_url = self.addresses.of(USER_LEG, call.tracking_number, sealed, call.key)
        body = {
            "from": call.tracking_number.lstrip("+"),
            "to": (call.user_number or "").lstrip("+"),
            "answer_url": answer_url,
            "answer_method": "POST",
            # Another try at the same address; without it the user would hear nothing.
            "fallback_url": answer_url,
            "fallback_method": "POST",
            "hangup_url": self.addresses.of(USER_LEG, call.tracking_number, "", call.key),
            "hangup_method": "POST",
            "ring_timeout": call.user_ring_seconds,
        }
        try:
            placed = self._rest.post_once("Call", body)
        except Rejected as error:
            return refused_receipt(call.key, error, REASONS)
        return Receipt(key=call.key, status="accepted", reference=reference(placed.get("request_uuid"), "call"))


def to_connect(request: WebhookRequest, addresses: CallbackAddresses, tokens: Sequence[str]) -> CallBack | None:
    """The call whose user has picked up, if this webhook asks how to go on with it. The address must be verified before."""
    carried = addresses.carried(request)
    if request.path != USER_LEG or not carried.call_id or not carried.tracking_number:
        return None
    try:
        person, _, seconds = _box(tokens).decrypt(carried.call_id.encode()).decode().partition(" ")
    except (InvalidToken, ValueError):
        return None
    return CallBack(
        key=carried.mark,
        tracking_number=carried.tracking_number,
        person_number=person,
        person_ring_seconds=int(seconds),
    )


def _box(tokens: Sequence[str]) -> MultiFernet:
    keys = (hmac.digest(token.encode(), b"the person of a call back", "sha256") for token in tokens)
    return MultiFernet([Fernet(base64.urlsafe_b64encode(key)) for key in keys])
