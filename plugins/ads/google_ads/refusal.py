"""What Google says when it refuses a request: google.rpc.Status as JSON, read with distrust. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

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
        try:
            content = json.loads(body)
        except ValueError:
            content = None
        error = _mapping(_mapping(content).get("error"))
        reason, delay = "", _seconds(retry_after)
        violations: list[Violation] = []
        for detail in _mappings(error.get("details")):
            kind = str(detail.get("@type", "")).rpartition(".")[2]
            if kind == "ErrorInfo":
                reason = _text(detail.get("reason"))
            elif kind == "RetryInfo" and delay is None:
                delay = _seconds(_text(detail.get("retryDelay")).removesuffix("s"))
            elif kind == "BadRequest":
                violations += [
                    Violation(_text(field.get("field")), _text(field.get("reason")), _text(field.get("description")))
                    for field in _mappings(detail.get("fieldViolations"))
                ]
        return cls(
            http_status, _text(error.get("status")), reason, _text(error.get("message")), tuple(violations), delay
        )

    @property
    def code(self) -> str:
        """The most telling of Google's words for this refusal."""
        named = next((violation.code for violation in self.violations if violation.code), "")
        return named or self.reason or self.status or f"HTTP_{self.http_status}"


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _mappings(value: Any) -> Iterator[Mapping[str, Any]]:
    return (item for item in value if isinstance(item, dict)) if isinstance(value, list) else iter(())


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _seconds(text: str | None) -> float | None:
    if not text or not re.fullmatch(r"\d{1,7}(\.\d{1,9})?", text):
        return None
    return float(text)
