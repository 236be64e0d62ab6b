"""The form fields of the gateway's webhooks, in TwiML's words, and the times in them."""

from __future__ import annotations

import traceback
from datetime import UTC, datetime

from plugins.carriers.sip.engine.interface import Busy, Declined, NoAnswer, NotPlaced

Fields = dict[str, str]


def now() -> datetime:
    """The time, aware UTC."""
    return datetime.now(UTC)


def stamp(at: datetime) -> str:
    """A time as webhooks and lists show it."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def status_of(failure: NotPlaced) -> str:
    """The status of a leg that nobody took."""
    if isinstance(failure, Busy | Declined):
        return "busy"
    return "no-answer" if isinstance(failure, NoAnswer) else "failed"


def whole(seconds: float) -> str:
    """Seconds as a report shows them."""
    return str(max(0, round(seconds)))


def place_of(error: BaseException) -> dict[str, str]:
    """An error for the log: its class and where it was raised, without its words, which may name a caller."""
    last = traceback.extract_tb(error.__traceback__)[-1:]
    return {"error": type(error).__name__, "where": "".join(f"{each.filename}:{each.lineno}" for each in last)}
