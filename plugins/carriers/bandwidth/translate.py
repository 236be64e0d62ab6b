"""Ids, times, causes and attestations as Bandwidth writes them, in callbacks and in lists.

Source: dev.bandwidth.com/docs/voice/webhooks (disconnect, transferDisconnect) and the SDK's models (CallState, StirShaken).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import cast

from hub.api import BadPayload
from hub.api.carriers import Attestation, LegStatus
from hub.api.twiml import identifier

CALL_ID = re.compile(r"c-[0-9a-fA-F-]{16,90}")
RECORDING_ID = re.compile(r"r-[0-9a-fA-F-]{16,90}")
TEXT_ID = re.compile(r"[A-Za-z0-9-]{10,80}")
HELD_RECORDING_ID = re.compile(rf"({CALL_ID.pattern})\.({RECORDING_ID.pattern})")
"""A recording as the hub knows it. Bandwidth finds a recording only by its call."""
VALIDATED = frozenset({"tn-validation-passed", "tn-verification-passed"})
FAILED = frozenset({"tn-validation-failed", "tn-verification-failed"})
"""In small letters, for the documentation writes both Tn and TN; the second name of each is from before September 2025."""
LEG_STATUSES: Mapping[str, LegStatus] = {
    "hangup": "completed",
    "busy": "busy",
    "rejected": "busy",
    "timeout": "no_answer",
    "cancel": "canceled",
}
"""By the cause of a leg's end; every other cause, of which there may be new ones, is a failure."""
NORMAL_ENDS = frozenset({"hangup", "cancel", "timeout"})
"""The causes with which a caller's leg ends as usual."""


def held_recording(call: object, recording: object) -> str:
    """A recording's id for the hub."""
    return f"{identifier(CALL_ID, call, 'callId')}.{identifier(RECORDING_ID, recording, 'recordingId')}"


def attestation(stir_shaken: object) -> Attestation | None:
    """The verdict on the caller's number; None if none was sent."""
    said = stir_shaken if isinstance(stir_shaken, dict) else {}
    level, verdict = said.get("attestationIndicator"), str(said.get("verstat")).casefold()
    if verdict in VALIDATED:
        return cast(Attestation, level) if level in ("A", "B", "C") else None
    return "failed" if verdict in FAILED else None


def iso_seconds(text: object) -> int | None:
    """The whole seconds of an ISO 8601 duration, as in PT1M2.5S; None if absent."""
    if text in (None, ""):
        return None
    found = re.fullmatch(r"PT(?:(\d{1,3})H)?(?:(\d{1,5})M)?(?:(\d{1,6})(?:\.\d{1,9})?S)?", str(text), re.ASCII)
    if not found:
        raise BadPayload("duration is not an ISO 8601 duration.")
    hours, minutes, seconds = (int(each or 0) for each in found.groups())
    return hours * 3600 + minutes * 60 + seconds


def between(began: datetime, ended: datetime) -> int:
    """Whole seconds."""
    return max(0, int((ended - began).total_seconds()))


def text_of(item: Mapping[str, object], name: str) -> str:
    """A text field; blank if absent. PostgreSQL can store neither NUL nor lone surrogates."""
    value = item.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise BadPayload(f"{name} is not a text.")
    return value.replace("\x00", "").encode("utf-16", "surrogatepass").decode("utf-16", "replace")
