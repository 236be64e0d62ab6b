"""The sink for accounts that may use the Google Ads API: click conversions, and adjustments of earlier ones."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from hub.api import Receipt, RetryLater, Services
from plugins.ads.google_ads.ads_client import AdsClient
from plugins.ads.google_ads.ads_failures import NOT_ALLOWLISTED, AdsError, Failure, partial_errors
from plugins.ads.google_ads.conversion import GoogleConversion
from plugins.ads.google_ads.policy import receipt_for
from plugins.ads.google_ads.settings import GoogleAdsSettings
from plugins.ads.google_ads.sign_in import SignIn
from plugins.ads.google_ads.translate import adjustment_row, click_row, without

MAX_ROWS_PER_REQUEST = 2000
UPLOADS = ("ConversionUploadService", "upload_click_conversions", "conversions")
ADJUSTMENTS = ("ConversionAdjustmentUploadService", "upload_conversion_adjustments", "conversion_adjustments")


class NotAllowlisted(Exception):
    """Google no longer accepts this account's conversions through the Google Ads API."""


class AdsApi:
    """Sends conversions through the google-ads library."""

    def __init__(self, settings: GoogleAdsSettings, services: Services, sign_in: SignIn) -> None:
        self._settings = settings
        self._services = services
        self._sign_in = sign_in
        self._made: AdsClient | None = None

    def upload(self, conversions: Sequence[GoogleConversion], validate_only: bool) -> list[Receipt]:
        """One receipt per item, in order. Raises `NotAllowlisted` if the account must move to Data Manager."""
        new = [conversion for conversion in conversions if conversion.kind == "new"]
        changes = [conversion for conversion in conversions if conversion.kind != "new"]
        receipts: dict[str, Receipt] = {}
        for rows, target, row in ((new, UPLOADS, click_row), (changes, ADJUSTMENTS, adjustment_row)):
            for start in range(0, len(rows), MAX_ROWS_PER_REQUEST):
                part = rows[start : start + MAX_ROWS_PER_REQUEST]
                try:
                    receipts |= self._send(part, target, row, validate_only)
                except RetryLater as error:
                    if not receipts:
                        raise
                    receipts |= {
                        c.order_id: Receipt(key=c.order_id, status="retry", reason=str(error), retry_after=error.after)
                        for c in part
                    }
        return [receipts[conversion.order_id] for conversion in conversions]

    def accessible_customers(self) -> list[str]:
        """The accounts that the credentials reach directly."""
        answer = self._call("CustomerService", "list_accessible_customers", {})
        if isinstance(answer, Failure):
            raise answer.error()
        return [name.removeprefix("customers/") for name in answer.resource_names]

    def _send(
        self,
        rows: Sequence[GoogleConversion],
        target: tuple[str, str, str],
        row: Callable[[GoogleConversion, str], Mapping[str, Any]],
        validate_only: bool,
    ) -> dict[str, Receipt]:
        """Receipts of one request's rows. If Google refuses the request and names the bad rows, the others are sent again."""
        service, method, field = target
        receipts: dict[str, Receipt] = {}
        rest = list(rows)
        while rest:
            content = {
                "customer_id": self._settings.customer_id,
                field: [row(conversion, self._settings.customer_id) for conversion in rest],
                "partial_failure": True,
                "validate_only": validate_only,
            }
            answer = self._call(service, method, content)
            if isinstance(answer, Failure):
                named = _by_row(_checked(answer.errors), len(rest))
                if not named or any(error.row is None for error in answer.errors):
                    raise answer.error()
            else:
                errors = partial_errors(answer.partial_failure_error, self._client().version)
                named = _by_row(_checked(errors), len(rest))
            now = self._services.clock()
            receipts |= {rest[place].order_id: _refused(rest[place], found, now) for place, found in named.items()}
            rest = [conversion for place, conversion in enumerate(rest) if place not in named]
            if not isinstance(answer, Failure):
                job = str(answer.job_id) if answer.job_id else None
                receipts |= {c.order_id: Receipt(key=c.order_id, status="delivered", reference=job) for c in rest}
                break
        return receipts

    def _call(self, service: str, method: str, content: Mapping[str, object]) -> Any | Failure:
        client = self._client()
        timeout = self._services.http().timeout.read
        token = self._sign_in.token()
        answer = client.call(service, method, content, token, timeout)
        if isinstance(answer, Failure) and answer.unauthenticated:
            answer = client.call(service, method, content, self._sign_in.token(refused=token), timeout)
        return answer

    def _client(self) -> AdsClient:
        if self._made is None:
            self._made = AdsClient(self._settings)
        return self._made


def _checked(errors: Sequence[AdsError]) -> Sequence[AdsError]:
    if any(error.code == NOT_ALLOWLISTED for error in errors):
        raise NotAllowlisted
    return errors


def _by_row(errors: Sequence[AdsError], rows: int) -> dict[int, list[AdsError]]:
    found: dict[int, list[AdsError]] = {}
    for error in errors:
        if error.row is not None and error.row < rows:
            found.setdefault(error.row, []).append(error)
    return found


def _refused(conversion: GoogleConversion, errors: Sequence[AdsError], now: datetime) -> Receipt:
    words = without(conversion.secrets, " ".join(error.words for error in errors))
    codes = [error.code for error in errors]
    return receipt_for(conversion.order_id, codes, words, match=conversion.match, young=conversion.is_young(now))
