"""Porting a number from another carrier: the order and its status."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from hub.contracts.values import personal, plugin_text

PortStatus = Literal["draft", "submitted", "action_required", "scheduled", "ported", "rejected", "cancelled"]
"""`draft`: the carrier waits for documents or a signature before it begins; `action_required`: the losing or the gaining
carrier asks for something (`detail` says what); `scheduled`: a date is agreed (`ports_at`)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PortRequest:
    """An order to port `numbers` (E.164). The details that the losing carrier checks must match its bill exactly."""

    key: str
    """Ours: the same order has the same key on every try."""
    numbers: tuple[str, ...]
    business_name: str
    """The account holder at the losing carrier."""
    authorized_person: str | None = personal("user.name")
    """The person who signs the letter of authorization."""
    email: str | None = personal("user.contact.email")
    """Where the carrier sends the letter to be signed."""
    street: str
    city: str
    region: str
    postal_code: str
    country: str = "US"
    account_number: str = ""
    pin: str | None = personal("user.unique_id")
    wanted_on: date | None = None
    bill: bytes | None = personal("user.content.private", default=b"")
    """The losing carrier's latest bill as a PDF, if the gaining carrier wants one."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PortOrder:
    """A port order as the gaining carrier reports it. It holds no personal data, because it is shown on screens."""

    order_id: str
    numbers: tuple[str, ...]
    status: PortStatus
    detail: str = plugin_text("")
    ports_at: datetime | None = None
