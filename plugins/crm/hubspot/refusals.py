"""HubSpot's refusals: read from its error body, told in its words without personal data, turned into our errors."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from hub.api import AuthError, Rejected, RetryLater, RingfenceError

UNREADABLE = "HubSpot's answer could not be read; the request is tried again."
UNANSWERED = "HubSpot did not answer in time; the request is tried again."
DAILY_PAUSE = 3600.0
"""Seconds to wait when the day's requests are spent: the limit is reset at midnight of the account's own time zone,
which the answer does not tell, so look every hour."""


@dataclass(eq=False)
class Refusal(Exception):
    """An answer of HubSpot that is not a success, as its body and headers tell it."""

    status: int
    category: str | None = None
    message: str = ""
    policy: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls, status: int, body: str | bytes | None, headers: Mapping[str, str] | None) -> Refusal:
        """A refusal from the wire; a body that is no error of HubSpot's leaves only the status."""
        try:
            told = json.loads(body or "{}")
        except (ValueError, RecursionError):
            told = {}
        if not isinstance(told, dict):
            told = {}
        text = {name: value for name, value in told.items() if isinstance(value, str)}
        return cls(
            status=status,
            category=text.get("category") or text.get("errorType"),
            message=text.get("message", ""),
            policy=text.get("policyName"),
            headers={name.lower(): value for name, value in (headers or {}).items()},
        )

    def error(self) -> RingfenceError:
        """Our error for it; its class says what the hub does next."""
        words = without_personal_data(self.message)
        if self.status == 401:
            return AuthError(
                "HubSpot refuses the token; renew the key or install the app again, and update config.yaml."
            )
        if self.status == 403:
            return AuthError("HubSpot says that the app lacks a scope; add the scopes that the README lists.")
        if self.status == 429:
            return RetryLater(f"HubSpot's {self.policy or 'rate'} limit is reached.", after=self._pause())
        if self.status in (408, 423, 477) or self.status >= 500 or self.status < 400:
            return RetryLater(f"HubSpot cannot answer now (status {self.status}).", after=_seconds(self.headers))
        return Rejected(f"HubSpot refuses this: {words or 'no reason given'} (status {self.status}).", self.category)

    def _pause(self) -> float:
        told = _seconds(self.headers)
        if told is not None:
            return told
        if self.policy == "DAILY" or self.headers.get("x-hubspot-ratelimit-daily-remaining") == "0":
            return DAILY_PAUSE
        interval = self.headers.get("x-hubspot-ratelimit-interval-milliseconds", "")
        if self.policy and "SECONDLY" in self.policy and "TEN" not in self.policy:
            return 1.0
        return int(interval) / 1000 if re.fullmatch(r"[0-9]{1,9}", interval) else 10.0


def _seconds(headers: Mapping[str, str]) -> float | None:
    told = headers.get("retry-after", "")
    return float(told) if re.fullmatch(r"[0-9]{1,6}", told) else None


def without_personal_data(message: Any, sent: Iterable[str | None] = ()) -> str:
    """HubSpot's words, at most 300 letters of them, without what looks personal and without the values `sent` to it."""
    text = message if isinstance(message, str) else ""
    for value in sorted({value for value in sent if value and len(value) > 1}, key=len, reverse=True):
        text = text.replace(value, "…")
    text = re.sub(r"https?://\S+", "…", text)
    text = re.sub(r"[^\s@(<\[\"':,;]+@[^\s@)>\]\"':,;]+", "…", text)
    text = re.sub(r"\+?\(?\d[\d\s().-]{5,}\d", "…", text)
    return text[:300]
