"""A call that the carrier places for a user: their own phone rings first, then the person is dialed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from hub.contracts.values import personal


@dataclass(frozen=True, kw_only=True, slots=True)
class CallBack:
    """A call to place. `key` is ours: put it into the addresses at which the carrier reports the two legs.

    Both phones see the tracking number as the caller ID. The call is not recorded.
    """

    key: str
    tracking_number: str
    """E.164."""
    user_number: str | None = personal("user.contact.phone_number")
    """The user's phone, E.164; it rings first. `phone:NAME` only at a carrier with the ability `phone`."""
    person_number: str | None = personal("user.contact.phone_number")
    """The person's phone, E.164; it rings after the user has picked up."""
    user_ring_seconds: int = 20
    """So short that a user's voicemail rarely picks up."""
    person_ring_seconds: int = 30


LegStatus = Literal["answered", "completed", "busy", "no_answer", "canceled", "failed"]
"""`completed`: it was answered and is over; the last four: nobody answered."""


@dataclass(frozen=True, kw_only=True, slots=True)
class CallBackEvent:
    """What happened to one leg of a call that the hub has placed. Times are aware UTC."""

    leg: Literal["user", "person"]
    status: LegStatus
    key: str
    """The key of the `CallBack`."""
    at: datetime
    call_id: str | None = None
    """The carrier's id of the user's leg, if it is known here."""
    duration: int | None = None
    """Seconds from the answer of this leg to its end, on `completed`."""
