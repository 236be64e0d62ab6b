"""By when a request must be answered: the strictest row of `deadlines.yaml` over every place where the person may be."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from importlib.resources import files
from typing import Any

import yaml

from hub.contracts.places import places_of_number
from hub.privacy.calendar import Calendar, Period, known_places

PLACE_UNITS = ("days", "business_days", "months")


@dataclass(frozen=True)
class Row:
    """One legal deadline: where, for which kinds of request (all where none is named), how long, and its source."""

    id: str
    places: frozenset[str]
    kinds: frozenset[str]
    within: Period
    extended: Period | None
    cite: str
    source: str
    verify_by: date

    def speaks_on(self, place: str, kind: str) -> bool:
        """Whether it holds in `place` (US-CA, DE) for a kind of request."""
        return (place in self.places or place.partition("-")[0] in self.places) and (
            not self.kinds or kind in self.kinds
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


@dataclass(frozen=True)
class _Table:
    rows: tuple[Row, ...]
    unknown: Row
    unknown_objection: Row
    promises: Mapping[str, timedelta]


@lru_cache(maxsize=1)
def _table() -> _Table:
    told = yaml.safe_load(files("hub.requests").joinpath("deadlines.yaml").read_text(encoding="utf-8"))
    return _Table(
        tuple(map(_row, told["rows"])),
        _row(told["unknown"]),
        _row(told["unknown_objection"]),
        {kind: _span(text) for kind, text in told["promises"].items()},
    )


def _row(told: Mapping[str, Any]) -> Row:
    return Row(
        told["id"],
        frozenset(told.get("places", ())),
        frozenset(told.get("kinds", ())),
        _period(told["within"], told["cite"]),
        _period(told["extended"], told["cite"]) if "extended" in told else None,
        told["cite"],
        str(told["src"]),
        told["verify_by"],
    )


def _period(text: str, cite: str) -> Period:
    count, unit = text.split()
    unit = {"month": "months"}.get(unit, unit)
    if unit not in PLACE_UNITS:
        raise ValueError(f"{text!r} is no period")
    # Months are the GDPR's, which end with the next working day.
    return Period(int(count), unit, unit == "months", cite)  # type: ignore[arg-type]


def _span(text: str) -> timedelta:
    count, unit = text.split()
    return timedelta(**{unit: int(count)})


def _most_specific(rows: Sequence[Row], place: str, kind: str) -> list[Row]:
    """The rows of the region itself, else those of its country; rows that name the kind before those for all kinds."""
    speaking = [row for row in rows if row.speaks_on(place, kind)]
    for wanted in (place, place.partition("-")[0]):
        of_place = [row for row in speaking if wanted in row.places]
        if of_place:
            return [row for row in of_place if row.kinds] or of_place
    return []


def _due(period: Period, place: str, at: datetime, time_zone: str) -> datetime:
    country = place.partition("-")[0]
    places = known_places([(country, None)]) if country else frozenset()
    return period.due(at, Calendar(places, time_zone))
