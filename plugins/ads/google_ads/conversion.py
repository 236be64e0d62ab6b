"""One Google conversion for either API, checked against the rules that can be checked in advance. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Literal

from pydantic import ValidationError

from hub.api import Conversion, Receipt
from plugins.ads.google_ads.settings import GoogleAdsDestination

MAX_AGE = timedelta(days=90)
CLOCK_SKEW = timedelta(minutes=5)
MAX_VALUE = 10**18
CLICK_IDS = ("gclid", "gbraid", "wbraid")
SHA256_HEX = re.compile(r"[0-9a-f]{64}")
_CLICK_ID = re.compile(r"[A-Za-z0-9._~=-]{1,512}")
_CURRENCY = re.compile(r"[A-Z]{3}")
_ORDER_ID = re.compile(r"[\x21-\x7e]{1,512}")


@dataclass(frozen=True, slots=True)
class GoogleConversion:
    """A conversion that keeps all of Google's rules that can be checked in advance."""

    order_id: str
    action: str
    kind: Literal["new", "restate", "retract"]
    contact: Literal["call", "text", "form"]
    occurred_at: datetime
    changed_at: datetime | None
    value: float | None
    currency: str | None
    click_ids: Mapping[str, str]
    hashed_email: str | None
    hashed_phone: str | None
    consent: Mapping[str, str] = field(default_factory=dict)
    """`ad_user_data`, `ad_personalization` → `GRANTED` or `DENIED`; an unknown consent is left out."""

    @property
    def secrets(self) -> tuple[str, ...]:
        """The personal values, which must never be repeated in a reason."""
        return tuple(text for text in (*self.click_ids.values(), self.hashed_email, self.hashed_phone) if text)

    @property
    def order(self) -> tuple[bool, datetime]:
        """Sort key within a batch: new conversions first, then changes in the order in which they happened."""
        return self.kind != "new", self.changed_at or self.occurred_at

    def marks(self) -> set[tuple[str, ...]]:
        """Keys that must be unique within one request: the order id, and for new items also the click with its second."""
        marks: set[tuple[str, ...]] = {("order", self.order_id)}
        if self.kind == "new":
            second = str(int(self.occurred_at.timestamp()))
            marks |= {(name, text, self.action, second) for name, text in self.click_ids.items()}
        return marks


class Unfit(ValueError):
    """A conversion that Google would refuse: its error code, and the reason in a sentence."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code


def google_conversion(conversion: Conversion, now: datetime) -> GoogleConversion:
    """`conversion` in Google's form. Raises `Unfit` with Google's own code if Google would refuse it."""
    order_id = conversion.key
    if not _ORDER_ID.fullmatch(order_id):
        raise Unfit("INVALID_FORMAT", "The conversion's key cannot be used as a transaction id.")
    try:
        action = GoogleAdsDestination.model_validate(dict(conversion.destination)).action
    except ValidationError:
        raise Unfit(
            "INVALID_CONVERSION_ACTION_ID", "Write the conversion action's number under send_to in config.yaml."
        ) from None
    value, currency = _money(conversion)
    click_ids = {name: conversion.click_ids[name] for name in CLICK_IDS if conversion.click_ids.get(name)}
    _check_click_ids(click_ids)
    may_use_person = conversion.ad_user_data != "denied"
    permissions = {"ad_user_data": conversion.ad_user_data, "ad_personalization": conversion.ad_personalization}
    fit = GoogleConversion(
        order_id=order_id,
        action=action,
        kind=conversion.kind,
        contact=conversion.contact,
        occurred_at=_checked_time(conversion.occurred_at, now),
        changed_at=_utc(conversion.changed_at) if conversion.changed_at else None,
        value=value,
        currency=currency,
        click_ids=click_ids,
        hashed_email=_hashed(conversion.email) if may_use_person else None,
        hashed_phone=_hashed(conversion.phone_number) if may_use_person else None,
        consent={name: said.upper() for name, said in permissions.items() if said in ("granted", "denied")},
    )
    if fit.kind == "new" and not fit.secrets:
        raise Unfit(
            "NO_IDENTIFIERS_PROVIDED", "The conversion has neither a click id nor a caller that Google could match."
        )
    return fit


def refused_before_sending(conversion: Conversion, now: datetime) -> Receipt | None:
    """The receipt of a conversion that Google would refuse; None if it breaks no rule that can be checked in advance."""
    try:
        google_conversion(conversion, now)
    except Unfit as unfit:
        return Receipt(key=conversion.key, status="rejected", code=unfit.code, reason=str(unfit))
    return None


@dataclass(frozen=True, slots=True)
class Batch:
    """A prepared batch: `fit` is sent to Google in this order; the other items already have their receipt."""

    fit: tuple[GoogleConversion, ...]
    places: tuple[int, ...]
    """For each of `fit`, the index of its item in the batch."""
    settled: Mapping[int, Receipt]
    twins: Mapping[int, int]
    """An item that equals an earlier one shares its receipt."""

    def answered(self, receipts: Sequence[Receipt]) -> list[Receipt]:
        """One receipt per item of the whole batch, from the receipts of `fit`."""
        known = {**self.settled, **dict(zip(self.places, receipts, strict=True))}
        return [known[self.twins.get(place, place)] for place in range(len(known) + len(self.twins))]


def prepare(conversions: Sequence[Conversion], now: datetime) -> Batch:
    """Check every item alone, and hold back items that must not share a request with another item.

    If two items of a request are equal, Google refuses both (`DUPLICATE_ORDER_ID`, `DUPLICATE_CLICK_CONVERSION_IN_REQUEST`),
    so the later one waits for the next batch.
    """
    settled: dict[int, Receipt] = {}
    twins: dict[int, int] = {}
    first: dict[tuple[object, ...], int] = {}
    fit: list[tuple[int, GoogleConversion]] = []
    for place, conversion in enumerate(conversions):
        mark = (conversion.key, conversion.kind, conversion.changed_at, str(conversion.value))
        earlier = first.setdefault(mark, place)
        if earlier != place:
            twins[place] = earlier
            continue
        try:
            fit.append((place, google_conversion(conversion, now)))
        except Unfit as unfit:
            settled[place] = Receipt(key=conversion.key, status="rejected", code=unfit.code, reason=str(unfit))
    taken: set[tuple[str, ...]] = set()
    ordered: list[tuple[int, GoogleConversion]] = []
    for place, ready in sorted(fit, key=lambda item: item[1].order):
        marks = ready.marks()
        if taken.isdisjoint(marks):
            taken |= marks
            ordered.append((place, ready))
        else:
            settled[place] = Receipt(
                key=ready.order_id,
                status="retry",
                reason="Another conversion of the same click, or another change of this one, goes first.",
                retry_after=60.0,
            )
    return Batch(tuple(ready for _, ready in ordered), tuple(place for place, _ in ordered), settled, twins)


def _money(conversion: Conversion) -> tuple[float | None, str | None]:
    if conversion.value is None:
        if conversion.kind == "restate":
            raise Unfit("INVALID_NUMBER_FORMAT", "A changed conversion needs its new value.")
        return None, None
    amount, currency = conversion.value.amount, conversion.value.currency
    if not amount.is_finite() or not 0 <= amount < MAX_VALUE:
        raise Unfit("INVALID_NUMBER_FORMAT", "The value must be zero or more, and less than a billion billions.")
    if not _CURRENCY.fullmatch(currency):
        raise Unfit("INVALID_CURRENCY_CODE", "The currency must be an ISO 4217 code, like USD.")
    return float(amount), currency


def _check_click_ids(click_ids: Mapping[str, str]) -> None:
    for name, text in click_ids.items():
        if not _CLICK_ID.fullmatch(text):
            raise Unfit(f"UNPARSEABLE_{name.upper()}", f"The {name} does not look like one from Google.")
    if "gbraid" in click_ids and "wbraid" in click_ids:
        raise Unfit("GBRAID_WBRAID_BOTH_SET", "A conversion may have a gbraid or a wbraid, not both.")


def _checked_time(at: datetime, now: datetime) -> datetime:
    moment = _utc(at)
    if moment < now - MAX_AGE:
        raise Unfit("EXPIRED_EVENT", "Google accepts conversions for 90 days only.")
    if moment > now + CLOCK_SKEW:
        raise Unfit("EVENT_TIME_INVALID", "The conversion's time is in the future.")
    return moment


def _hashed(text: str | None) -> str | None:
    if text is not None and not SHA256_HEX.fullmatch(text):
        raise Unfit("INVALID_SHA256_FORMAT", "A phone number or an e-mail address must be hashed before it is sent.")
    return text


def _utc(at: datetime) -> datetime:
    if at.tzinfo is None:
        raise Unfit("EVENT_TIME_INVALID", "The conversion's time has no time zone.")
    try:
        return at.astimezone(UTC)
    except OverflowError:
        raise Unfit("EVENT_TIME_INVALID", "The conversion's time is out of range.") from None
