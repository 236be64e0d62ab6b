"""One Google conversion for either API, checked against the rules that can be checked in advance. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Set
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Literal

from pydantic import ValidationError

from hub.api import Conversion, Receipt
from plugins.ads.google_ads.policy import ONE_PER_CLICK
from plugins.ads.google_ads.reference import Match
from plugins.ads.google_ads.settings import GoogleAdsDestination

MAX_AGE = timedelta(days=90)
"""Google counts from the click; the hub knows the conversion's own time at least."""
MAX_AGE_WITHOUT_CLICK = timedelta(days=63)
YOUNG_CLICK = timedelta(hours=12)
"""Google may need so long until it knows a click."""
CLOCK_SKEW = timedelta(minutes=5)
MAX_VALUE = 10**18
CLICK_IDS = ("gclid", "gbraid", "wbraid")
NO_BRAID = "for conversion actions that count one per click Google takes no click id of iOS (gbraid, wbraid)."
NO_ACTIONS: Set[str] = frozenset()
UNTIED = frozenset({"NO_IDENTIFIERS_PROVIDED", "CONVERSION_PRECEDES_CLICK"})
"""Codes of what Google cannot tie to an ad. That is not a failure."""
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
    clicked_at: datetime | None = None
    """When the newest of the clicks was made, if that is known."""
    call_started_at: datetime | None = None
    """Only for a call straight from an ad: Google finds it by the caller and this time."""
    consent: Mapping[str, str] = field(default_factory=dict)
    """`ad_user_data`, `ad_personalization` → `GRANTED` or `DENIED`; an unknown consent is left out."""

    @property
    def match(self) -> Match:
        """How Google ties it to an ad."""
        return "call" if self.call_started_at else "click" if self.click_ids else "person"

    @property
    def secrets(self) -> tuple[str, ...]:
        """The personal values, which must never be repeated in a reason."""
        return tuple(text for text in (*self.click_ids.values(), self.hashed_email, self.hashed_phone) if text)

    @property
    def order(self) -> tuple[bool, datetime]:
        """Sort key within a batch: new conversions first, then changes in the order in which they happened."""
        return self.kind != "new", self.changed_at or self.occurred_at

    def is_young(self, now: datetime) -> bool:
        """Whether Google may not know the click yet."""
        return self.match == "click" and now - (self.clicked_at or self.occurred_at) < YOUNG_CLICK

    def marks(self) -> set[tuple[str, ...]]:
        """Keys that must be unique within one request: the order id, and for new items also the click with its second."""
        marks: set[tuple[str, ...]] = {("order", self.order_id)}
        if self.kind == "new":
            second = str(int(self.occurred_at.timestamp()))
            marks |= {(name, text, self.action, second) for name, text in self.click_ids.items()}
        return marks


class Unfit(ValueError):
    """A conversion that Google would refuse or could tie to no ad: its error code, and the reason in a sentence."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code

    def receipt(self, key: str) -> Receipt:
        """The receipt of the conversion with this key."""
        return Receipt(
            key=key,
            status="unmatched" if self.code in UNTIED else "rejected",
            code=self.code,
            reason=str(self),
            sent=False,
        )


def google_conversion(conversion: Conversion, now: datetime, one_per_click: Set[str] = NO_ACTIONS) -> GoogleConversion:
    """`conversion` in Google's form. Raises `Unfit` with Google's own code if Google would refuse it.

    `one_per_click` are the conversion actions for which Google takes no click id of iOS.
    """
    order_id = conversion.key
    if not _ORDER_ID.fullmatch(order_id):
        raise Unfit("INVALID_FORMAT", "The conversion's key cannot be used as a transaction id.")
    try:
        destination = GoogleAdsDestination.model_validate(dict(conversion.destination))
    except ValidationError:
        raise Unfit(
            "INVALID_CONVERSION_ACTION_ID", "Write the conversion action's number under send_to in config.yaml."
        ) from None
    value, currency = _money(conversion)
    occurred_at = _checked_time(conversion.occurred_at, now)
    call_started_at = _call_start(conversion) if destination.is_call else None
    clicks = _Clicks() if destination.is_call else _clicks(conversion, now, destination.action in one_per_click)
    may_use_person = conversion.ad_user_data != "denied"
    permissions = {"ad_user_data": conversion.ad_user_data, "ad_personalization": conversion.ad_personalization}
    fit = GoogleConversion(
        order_id=order_id,
        action=destination.action,
        kind=conversion.kind,
        contact=conversion.contact,
        occurred_at=max(occurred_at, call_started_at or occurred_at),
        changed_at=_utc(conversion.changed_at) if conversion.changed_at else None,
        value=value,
        currency=currency,
        click_ids=clicks.usable,
        hashed_email=_hashed(conversion.email) if may_use_person and not destination.is_call else None,
        hashed_phone=_hashed(conversion.phone_number) if may_use_person else None,
        clicked_at=clicks.newest,
        call_started_at=call_started_at,
        consent={name: said.upper() for name, said in permissions.items() if said in ("granted", "denied")},
    )
    if fit.kind == "new" and not fit.secrets:
        raise clicks.lost or Unfit(
            "NO_IDENTIFIERS_PROVIDED",
            "Not matched: there is neither a click id nor a number or email address that may be sent.",
        )
    if fit.kind == "new" and fit.match == "person" and now - fit.occurred_at > MAX_AGE_WITHOUT_CLICK:
        raise clicks.lost or Unfit(
            "EVENT_TOO_OLD", "Without a click id, Google matches a caller's number for 63 days only."
        )
    return fit


@dataclass
class _Clicks:
    """The click ids that Google takes for a conversion, and why it takes no other."""

    usable: dict[str, str] = field(default_factory=dict)
    newest: datetime | None = None
    lost: Unfit | None = None


def _clicks(conversion: Conversion, now: datetime, is_one_per_click: bool) -> _Clicks:
    found = _Clicks()
    for name in CLICK_IDS:
        text, clicked_at = conversion.click_ids.get(name), conversion.clicked_at.get(name)
        if not text:
            continue
        if not _CLICK_ID.fullmatch(text):
            raise Unfit(f"UNPARSEABLE_{name.upper()}", f"The {name} does not look like one from Google.")
        at = _utc(clicked_at) if clicked_at else None
        if at and at > _utc(conversion.occurred_at):
            found.lost = Unfit("CONVERSION_PRECEDES_CLICK", "Not matched: the ad was clicked after the conversion.")
        elif at and now - at > MAX_AGE:
            found.lost = Unfit("EXPIRED_CLICK", "Google takes conversions for 90 days after the ad click only.")
        elif is_one_per_click and name != "gclid":
            found.lost = Unfit(ONE_PER_CLICK, f"Set Count to Every in Google Ads: {NO_BRAID}")
        else:
            found.usable[name] = text
            found.newest = max(at, found.newest) if at and found.newest else at or found.newest
    if "gbraid" in found.usable and "wbraid" in found.usable:
        raise Unfit("GBRAID_WBRAID_BOTH_SET", "A conversion may have a gbraid or a wbraid, not both.")
    return found


def _call_start(conversion: Conversion) -> datetime:
    if conversion.contact != "call" or conversion.call_started_at is None:
        raise Unfit(
            "INVALID_EVENT",
            "Only calls can count for call_conversion_action; write conversion_action for other contacts.",
        )
    if conversion.kind != "new":
        raise Unfit("CALL_NOT_ADJUSTABLE", "Google neither changes nor takes back conversions of calls from ads.")
    return _utc(conversion.call_started_at)


def refused_before_sending(
    conversion: Conversion, now: datetime, one_per_click: Set[str] = NO_ACTIONS
) -> Receipt | None:
    """The receipt of a conversion that Google would refuse; None if it breaks no rule that can be checked in advance."""
    try:
        google_conversion(conversion, now, one_per_click)
    except Unfit as unfit:
        return unfit.receipt(conversion.key)
    return None


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


def _checked_time(at: datetime, now: datetime) -> datetime:
    moment = _utc(at)
    if moment < now - MAX_AGE:
        raise Unfit("EXPIRED_EVENT", "Google accepts conversions for 90 days only.")
    if moment > now + CLOCK_SKEW:
        raise Unfit("EVENT_TIME_INVALID", "The conversion's time is in the future.")
    return moment


def _hashed(text: str | None) -> str | None:
    if text is not None and not SHA256_HEX.fullmatch(text):
        raise Unfit("INVALID_SHA256_FORMAT", "A phone number or an email address must be hashed before it is sent.")
    return text


def _utc(at: datetime) -> datetime:
    if at.tzinfo is None:
        raise Unfit("EVENT_TIME_INVALID", "The conversion's time has no time zone.")
    try:
        return at.astimezone(UTC)
    except OverflowError:
        raise Unfit("EVENT_TIME_INVALID", "The conversion's time is out of range.") from None
