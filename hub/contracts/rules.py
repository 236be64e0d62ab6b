"""One legal rule as a consent plugin knows it: what it says, where it applies, its source, and when to check it again."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import date
from typing import Literal, get_args

RuleTopic = Literal["sharing", "recording", "texts", "hours", "tracking", "signals", "age", "requests", "retention"]
TOPICS: tuple[str, ...] = get_args(RuleTopic)
ANYWHERE = "anywhere"
OWN = "own"
"""The source of a rule that is the hub's own decision, not a law: there is nothing to confirm."""
MONTHS_UNTIL_REREAD = 3
"""A rule's source must be read again so long after it was read."""


@dataclass(frozen=True, kw_only=True, slots=True)
class LegalRule:
    """A rule that a consent plugin applies or reminds of; its opinions name it by `id`.

    `places` are ISO 3166 countries and regions (`US-CA`), or `anywhere`. `sources` are the addresses at which the rule was
    read on `read_on`. A rule without that day is from memory or confirmed in part only, so it is shown as unconfirmed.
    """

    id: str
    topic: RuleTopic
    places: tuple[str, ...]
    says: str
    cite: str
    sources: tuple[str, ...] = ()
    read_on: date | None = None
    since: date | None = None
    """The day from which it applies; None: it has applied for a long time."""

    @property
    def confirmed(self) -> bool:
        """Whether its source was read, or it is the hub's own decision."""
        return self.read_on is not None or self.sources == (OWN,)

    @property
    def verify_by(self) -> date | None:
        """The day by which a person must read the source again; None if nobody has read it yet."""
        return reread_by(self.read_on)

    def holds_at(self, code: str) -> bool:
        """Whether it may apply to a person at `code` (`US`, `US-CA`); a country includes the rules of its regions."""
        country, _, region = code.partition("-")
        return any(
            place in (ANYWHERE, country, code) or (not region and place.startswith(f"{country}-"))
            for place in self.places
        )

    def overdue(self, today: date) -> bool:
        """Whether a person should have read its source again before `today`."""
        return self.verify_by is not None and self.verify_by < today


def reread_by(read_on: date | None) -> date | None:
    """The day by which a source that was read on a day must be read again: three months later."""
    if read_on is None:
        return None
    year, month = divmod(read_on.year * 12 + read_on.month - 1 + MONTHS_UNTIL_REREAD, 12)
    return date(year, month + 1, min(read_on.day, monthrange(year, month + 1)[1]))
