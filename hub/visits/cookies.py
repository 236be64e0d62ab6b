"""Cookies that the company's connectors read on its pages: whose may be read, and what of them is stored."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from hub.contracts.clean_urls import is_personal_value
from hub.contracts.disclosure import is_named

MAX_COOKIES = 20
"""Cookies of one visit that are stored."""
_NAME = re.compile(r"[A-Za-z0-9_.-]{1,100}")
_VALUE = re.compile(r"[!-~]{1,512}")


def may_be_read(consent: Mapping[str, str], *, objects: bool, asks_first: bool) -> bool:
    """Whether a visitor allows that their cookies of ad networks are read: by their own yes to ads, or where the law needs
    no yes and neither they nor the page's defaults say no. `objects` is a privacy signal of their browser."""
    if objects or refuse_ads(consent):
        return False
    return not asks_first or "granted" in (consent.get("ads"), consent.get("all"))


def refuse_ads(consent: Mapping[str, str]) -> bool:
    """Whether choices, or a page's defaults before a choice, deny ads or that a network uses the person's data."""
    said = [consent.get(name) or consent.get(f"default_{name}") for name in ("ads", "ad_user_data")]
    return "denied" in (*said, consent.get("all"))


def kept_cookies(sent: Mapping[str, str], declared: Sequence[str]) -> dict[str, str]:
    """Of what a page sends, the declared cookies with a short printable value, unless it looks like an email address."""
    fitting = [
        (name, value)
        for name, value in sent.items()
        if declared and is_named(name, declared) and _NAME.fullmatch(name) and _VALUE.fullmatch(value)
    ]
    # Networks' ids are long numbers, so nothing can be said of phone numbers here.
    return dict([each for each in fitting if not is_personal_value(*each, click_ids=each[:1])][:MAX_COOKIES])


def merged_cookies(known: Mapping[str, str], sent: Mapping[str, str] | None) -> dict[str, str]:
    """A visit's cookies after a report with newer ones; none if they may no longer be read (None)."""
    return {} if sent is None else dict(list({**known, **sent}.items())[:MAX_COOKIES])


def heard(known: Mapping[str, str], said: Mapping[str, str], *, late: bool) -> dict[str, str]:
    """The latest choice counts. Of a report that is stored late, after newer ones, only a denial replaces what is known."""
    if not late:
        return {**known, **said}
    return {**said, **known, **{name: word for name, word in said.items() if word == "denied"}}
