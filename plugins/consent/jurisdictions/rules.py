"""The rows of rules.yaml, read once and checked, and which of them speak on a place."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from hub.api import Place

ANYWHERE = "anywhere"
Mode = Literal["own_operation", "opt_out", "opt_in"]
Role = Literal["processor", "independent_controller", "none"]


class Rule(BaseModel):
    """One row of the table; the head of rules.yaml says what each field means."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str = Field(pattern=r"^[a-z][a-z_.]*$")
    places: tuple[str, ...] = Field(min_length=1)
    uses: tuple[str, ...] = Field(min_length=1)
    recipients: tuple[Role, ...] = ("processor", "independent_controller", "none")
    mode: Mode
    reason: str
    cite: str
    src: tuple[str, ...]
    verify_by: date

    @field_validator("src", mode="before")
    @classmethod
    def _one_or_many(cls, src: Any) -> Any:
        return (src,) if isinstance(src, str) else src

    @property
    def confirmed(self) -> bool:
        """Whether a source was read for the row; a row from memory is shown as unconfirmed."""
        return "mem" not in self.src

    def speaks_on(self, use: str, role: str) -> bool:
        """Whether the row is about this use and this kind of recipient, wherever it is."""
        return role in self.recipients and any(use == own or use.startswith(own + ".") for own in self.uses)


class RuleSet(BaseModel):
    """The whole table under its date, groups of places already spelled out."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    ruleset: date
    groups: Mapping[str, tuple[str, ...]]
    rules: tuple[Rule, ...]

    @model_validator(mode="before")
    @classmethod
    def _spell_out_groups(cls, table: Any) -> Any:
        groups = table["groups"]
        rows = [
            {**row, "places": [p for name in row["places"] for p in groups.get(name, [name])]} for row in table["rules"]
        ]
        return {**table, "rules": rows}

    def known_places(self) -> frozenset[str]:
        """Every country and region that has rows of its own."""
        return frozenset(place for rule in self.rules for place in rule.places) - {ANYWHERE}

    def overdue(self, today: date) -> tuple[Rule, ...]:
        """The rows that a person should have looked at again before `today`."""
        return tuple(rule for rule in self.rules if rule.verify_by < today)


@cache
def rule_set() -> RuleSet:
    """The table in this folder."""
    return RuleSet.model_validate(yaml.safe_load(Path(__file__).with_name("rules.yaml").read_text("utf-8")))


def place_code(place: Place) -> str | None:
    """`US`, `CA-QC`, or None where not even the country is known."""
    if not place.country:
        return None
    country = place.country.upper()
    return f"{country}-{place.region.upper()}" if place.region else country


def places_of(code: str) -> tuple[str, ...]:
    """The places whose rows speak on somebody at `code`: the place and its country; and where only the country is
    known, each of its regions that has rows of its own, since the person may be there."""
    country, _, region = code.partition("-")
    if region:
        return (country, code)
    return (country, *sorted(known for known in rule_set().known_places() if known.startswith(country + "-")))
