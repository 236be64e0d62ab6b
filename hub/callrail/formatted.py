"""The `formatted_…` fields: numbers, lengths and amounts as CallRail writes them for people."""

from __future__ import annotations

import re
from decimal import Decimal

from hub.platform import formats
from hub.platform.id_words import words_of

NO_VALUE = "--"


def phone(number: str | None) -> str | None:
    """`214-865-4559` of a North American number; another one as it is written internationally."""
    if number is None:
        return None
    plain = formats.NORTH_AMERICAN.fullmatch(number)
    return "-".join(plain.groups()) if plain else formats.phone(number)


def duration(seconds: int | None) -> str:
    """`13s`, `2m 5s` or `1h 0m 9s`."""
    minutes, rest = divmod(max(0, seconds or 0), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}h {minutes}m {rest}s" if hours else f"{minutes}m {rest}s" if minutes else f"{rest}s"


def amount(value: Decimal | None) -> str | None:
    """`240.00`: an amount as a text, so that no digit is lost."""
    return None if value is None else f"{value:.2f}"


def value(amount: Decimal | None, currency: str | None) -> str:
    """`$240.00`; `--` without a value."""
    return NO_VALUE if amount is None else formats.money(amount, currency or "USD")


def location(city: str | None, state: str | None) -> str | None:
    """`Rochester, NY`."""
    return ", ".join(filter(None, (city, state))) or None


def title(word: str) -> str:
    """`First Call`, for `first_call`."""
    return words_of(word).title()


def name(text: str | None) -> str | None:
    """A name in one line."""
    return re.sub(r"\s+", " ", text).strip() or None if text else None
