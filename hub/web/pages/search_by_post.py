"""The answer to a search form for a number, an address or a name. It is sent by POST: no URL holds who is looked for."""

from __future__ import annotations

from urllib.parse import urlencode

from starlette.responses import Response

from hub.web.pages.request import PageRequest
from hub.web.pages.sealed_search import SEARCHED, sealed

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


def _may_name_a_person(path: str, text: str) -> bool:
    digits = sum(letter.isdigit() for letter in text)
    return bool(text) and (path not in WORDS_ONLY or "@" in text or digits >= MIN_NUMBER_DIGITS)
