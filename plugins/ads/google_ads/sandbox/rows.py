"""How the fake Google Ads API checks and counts one row: Google's error, or a change of the ledger."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from plugins.ads.google_ads.sandbox.account import Account
from plugins.ads.google_ads.sandbox.ledger import Counted

MAX_AGE = timedelta(days=90)
CLICKS = ("gclid", "gbraid", "wbraid")
_TIME = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d[+-]\d\d:\d\d")
_CONSENT = ("UNSPECIFIED", "UNKNOWN", "GRANTED", "DENIED")
_RETRACTION = 2
_RESTATEMENT = 3


@dataclass(frozen=True)
class RowError:
    """Why a row is refused: the family and the name of Google's error, and its message."""

    family: str
    code: str
    words: str


def _upload(code: str, words: str) -> RowError:
    return RowError("conversion_upload_error", code, words)


def _adjustment(code: str, words: str) -> RowError:
    return RowError("conversion_adjustment_upload_error", code, words)


def _moment(text: str) -> datetime | None:
    if not _TIME.fullmatch(text):
        return None
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except ValueError:
        return None


_BAD_TIME = RowError(
    "date_error",
    "INVALID_STRING_DATE_TIME_SECONDS_WITH_OFFSET",
    "The date time string should be in the format of 'yyyy-mm-dd hh:mm:ss+|-hh:mm'.",
)
_NO_ACTION = "The conversion action cannot be found."


class Rows:
    """Check and count the rows of one request, in order."""

    def __init__(self, google: Account, rows: Sequence[Any], validate_only: bool) -> None:
        self._google = google
        self._validate_only = validate_only
        self._orders = Counter(row.order_id for row in rows if row.order_id)
        self._clicks = Counter(
            (row.conversion_action, row.gclid, row.conversion_date_time)
            for row in rows
            if hasattr(row, "gclid") and row.gclid
        )

    def _action(self, resource: str) -> str | None:
        prefix = f"customers/{self._google.customer_id}/conversionActions/"
        action = resource.removeprefix(prefix)
        return action if resource.startswith(prefix) and action in self._google.conversion_actions else None

    def click(self, row: Any) -> RowError | None:
        """Count a ClickConversion, or return its error."""
        google, now = self._google, self._google.clock()
        action, at = self._action(row.conversion_action), _moment(row.conversion_date_time)
        if action is None:
            return _upload("NO_CONVERSION_ACTION_FOUND", _NO_ACTION)
        if at is None:
            return _BAD_TIME
        error = _click_shape(row)
        if error is not None:
            return error
        if row.order_id in google.refused:
            return _upload("INVALID_CUSTOMER_FOR_CLICK", "The customer for the click does not own this conversion.")
        if at < now - MAX_AGE:
            return _upload("EXPIRED_EVENT", "The click occurred too long ago to accept a conversion for it.")
        if action in google.one_per_click and (row.gbraid or row.wbraid):
            code = "ONE_PER_CLICK_CONVERSION_ACTION_NOT_PERMITTED_WITH_BRAID"
            return _upload(code, "The conversion action counts one per click, so gbraid and wbraid are not permitted.")
        if self._orders[row.order_id] > 1:
            return _upload("DUPLICATE_ORDER_ID", "Several conversions of the request have the same order id.")
        if self._clicks[row.conversion_action, row.gclid, row.conversion_date_time] > 1:
            words = "The request contains several conversions of the same click and time."
            return _upload("DUPLICATE_CLICK_CONVERSION_IN_REQUEST", words)
        conversion = _counted(row, action, at)
        if row.order_id and google.ledger.find(action, row.order_id):
            return _upload("ORDER_ID_ALREADY_IN_USE", "The order id is already in use.")
        if google.ledger.owner(conversion.click) is not None:
            words = "A conversion with the same click and conversion time already exists."
            return _upload("CLICK_CONVERSION_ALREADY_EXISTS", words)
        if not self._validate_only:
            google.ledger.count(conversion)
        return None

    def adjustment(self, row: Any) -> RowError | None:
        """Apply a ConversionAdjustment, or return its error."""
        action, at = self._action(row.conversion_action), _moment(row.adjustment_date_time)
        if action is None:
            return _adjustment("NO_CONVERSION_ACTION_FOUND", _NO_ACTION)
        if at is None:
            return _BAD_TIME
        if self._orders[row.order_id] > 1:
            return _adjustment("DUPLICATE_ADJUSTMENT_IN_REQUEST", "The request adjusts one conversion several times.")
        if row.adjustment_type not in (_RETRACTION, _RESTATEMENT):
            return RowError("field_error", "INVALID_VALUE", "The adjustment type is not supported here.")
        known = self._google.ledger.find(action, row.order_id)
        if row.order_id in self._google.refused:
            return _adjustment("CONVERSION_EXPIRED", "The conversion is too old to be adjusted.")
        if known is None:
            return _adjustment("CONVERSION_NOT_FOUND", "The conversion to adjust cannot be found.")
        if known.retracted:
            return _adjustment("CONVERSION_ALREADY_RETRACTED", "The conversion was retracted already.")
        if at < known.at:
            return _adjustment("ADJUSTMENT_PRECEDES_CONVERSION", "The adjustment is older than the conversion.")
        return self._change(known, row, at)

    def _change(self, known: Counted, row: Any, at: datetime) -> RowError | None:
        retraction = row.adjustment_type == _RETRACTION
        if not retraction and known.updated_at is not None:
            if known.updated_at > at:
                return _adjustment("MORE_RECENT_RESTATEMENT_FOUND", "A later restatement was made already.")
            if known.updated_at == at:
                return _adjustment("RESTATEMENT_ALREADY_EXISTS", "The same restatement was made already.")
        if self._validate_only:
            return None
        known.updated_at = at
        if retraction:
            known.retracted, known.value = True, 0.0
        else:
            known.value = row.restatement_value.adjusted_value
            known.currency = row.restatement_value.currency_code or known.currency
        return None


def _click_shape(row: Any) -> RowError | None:
    if row.gbraid and row.wbraid:
        return _upload("GBRAID_WBRAID_BOTH_SET", "Both gbraid and wbraid are set; only one is allowed.")
    for person in row.user_identifiers:
        text = person.hashed_phone_number or person.hashed_email
        if not re.fullmatch(r"[0-9a-fA-F]{64}", text):
            return _upload("INVALID_USER_IDENTIFIER", "A user identifier is not a SHA-256 hash in hexadecimal.")
    if not any(getattr(row, name) for name in CLICKS) and not row.user_identifiers:
        return RowError("field_error", "REQUIRED", "The required field was not present.")
    if row.HasField("conversion_value") and row.conversion_value < 0:
        return RowError("field_error", "INVALID_VALUE", "The conversion value is negative.")
    return None


def _counted(row: Any, action: str, at: datetime) -> Counted:
    people = list(row.user_identifiers)
    return Counted(
        order_id=row.order_id,
        action=action,
        at=at,
        value=row.conversion_value if row.HasField("conversion_value") else None,
        currency=row.currency_code or None,
        click_ids={name: getattr(row, name) for name in CLICKS if getattr(row, name)},
        hashed_phone=next((person.hashed_phone_number for person in people if person.hashed_phone_number), None),
        hashed_email=next((person.hashed_email for person in people if person.hashed_email), None),
        ad_user_data=_CONSENT[row.consent.ad_user_data],
        ad_personalization=_CONSENT[row.consent.ad_personalization],
    )
