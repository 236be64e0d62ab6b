"""Phone numbers at a carrier: what is offered, what is owned, where its webhooks point."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from hub.contracts.values import Money
from hub.errors import Rejected

NumberKind = Literal["local", "toll_free", "mobile"]


@dataclass(frozen=True, kw_only=True, slots=True)
class NumberQuery:
    """What to look for. `country` is an ISO 3166 code, Rejected if it is none; `contains` is digits, `*` for any."""

    country: str = "US"
    kind: NumberKind = "local"
    area_code: str | None = None
    contains: str | None = None
    limit: int = 10

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[A-Z]{2}", self.country):
            raise Rejected("give the country as two capital letters, like US.")


@dataclass(frozen=True, kw_only=True, slots=True)
class NumberOffer:
    """A number that can be bought, with its monthly price if the carrier reports it."""

    number: str
    kind: NumberKind
    country: str
    place: str | None = None
    monthly_price: Money | None = None
    capabilities: tuple[str, ...] = ()
    """Of `voice`, `sms`, `mms`."""


@dataclass(frozen=True, kw_only=True, slots=True)
class NumberSetup:
    """Where a number's webhooks must point. All are addresses below the hub's `public_url`."""

    number: str
    voice_url: str
    fallback_url: str
    status_url: str
    message_url: str
    message_fallback_url: str
    """Where the carrier sends a text that `message_url` did not take, if it has such an address."""
    label: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class OwnedNumber:
    """A number of the account at the carrier, and where its webhooks point now (None: nowhere)."""

    number: str
    provider_id: str
    label: str = ""
    voice_url: str | None = None
    fallback_url: str | None = None
    status_url: str | None = None
    message_url: str | None = None
    message_fallback_url: str | None = None
    """Blank if it is not set; None if the carrier has no such address, so that nothing is missing."""
    monthly_price: Money | None = None
    """What the carrier asks a month; None if it does not say."""


@dataclass(frozen=True, kw_only=True, slots=True)
class RecordingAudio:
    """A recording as fetched from the carrier."""

    content_type: str
    data: bytes


RecordingControl = Literal["pause", "resume"]
"""A recording is paused while card data is spoken."""
