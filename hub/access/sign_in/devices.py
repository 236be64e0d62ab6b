"""The device cookie: a browser that signed in as a user before, so that strangers' wrong passwords do not slow it down.

It is signed and says nothing else; it signs nobody in. Source: OWASP, Blocking Brute Force Attacks, device cookies.
"""

from __future__ import annotations

import re
import secrets
from datetime import timedelta

from hub.store.encryption.keyring import Keyring

LIFETIME = timedelta(days=365)
PURPOSE = "device"
_COOKIE = re.compile(r"([0-9a-f]{32})\.([0-9a-f]{64})")


def new_device(keyring: Keyring, user_id: str) -> str:
    """The cookie's value for a browser that has just signed in as this user."""
    device = secrets.token_hex(16)
    return f"{device}.{keyring.sign(PURPOSE, f'{device}|{user_id}'.encode())}"


def device_of(keyring: Keyring, cookie: str, user_id: str) -> str | None:
    """The id of the browser, if it signed in as this user before; else None."""
    found = _COOKIE.fullmatch(cookie)
    if found is None or not keyring.signed(PURPOSE, f"{found[1]}|{user_id}".encode(), found[2]):
        return None
    return found[1]
