"""Facts about a caller, and the source of each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from hub.contracts.categories import CATEGORIES
from hub.contracts.untrusted import as_text, value_at
from hub.contracts.values import personal
from hub.errors import WrongValue
from hub.platform.id_words import suggest


@dataclass(frozen=True, kw_only=True, slots=True)
class Caller:
    """Who is asked about; each field is there only if the plugin's manifest declares it."""

    phone_number: str | None = personal("user.contact.phone_number")
    caller_name: str | None = personal("user.name")
    email_domain: str | None = personal("user.contact.organization")
    """The domain of their email address, if it is an organization's: never one at which anybody can have an address, and never
    the part before the @, whatever is declared."""


@dataclass(frozen=True)
class KnownFact:
    """A name of facts that the hub itself reads: what its values look like, and what for."""

    form: str
    """A regular expression."""
    like: str
    """A value."""
    meaning: str


KNOWN_FACTS: Mapping[str, KnownFact] = {
    "country": KnownFact("[A-Z]{2}", "US", "ISO 3166 code of where the person may be: decides which law counts"),
    "region": KnownFact("[A-Z0-9]{1,3}", "IL", "the part after the dash of its ISO 3166-2 code, without the country, "
                        "beside a `country` of the same plugin: decides which law counts"),
    "age": KnownFact("[0-9]{1,3}", "15", "in whole years; the lowest that is known decides which law counts"),
    "place": KnownFact(".+", "Chicago, IL", "the town, shown as where the person calls from"),
    "postal_code": KnownFact(".+", "60601", "shown likewise"),
    "owner": KnownFact(".+", "Maria Lopez", "who owns the contact in the CRM; call flows can route by it"),
}  # fmt: skip
"""Facts of other names are shown with the call, and read by nothing."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Fact:
    """One thing known of a caller. `confidence` is from 0 to 1; `lifetime` None means as long as the call is kept; zero
    means that it is used to enrich the call and is never stored.

    What another company's data service returns is not stored either, unless the customer writes `keep` on its connector.
    The exception is a `country`, `region` or `age` with a lifetime: it is stored that long, because later consent checks need
    it.
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


def facts_at(
    answer: object,
    paths: Mapping[str, tuple[str, str]],
    confidence: float = 1.0,
    lifetime: timedelta | None = None,
) -> list[Fact]:
    """The texts of an answer as facts; what is empty or no text is left out.

    `paths` has the name of each fact, where the answer has its value, and its data category:
    `{"place": ("owner.address.city", "user.contact.address.city")}`.
    """
    return [
        Fact(name=name, value=value, category=category, confidence=confidence, lifetime=lifetime)
        for name, (path, category) in paths.items()
        if (value := as_text(value_at(answer, path)).strip())
    ]
