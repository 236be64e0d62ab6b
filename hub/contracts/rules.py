"""One row of the law as a consent plugin knows it: what it says, where, its source, and when it must be looked at again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal, get_args

RuleTopic = Literal["sharing", "recording", "texts", "hours", "tracking", "signals", "age", "requests", "retention"]
TOPICS: tuple[str, ...] = get_args(RuleTopic)
ANYWHERE = "anywhere"
FROM_MEMORY = "mem"
"""The source of a row that nobody has read up yet."""


@dataclass(frozen=True, kw_only=True, slots=True)
class LegalRule:
    """A rule by which a consent plugin judges, or of which it reminds; `id` is the one that its opinions name.

    `places` are ISO 3166 countries and regions (`US-CA`), or `anywhere`. `sources` says where the row was read; `mem` among
    them: from memory, so it is shown as unconfirmed.
    """

    id: str
    topic: RuleTopic
    places: tuple[str, ...]
    says: str
    cite: str
    sources: tuple[str, ...]
    verify_by: date
    since: date | None = None
    """The day from which it counts; None: long since."""

    @property
    def confirmed(self) -> bool:
        """Whether a source was read for it."""
        return FROM_MEMORY not in self.sources

    def holds_at(self, code: str) -> bool:
        """Whether it may be about somebody at `code` (`US`, `US-CA`): of a country, the rules of its regions too."""
        country, _, region = code.partition("-")
        return any(
            place in (ANYWHERE, country, code) or (not region and place.startswith(f"{country}-"))
            for place in self.places
        )

    def overdue(self, today: date) -> bool:
        """Whether a person should have looked at it again before `today`."""
        return self.verify_by < today
