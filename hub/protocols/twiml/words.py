"""Statuses, times, durations and addresses as carriers that speak TwiML write them, in webhooks and in lists."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import cast
from urllib.parse import urlsplit

from hub.contracts.events import FAILURE_WORDS, CallFailure
from hub.contracts.phones import phone_number
from hub.errors import BadPayload
from hub.protocols.twiml.events import ENDED_STATUSES

CALL_STATUSES = ENDED_STATUSES | {"queued", "initiated", "ringing", "in-progress", "answered"}
MAX_REPORTED_SECONDS = 100_000
"""Seconds; carriers end every call after 24 hours at the latest."""
MAX_URL_CHARACTERS = 500
BELIEVABLE = timedelta(days=1)
"""A carrier's time is signed, so it is trusted unless it differs from ours by a day."""


def identifier(form: re.Pattern[str], text: object, name: str) -> str:
    """An id of the given form."""
    if not isinstance(text, str) or not form.fullmatch(text):
        raise BadPayload(f"{name} is not an id of this carrier.")
    return text


def call_status(text: object, name: str) -> str:
    """A call status; `answered` becomes `in-progress`."""
    if not isinstance(text, str) or text not in CALL_STATUSES:
        raise BadPayload(f"{name} is not a call status.")
    return "in-progress" if text == "answered" else text


def call_failure(text: object, name: str) -> CallFailure | None:
    """Why a call failed; None if blank."""
    if text in (None, ""):
        return None
    if not isinstance(text, str) or text not in FAILURE_WORDS:
        raise BadPayload(f"{name} is not a reason of a failed call.")
    return cast(CallFailure, text)


def whole_seconds(text: object, name: str) -> int | None:
    """A duration in seconds; None if blank."""
    if text in (None, ""):
        return None
    if not re.fullmatch(r"[0-9]{1,6}(\.[0-9]{1,9})?", str(text), re.ASCII) or float(str(text)) > MAX_REPORTED_SECONDS:
        raise BadPayload(f"{name} is not a duration in seconds.")
    return int(str(text).partition(".")[0])


def moment(text: object, name: str) -> datetime:
    """A time in ISO 8601 or RFC 2822, aware UTC."""
    try:
        written = str(text).strip()
        iso = re.match(r"\d{4}-", written)
        found = datetime.fromisoformat(written) if iso else parsedate_to_datetime(written)
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError) as error:
        raise BadPayload(f"{name} is not a time.") from error


def believed(text: object, name: str, received_at: datetime) -> datetime:
    """When it happened: the carrier's own time if it is plausible, else the arrival time."""
    reported = moment(text, name) if text else received_at
    return reported if abs(reported - received_at) < BELIEVABLE else received_at


def caller_name(text: object) -> str | None:
    """A caller's name on one line; None if it is missing or only repeats the number."""
    name = "".join(c for c in str(text or "") if c.isprintable()).strip()[:100]
    return name if name and phone_number(name) is None else None


def address_at(
    url: object, origins: Sequence[str], carrier: str, hosts: Sequence[str] = (), longest: int = MAX_URL_CHARACTERS
) -> str:
    """`url` if it is at one of `origins` (scheme and host), or by https at one of `hosts`. Raises BadPayload otherwise."""
    try:
        parts = urlsplit(url if isinstance(url, str) else "")
        by_https = parts.scheme == "https" and parts.netloc in hosts
        known = f"{parts.scheme}://{parts.netloc}" in origins or by_https
    except ValueError:
        known = False
    if not known or len(str(url)) > longest or not str(url).isprintable():
        raise BadPayload(f"the address is not at {carrier}.")
    return str(url)
