"""A search for a number, an address or a name: the form is sent by POST, and the URL of the result holds the words encrypted,
because proxies, browsers and bookmarks keep URLs. Such a URL works for a day, for users of the same account."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from starlette.responses import Response

from hub.errors import ConfigError
from hub.store.encryption.keyring import Keyring

if TYPE_CHECKING:
    from hub.web.pages.request import PageRequest

SEARCHED = frozenset({"q", "who"})
"""The parameters that a user types a person into."""
MARK = "~"
"""The first character of an encrypted value."""
VALID = timedelta(days=1)
MIN_NUMBER_DIGITS = 4
MAX_TEXT_CHARACTERS = 100
WORDS_ONLY = frozenset({"/calls"})
"""Pages whose search looks at no names: words stay as they are there, so that the filter can be saved and shared."""


def search(page: PageRequest) -> Response:
    """The answer to a search form: the same page by GET, with the form's fields, each encrypted that may name a person."""
    path = page.request.url.path
    fields = []
    for name, values in page.form.items():
        for value in (each.strip() for each in values):
            if name in SEARCHED and page.hub.keyring and _may_name_a_person(path, value):
                value = sealed(page.hub.keyring, page.user.account_id, value[:MAX_TEXT_CHARACTERS], page.now)
            if value:
                fields.append((name, value))
    return page.redirect(f"{path}?{urlencode(fields)}" if fields else path)


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


def _may_name_a_person(path: str, text: str) -> bool:
    digits = sum(letter.isdigit() for letter in text)
    return bool(text) and (path not in WORDS_ONLY or "@" in text or digits >= MIN_NUMBER_DIGITS)


def _place(account_id: str) -> str:
    return f"search/{account_id}"
