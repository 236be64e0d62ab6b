"""Small values that several contracts share: money, versions of APIs, personal fields, and the transforms that hide them."""

from __future__ import annotations

import dataclasses
import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from functools import cache
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

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


class Declared(BaseModel):
    """A part of a manifest: frozen, and strict about unknown names."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class ApiVersion(Declared):
    """One version of one API of the provider. The hub warns 90 and 30 days before its end, and after it."""

    name: str = Field(max_length=20)
    """As the provider writes it, and as the setting is written."""
    api: str = ""
    """Which API it is, if the plugin speaks several of the provider's."""
    setting: str = ""
    """The setting that chooses the version; empty if the plugin speaks this one only."""
    ends: date | None = None
    """The first day on which the provider may refuse it; None if the provider has announced no end."""
    is_published: bool = True
    """Whether the provider has published this day; False if it follows from the usual lifetime of its versions."""

    @property
    def label(self) -> str:
        """The API and the version, such as `Google Ads API v26` or `API version v26.0`."""
        return f"{self.api or 'API version'} {self.name}"


class Transform(Declared):
    """A plugin's own transform of a text: a pure function, with the provider's published example as its test.

    The hub runs it, so the data map shows what really leaves: `name` is the name that it shows.
    """

    name: str = Field(default="", pattern=r"^[a-z][a-z0-9_]*$")
    """If not given, that of the function, after `sha256_` with `sha256`."""
    function: Callable[[str], str | None]
    """None if nothing of the text may be sent."""
    example: tuple[str, str]
    """A text, and what the provider's documentation makes of it: with `sha256` before or after the hash."""
    sha256: bool = False
    """Whether the hub hashes what the function gives, in hexadecimal."""

    def __call__(self, text: str) -> str | None:
        return self.function(text)

    @model_validator(mode="before")
    @classmethod
    def _complete(cls, given: Any) -> Any:
        if not isinstance(given, dict) or not {"function", "example"} <= given.keys():
            return given
        function, (text, wanted) = given["function"], given["example"]
        name = getattr(function, "__name__", "").strip("_")
        if not given.get("sha256"):
            return {"name": name, **given}
        wanted = sha256_of(wanted) if function(text) == wanted else wanted
        hashed = {"function": lambda each: sha256_of(function(each) or ""), "example": (text, wanted), "sha256": False}
        return {"name": f"sha256_{name}", **given, **hashed}

    @model_validator(mode="after")
    def _example_holds(self) -> Self:
        text, wanted = self.example
        if self.name in TRANSFORMS:
            raise ValueError(f"{self.name!r} is one of the hub's own transforms; choose another name")
        if self.function(text) != wanted:
            raise ValueError(f"the transform {self.name!r} does not give its own example")
        return self
