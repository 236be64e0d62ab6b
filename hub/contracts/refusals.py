"""What a provider's reply means when it is no success: one reading of Retry-After, one way from a status to our errors."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from hub.contracts.untrusted import json_object
from hub.errors import AuthError, Rejected, RetryLater, RingfenceError

NOT_TAKEN = (429, 503)
"""The statuses by which a provider surely did not take a request that makes something."""
LONGEST_WORDS = 300


def retry_after(header: str | None, now: datetime) -> float | None:
    """The seconds of a Retry-After header, which holds a number or an HTTP date; None for anything else (RFC 9110 10.2.3)."""
    written = (header or "").strip()
    if re.fullmatch(r"\d{1,9}(\.\d{1,9})?", written, re.ASCII):
        return float(written)
    try:
        until = parsedate_to_datetime(written)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    until = until if until.tzinfo else until.replace(tzinfo=UTC)
    return max(0.0, (until - now).total_seconds())


def without_personal_data(words: Any, known: Iterable[str | None] = ()) -> str:
    """A provider's words without what looks personal and without the values `known`; at most 300 letters, "" for no text."""
    text = words if isinstance(words, str) else ""
    for value in sorted({value for value in known if value and len(value) > 1}, key=len, reverse=True):
        text = text.replace(value, "…")
    text = re.sub(r"https?://\S+", "…", text)
    text = re.sub(r"[^\s@(<\[\"':,;]+@[^\s@)>\]\"':,;]+", "…", text)
    # Letters before the digits make them part of an id.
    text = re.sub(r"(?<![A-Za-z0-9])\+?\(?\d[\d\s().-]{5,}\d", "…", text)
    return text[:LONGEST_WORDS]


@dataclass(frozen=True, slots=True)
class Refusal:
    """A reply that is no success."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    """With names in small letters."""
    body: Mapping[str, Any] = field(default_factory=dict)
    """The JSON object of the reply, empty where it holds none."""
    after: float | None = None
    """The seconds that the provider asks to wait."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """How a provider refuses; the rest follows from the HTTP status, for all providers alike."""

    name: str
    remedy: str
    """What a person does where the credentials are refused."""
    details: Callable[[Refusal], tuple[str | None, str]] | None = None
    """The provider's own code and words in a refusal; the words are shown without personal data."""
    special: Callable[[Refusal], RingfenceError | None] | None = None
    """The error of a refusal that the status alone would tell wrongly, by the provider's own codes; None for all others."""
    passing: frozenset[int] = frozenset()
    """Statuses of its own that pass by themselves, besides 408, 425, 429 and all that are no 4xx."""
    wait_headers: tuple[str, ...] = ("retry-after",)
    """The headers that tell how long to wait; the longest counts."""
    help: str = ""
    """Where its codes are explained, with `{code}` in it."""

    def refusal(
        self, status: int, headers: Mapping[str, str] | None, body: bytes | str | None, now: datetime
    ) -> Refusal:
        """A reply that is no success, read with distrust."""
        named = {name.lower(): value for name, value in (headers or {}).items()}
        waits = [wait for name in self.wait_headers if (wait := retry_after(named.get(name), now)) is not None]
        return Refusal(status, named, json_object(body) or {}, max(waits, default=None))

    def error(self, refusal: Refusal) -> RingfenceError:
        """Our error for it; its class says what the hub does next."""
        special = self.special(refusal) if self.special else None
        if special is not None:
            return special
        status = refusal.status
        code, words = self.details(refusal) if self.details else (None, "")
        said = f"error {code}" if code else f"HTTP {status}"
        if status in (401, 403):
            return AuthError(f"{self.name} refuses the credentials ({said}); {self.remedy}.")
        if status in (408, 425, 429) or not 400 <= status < 500 or status in self.passing:
            return RetryLater(f"{self.name} cannot answer now ({said}).", refusal.after)
        reason = without_personal_data(words).rstrip(".") or "no reason given"
        see = f"; see {self.help.format(code=code)}" if self.help and code else ""
        return Rejected(f"{self.name} refuses ({said}): {reason}{see}.", code)
