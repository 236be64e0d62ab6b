"""How much of a provider's daily limit is used: a plugin notes what the provider says, and pages show it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta

QUOTA_NOTE = "quota"
"""The name of a connector's note that holds its quota."""
NEAR_PERCENT = 90
VALID = timedelta(days=1)
"""After this time a quota says nothing about the day."""
NOTE_AGAIN = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Quota:
    """The provider's own count of one day's requests."""

    used: int
    limit: int
    at: datetime
    """When the provider said so."""

    @property
    def percent(self) -> int:
        """How much of the limit is used, in percent."""
        return min(100, round(100 * self.used / self.limit))

    @property
    def is_near(self) -> bool:
        """Whether the limit is near: a person sees it, and nobody is looked up, as what is left is for what has to be sent."""
        return self.percent >= NEAR_PERCENT

    def text(self) -> str:
        """The note."""
        return json.dumps({"used": self.used, "limit": self.limit, "at": self.at.isoformat()})


def quota_of(note: str | None, now: datetime) -> Quota | None:
    """The quota in a note; None if there is none, or if it is older than a day."""
    try:
        kept = json.loads(note or "null")
        quota = Quota(int(kept["used"]), int(kept["limit"]), datetime.fromisoformat(kept["at"]))
    except (ValueError, TypeError, KeyError):
        return None
    return quota if quota.limit > 0 and now - quota.at < VALID else None


def is_news(quota: Quota, before: Quota | None) -> bool:
    """Whether a quota differs enough from the noted one that it is worth a write."""
    return before is None or quota.percent != before.percent or quota.at - before.at >= NOTE_AGAIN
