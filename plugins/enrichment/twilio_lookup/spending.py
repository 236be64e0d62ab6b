"""Amounts spent today and this month, and lookups in this minute: counted before each lookup, never above a cap."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal, InvalidOperation

from hub.api import Memory, Rejected, RetryLater

from .settings import TwilioLookupSettings

NOTE = "spent"


@dataclass(frozen=True)
class Spent:
    """The counts of one day, month and minute, all UTC."""

    minute: str = ""
    requested: int = 0
    today: Decimal = Decimal(0)
    this_month: Decimal = Decimal(0)

    @classmethod
    def read(cls, note: str | None) -> Spent:
        """Parse the stored note. An unreadable note stops the lookups, so that no spending is forgotten."""
        if note is None:
            return cls()
        try:
            content = json.loads(note)
            return cls(
                str(content["minute"]), int(content["asked"]), Decimal(content["today"]), Decimal(content["this_month"])
            )
        except (ValueError, KeyError, TypeError, InvalidOperation):
            raise Rejected("The count of what was spent on lookups cannot be read; restore the database.") from None

    def write(self) -> str:
        """The note as it is stored."""
        return json.dumps(
            {
                "minute": self.minute,
                "asked": self.requested,
                "today": str(self.today),
                "this_month": str(self.this_month),
            }
        )

    def at(self, now: datetime) -> Spent:
        """The counts that still apply at `now`. A clock that goes backwards does not reset them."""
        minute = max(now.strftime("%Y-%m-%dT%H:%M"), self.minute)
        return Spent(
            minute,
            self.requested if minute == self.minute else 0,
            self.today if minute[:10] == self.minute[:10] else Decimal(0),
            self.this_month if minute[:7] == self.minute[:7] else Decimal(0),
        )


class Purse:
    """The budget for lookups, shared by all processes through the hub's notes."""

    def __init__(self, settings: TwilioLookupSettings, memory: Memory, clock: Callable[[], datetime]) -> None:
        self._settings = settings
        self._memory = memory
        self._clock = clock

    def spend(self, price: Decimal) -> None:
        """Count one lookup before it is made. Raises Rejected if a cap is reached, RetryLater if the minute is full."""
        now = self._clock()

        def count(note: str | None) -> str:
            spent = Spent.read(note).at(now)
            if spent.today + price > self._settings.daily_cap:
                raise Rejected(
                    "The daily cap for paid lookups is reached; they continue tomorrow (UTC), or raise daily_cap."
                )
            if spent.this_month + price > self._settings.monthly_cap:
                raise Rejected(
                    "The monthly cap for paid lookups is reached; they continue next month (UTC), or raise monthly_cap."
                )
            if spent.requested >= self._settings.requests_per_minute:
                raise RetryLater("The limit of lookups per minute is reached.", after=60.0 - now.second)
            return Spent(spent.minute, spent.requested + 1, spent.today + price, spent.this_month + price).write()

        self._memory.change(NOTE, count)

    def give_back(self, price: Decimal) -> None:
        """Twilio made no lookup and charged nothing: subtract its price. A count of an earlier day is not changed."""
        now = self._clock()

        def uncount(note: str | None) -> str:
            spent = Spent.read(note).at(now)
            return replace(
                spent,
                today=max(spent.today - price, Decimal(0)),
                this_month=max(spent.this_month - price, Decimal(0)),
            ).write()

        self._memory.change(NOTE, uncount)
