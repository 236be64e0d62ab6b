"""Tally: the credits of one company's day, added up from its contacts by model, dimension and value."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from functools import lru_cache
from typing import Literal, NamedTuple, TypeVar, get_args
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from sqlmodel import Session

from hub.reports.calendar import bounds
from hub.reports.credits import MODELS, WHOLE, Model, Touch, apportion, divide
from hub.reports.gains import NOTHING, Gains, Worth, gains_of
from hub.reports.touches import Contact, contacts_of, groups_of_day, journeys_of

Dimension = Literal["source", "campaign", "keyword", "landing_page"]
DIMENSIONS: tuple[Dimension, ...] = get_args(Dimension)
MONEY = ("amount", "won")
SPAM_OF = {each: f"spam_{each}" for each in ("calls", "answered", "first_time", "talk_seconds", "texts", "forms")}
"""Measure → what of it is spam, which the measure itself leaves out."""
MEASURES = (
    *("calls", "answered", "first_time", "talk_seconds", "texts", "forms", "conversions", "leads", "customers", *MONEY),
    *SPAM_OF.values(),
)
"""All are in millionths of one, except those of MONEY, the value of conversions and of what customers bought:
ten-thousandths of their currency's unit."""
AMOUNT, WON = map(MEASURES.index, MONEY)
AMOUNT_UNIT = 10_000
MAX_DIMENSION_CHARACTERS = 300
NO_CURRENCY = "XXX"
"""The ISO 4217 code for an amount without a currency."""


class Key(NamedTuple):
    """The key of a row of credits. `currency` is empty for all measures except those of MONEY, which have a row per currency.

    `value` is empty if a touch has no campaign, keyword or page.
    """

    model: str
    dimension: str
    value: str
    currency: str = ""


Tally = dict[Key, list[int]]
"""Credits by key, in the order of MEASURES."""
Sums = dict[tuple[str, str], list[int]]
"""The same by value and currency."""
Named = TypeVar("Named", bound=tuple[str, ...])


def tally_day(
    session: Session,
    company_id: str,
    zone: ZoneInfo,
    day: date,
    models: Sequence[Model] = MODELS,
    dimensions: Sequence[Dimension] = DIMENSIONS,
) -> Tally:
    """The credits of a day's contacts. A conversion counts on the day of the contact that it came from."""
    start, end = bounds(day, zone)
    only_last = set(models) == {"last"}  # the last touch is always the contact's own
    return add_up(_journeys(session, company_id, start, end, only_last), models, dimensions)


def _journeys(
    session: Session, company_id: str, start: datetime, end: datetime, only_last: bool
) -> Iterator[tuple[Contact, Sequence[Touch], Gains]]:
    for ids in groups_of_day(session, company_id, start, end):
        contacts, gains = contacts_of(session, ids), gains_of(session, ids)
        paths: Iterable[tuple[Contact, list[Touch]]] = ((contact, [contact.touch()]) for contact in contacts)
        for contact, path in paths if only_last else journeys_of(session, contacts, end):
            yield contact, path, gains.get(contact.id, NOTHING)


def add_up(
    journeys: Iterable[tuple[Contact, Sequence[Touch], Gains]],
    models: Sequence[Model] = MODELS,
    dimensions: Sequence[Dimension] = DIMENSIONS,
) -> Tally:
    """Divide each contact, and what it brought, among the touches of its path."""
    sums: dict[tuple[Model | None, Dimension], Sums] = {
        (model, dimension): {} for model in (None, *models) for dimension in dimensions
    }
    for contact, path, gains in journeys:
        counts = _counts(contact, gains)
        money = [] if contact.spam else [(AMOUNT, _amounts(gains.conversions)), (WON, _amounts(gains.bought))]
        # Every model gives all credit to a single touch: such contacts are added up one time, without a model.
        divisions = [(None, [(0, WHOLE)])] if len(path) == 1 else [(model, divide(path, model)) for model in models]
        for dimension in dimensions:
            values = [value_of(touch, dimension) for touch in path]
            for model, parts in divisions:
                rows = sums[model, dimension]
                for index, part in parts:
                    row = _row(rows, (values[index], ""))
                    for measure, count in counts:
                        row[measure] += count * part
                for measure, amounts in money:
                    for currency, amount in amounts.items():
                        shares = apportion(amount, [part for _, part in parts])
                        for (index, _), share in zip(parts, shares, strict=True):
                            _row(rows, (values[index], currency))[measure] += share
    tally: Tally = {}
    for dimension in dimensions:
        for model in models:
            for rows in (sums[model, dimension], sums[None, dimension]):
                merge(tally, ((Key(model, dimension, *value), numbers) for value, numbers in rows.items()))
    return tally


def merge(tally: dict[Named, list[int]], more: Iterable[tuple[Named, Sequence[int]]], sign: int = 1) -> None:
    """Add credits to `tally` or subtract them; rows that become zero are removed."""
    for key, numbers in more:
        row = _row(tally, key)
        for index, number in enumerate(numbers):
            row[index] += sign * number
        if not any(row):
            del tally[key]


def value_of(touch: Touch, dimension: Dimension) -> str:
    """A touch's value in a report, at most 300 characters."""
    if dimension == "source":
        return f"{touch.source} / {touch.medium}"[:MAX_DIMENSION_CHARACTERS]
    if dimension == "landing_page":
        return page(touch.landing_page.partition("?")[0]) if touch.landing_page else ""
    return ((touch.campaign if dimension == "campaign" else touch.keyword) or "")[:MAX_DIMENSION_CHARACTERS]


@lru_cache(maxsize=4_096)
def page(address: str) -> str:
    """A page's host and path, without its query, because the query holds click ids and differs for every visitor."""
    try:
        parts = urlsplit(address)
        host, path = parts.hostname or "", parts.path
    except ValueError:
        host, path = "", address.partition("?")[0].partition("#")[0]
    return f"{host}{path or '/'}"[:MAX_DIMENSION_CHARACTERS]


def _counts(contact: Contact, gains: Gains) -> list[tuple[int, int]]:
    """(index in MEASURES, count) for each measure of one contact. Spam brings nothing, and is counted apart."""
    is_call = contact.kind == "call"
    numbers = {
        "calls": int(is_call),
        "answered": int(is_call and contact.answered),
        "first_time": int(is_call and contact.first_time),
        "talk_seconds": contact.talk_seconds,
        "texts": int(contact.kind == "text"),
        "forms": int(contact.kind == "form"),
    }
    if contact.spam:
        numbers = {SPAM_OF[name]: number for name, number in numbers.items()}
    else:
        numbers |= {
            "conversions": len(gains.conversions),
            "leads": int(gains.is_lead),
            "customers": int(gains.is_customer),
        }
    return [(MEASURES.index(name), number) for name, number in numbers.items() if number]


def _amounts(worths: Sequence[Worth]) -> Mapping[str, int]:
    amounts: dict[str, int] = {}
    for amount, currency in worths:
        if amount:
            code = currency or NO_CURRENCY
            amounts[code] = amounts.get(code, 0) + int((amount * AMOUNT_UNIT).to_integral_value())
    return amounts


def _row(rows: dict[Named, list[int]], name: Named) -> list[int]:
    row = rows.get(name)
    if row is None:
        row = rows[name] = [0] * len(MEASURES)
    return row
