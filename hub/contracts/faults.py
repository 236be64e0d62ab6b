"""One way in which a simulated provider fails."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

GARBAGE = b"\x00<<<not what you asked for"
ELSEWHERE = b"https://elsewhere.example.com/"


@dataclass(frozen=True, slots=True)
class Fault:
    """One way in which a provider fails: an HTTP status (with Retry-After), a reply that never comes, garbage, a request
    that was carried out although its reply is lost (`taken`), or a redirect to another place.

    A sandbox that does not speak HTTP answers with its protocol's equivalent of the status.
    """

    kind: Literal["status", "hang", "garbage", "taken", "redirect"]
    status: int = 500
    retry_after: int | None = None
    seconds: float = 30.0
    """How long a reply hangs."""
