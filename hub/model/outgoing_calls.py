"""Calls that users place from the web interface: their own phone rings first, then the person's."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlmodel import Field

import hub.model.accounts
import hub.model.users  # noqa: F401 - foreign keys
from hub.contracts.call_backs import CallBackEvent
from hub.contracts.phones import MAX_PHONE
from hub.model.calls import sane_seconds
from hub.model.columns import Work, ending_column, id_column, personal_text, time_column, work_index


class OutgoingCallStatus(StrEnum):
    """How far an outgoing call got."""

    QUEUED = "queued"
    """Waits to be handed to the carrier."""
    PLACED = "placed"
    """The carrier has it: the user's phone rings."""
    ANSWERED = "answered"
    """The person picked up. Final states follow when it ends."""
    COMPLETED = "completed"
    """Both spoke."""
    FAILED = "failed"
    """The user or the person did not pick up, or the carrier refused; `reason` says which."""
    REFUSED = "refused"
    """The law, the person or the quiet hours forbid it; nothing was dialed."""


class OutgoingCall(Work, table=True):
    """One call back. `state` is the work on it, `status` the call's own (`OutgoingCallStatus`)."""

    __tablename__ = "outgoing_call"
    __table_args__ = (work_index("outgoing_call", "connector"),)

    id: str = id_column()
    connector: str = Field(max_length=64)
    carrier_call_id: str | None = Field(default=None, index=True, max_length=64)
    """None until the carrier has accepted it."""
    company_id: str = Field(foreign_key="company.id", index=True)
    subject_id: str | None = Field(default=None, index=True, max_length=36)
    """The missed call, text or form that it answers."""
    user_id: str = Field(foreign_key="app_user.id")
    user_number: str | None = personal_text("user.contact.phone_number", max_length=MAX_PHONE)
    """The user's phone, which rings first."""
    tracking_number: str = Field(max_length=16)
    """The caller ID that the person sees."""
    person_number: str | None = personal_text("user.contact.phone_number", index=True, max_length=16)
    status: str = Field(default=OutgoingCallStatus.QUEUED, max_length=16)
    reason: str | None = None
    made_at: datetime = time_column()
    placed_at: datetime | None = time_column(nullable=True)
    answered_at: datetime | None = time_column(nullable=True)
    ended_at: datetime | None = time_column(nullable=True)
    duration: int | None = None
    """Seconds that both spoke."""
    expires_at: datetime | None = ending_column()

    @property
    def is_by_hand(self) -> bool:
        """Whether the user called from a phone of their own and noted it afterwards: no carrier was asked to place it."""
        return self.placed_at is None and self.answered_at is not None


NOT_REACHED: Mapping[tuple[str, str], str] = {
    ("user", "completed"): "The call ended before the person picked up.",
    ("user", "no_answer"): "The user's phone was not picked up.",
    ("user", "canceled"): "The user's phone was not picked up.",
    ("user", "busy"): "The user's phone was busy.",
    ("user", "failed"): "The carrier could not reach the user's phone.",
    ("person", "canceled"): "The call ended before the person picked up.",
    ("person", "no_answer"): "The person did not pick up.",
    ("person", "busy"): "The person's phone was busy.",
    ("person", "failed"): "The carrier could not reach the person's phone.",
}
"""How a call back ended without a conversation, by (leg, its last status). If several apply, the last in
this order counts."""
_ORDER = {reason: position for position, reason in enumerate(dict.fromkeys(NOT_REACHED.values()))}


def fold_call_back(call: OutgoingCall, event: CallBackEvent) -> Mapping[str, Any]:
    """The columns of a call back after one more event. The order and the number of deliveries of the events do not change
    the result."""
    answered_at, ended_at, duration, reason = call.answered_at, call.ended_at, call.duration, call.reason
    if event.leg == "person" and event.status in ("answered", "completed"):
        spoke = sane_seconds(event.duration) or 0
        since = event.at - timedelta(seconds=spoke) if event.status == "completed" else event.at
        answered_at = min(answered_at, since) if answered_at else since
        if event.status == "completed":
            duration = max(duration or 0, spoke)
    if event.status != "answered":
        ended_at = max(ended_at, event.at) if ended_at else event.at
        reported = NOT_REACHED.get((event.leg, event.status))
        reason = max((each for each in (reason, reported) if each), key=lambda each: _ORDER.get(each, -1), default=None)
    if answered_at is not None:
        status = OutgoingCallStatus.COMPLETED if ended_at else OutgoingCallStatus.ANSWERED
        reason = None
    else:
        status = OutgoingCallStatus.FAILED if ended_at else OutgoingCallStatus.PLACED
    if not ended_at and reason not in _ORDER:
        reason = None
    return {
        "status": status,
        "reason": reason,
        "answered_at": answered_at,
        "ended_at": ended_at,
        "duration": duration,
        "carrier_call_id": call.carrier_call_id or event.call_id,
    }
