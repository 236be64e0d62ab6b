"""The words of a search for a person, encrypted in the URL of its result, because proxies, browsers and bookmarks keep URLs.
Such a URL works for a day, for users of the same account."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from datetime import datetime, timedelta

from hub.errors import ConfigError
from hub.store.encryption.keyring import Keyring

SEARCHED = frozenset({"q", "who"})
"""The parameters that a user types a person into."""
MARK = "~"
"""The first character of an encrypted value."""
VALID = timedelta(days=1)


def opened_query(keyring: Keyring, account_id: str, query: Mapping[str, str], now: datetime) -> Mapping[str, str]:
    """The parameters of a URL with the search in clear; empty if it is of another account, too old, or was changed."""
    if not any(name in SEARCHED and query[name].startswith(MARK) for name in query):
        return query
    return {
        name: _opened(keyring, account_id, value, now) if name in SEARCHED and value.startswith(MARK) else value
        for name, value in query.items()
    }


def sealed(keyring: Keyring, account_id: str, text: str, now: datetime) -> str:
    """A text as it may stand in a URL."""
    plain = f"{int((now + VALID).timestamp())} {text}".encode()
    return MARK + base64.urlsafe_b64encode(keyring.encrypt(plain, _place(account_id))).decode().rstrip("=")


def _opened(keyring: Keyring, account_id: str, value: str, now: datetime) -> str:
    try:
        data = base64.urlsafe_b64decode(value.removeprefix(MARK) + "==")
        until, _, text = keyring.decrypt(data, _place(account_id)).decode().partition(" ")
    except (binascii.Error, ConfigError, ValueError):
        return ""
    return text if now.timestamp() < int(until) else ""


def _place(account_id: str) -> str:
    return f"search/{account_id}"
