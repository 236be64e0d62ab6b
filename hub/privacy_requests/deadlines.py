"""The deadline of a request: the strictest row of `deadlines.yaml` over every place where the person may be."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from importlib.resources import files
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict

from hub.contracts.places import places_of_number
from hub.platform.id_words import words_of
from hub.platform.own_yaml import read_yaml
from hub.privacy.business_days import Calendar, Period, known_places

UNITS = {"day": "days", "month": "months", "business_day": "business_days"}


def _period(text: object) -> Period:
    count, unit = str(text).split()
    unit = UNITS.get(unit, unit)
    if unit not in UNITS.values():
        raise ValueError(f"{text!r} is no period")
    # Months come from the GDPR; such a period ends on the next working day.
    return Period(int(count), unit, unit == "months")  # type: ignore[arg-type]


def _span(text: object) -> timedelta:
    count, unit = str(text).split()
    return timedelta(**{unit: int(count)})


Within = Annotated[Period, BeforeValidator(_period)]


class Row(BaseModel):
    """One legal deadline: places, kinds of request (all if none is named), length and source."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    places: frozenset[str] = frozenset()
    kinds: frozenset[str] = frozenset()
    within: Within
    extended: Within | None = None
    cite: str
    src: Annotated[tuple[str, ...], BeforeValidator(lambda each: (each,) if isinstance(each, str) else each)] = ()
    read: date | None = None

    @property
    def length(self) -> str:
        """The time to answer in words: 45 days."""
        unit = words_of(self.within.unit)
        return f"{self.within.count} {unit[:-1] if self.within.count == 1 else unit}"

    def speaks_on(self, place: str, kind: str) -> bool:
        """Whether it applies to a kind of request in `place` (US-CA, DE)."""
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
    return _Table.model_validate(read_yaml(files("hub.privacy_requests").joinpath("deadlines.yaml").read_text("utf-8")))


@dataclass(frozen=True)
class Deadline:
    """When the law requires an answer, how far that can be extended, what the product promises, and the row that decided."""

    row: Row
    due_at: datetime
    extended_to: datetime | None
    promised_at: datetime


def places_of(number: str | None, declared: Iterable[str] = ()) -> list[str]:
    """Every place where the person may be, as US-IL or DE: those that they named and those of their number."""
    codes = (f"{each.country}-{each.region or ''}".rstrip("-") for each in places_of_number(number) if each.country)
    return list(dict.fromkeys([*declared, *codes]))


def deadline_of(kind: str, places: Sequence[str], received_at: datetime, time_zone: str) -> Deadline:
    """The earliest legal deadline. Days are counted in the company's `time_zone`.

    Only holidays of the country count: fewer holidays give an earlier day, which is safe because the company must answer.
    An objection is never due later than in California. If no row applies to one of the places, the answer is due no later
    than for an unknown place.
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


def every_row() -> tuple[Row, ...]:
    """All legal deadlines, including the two for people whose place is unknown."""
    table = _table()
    return (*table.rows, table.unknown, table.unknown_objection)


def row_of(rule: str) -> Row | None:
    """The row with an id; None if the table has no such row any more."""
    return next((row for row in every_row() if row.id == rule), None)


def _most_specific(rows: Sequence[Row], place: str, kind: str) -> list[Row]:
    """The rows of the region, else those of its country. Rows that name the kind come before rows for all kinds."""
    applicable = [row for row in rows if row.speaks_on(place, kind)]
    for wanted in (place, place.partition("-")[0]):
        of_place = [row for row in applicable if wanted in row.places]
        if of_place:
            return [row for row in of_place if row.kinds] or of_place
    return []


def _due(period: Period, place: str, at: datetime, time_zone: str) -> datetime:
    country = place.partition("-")[0]
    places = known_places([(country, None)]) if country else frozenset()
    return period.due(at, Calendar(places, time_zone))
