"""The public holidays on which a company may be closed: of its country or of its state, and the next of them."""

from __future__ import annotations

from datetime import date

from hub.config.callflow.hours import holidays_known, holidays_of
from hub.config.models import CompanySection

SHOWN = 4


def places_of(section: CompanySection) -> list[tuple[str, str]]:
    """The country of a company and its state, if their holidays are known: code and words."""
    places = [(section.country, f"Yes, those of {section.country}")]
    if section.region:
        places.append((f"{section.country}-{section.region}", f"Yes, those of {section.region} too"))
    return [(code, words) for code, words in places if holidays_known(code)]


def next_holidays(place: str, today: date) -> list[tuple[date, str]]:
    """The next few public holidays there, each with its name."""
    if not place or not holidays_known(place):
        return []
    found = {**holidays_of(place, today.year), **holidays_of(place, today.year + 1)}
    return [(day, found[day]) for day in sorted(found) if day >= today][:SHOWN]
