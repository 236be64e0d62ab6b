"""Salesforce's errors in our words: what the hub does next, with Salesforce's code and without personal data."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from hub.api import AuthError, ConfigError, Rejected, RetryLater, RingfenceError

BUSY = frozenset({"REQUEST_LIMIT_EXCEEDED", "SERVER_UNAVAILABLE", "QUERY_TIMEOUT", "UNKNOWN_EXCEPTION"})
LOCKED_OUT = frozenset({"API_DISABLED_FOR_ORG", "API_CURRENTLY_DISABLED", "INACTIVE_OWNER_OR_USER", "USER_LOCKED"})
MISCONFIGURED = frozenset({"INVALID_FIELD", "INVALID_TYPE", "INVALID_FIELD_FOR_INSERT_UPDATE"})
PASSING = BUSY | {"UNABLE_TO_LOCK_ROW", "ENTITY_IS_DELETED", "PROCESSING_HALTED", "ALL_OR_NONE_OPERATION_ROLLED_BACK"}
"""Codes of one row that another try may well not meet again. A deleted contact stays in the search index for a while."""

LIMIT_PAUSE = 900.0
"""Seconds to wait at the daily limit: it counts the last 24 hours, so a little becomes free all the time."""


def first_error(content: Any) -> tuple[str | None, str]:
    """Code and message in Salesforce's error body: `[{"message": …, "errorCode": …}]`, or whatever it is instead."""
    entry = content[0] if isinstance(content, list) and content else content
    if not isinstance(entry, Mapping):
        return None, "no reason given"
    code = entry.get("errorCode") or entry.get("statusCode") or entry.get("error")
    return (str(code) if code else None), str(entry.get("message") or "no reason given")


def refusal(status: int, content: Any) -> RingfenceError:
    """The error to raise for a whole request that Salesforce refused."""
    code, message = first_error(content)
    words = scrubbed(message)
    if code in BUSY:
        after = LIMIT_PAUSE if code == "REQUEST_LIMIT_EXCEEDED" else None
        return RetryLater(f"Salesforce takes no more requests now ({code}); the hub tries again.", after=after)
    if code in LOCKED_OUT or status == 401:
        return AuthError(
            f"Salesforce locks the integration user out ({code}: {words}); reconnect once that is settled."
        )
    if code in MISCONFIGURED:
        return ConfigError(
            f"Salesforce does not know what the settings name ({code}: {words}); correct call_key_field, task_fields or "
            "multi_currency, or let the integration user see the field."
        )
    if status == 404 and code in (None, "NOT_FOUND"):
        return ConfigError("Salesforce does not know the address; check api_version, login_url and instance_url.")
    return Rejected(f"Salesforce refuses the request ({code or status}): {words}", code=code or str(status))


def scrubbed(text: str, personal: Iterable[str | None] = ()) -> str:
    """`text` without e-mail addresses, phone numbers, quoted field values and the given `personal` values."""
    for value in sorted((value for value in personal if value and len(value) > 1), key=len, reverse=True):
        text = text.replace(value, "…")
    text = re.sub(r"(?is)(data value too large: ).*(?= \(max)", r"\1…", text)
    text = re.sub(r"[^\s@<>()\"']+@[^\s@<>()\"']+", "…", text)
    text = re.sub(r"(?<![A-Za-z0-9])\+?\(?\d(?:[\s().-]{0,3}\d){6,}(?![A-Za-z0-9])", "…", text)
    return text[:500]
