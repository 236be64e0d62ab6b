"""The callback addresses that we send to a carrier within a call, and what they carry.

Twilio signs the address with the form. A carrier that signs only the body could deliver a genuine body to a changed address;
for such a carrier each address holds a proof that we made it.
"""

from __future__ import annotations

import base64
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import parse_qs, urlencode

from hub.contracts.phones import phone_number
from hub.contracts.webhooks import WebhookRequest
from hub.errors import BadSignature
from hub.protocols.twiml.events import PERSON_LEG, USER_LEG

TRACKING_NUMBER, MARK, CALL, PROOF = "tracking_number", "mark", "call", "proof"
WITHIN_A_CALL = frozenset(
    {"dial", "digits", "voicemail", "whisper", "accept", "recording", "leg", "conversed", USER_LEG, PERSON_LEG}
)
"""The paths that have a proof, if the carrier does not sign the address."""


@dataclass(frozen=True, slots=True)
class Carried:
    """What one of our addresses carries; missing values are blank."""

    tracking_number: str | None = None
    mark: str = ""
    call_id: str = ""


class CallbackAddresses:
    """Makes the addresses below `webhook_url`; with `secret` they name the call too and have a proof that the secret keys.

    Proofs of the `earlier` secrets stay good, so that calls go on while a secret is replaced.
    """

    def __init__(self, webhook_url: str, secret: str | None = None, earlier: Sequence[str] = ()) -> None:
        self.webhook_url = webhook_url
        self._key = _key(secret) if secret else None
        self._keys = tuple(map(_key, (secret, *earlier))) if secret else ()

    @property
    def have_proof(self) -> bool:
        """Whether the addresses name the call and have a proof."""
        return self._key is not None

    def of(self, path: str, tracking_number: str, call_id: str, mark: str = "") -> str:
        """Our address `path` for a call on a tracking number, for the instruction with `mark`."""
        fields = {TRACKING_NUMBER: tracking_number, MARK: mark, CALL: call_id if self.have_proof else ""}
        query = urlencode({name: value for name, value in fields.items() if value})
        proof = f"&{PROOF}={_proof(self._key, path, query).decode()}" if self._key else ""
        return f"{self.webhook_url}/{path}?{query}{proof}"

    def needs_proof(self, request: WebhookRequest) -> bool:
        """Whether a request's address must have a proof."""
        return self.have_proof and request.path in WITHIN_A_CALL

    def check(self, request: WebhookRequest) -> None:
        """Raise BadSignature if a request came to an address of ours that was changed."""
        if not self.needs_proof(request):
            return
        query, _, proof = request.query.rpartition(f"&{PROOF}=")
        claimed = proof.encode("utf-8", "surrogatepass")
        if not any(hmac.compare_digest(_proof(key, request.path, query), claimed) for key in self._keys):
            raise BadSignature("the webhook came to an address that this connector did not make; check its secrets.")

    def carried(self, request: WebhookRequest) -> Carried:
        """What the request's address carries; nothing if it needs a proof and its path has none."""
        return _carried(request.query) if self.needs_proof(request) or not self.have_proof else Carried()


def _key(secret: str) -> bytes:
    return hmac.digest(secret.encode(), b"callback addresses", "sha256")


def _proof(key: bytes, path: str, query: str) -> bytes:
    digest = hmac.digest(key, f"{path}?{query}".encode("utf-8", "surrogatepass"), "sha256")
    return base64.urlsafe_b64encode(digest[:18])


@lru_cache(maxsize=4096)
def _carried(query: str) -> Carried:
    try:
        fields = parse_qs(query)
    except ValueError:
        return Carried()

    def one(name: str) -> str:
        values = fields.get(name, [])
        return values[0] if len(values) == 1 else ""

    return Carried(phone_number(one(TRACKING_NUMBER)), one(MARK), one(CALL))
