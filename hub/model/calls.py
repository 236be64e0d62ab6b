"""The inbox of webhooks, and the call that is computed from its events; its state only moves forward."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any, get_args

from sqlalchemy import Index, UniqueConstraint, text
from sqlmodel import Field

import hub.model.accounts
import hub.model.numbers
import hub.model.people  # noqa: F401 - foreign keys
from hub.contracts.answers import Attestation
from hub.contracts.events import CallEvent
from hub.contracts.phones import MAX_PHONE, e164, own_phone
from hub.model.columns import (
    Row,
    Work,
    ending_column,
    id_column,
    json_column,
    personal_bytes,
    personal_text,
    storable,
    time_column,
    work_index,
)
from hub.model.states import CallStatus

UNDER_WAY = (CallStatus.RINGING, CallStatus.IN_PROGRESS)
MAX_CALL_AGE = timedelta(hours=4)
"""An older call without an end has lost its last webhook; the comparison with the carrier's list will end it."""
STATUS_RANK: dict[str, int] = {status: rank for rank, status in enumerate(CallStatus, 1)}
"""A call's status only rises; `failed` and `completed` are final, and `completed` takes precedence over `failed`."""

MAX_LEG_CHARACTERS = 128
MAX_CALL_SECONDS = 86_400
"""Seconds; a carrier ends a call long before."""
BY_AGENT = text("answered_by IS NOT NULL")


class InboxWebhook(Work, table=True):
    """A verified webhook, raw. Its row is kept after its body is deleted, so that a replay is always recognized.

    States: `InboxState` (hub.model.states).
    """

    __tablename__ = "inbox"
    __table_args__ = (
        UniqueConstraint("connector", "event_key"),
        work_index("inbox"),
    )

    id: str = id_column()
    connector: str = Field(max_length=64)
    event_key: str = Field(max_length=200)
    received_at: datetime = time_column()
    method: str = Field(default="POST", max_length=8)
    url: str | None = personal_text("user.contact.phone_number")
    headers: str | None = personal_text("user.telemetry")
    body: bytes | None = personal_bytes("user.telephony.call_metadata")
    reason: str | None = None
    expires_at: datetime | None = ending_column()


VERDICTS = {verdict: verdict[0].upper() for verdict in get_args(Attestation)}
"""How `Call.attestation` writes a verdict; the best one of several comes first in the alphabet."""
MISSED, SPOKEN = text("answered_at IS NULL"), text("answered_at IS NOT NULL")
"""The rows of two indexes that find the callers whom nobody has called back."""
COUNTED = ("answered_at", "status", "voicemail", "first_time_caller", "duration", "spam")
"""What charts and reports count of the calls of a period; the index of days has it, so that they read no rows."""


class CallState(Row):
    """What the events of one call add up to. Times are aware UTC, durations are seconds."""

    tracking_number: str | None = Field(default=None, max_length=16)
    caller_number: str | None = personal_text("user.contact.phone_number", max_length=16)
    attestation: str | None = Field(default=None, max_length=1)
    """The carrier's verdict on the caller's number: A, B or C, F for a signature that was not valid, N for none."""
    status: str = Field(default=CallStatus.RINGING, max_length=16)
    started_at: datetime = time_column(index=True)
    start_reported: bool = False
    """Whether the carrier reported the start; otherwise it is computed from an end and a duration."""
    answered_at: datetime | None = time_column(nullable=True)
    answered_by: str | None = Field(default=None, max_length=MAX_PHONE)
    """E.164, or `phone:NAME`."""
    answered_device: str | None = Field(default=None, max_length=16)
    """What picked up, if the carrier said so (`CallEvent.answered_device`)."""
    ended_at: datetime | None = time_column(nullable=True)
    duration: int | None = None
    failure: str | None = Field(default=None, max_length=24)
    """Why it failed (`CallFailure`), if the carrier said so."""
    voicemail: bool = False
    recording_id: str | None = None
    recording_url: str | None = personal_text("user.telephony.recording")
    recording_duration: int | None = None

    @property
    def answered(self) -> bool:
        """Whether a person at the business picked up."""
        return self.answered_at is not None

    @property
    def talked(self) -> int | None:
        """Seconds from the answer to the end; None if it was not answered or is not over."""
        if self.answered_at is None or self.ended_at is None:
            return None
        return max(0, round((self.ended_at - self.answered_at).total_seconds()))

    @property
    def over(self) -> bool:
        """Whether the call has reached a final status."""
        return STATUS_RANK[self.status] >= STATUS_RANK[CallStatus.FAILED]

    @property
    def broke_off(self) -> bool:
        """Whether it failed after it had been connected, or for a reason that the carrier named."""
        return self.status == CallStatus.FAILED and bool(self.answered or self.voicemail or self.failure)


class Call(CallState, Work, table=True):
    """One call. `state` is the flow's work on it (`SubjectState`), `status` the call's own (`CallStatus`)."""

    __table_args__ = (
        UniqueConstraint("connector", "carrier_call_id"),
        work_index("call"),
        Index("ix_call_day", "company_id", "started_at", *COUNTED),
        Index("ix_call_caller", "caller_number", "company_id", "started_at"),
        Index("ix_call_caller_time", "caller_number", "started_at"),
        Index("ix_call_person", "person_id", "started_at"),
        Index("ix_call_tracker", "tracker_id", "started_at"),
        Index("ix_call_number", "tracking_number", "company_id", "started_at"),
        Index("ix_call_agent", "answered_by", "started_at", sqlite_where=BY_AGENT, postgresql_where=BY_AGENT),
        Index("ix_call_missed", "company_id", "started_at", sqlite_where=MISSED, postgresql_where=MISSED),
        Index(
            "ix_call_spoken",
            "caller_number",
            "company_id",
            "answered_at",
            sqlite_where=SPOKEN,
            postgresql_where=SPOKEN,
        ),
    )

    id: str = id_column()
    connector: str = Field(max_length=64)
    carrier_call_id: str = Field(max_length=64, index=True)
    company_id: str | None = Field(default=None, foreign_key="company.id")
    tracker_id: str | None = Field(default=None, foreign_key="tracker.id")
    person_id: str | None = Field(default=None, foreign_key="person.id")
    sealed_name: bytes | None = personal_bytes("user.name")
    """The caller's name from the carrier, encrypted with the caller's key (hub.store.encryption.encrypted_fields)."""
    first_time_caller: bool | None = None
    spam: bool = False
    """Whether a `SpamMark` calls it spam; here too, so that counts read it from the index."""
    enriched_at: datetime | None = time_column(nullable=True)
    found_by: str = Field(default="webhook", max_length=16)
    """`webhook`, or `reconcile` if only the carrier's call list reported it."""
    expires_at: datetime | None = ending_column()


class CallEventRow(Row, table=True):
    """One event of a call, for its timeline; `inbox_id` is the webhook that reported it; none for the carrier's call list."""

    __tablename__ = "call_event"

    id: str = id_column()
    call_id: str = Field(foreign_key="call.id", index=True)
    inbox_id: str | None = Field(default=None, max_length=36)
    kind: str = Field(max_length=16)
    at: datetime = time_column()
    reported_by: str = Field(default="webhook", max_length=16)
    noted_at: datetime = time_column()
    leg: dict[str, Any] = json_column()
    """The signalling and sound of the leg that ended (`LegReport`); empty if the carrier reported nothing."""


def leg_of(event: CallEvent) -> dict[str, Any]:
    """What is kept of an event's leg."""
    reported = asdict(event.leg) if event.leg else {}
    return {
        name: storable(value)[:MAX_LEG_CHARACTERS] if isinstance(value, str) else value
        for name, value in reported.items()
        if value is not None
    }


def fold(state: CallState | None, event: CallEvent) -> CallState:
    """The call after one more event. The order and the number of deliveries of the events do not change the result.

    Every column is merged by a rule that is commutative, associative and idempotent (earliest, latest, greatest), so no
    late, duplicate or reordered event moves a call backwards.
    """
    reported = _state_of(event)
    if state is None:
        return reported
    rank = max(state.status, reported.status, key=STATUS_RANK.__getitem__)
    answer = min(state, reported, key=_answer)
    recording = max(state, reported, key=_recording)
    starts = [each.started_at for each in (state, reported) if each.start_reported] or [
        state.started_at,
        reported.started_at,
    ]
    return CallState(
        tracking_number=_join(min, state.tracking_number, reported.tracking_number),
        caller_number=_join(min, state.caller_number, reported.caller_number),
        attestation=_join(min, state.attestation, reported.attestation),
        status=rank,
        started_at=min(starts),
        start_reported=state.start_reported or reported.start_reported,
        answered_at=answer.answered_at,
        answered_by=answer.answered_by,
        answered_device=answer.answered_device,
        ended_at=_join(max, state.ended_at, reported.ended_at),
        duration=_join(max, state.duration, reported.duration),
        failure=_join(min, state.failure, reported.failure) if rank == CallStatus.FAILED else None,
        voicemail=state.voicemail or reported.voicemail,
        recording_id=recording.recording_id,
        recording_url=recording.recording_url,
        recording_duration=recording.recording_duration,
    )


def caller_name(names: Iterable[str | None]) -> str | None:
    """The caller's name from all names reported for one call: the first in alphabetical order, whatever order they came in."""
    return min((name for each in names if (name := storable(each))), default=None)


def _state_of(event: CallEvent) -> CallState:
    kind = event.kind
    duration, recording_duration = sane_seconds(event.duration), sane_seconds(event.recording_duration)
    recorded = kind in ("recorded", "voicemail")
    audio = recorded and event.recording_id is not None
    status = CallStatus(kind) if kind in ("ringing", "failed", "completed") else CallStatus.IN_PROGRESS
    ended = kind in ("completed", "failed")
    if kind == "failed":
        duration = duration or None
    lasted = (duration if ended else recording_duration if recorded else None) or 0
    return CallState(
        tracking_number=e164(event.tracking_number),
        caller_number=e164(event.caller_number),
        attestation=VERDICTS.get(event.attestation or ""),
        status=status,
        started_at=event.at - timedelta(seconds=lasted),
        start_reported=kind == "ringing",
        answered_at=event.at if kind == "answered" else None,
        answered_by=e164(event.answered_by) or own_phone(event.answered_by) if kind == "answered" else None,
        answered_device=(storable(event.answered_device) or "")[:16] or None if kind == "answered" else None,
        ended_at=event.at if ended else None,
        duration=duration if ended else None,
        failure=event.failure if kind == "failed" else None,
        voicemail=kind == "voicemail",
        recording_id=storable(event.recording_id) if audio else None,
        recording_url=(storable(event.recording_url) or None) if audio else None,
        recording_duration=recording_duration if audio else None,
    )


def _answer(state: CallState) -> tuple[bool, bool, bool, datetime, str, str]:
    """The first answer; an answer that names the person's phone takes precedence, then one that names the device."""
    by, device, answered_at = state.answered_by, state.answered_device, state.answered_at or state.started_at
    return (state.answered_at is None, by is None, device is None, answered_at, by or "", device or "")


def _recording(state: CallState) -> tuple[int, str, str]:
    """The longest recording; without an id there is none."""
    if state.recording_id is None:
        return (-2, "", "")
    lasts = -1 if state.recording_duration is None else state.recording_duration
    return (lasts, state.recording_id, state.recording_url or "")


def sane_seconds(seconds: int | None) -> int | None:
    """A duration in seconds that a column accepts: not negative, and no longer than a call can be."""
    return None if seconds is None else min(max(0, int(seconds)), MAX_CALL_SECONDS)


def _join(choose: Callable[..., Any], one: Any, other: Any) -> Any:
    if one is None or other is None:
        return other if one is None else one
    return choose(one, other)
