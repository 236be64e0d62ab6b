"""Tally: the credits of one company's day, added up by model, dimension and value, straight from its contacts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any, Literal, NamedTuple, get_args
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlmodel import Session

from hub.model import ConversionRow
from hub.reports.calendar import bounds
from hub.reports.credits import MODELS, Model, Touch, apportion, credits
from hub.reports.touches import Contact, contact_tables, contacts_of_day, journeys_of_day

Dimension = Literal["source", "campaign", "keyword", "landing_page"]
DIMENSIONS: tuple[Dimension, ...] = get_args(Dimension)
MEASURES = ("calls", "answered", "first_time", "texts", "forms", "conversions", "amount")
"""All in millionths of one, but `amount`: ten-thousandths of its currency's unit."""
AMOUNT_UNIT = 10_000
LONGEST_VALUE = 300
NO_CURRENCY = "XXX"
"""ISO 4217's code for an amount that names none."""


class Key(NamedTuple):
    """What a row of credits is of. `currency` is empty for all measures but `amount`, which has a row for each currency.

    `value` is empty where a touch has none: no campaign, no keyword, no page.
    """

    model: str
    dimension: str
    value: str
    currency: str = ""


Tally = dict[Key, list[int]]
"""Credits by key, in the order of MEASURES."""


def tally_day(
    session: Session,
    company_id: str,
    zone: ZoneInfo,
    day: date,
    models: Sequence[Model] = MODELS,
    dimensions: Sequence[Dimension] = DIMENSIONS,
) -> Tally:
    """The credits of a day's contacts. A conversion counts on the day of the contact that it came of."""
    start, end = bounds(day, zone)
    contacts = contacts_of_day(session, company_id, start, end)
    if not contacts:
        return {}
    paths: Iterable[tuple[Contact, list[Touch]]]
    if set(models) == {"last"}:  # the last touch is the contact's own, whatever came before
        paths = ((contact, [contact.touch()]) for contact in contacts)
    else:
        paths = journeys_of_day(session, company_id, start, end, contacts)
    worth = _conversions(session, company_id, start, end)
    tally: Tally = {}
    for contact, path in paths:
        add(tally, contact, path, worth.get(contact.id, ()), models, dimensions)
    return tally


def add(
    tally: Tally,
    contact: Contact,
    path: Sequence[Touch],
    conversions: Sequence[tuple[Decimal | None, str | None]],
    models: Sequence[Model] = MODELS,
    dimensions: Sequence[Dimension] = DIMENSIONS,
) -> None:
    """Divide one contact, and the (amount, currency) of its conversions, among the touches of its path."""
    counts = _counts(contact, len(conversions))
    amounts = _amounts(conversions)
    for model in models:
        credited = credits(path, model)
        for touch, part in credited:
            for dimension in dimensions:
                row = _row(tally, Key(model, dimension, value_of(touch, dimension)))
                for index, count in counts:
                    row[index] += count * part
        for currency, amount in amounts.items():
            parts = apportion(amount, [part for _, part in credited])
            for (touch, _), part in zip(credited, parts, strict=True):
                for dimension in dimensions if part else ():
                    _row(tally, Key(model, dimension, value_of(touch, dimension), currency))[-1] += part


def merge(tally: Tally, more: Iterable[tuple[Key, Sequence[int]]], sign: int = 1) -> None:
    """Add credits to `tally`, or take them off it; rows of nothing are left out."""
    for key, numbers in more:
        row = _row(tally, key)
        for index, number in enumerate(numbers):
            row[index] += sign * number
        if not any(row):
            del tally[key]


def value_of(touch: Touch, dimension: Dimension) -> str:
    """A touch's value in a report, at most 300 characters."""
    if dimension == "source":
        return f"{touch.source} / {touch.medium}"[:LONGEST_VALUE]
    if dimension == "landing_page":
        return page(touch.landing_page) if touch.landing_page else ""
    return ((touch.campaign if dimension == "campaign" else touch.keyword) or "")[:LONGEST_VALUE]


@lru_cache(maxsize=4_096)
def page(address: str) -> str:
    """A page's host and path: without its query, which holds click ids and differs for every visitor."""
    try:
        parts = urlsplit(address)
        host, path = parts.hostname or "", parts.path
    except ValueError:
        host, path = "", address.partition("?")[0].partition("#")[0]
    return f"{host}{path or '/'}"[:LONGEST_VALUE]


def _counts(contact: Contact, conversions: int) -> list[tuple[int, int]]:
    """(index in MEASURES, how many) of what one contact counts for."""
    is_call = contact.kind == "call"
    numbers = (
        int(is_call),
        int(is_call and contact.answered),
        int(is_call and contact.first_time),
        int(contact.kind == "text"),
        int(contact.kind == "form"),
        conversions,
    )
    return [(index, number) for index, number in enumerate(numbers) if number]


def _amounts(conversions: Sequence[tuple[Decimal | None, str | None]]) -> Mapping[str, int]:
    amounts: dict[str, int] = {}
    for amount, currency in conversions:
        if amount:
            code = currency or NO_CURRENCY
            amounts[code] = amounts.get(code, 0) + int((amount * AMOUNT_UNIT).to_integral_value())
    return amounts


def _row(tally: Tally, key: Key) -> list[int]:
    row = tally.get(key)
    if row is None:
        row = tally[key] = [0] * len(MEASURES)
    return row


def _conversions(
    session: Session, company_id: str, start: datetime, end: datetime
) -> Mapping[str, list[tuple[Decimal | None, str | None]]]:
    """Contact → the worth of each of its conversions that was not retracted."""
    conversion: Any = ConversionRow
    worth: dict[str, list[tuple[Decimal | None, str | None]]] = {}
    for _, table, at in contact_tables():
        query = (
            select(conversion.subject_id, conversion.amount, conversion.currency)
            .join(table, table.id == conversion.subject_id)
            .where(table.company_id == company_id, at >= start, at < end, conversion.retracted.is_(False))
            .order_by(conversion.id)
        )
        for subject_id, amount, currency in session.execute(query):
            worth.setdefault(subject_id, []).append((amount, currency))
    return worth
