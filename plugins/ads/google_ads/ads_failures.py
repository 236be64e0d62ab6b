"""What the Google Ads API says when it refuses a row or a request, and the error that a refused request becomes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from hub.api import AuthError, ConfigError, Rejected, RetryLater
from plugins.ads.google_ads.policy import UNLISTED_WAIT, meaning_of

NOT_ALLOWLISTED = "CUSTOMER_NOT_ALLOWLISTED_FOR_THIS_FEATURE"
TRANSIENT_CODES = frozenset(
    {"INTERNAL", "UNAVAILABLE", "DEADLINE_EXCEEDED", "UNKNOWN", "ABORTED", "CANCELLED", "DATA_LOSS"}
)
"""gRPC codes of temporary trouble. INTERNAL also stands for an answer that cannot be read."""


@dataclass(frozen=True, slots=True)
class AdsError:
    """One GoogleAdsError: its family (`conversion_upload_error`), its code, Google's message, and the row."""

    family: str
    code: str
    words: str
    row: int | None = None
    retry_after: float | None = None


@dataclass(frozen=True, slots=True)
class Failure:
    """A request that failed as a whole: its gRPC status and the errors that came with it, if any."""

    status: str
    errors: tuple[AdsError, ...] = ()

    @property
    def unauthenticated(self) -> bool:
        """Whether the token was refused."""
        return self.status == "UNAUTHENTICATED" or self._family("authentication_error")

    def error(self) -> Exception:
        """The error for the whole batch."""
        said = ", ".join(dict.fromkeys(error.code for error in self.errors)) or self.status
        if self.unauthenticated:
            return AuthError(f"Google rejects the credentials ({said}); reconnect this account.")
        if self.status == "PERMISSION_DENIED" or self._family("authorization_error"):
            return AuthError(
                f"Google does not allow these credentials to use the account ({said}): enable the Google Ads API in the "
                "Google Cloud project, and check customer_id and login_customer_id."
            )
        if self.status in TRANSIENT_CODES or self.status == "RESOURCE_EXHAUSTED":
            after = max((error.retry_after or 0.0 for error in self.errors), default=0.0)
            return RetryLater(f"The Google Ads API cannot accept the batch now ({said}).", after or None)
        if self._family("quota_error") or self._family("internal_error"):
            return RetryLater(f"The Google Ads API cannot accept the batch now ({said}).")
        if self.status == "UNIMPLEMENTED" or any(error.code == "UNSUPPORTED_VERSION" for error in self.errors):
            return ConfigError(f"Google no longer offers this API version ({said}); check api_version.")
        codes = [error.code for error in self.errors] or [self.status]
        if any(meaning_of(code)[0] == "rejected" for code in codes):
            return Rejected(f"The Google Ads API rejects the request ({said}).", said)
        return RetryLater(f"The Google Ads API refuses the request ({said}).", UNLISTED_WAIT)

    def _family(self, family: str) -> bool:
        return any(error.family == family for error in self.errors)


def failure_of(error: object, version: str) -> Failure:
    """A failed call: GoogleAdsException, a google.api_core error, or a bare gRPC one."""
    failure = getattr(error, "failure", None)
    call = getattr(error, "error", None) or getattr(error, "response", None) or error
    code = getattr(call, "code", None)
    status = code().name if callable(code) else "UNKNOWN"
    if failure is not None:
        return Failure(status, tuple(errors_in(type(failure).pb(failure))))
    trailing = getattr(call, "trailing_metadata", None)
    for name, value in (trailing() if callable(trailing) else None) or ():
        if name == f"google.ads.googleads.{version}.errors.googleadsfailure-bin":
            return Failure(status, tuple(_read(value, version)))
    return Failure(status)


def partial_errors(status: Any, version: str) -> list[AdsError]:
    """The errors of single rows in a response's `partial_failure_error`."""
    errors: list[AdsError] = []
    for detail in status.details:
        if detail.type_url.endswith(".errors.GoogleAdsFailure"):
            errors += _read(detail.value, version)
    return errors


def errors_in(failure: Any) -> Iterable[AdsError]:
    """The errors of a bare GoogleAdsFailure."""
    for error in failure.errors:
        family = error.error_code.WhichOneof("error_code") or ""
        code = ""
        if family:
            number = getattr(error.error_code, family)
            kind = error.error_code.DESCRIPTOR.fields_by_name[family].enum_type
            named = kind.values_by_number.get(number)
            code = named.name if named else str(number)
        rows = [part.index for part in error.location.field_path_elements if part.HasField("index")]
        delay = error.details.quota_error_details.retry_delay
        wait = delay.seconds + delay.nanos / 1e9
        yield AdsError(family, code or "UNKNOWN", error.message, rows[0] if rows else None, wait or None)


def _read(content: bytes, version: str) -> Iterable[AdsError]:
    from google.protobuf.message import DecodeError

    types = import_module(f"google.ads.googleads.{version}.errors.types.errors")
    failure = types.GoogleAdsFailure.pb()()
    try:
        failure.ParseFromString(content)
    except DecodeError as error:
        raise RetryLater("The Google Ads API returned an unreadable response; the batch is tried again.") from error
    return errors_in(failure)
