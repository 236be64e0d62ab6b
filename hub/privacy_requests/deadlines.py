"""By when a request must be answered: the strictest row of `deadlines.yaml` over every place where the person may be."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from importlib.resources import files
from typing import Annotated, Any

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from hub.contracts.places import places_of_number
from hub.privacy.business_days import Calendar, Period, known_places

UNITS = {"day": "days", "month": "months", "business_day": "business_days"}


def _period(text: Any) -> Period:
    count, unit = str(text).split()
    unit = UNITS.get(unit, unit)
    if unit not in UNITS.values():
        raise ValueError(f"{text!r} is no period")
    # Months are the GDPR's, which end with the next working day.
    return Period(int(count), unit, unit == "months")  # type: ignore[arg-type]


def _span(text: Any) -> timedelta:
    count, unit = str(text).split()
    return timedelta(**{unit: int(count)})


Within = Annotated[Period, BeforeValidator(_period)]


class Row(BaseModel):
    """One legal deadline: where, for which kinds of request (all where none is named), how long, and its source."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    places: frozenset[str] = frozenset()
    kinds: frozenset[str] = frozenset()
    within: Within
    extended: Within | None = None
    cite: str
    source: str = Field(alias="src")
    verify_by: date

    def speaks_on(self, place: str, kind: str) -> bool:
        """Whether it holds in `place` (US-CA, DE) for a kind of request."""
        here = place in self.places or place.partition("-")[0] in self.places
        return here and (not self.kinds or kind in self.kinds)


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    version: date
    rows: tuple[Row, ...]
    unknown: Row
    unknown_objection: Row
    promises: Mapping[str, Annotated[timedelta, BeforeValidator(_span)]]


@cache
def _table() -> _Table:
    return _Table.model_validate(
        yaml.safe_load(files("hub.privacy_requests").joinpath("deadlines.yaml").read_text("utf-8"))
    )


@dataclass(frozen=True)
class Deadline:
    """When the answer is due by law, how far that can be prolonged, what the product promises, and the row that decided."""

    row: Row
    due_at: datetime
    extended_to: datetime | None
    promised_at: datetime


def places_of(number: str | None, declared: Iterable[str] = ()) -> list[str]:
    """Every place where the person may be, as US-IL or DE: those they named and those of their number."""
    told = (f"{each.country}-{each.region or ''}".rstrip("-") for each in places_of_number(number) if each.country)
    return list(dict.fromkeys([*declared, *told]))


def deadline_of(kind: str, places: Sequence[str], received_at: datetime, time_zone: str) -> Deadline:
    """The earliest legal deadline; the days are those of the company's `time_zone`.

    Holidays are those of the country alone: whoever must answer is on the safe side with fewer of them. An objection is never
    due later than in California, and nothing later than where the place is unknown if no row speaks on a place.
    """
    table = _table()
    found = [(row, place) for place in places for row in _most_specific(table.rows, place, kind)]
    if not found or any(not _most_specific(table.rows, place, kind) for place in places):
        found.append((table.unknown, ""))
    if kind == "objection":
        found.append((table.unknown_objection, "US"))
    due = [(_due(row.within, place, received_at, time_zone), row, place) for row, place in found]
    at, row, place = min(due, key=lambda each: (each[0], each[1].id.startswith("unknown"), each[1].id))
    longer = _due(row.extended, place, received_at, time_zone) if row.extended else None
    return Deadline(row, at, longer, received_at + table.promises[kind])


def overdue_rows(today: date) -> list[str]:
    """Ids of rows whose `verify_by` has passed: a person must look at their source again."""
    return [row.id for row in every_row() if row.verify_by < today]


def every_row() -> tuple[Row, ...]:
    """All legal deadlines, and the two for people whose place nobody knows."""
    table = _table()
    return (*table.rows, table.unknown, table.unknown_objection)


def _most_specific(rows: Sequence[Row], place: str, kind: str) -> list[Row]:
    """The rows of the region itself, else those of its country; rows that name the kind before those for all kinds."""
    exclusive_person_lock = [row for row in rows if row.speaks_on(place, kind)]
    for wanted in (place, place.partition("-")[0]):
        of_place = [row for row in exclusive_person_lock if wanted in row.places]
        if of_place:
            return [row for row in of_place if row.kinds] or of_place
    return []


def _due(period: Period, place: str, at: datetime, time_zone: str) -> datetime:
    country = place.partition("-")[0]
    places = known_places([(country, None)]) if country else frozenset()
    return period.due(at, Calendar(places, time_zone))
