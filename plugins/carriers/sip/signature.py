"""The signature between the hub and its gateways: HMAC-SHA256 over the time, the method, the whole address and the body.

Both directions use it: the gateway's webhooks, and the hub's requests to the gateway's control address. It is valid for five
minutes, so a captured request is of no use later; the two clocks may differ by that.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterable
from datetime import datetime

HEADER = "x-ringfence-signature"
VALID_SECONDS = 300
_FORM = re.compile(r"t=(\d{1,12}),v1=([0-9a-f]{64})", re.ASCII)


def sign(secret: str, at: datetime, method: str, url: str, body: bytes) -> str:
    """The value of the header."""
    stamp = int(at.timestamp())
    return f"t={stamp},v1={_digest(secret, stamp, method, url, body)}"


def is_signed(secrets: Iterable[str], at: datetime, method: str, url: str, body: bytes, header: str) -> bool:
    """Whether one of the secrets made the header, at most five minutes before or after `at`."""
    found = _FORM.fullmatch(header)
    if found is None or abs(at.timestamp() - int(found[1])) > VALID_SECONDS:
        return False
    made = [_digest(secret, int(found[1]), method, url, body) for secret in secrets if secret]
    return any(hmac.compare_digest(digest, found[2]) for digest in made)


def _digest(secret: str, stamp: int, method: str, url: str, body: bytes) -> str:
    signed = f"{stamp}\n{method}\n{url}\n".encode("utf-8", "surrogatepass") + hashlib.sha256(body).digest()
    return hmac.new(secret.encode(), signed, "sha256").hexdigest()
