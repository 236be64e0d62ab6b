"""Small values that several contracts share: money, personal fields, and the transforms that hide them."""

from __future__ import annotations

import dataclasses
import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import cache
from typing import Any

from hub.contracts.categories import CATEGORIES


@dataclass(frozen=True, slots=True)
class Money:
    """An amount with its ISO 4217 currency, as in `Money(Decimal("40"), "USD")`."""

    amount: Decimal
    currency: str

    @classmethod
    def parse(cls, text: str) -> Money:
        """`"40 USD"` as money; ValueError says what was wanted."""
        match = re.fullmatch(r"\s*(-?\d+(?:\.\d+)?)\s+([A-Z]{3})\s*", text)
        if match is None:
            raise ValueError(f"{text!r} is not an amount; write it like 40 USD")
        try:
            return cls(Decimal(match[1]), match[2])
        except InvalidOperation as error:  # pragma: no cover - the pattern admits only decimals
            raise ValueError(f"{text!r} is not an amount; write it like 40 USD") from error

    def __str__(self) -> str:
        return f"{self.amount} {self.currency}"


def personal(category: str, default: Any = None) -> Any:
    """A dataclass field that holds personal data of `category`; a plugin gets it only if its manifest says so."""
    if category not in CATEGORIES:
        raise ValueError(f"{category!r} is not a data category (hub.contracts.categories)")
    if isinstance(default, dict | list | set):
        kind = type(default)
        return dataclasses.field(default_factory=kind, metadata={"category": category})
    return dataclasses.field(default=default, metadata={"category": category})


def plugin_text(default: Any = dataclasses.MISSING) -> Any:
    """A dataclass field in which a plugin says something to people: the hub removes secrets, and the personal values that the
    plugin was handed."""
    return dataclasses.field(default=default, metadata={"plugin_text": True})


@cache
def plugin_texts(value_type: type) -> frozenset[str]:
    """The fields of a contract value that are marked with `plugin_text`."""
    return frozenset(each.name for each in dataclasses.fields(value_type) if "plugin_text" in each.metadata)


@cache
def personal_fields(value_type: type) -> Mapping[str, str]:
    """The personal fields of a contract value: field name → data category."""
    return {f.name: f.metadata["category"] for f in dataclasses.fields(value_type) if "category" in f.metadata}


def sha256_of(text: str) -> str | None:
    return hashlib.sha256(text.encode()).hexdigest() if text else None


def _squeezed(text: str) -> str:
    return re.sub(r"\s+", "", text).lower()


def _google_email(text: str) -> str:
    email = _squeezed(text)
    name, at, domain = email.partition("@")
    if domain in ("gmail.com", "googlemail.com"):
        name = name.partition("+")[0].replace(".", "")
    return f"{name}{at}{domain}"


TRANSFORMS: Mapping[str, Callable[[str], str | None]] = {
    "plain": lambda text: text or None,
    "sha256_e164": sha256_of,
    "sha256_digits": lambda text: sha256_of(re.sub(r"\D", "", text).lstrip("0")),
    "sha256_email": lambda text: sha256_of(_squeezed(text)),
    "sha256_google_email": lambda text: sha256_of(_google_email(text)),
}
"""How the hub may hide a text before it sends it. Networks normalize differently, so each rule has its own name:
`sha256_e164` keeps the plus (Google), `sha256_digits` drops it (Meta, Snap), `sha256_google_email` follows Google's rule
for gmail.com. The hash of nothing is never made. Hashes are computed when sent and never stored."""
