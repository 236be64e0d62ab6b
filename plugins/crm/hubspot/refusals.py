"""HubSpot's refusals: what its error body and headers say beyond the HTTP status."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime

from hub.api import AuthError, Provider, Refusal, RetryLater, RingfenceError, as_text

UNREADABLE = "HubSpot's answer could not be read; the request is tried again."
NO_ANSWER = "HubSpot did not answer in time; the request is tried again."
DAILY_PAUSE = 3600.0
"""Seconds to wait when the daily limit is used up. It is reset at midnight in the account's own time zone,
which the answer does not contain, so try every hour."""


def _details(refusal: Refusal) -> tuple[str | None, str]:
    body = refusal.body
    return as_text(body.get("category")) or as_text(body.get("errorType")) or None, as_text(body.get("message"))


def _special(refusal: Refusal) -> RingfenceError | None:
    if refusal.status == 403:
        return AuthError(
            "HubSpot says that the app lacks a scope; add the scopes that `hub docs connect/hubspot` lists."
        )
    if refusal.status == 429:
        policy = as_text(refusal.body.get("policyName"))
        wait = _pause(policy, refusal.headers) if refusal.after is None else refusal.after
        return RetryLater(f"HubSpot's {policy or 'rate'} limit is reached.", after=wait)
    return None


def _pause(policy: str, headers: Mapping[str, str]) -> float:
    if policy == "DAILY" or headers.get("x-hubspot-ratelimit-daily-remaining") == "0":
        return DAILY_PAUSE
    if "SECONDLY" in policy and "TEN" not in policy:
        return 1.0
    interval = headers.get("x-hubspot-ratelimit-interval-milliseconds", "")
    return int(interval) / 1000 if re.fullmatch(r"[0-9]{1,9}", interval) else 10.0


HUBSPOT = Provider(
    name="HubSpot",
    remedy="renew the key or install the app again, and update config.yaml",
    details=_details,
    special=_special,
    passing=frozenset({423, 477}),
)


class Refused(Exception):
    """HubSpot's client got an error reply."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__()
        self.refusal = refusal
        self.status = refusal.status
        self.category, self.message = _details(refusal)

    @classmethod
    def read(cls, status: int, body: str | bytes | None, headers: Mapping[str, str] | None, now: datetime) -> Refused:
        """Parse a refusal. If the body is not an error of HubSpot's, only the status is kept."""
        return cls(HUBSPOT.refusal(status, headers, body, now))

    def error(self) -> RingfenceError:
        """Our error for the refusal; its class decides what the hub does next."""
        return HUBSPOT.error(self.refusal)
