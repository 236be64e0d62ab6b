"""What the fake Google stores: conversions by conversion action and order id, and the clicks they used."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from datetime import datetime

from hub.api import JsonObject

Click = tuple[str, str, datetime]
"""(conversion action, gclid or call, time): Google counts it once."""


@dataclass
class Counted:
    """A conversion as it counts now. `retracted` is also true if a change set its value to zero."""

    order_id: str
    action: str
    at: datetime
    value: float | None = None
    currency: str | None = None
    updated_at: datetime | None = None
    retracted: bool = False
    click_ids: dict[str, str] = field(default_factory=dict)
    call_started_at: datetime | None = None
    hashed_phone: str | None = None
    hashed_email: str | None = None
    ad_user_data: str = "UNSPECIFIED"
    ad_personalization: str = "UNSPECIFIED"

    @property
    def click(self) -> Click | None:
        """The click or the call from an ad that it belongs to, at its second."""
        gclid = self.click_ids.get("gclid") or (self.call_started_at and f"{self.hashed_phone} {self.call_started_at}")
        return (self.action, gclid, self.at.replace(microsecond=0)) if gclid else None


class Ledger:
    """All conversions of the account."""

    def __init__(self) -> None:
        self._conversions: dict[tuple[str, str], Counted] = {}
        self._clicks: dict[Click, str] = {}

    def find(self, action: str, order_id: str) -> Counted | None:
        """The conversion with that order id."""
        return self._conversions.get((action, order_id))

    def owner(self, click: Click | None) -> str | None:
        """The order id that already used a click."""
        return self._clicks.get(click) if click else None

    def count(self, conversion: Counted) -> None:
        """Add a conversion."""
        self._conversions[conversion.action, conversion.order_id] = conversion
        if conversion.click:
            self._clicks[conversion.click] = conversion.order_id

    def states(self) -> dict[str, JsonObject]:
        """Order id → the conversion that counts."""
        return {order_id: asdict(counted) for (_, order_id), counted in self._conversions.items()}
