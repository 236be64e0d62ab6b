"""The rows of rules.yaml, read once and checked, and the places whose rows apply."""

from __future__ import annotations

from datetime import date
from functools import cache, cached_property
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from plugins.consent.jurisdictions.rows import ANYWHERE, Row, read_table

Mode = Literal["own_operation", "opt_out", "opt_in"]
Role = Literal["processor", "independent_controller", "none"]


class Rule(Row):
    """One row of the table; the head of rules.yaml explains the fields."""

    uses: tuple[str, ...] = Field(min_length=1)
    recipients: tuple[Role, ...] = ("processor", "independent_controller", "none")
    categories: frozenset[str] = frozenset()
    mode: Mode
    reason: str

    def speaks_on(self, use: str, role: str, categories: frozenset[str]) -> bool:
        """Whether the row is about this use, this kind of recipient and such data, in any place."""
        about = not self.categories or not self.categories.isdisjoint(categories)
        return about and role in self.recipients and any(use == own or use.startswith(own + ".") for own in self.uses)


class RuleSet(BaseModel):
    """The whole table with its date. A change in any file of this folder needs a new date here."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    ruleset: date
    rules: tuple[Rule, ...]

    @cached_property
    def special_categories(self) -> frozenset[str]:
        """The data categories that some row is limited to."""
        return frozenset().union(*(rule.categories for rule in self.rules))

    def known_places(self) -> frozenset[str]:
        """Every country and region that has rows of its own."""
        return frozenset(place for rule in self.rules for place in rule.places) - {ANYWHERE}


@cache
def rule_set() -> RuleSet:
    """The table in this folder."""
    return RuleSet.model_validate(read_table("rules.yaml"))


def places_of(code: str) -> tuple[str, ...]:
    """The places whose rows apply to a person at `code`: the place and its country. If only the country is
    known, also each of its regions that has rows of its own, because the person may be there."""
    country, _, region = code.partition("-")
    if region:
        return (country, code)
    return (country, *sorted(known for known in rule_set().known_places() if known.startswith(country + "-")))
