"""What Google says when it refuses a request: google.rpc.Status as JSON, read with distrust. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

from plugins.ads.google_ads.untrusted import json_object, mapping, mappings, text

_EVENT = re.compile(r"^events(?:\.events)?\[(\d+)\]")
_DESTINATION = re.compile(r"^destinations(?:\.destinations)?\[(\d+)\]")


@dataclass(frozen=True, slots=True)
class Violation:
    """One field that Google does not like; `event` or `destination` is the index that its path names, if any."""

    field: str
    code: str
    words: str

    @property
    def event(self) -> int | None:
        """The index of the event at fault."""
        found = _EVENT.match(self.field)
        return int(found[1]) if found else None

    @property
    def destination(self) -> int | None:
        """The index of the destination at fault."""
        found = _DESTINATION.match(self.field)
        return int(found[1]) if found else None


@dataclass(frozen=True, slots=True)
class Refusal:
    """A refused request: Google's status word, its reason, its sentence, the fields, and when to come again."""

    http_status: int
    status: str
    reason: str
    message: str
    violations: tuple[Violation, ...] = ()
    retry_after: float | None = None

    @classmethod
    def read(cls, http_status: int, body: bytes, retry_after: str | None = None) -> Refusal:
        """The refusal in an answer's body; a body that is no google.rpc.Status gives one with nothing in it."""
        error = mapping(mapping(json_object(body)).get("error"))
        reason, delay = "", _seconds(retry_after)
        violations: list[Violation] = []
        for detail in mappings(error.get("details")):
            kind = str(detail.get("@type", "")).rpartition(".")[2]
            if kind == "ErrorInfo":
                reason = text(detail.get("reason"))
            elif kind == "RetryInfo" and delay is None:
                delay = _seconds(text(detail.get("retryDelay")).removesuffix("s"))
            elif kind == "BadRequest":
                violations += [
                    Violation(text(field.get("field")), text(field.get("reason")), text(field.get("description")))
                    for field in mappings(detail.get("fieldViolations"))
                ]
        return cls(http_status, text(error.get("status")), reason, text(error.get("message")), tuple(violations), delay)

    @property
    def code(self) -> str:
        """The most telling of Google's words for this refusal."""
        named = next((violation.code for violation in self.violations if violation.code), "")
        return named or self.reason or self.status or f"HTTP_{self.http_status}"


def _seconds(written: str | None) -> float | None:
    if not written or not re.fullmatch(r"[0-9]{1,7}(\.[0-9]{1,9})?", written):
        return None
    return float(written)
