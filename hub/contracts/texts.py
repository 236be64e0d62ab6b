"""A text on its way to a person, and the pictures that come with texts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from hub.contracts.values import personal


@dataclass(frozen=True, kw_only=True, slots=True)
class OutboundText:
    """A text to send from a tracking number. `key` is ours: the same text has the same key on every try."""

    key: str
    sender: str
    """The tracking number, E.164."""
    recipient_number: str | None = personal("user.contact.phone_number")
    body: str | None = personal("user.telephony.message_body")
    media_urls: tuple[str, ...] = personal("user.content.private", default=())
    """Addresses below the hub's `public_url`, valid for a few minutes, from which the carrier fetches pictures."""


@dataclass(frozen=True, kw_only=True, slots=True)
class TextListQuery:
    """Which received texts to read from the carrier's list."""

    since: datetime
    """Aware UTC; texts that came in before it are left out."""
    tracking_numbers: tuple[str, ...]
    """The hub's numbers at this carrier, E.164. Texts to other numbers of the account are not the hub's to read."""
    known: tuple[str, ...] = ()
    """The carrier's ids of texts that the hub has. They may be left out, which saves the requests for their content."""


@dataclass(frozen=True, kw_only=True, slots=True)
class MediaFile:
    """A picture or another file of a text, as fetched from the carrier."""

    content_type: str
    data: bytes
