"""Google's refusal of a request: google.rpc.Status as JSON, parsed as untrusted input. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

from hub.api import Refusal as HttpRefusal
from hub.api import as_mapping, as_mappings, as_text

_EVENT = re.compile(r"^events(?:\.events)?\[(\d+)\]")
_DESTINATION = re.compile(r"^destinations(?:\.destinations)?\[(\d+)\]")


@dataclass(frozen=True, slots=True)
class Violation:
    """One field that Google refuses; `event` or `destination` is the index that its path names, if any."""

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
    """A refused request: Google's status name, its reason, its message, the fields, and when to retry."""

    http_status: int
    status: str
    reason: str
    message: str
    violations: tuple[Violation, ...] = ()
    retry_after: float | None = None

    @classmethod
    def of(cls, reply: HttpRefusal) -> Refusal:
        """The refusal in a reply. A body that is not a google.rpc.Status gives an empty refusal."""
        error = as_mapping(reply.body.get("error"))
        reason, delay = "", reply.after
        violations: list[Violation] = []
        for detail in as_mappings(error.get("details")):
            kind = str(detail.get("@type", "")).rpartition(".")[2]
            if kind == "ErrorInfo":
                reason = as_text(detail.get("reason"))
            elif kind == "RetryInfo" and delay is None:
                delay = _seconds(as_text(detail.get("retryDelay")).removesuffix("s"))
            elif kind == "BadRequest":
                violations += [
                    Violation(
                        as_text(field.get("field")), as_text(field.get("reason")), as_text(field.get("description"))
                    )
                    for field in as_mappings(detail.get("fieldViolations"))
                ]
        return cls(
            reply.status, as_text(error.get("status")), reason, as_text(error.get("message")), tuple(violations), delay
        )

    @property
    def code(self) -> str:
        """The most specific of Google's names for this refusal."""
        named = next((violation.code for violation in self.violations if violation.code), "")
        return named or self.reason or self.status or f"HTTP_{self.http_status}"


def _seconds(written: str) -> float | None:
    return float(written) if re.fullmatch(r"[0-9]{1,7}(\.[0-9]{1,9})?", written) else None
