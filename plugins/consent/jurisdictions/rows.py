"""The fields that all tables in this folder share: the places, the source, and the day on which it was read."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, Field, field_validator

from hub.api.privacy import Place

ANYWHERE = "anywhere"
OWN = "own"
"""The source of a rule that is the hub's own decision, not a law."""
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""The one in C reads the same in an eighth of the time; where PyYAML was built without it, the other does."""


class Row(BaseModel):
    """One row; the head of its file explains the fields."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str = Field(pattern=r"^[a-z][a-z_.]*$")
    places: tuple[str, ...] = Field(min_length=1)
    cite: str = Field(min_length=1)
    src: tuple[str, ...] = ()
    read: date | None = None

    @field_validator("src", mode="before")
    @classmethod
    def _one_or_many(cls, src: object) -> object:
        return (src,) if isinstance(src, str) else src

    @property
    def confirmed(self) -> bool:
        """Whether a source was read that states all of the row; a row from memory is shown as unconfirmed."""
        return self.read is not None or self.src == (OWN,)

    @property
    def provenance(self) -> dict[str, str]:
        """The part of an opinion's evidence that names the rule's source."""
        return {
            "cite": self.cite,
            "source": f"confirmed, read on {self.read.isoformat()}"
            if self.read
            else "not a law"
            if self.confirmed
            else "unconfirmed",
            "read_in": ", ".join(self.src),
        }

    def holds_at(self, code: str) -> bool:
        """Whether the row applies to a person at `code` (`US`, `US-CA`): it names the place, its country, or anywhere. If only
        the country is known, a row of any of its regions applies too, because the person may be there."""
        country, _, region = code.partition("-")
        return any(
            place in (ANYWHERE, country, code) or (not region and place.startswith(f"{country}-"))
            for place in self.places
        )


Rows = TypeVar("Rows", bound=Row)


def read_table(name: str) -> Any:
    """A file of this folder with its groups of places expanded."""
    table = yaml.load(Path(__file__).with_name(name).read_text(encoding="utf-8"), LOADER)  # noqa: S506 - both are safe
    groups = table.pop("groups", {})
    table["rules"] = [
        {**row, "places": [p for place in row["places"] for p in groups.get(place, [place])]} for row in table["rules"]
    ]
    return table


@cache
def rows_of(name: str, kind: type[Rows]) -> tuple[Rows, ...]:
    """The rows of a file of this folder that holds only rows."""
    table = read_table(name)
    if table.keys() != {"rules"}:
        raise ValueError(f"{name} contains something other than rows")
    return tuple(kind.model_validate(row) for row in table["rules"])


def place_code(place: Place) -> str | None:
    """`US`, `CA-QC`, or None if even the country is unknown."""
    if not place.country:
        return None
    country = place.country.upper()
    return f"{country}-{place.region.upper()}" if place.region else country


def rows_at(rows: Iterable[Rows], code: str | None, trades_in: tuple[str, ...]) -> tuple[Rows, ...]:
    """The rows for a person at `code`; for an unknown place those of all `trades_in`, or all rows if that is empty."""
    every = tuple(rows)
    if code is not None:
        return tuple(row for row in every if row.holds_at(code))
    return tuple(row for row in every if not trades_in or any(row.holds_at(traded) for traded in trades_in))
