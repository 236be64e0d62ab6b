"""The callback addresses that we send to Telnyx within a call, each with a proof that we made it.

Telnyx signs a webhook's body and time, not its address. We therefore sign what our addresses carry (the tracking number,
the mark of an instruction, the caller's call). A genuine body that is sent to a changed address is refused.
"""

from __future__ import annotations

import base64
import hmac
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import parse_qs, urlencode

from hub.api import PERSON_LEG, USER_LEG, AnswerPoint, BadSignature, WebhookRequest, phone_number

TRACKING_NUMBER, MARK, CALL, PROOF = "tracking_number", "mark", "call", "proof"
OURS = frozenset({"dial", "digits", "voicemail", "whisper", "recording", "leg", USER_LEG, PERSON_LEG})
"""The paths that we never send to Telnyx without a proof."""


@dataclass(frozen=True, slots=True)
class Carried:
    """What one of our addresses carries; missing values are blank."""

    tracking_number: str | None = None
    mark: str = ""
    call_id: str = ""


class Addresses:
    """Makes the addresses below `webhook_url` with proofs keyed by `secret`."""

    def __init__(self, webhook_url: str, secret: str) -> None:
        self.webhook_url = webhook_url
        self._key = hmac.digest(secret.encode(), b"telnyx callback addresses", "sha256")

    def of(self, path: str, point: AnswerPoint, mark: str = "") -> str:
        """Our address `path` for the call at `point`, for the instruction with `mark`."""
        fields = {TRACKING_NUMBER: point.tracking_number, MARK: mark, CALL: point.call_id}
        query = urlencode({name: value for name, value in fields.items() if value})
        return f"{self.webhook_url}/{path}?{query}&{PROOF}={self._proof(path, query)}"

    def check(self, request: WebhookRequest) -> None:
        """Raise BadSignature if a request came to an address of ours that was changed."""
        if request.path not in OURS:
            return
        query, _, proof = request.query.rpartition(f"&{PROOF}=")
        expected = self._proof(request.path, query)
        if not hmac.compare_digest(expected.encode(), proof.encode("utf-8", "surrogatepass")):
            raise BadSignature("the webhook came to an address that this connector did not make; check api_key.")

    def _proof(self, path: str, query: str) -> str:
        digest = hmac.digest(self._key, f"{path}?{query}".encode("utf-8", "surrogatepass"), "sha256")
        return base64.urlsafe_b64encode(digest[:18]).decode()


def carried(request: WebhookRequest) -> Carried:
    """What the request's address carries; empty if it is not one of our addresses within a call."""
    return _carried(request.query) if request.path in OURS else Carried()


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
