"""What a CRM reports about a caller's deal: qualified, won, lost, and the amount."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from hub.contracts.values import Money, personal


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """The present state of one deal or opportunity in the CRM."""

    external_id: str
    """The CRM's id of the deal."""
    stage: str
    """`qualified`, `won` or `lost` if the plugin's settings map the CRM's stage to them, else the CRM's own name."""
    changed_at: datetime
    occurred_at: datetime
    """When the deal reached this stage; the close date for won and lost."""
    value: Money | None = None
    call_key: str | None = None
    """Our call's id, if the CRM still knows it from the logged call."""
    phone_numbers: tuple[str, ...] = personal("user.contact.phone_number", default=())
    """E.164 numbers of the contact."""
    email: str | None = personal("user.contact.email")


@dataclass(frozen=True, kw_only=True, slots=True)
class OutcomePage:
    """Outcomes changed since a cursor, the cursor to continue from, and whether more are available now."""

    outcomes: tuple[Outcome, ...]
    cursor: str | None
    more: bool = False
