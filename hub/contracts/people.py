"""A person in a plugin's eyes, for requests of privacy: export what is held, erase it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from hub.contracts.values import personal


@dataclass(frozen=True, kw_only=True, slots=True)
class PersonReference:
    """By what a plugin can find a person in its provider's data."""

    phone_numbers: tuple[str, ...] = personal("user.contact.phone_number", default=())
    emails: tuple[str, ...] = personal("user.contact.email", default=())


@dataclass(frozen=True, kw_only=True, slots=True)
class HeldRecord:
    """One record that the provider holds on the person, by its type, its id and its plain fields."""

    record_type: str
    record_id: str
    fields: Mapping[str, str]


@dataclass(frozen=True, kw_only=True, slots=True)
class Erasure:
    """What became of one request to erase: `erased`, `nothing_held`, or `impossible` with the reason."""

    status: Literal["erased", "nothing_held", "impossible"]
    records: int = 0
    reason: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Correction:
    """What a person says is wrong: by what they are found, and what is right; None where it stays as it is."""

    phone_numbers: tuple[str, ...] = personal("user.contact.phone_number", default=())
    """By which the person is known so far, E.164."""
    emails: tuple[str, ...] = personal("user.contact.email", default=())
    new_name: str | None = personal("user.name")
    new_email: str | None = personal("user.contact.email")
    new_phone_number: str | None = personal("user.contact.phone_number")
    """E.164."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Corrected:
    """What became of a correction: `corrected`, `nothing_held`, or `impossible` with the reason."""

    status: Literal["corrected", "nothing_held", "impossible"]
    records: int = 0
    reason: str | None = None
