"""Translate Telnyx' statuses, times, durations and ids to ours and back. Shared by forms, JSON events and lists."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Literal, cast
from urllib.parse import urlsplit

from hub.api import TWIML_ENDED, BadPayload, CallEvent, phone_number, recording_event

CALL_STATUSES = TWIML_ENDED | {"queued", "initiated", "ringing", "in-progress", "answered"}
MAX_REPORTED_SECONDS = 100_000
"""Seconds; Telnyx ends a call after four hours at the latest."""
BELIEVABLE = timedelta(days=1)
"""Telnyx' time is signed, so it is trusted unless it differs from ours by a day."""
CALL_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9:_.=-]{7,159}")
UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


def call_id(text: object, name: str) -> str:
    """Telnyx' id of a call leg: its call control id, as `v3:` and some 55 characters."""
    if not isinstance(text, str) or not CALL_ID.fullmatch(text):
        raise BadPayload(f"{name} is not the id of a call.")
    return text


def uuid(text: object, name: str) -> str:
    """The id of a recording, a text, an event."""
    if not isinstance(text, str) or not UUID.fullmatch(text):
        raise BadPayload(f"{name} is not a Telnyx id.")
    return text


def number(text: object) -> str | None:
    """A phone number as E.164; None for anything else, JSON of any shape included."""
    return phone_number(text) if isinstance(text, str) else None


def status(text: object, name: str) -> str:
    """A call status of Telnyx; an answered call is `in-progress`."""
    if not isinstance(text, str) or text not in CALL_STATUSES:
        raise BadPayload(f"{name} is not a call status.")
    return "in-progress" if text == "answered" else text


def seconds(text: object, name: str) -> int | None:
    """A duration in seconds; None if blank."""
    if text in (None, ""):
        return None
    if isinstance(text, bool) or not re.fullmatch(r"[0-9]{1,6}(\.[0-9]{1,9})?", str(text), re.ASCII):
        raise BadPayload(f"{name} is not a duration in seconds.")
    whole = int(str(text).partition(".")[0])
    if whole > MAX_REPORTED_SECONDS:
        raise BadPayload(f"{name} is not a duration in seconds.")
    return whole


def when(text: object, name: str) -> datetime:
    """A time as Telnyx writes it, aware UTC: ISO 8601 in webhooks, RFC 2822 in the call list."""
    try:
        written = str(text).strip()
        iso = re.match(r"\d{4}-", written)
        moment = datetime.fromisoformat(written) if iso else parsedate_to_datetime(written)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError) as error:
        raise BadPayload(f"{name} is not a time.") from error


def believed(text: object, name: str, received_at: datetime) -> datetime:
    """When it happened: Telnyx' own time if it is plausible, else the arrival time."""
    reported = when(text, name) if text else received_at
    return reported if abs(reported - received_at) < BELIEVABLE else received_at


def caller_name(text: object) -> str | None:
    """A caller's name on one line; None if it is missing or only repeats the number."""
    name = "".join(c for c in str(text or "") if c.isprintable()).strip()[:100]
    return name if name and phone_number(name) is None else None


def attestation(level: object, validated: object) -> Literal["A", "B", "C"] | None:
    """Who signed the caller's number; None if validation failed or no data was sent.

    Webhooks send the level and the validation result separately. SIP headers send both in one `verstat`, where the A is
    left out. Source: developers.telnyx.com/docs/voice/stir-shaken/sip-header-parameters.
    """
    verstat = re.fullmatch(r"TN-Validation-Passed(?:-([ABC]))?", str(level or ""))
    if verstat:
        return cast(Literal["A", "B", "C"], verstat[1] or "A")
    genuine = level in ("A", "B", "C") and str(validated).lower() == "true"
    return cast(Literal["A", "B", "C"], level) if genuine else None


def at_telnyx(url: object, origins: Sequence[str], hosts: Sequence[str] = ()) -> str:
    """`url` if it is at one of `origins` (scheme and host), or by https at one of `hosts`. Raises BadPayload otherwise."""
    try:
        parts = urlsplit(url if isinstance(url, str) else "")
        by_https = parts.scheme == "https" and parts.netloc in hosts
        known = f"{parts.scheme}://{parts.netloc}" in origins or by_https
    except ValueError:
        known = False
    if not known or len(str(url)) > 3000 or not str(url).isprintable():
        raise BadPayload("the address is not at Telnyx.")
    return str(url)


def ringing(
    call: str, at: datetime, tracking_number: str, caller: object, name: object, level: object, validated: object
) -> CallEvent:
    """A call that comes in; `caller`, `name` and its verification as Telnyx writes them."""
    return CallEvent(
        kind="ringing",
        call_id=call,
        at=at,
        tracking_number=tracking_number,
        caller_number=number(caller),
        caller_name=caller_name(name),
        attestation=attestation(level, validated),
    )


def recorded(
    source: object, call: str, at: datetime, recording_id: str, base_url: str, duration: int | None, number: str | None
) -> CallEvent:
    """A finished recording. It keeps the API's address, which lasts. The link that Telnyx sends works for ten minutes
    and needs no key, so it is never stored."""
    address = f"{base_url}/v2/recordings/{recording_id}"
    return recording_event(source, call, at, recording_id, address, duration, number)
