"""What a provider's failed reply means: parses Retry-After and turns a status into one of our errors, for all providers."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, TypeVar

from hub.contracts.untrusted import first_object, value_at
from hub.errors import AuthError, ConfigError, Rejected, RetryLater, RingfenceError

Meaning = TypeVar("Meaning")
NOT_TAKEN = frozenset({503, *range(400, 500)}) - {408}
"""The statuses that say that the provider certainly did not carry out a request that creates something: it was busy, or it
refused what the client sent (RFC 9110, 15.5), such as a text for a full queue. A 408 may come from a gateway on the way."""
MAX_REASON_CHARACTERS = 300


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
    """A provider's words without the values `known` and anything else that looks personal; at most 300 letters, "" for none."""
    text = words if isinstance(words, str) else ""
    for value in sorted({value for value in known if value and len(value) > 1}, key=len, reverse=True):
        text = text.replace(value, "…")
    text = re.sub(r"https?://\S+", "…", text)
    text = re.sub(r"[^\s@(<\[\"':,;]+@[^\s@)>\]\"':,;]+", "…", text)
    # Letters before the digits make them part of an id.
    text = re.sub(r"(?<![A-Za-z0-9])\+?\(?\d[\d\s().-]{5,}\d", "…", text)
    return text[:MAX_REASON_CHARACTERS]


def of_family(code: str, family: str) -> bool:
    """Whether a code is one of a family like `800xx` or `*Invalid`: an x after a digit is a digit, and * is any text."""
    pattern = re.sub("(?<=[0-9x])x", "[0-9]", re.escape(family)).replace(r"\*", ".*")
    return re.fullmatch(pattern, code, re.DOTALL) is not None


def meaning(codes: Mapping[str, Meaning], code: str | None) -> Meaning | None:
    """What `codes` say of a code: its own entry, else that of the first family that it is one of."""
    if code is None:
        return None
    return codes.get(code) or next((each for family, each in codes.items() if of_family(code, family)), None)


def first_path(paths: str | tuple[str, ...]) -> str:
    """The first of one or several paths; empty if there is none."""
    return paths if isinstance(paths, str) else next(iter(paths), "")


def _first(body: Mapping[str, Any], paths: str | tuple[str, ...]) -> Any:
    found = (value_at(body, path) for path in ((paths,) if isinstance(paths, str) else paths) if path)
    return next((each for each in found if each is not None), None)


@dataclass(frozen=True, slots=True)
class Refusal:
    """A failed reply."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    """Names are in lower case."""
    body: Mapping[str, Any] = field(default_factory=dict)
    """The JSON object of the reply, or the first one of its list; empty if it holds none."""
    after: float | None = None
    """The seconds that the provider asks to wait."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """How a provider refuses; everything else follows from the HTTP status, in the same way for all providers."""

    name: str
    remedy: str
    """What a person must do if the credentials are refused."""
    details: Callable[[Refusal], tuple[str | None, str]] | None = None
    """The provider's own code and words in a refusal; the words are shown without personal data."""
    code: str | tuple[str, ...] = ""
    """Instead of `details`: where the code is in the refusal's JSON, as `error.code`, or `errors.0.code` for the first of a
    list. Of several paths the first that is there counts."""
    words: str | tuple[str, ...] = ""
    """Instead of `details`: where the words are."""
    codes: Mapping[str, type[RingfenceError]] = field(default_factory=dict)
    """The error of a code whose HTTP status alone is misleading: AuthError, RetryLater, Rejected or ConfigError. In a code an
    `x` after a digit stands for any digit, as in `800xx`, and `*` for any text; the code itself comes first, then the first
    that fits."""
    succeeded: Callable[[Mapping[str, Any]], bool] | None = None
    """For a provider that answers refusals with a 2xx status: whether a reply's JSON is not a refusal."""
    special: Callable[[Refusal], RingfenceError | None] | None = None
    """The error of a refusal whose status alone is misleading, by the provider's own codes; None for all others."""
    retired: tuple[str, ...] = ()
    """The codes and HTTP statuses by which the provider says that it has retired this version of its API. It is a
    ConfigError: what is due waits until a person sets a newer version."""
    passing: frozenset[int] = frozenset()
    """The provider's additional temporary statuses, besides 408, 425, 429 and everything other than 4xx."""
    wait_headers: tuple[str, ...] = ("retry-after",)
    """The headers that say how long to wait; the longest time counts."""
    help: str = ""
    """The address that explains the provider's codes, with `{code}` in it."""

    def refusal(
        self, status: int, headers: Mapping[str, str] | None, body: bytes | str | None, now: datetime
    ) -> Refusal:
        """A failed reply, parsed as untrusted input."""
        named = {name.lower(): value for name, value in (headers or {}).items()}
        waits = [wait for name in self.wait_headers if (wait := retry_after(named.get(name), now)) is not None]
        return Refusal(status, named, first_object(body), max(waits, default=None))

    def error(self, refusal: Refusal) -> RingfenceError:
        """Our error for the refusal; its class says what the hub does next."""
        code, words = self._said(refusal)
        if retired := next((each for each in (code, str(refusal.status)) if each in self.retired), None):
            return ConfigError(
                f"{self.name} has retired the version of its API that is set here ({retired}); set a newer one in config.yaml, "
                "or update Ringfence. Nothing is lost: what is due waits."
            )
        special = self.special(refusal) if self.special else None
        if special is not None:
            return special
        is_sentence = bool(code) and (code == words or " " in str(code))
        words = words or str(code) if is_sentence else words
        said = f"error {code}" if code and not is_sentence else f"HTTP {refusal.status}"
        kind = meaning(self.codes, code) or self._by_status(refusal.status)
        if kind is AuthError:
            return AuthError(f"{self.name} rejects the credentials ({said}); {self.remedy}.")
        if kind is RetryLater:
            return RetryLater(f"{self.name} is unavailable ({said}).", refusal.after)
        reason = without_personal_data(words).rstrip(".") or "no reason given"
        see = f"; see {self.help.format(code=code)}" if self.help and code and not is_sentence else ""
        sentence = f"{self.name} refuses ({said}): {reason}{see}."
        return Rejected(sentence, code) if kind is Rejected else kind(sentence)

    def _said(self, refusal: Refusal) -> tuple[str | None, str]:
        if self.details:
            return self.details(refusal)
        code, words = _first(refusal.body, self.code), _first(refusal.body, self.words)
        return None if code is None else str(code), str(words or "")

    def _by_status(self, status: int) -> type[RingfenceError]:
        if status in (401, 403):
            return AuthError
        if status == 402:  # Payment Required: what is due waits until a person has paid
            return ConfigError
        if status in (408, 425, 429) or status in self.passing or not (200 <= status < 300 or 400 <= status < 500):
            return RetryLater
        return Rejected
