"""Salesforce's errors as our errors: what the hub does next, with Salesforce's code and without personal data."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from hub.api import (
    AuthError,
    ConfigError,
    Provider,
    Refusal,
    Rejected,
    RetryLater,
    RingfenceError,
    as_mapping,
    without_personal_data,
)

BUSY_CODES = frozenset({"REQUEST_LIMIT_EXCEEDED", "SERVER_UNAVAILABLE", "QUERY_TIMEOUT", "UNKNOWN_EXCEPTION"})
LOCKED_OUT = frozenset({"API_DISABLED_FOR_ORG", "API_CURRENTLY_DISABLED", "INACTIVE_OWNER_OR_USER", "USER_LOCKED"})
MISCONFIGURED = frozenset({"INVALID_FIELD", "INVALID_TYPE", "INVALID_FIELD_FOR_INSERT_UPDATE"})
TRANSIENT_CODES = BUSY_CODES | {
    "UNABLE_TO_LOCK_ROW",
    "ENTITY_IS_DELETED",
    "PROCESSING_HALTED",
    "ALL_OR_NONE_OPERATION_ROLLED_BACK",
}
"""Codes of one row that may be gone after a retry. A deleted contact stays in the search index for a while."""

LIMIT_PAUSE = 900.0
"""Seconds to wait at the daily limit. It counts the last 24 hours, so requests become free continuously."""


def first_entry(content: object) -> Mapping[str, object]:
    """The first error of Salesforce's error body: `[{"message": …, "errorCode": …}]`, or any other body."""
    return as_mapping(content[0] if isinstance(content, list) and content else content)


def first_error(content: object) -> tuple[str | None, str]:
    """Its code and message."""
    entry = first_entry(content)
    code = entry.get("errorCode") or entry.get("statusCode") or entry.get("error")
    return (str(code) if code else None), str(entry.get("message") or "no reason given")


def _special(refusal: Refusal) -> RingfenceError | None:
    code, message = first_error(refusal.body)
    words = scrubbed(message)
    if code in BUSY_CODES:
        after = LIMIT_PAUSE if code == "REQUEST_LIMIT_EXCEEDED" else refusal.after
        return RetryLater(f"Salesforce accepts no more requests now ({code}); the hub tries again.", after=after)
    if code in LOCKED_OUT:
        return AuthError(
            f"Salesforce locks the integration user out ({code}: {words}); reconnect once that is settled."
        )
    if code in MISCONFIGURED:
        return ConfigError(
            f"Salesforce does not know a name in the settings ({code}: {words}); correct call_key_field, task_fields or "
            "multi_currency, or give the integration user access to the field."
        )
    if refusal.status == 403:
        # About one record or field; the credentials are valid.
        return Rejected(f"Salesforce rejects the request ({code or 403}): {words}", code=code or "403")
    if refusal.status == 404 and code in (None, "NOT_FOUND"):
        return ConfigError("Salesforce does not know the address; check api_version, login_url and instance_url.")
    return None


def _details(refusal: Refusal) -> tuple[str, str]:
    code, words = first_error(refusal.body)
    return code or str(refusal.status), words


SALESFORCE = Provider(
    name="Salesforce",
    remedy="check client_id, the key or token in config.yaml and the integration user, then reconnect",
    details=_details,
    special=_special,
    retired=("UNSUPPORTED_API_VERSION", "410"),
)


def scrubbed(text: str, personal: Iterable[str | None] = ()) -> str:
    """`text` without personal data, including quoted field values."""
    return without_personal_data(re.sub(r"(?is)(data value too large: ).*(?= \(max)", r"\1…", text), personal)
