"""Translate Twilio's statuses, times, durations and numbers to ours and back. Shared by webhooks and the call list."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Literal, cast
from urllib.parse import urlsplit

from hub.api import TWIML_ENDED, BadPayload, CallEvent, phone_number

CALL_STATUSES = TWIML_ENDED | {"queued", "initiated", "ringing", "in-progress"}
MAX_REPORTED_SECONDS = 100_000
"""Seconds; Twilio ends every call after 24 hours."""
SID = re.compile(r"[A-Z]{2}[0-9a-fA-F]{32}")


def sid(text: object, name: str) -> str:
    """A Twilio id: two letters and 32 hex digits."""
    if not isinstance(text, str) or not SID.fullmatch(text):
        raise BadPayload(f"{name} is not a Twilio id.")
    return text


def status(text: object, name: str) -> str:
    """A call status of Twilio; `answered`, which a dial may report, becomes `completed`."""
    word = "completed" if text == "answered" else text
    if not isinstance(word, str) or word not in CALL_STATUSES:
        raise BadPayload(f"{name} is not a call status.")
    return word


def seconds(text: object, name: str) -> int | None:
    """A duration in seconds as Twilio writes it; None if blank."""
    if text in (None, ""):
        return None
    if not re.fullmatch(r"[0-9]{1,6}", str(text), re.ASCII) or int(str(text)) > MAX_REPORTED_SECONDS:
        raise BadPayload(f"{name} is not a duration in seconds.")
    return int(str(text))


def when(text: object, name: str) -> datetime:
    """A time as Twilio writes it (RFC 2822), aware UTC."""
    try:
        moment = parsedate_to_datetime(str(text))
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError) as error:
        raise BadPayload(f"{name} is not a time.") from error


def caller_name(text: object) -> str | None:
    """A caller's name from the carrier, on one line; None if missing."""
    name = "".join(c for c in str(text or "") if c.isprintable()).strip()[:100]
    return name or None


def attestation(text: object) -> Literal["A", "B", "C"] | None:
    """Who signed the caller's number, from `StirVerstat`; None if validation failed or no data was sent."""
    match = re.fullmatch(r"TN-Validation-Passed-([ABC])(-Passthrough)?", str(text or ""))
    return cast(Literal["A", "B", "C"], match[1]) if match else None


def twilio_address(url: object, origins: Sequence[str], what: str) -> str:
    """The address of a recording or a picture if it is at one of `origins` (scheme and host). Raises BadPayload otherwise."""
    try:
        parts = urlsplit(url if isinstance(url, str) else "")
        at_twilio = f"{parts.scheme}://{parts.netloc}" in origins
    except ValueError:
        at_twilio = False
    if not at_twilio or len(str(url)) > 500 or not str(url).isprintable():
        raise BadPayload(f"the {what}'s address is not at Twilio.")
    return str(url)


def ringing(
    call_id: str, at: datetime, tracking_number: str, caller: object, name: object, verification: object
) -> CallEvent:
    """A call that comes in; `caller`, `name` and `verification` as Twilio writes them."""
    return CallEvent(
        kind="ringing",
        call_id=call_id,
        at=at,
        tracking_number=tracking_number,
        caller_number=phone_number(caller),
        caller_name=caller_name(name),
        attestation=attestation(verification),
    )
