"""Facts about a caller, and the source of each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from hub.contracts.categories import CATEGORIES
from hub.contracts.values import personal
from hub.errors import WrongValue
from hub.platform.id_words import suggest


@dataclass(frozen=True, kw_only=True, slots=True)
class Caller:
    """Who is asked about; each field is there only if the plugin's manifest declares it."""

    phone_number: str | None = personal("user.contact.phone_number")
    caller_name: str | None = personal("user.name")
    email_domain: str | None = personal("user.contact.organization")
    """The domain of their e-mail address, if it is an organization's: never one at which anybody can have an address, and never
    the part before the @, whatever is declared."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Fact:
    """One thing known of a caller. `confidence` is from 0 to 1; `lifetime` None means as long as the call is kept; zero
    means that it is used to enrich the call and is never stored.

    What another company's data service returns is not stored either, unless the customer writes `keep` on its connector.
    The exception is a `country` or `region` with a lifetime: it is stored that long, because later consent checks need it.
    """

    name: str
    value: str
    category: str
    confidence: float = 1.0
    lifetime: timedelta | None = None

    def __post_init__(self) -> None:
        if self.category not in CATEGORIES:
            raise WrongValue(f"Fact.category is not a data category; {suggest(self.category, CATEGORIES)}")
        if not 0 <= self.confidence <= 1:
            raise WrongValue("Fact.confidence is from 0 to 1")
