"""The caller's number inside our own callback addresses, for carriers whose later webhooks do not name the caller.

It is encrypted (AES-GCM), because addresses stand in logs.
"""

from __future__ import annotations

import base64
import hmac
import os
from typing import Any

from hub.contracts.phones import phone_number

NONCE_BYTES = 12


class SealedCallers:
    """Seals with a key that follows from `secret`."""

    def __init__(self, secret: str) -> None:
        self._key = hmac.digest(secret.encode(), b"callers in addresses", "sha256")

    def sealed(self, call_id: str, caller: str | None) -> str:
        """The call's id, followed by the sealed number of its caller."""
        if not call_id or not caller:
            return call_id
        nonce = os.urandom(NONCE_BYTES)
        closed = nonce + self._cipher().encrypt(nonce, caller.encode(), call_id.encode())
        return f"{call_id}.{base64.urlsafe_b64encode(closed).decode()}"

    def opened(self, sealed: str) -> tuple[str, str | None]:
        """The call's id and its caller; None if the caller hides, or if the number was sealed with another secret."""
        from cryptography.exceptions import InvalidTag

        call_id, _, closed = sealed.partition(".")
        try:
            raw = base64.urlsafe_b64decode(closed)
            opened = self._cipher().decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], call_id.encode())
            return call_id, phone_number(opened.decode())
        except (InvalidTag, ValueError):
            return call_id, None

    def _cipher(self) -> Any:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        return AESGCM(self._key)
