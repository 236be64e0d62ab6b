"""One legal rule as a consent plugin knows it: what it says, where it applies, its source, and when to check it again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal, get_args

RuleTopic = Literal["sharing", "recording", "texts", "hours", "tracking", "signals", "age", "requests", "retention"]
TOPICS: tuple[str, ...] = get_args(RuleTopic)
ANYWHERE = "anywhere"
FROM_MEMORY = "mem"
"""The source of a rule that nobody has verified yet."""


@dataclass(frozen=True, kw_only=True, slots=True)
class LegalRule:
    """A rule that a consent plugin applies or reminds of; its opinions name it by `id`.

    `places` are ISO 3166 countries and regions (`US-CA`), or `anywhere`. `sources` says where the rule was read; `mem` among
    them means from memory, so it is shown as unconfirmed.
    """

    id: str
    topic: RuleTopic
    places: tuple[str, ...]
    says: str
    cite: str
    sources: tuple[str, ...]
    verify_by: date
    since: date | None = None
    """The day from which it applies; None: it has applied for a long time."""

    @property
    def confirmed(self) -> bool:
        """Whether a source was read for it."""
        return FROM_MEMORY not in self.sources

    def holds_at(self, code: str) -> bool:
        """Whether it may apply to a person at `code` (`US`, `US-CA`); a country includes the rules of its regions."""
        country, _, region = code.partition("-")
        return any(
            place in (ANYWHERE, country, code) or (not region and place.startswith(f"{country}-"))
            for place in self.places
        )

    def overdue(self, today: date) -> bool:
        """Whether a person should have checked it again before `today`."""
        return self.verify_by < today
