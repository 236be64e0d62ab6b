"""Calls that users place from the web interface: their own phone rings first, then the person's."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlmodel import Field

from hub.model.columns import Work, ending_column, id_column, personal_text, time_column


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

    id: str = id_column()
    connector: str = Field(max_length=64)
    carrier_call_id: str | None = Field(default=None, index=True, max_length=64)
    """None until the carrier has accepted it."""
    company_id: str = Field(foreign_key="company.id", index=True)
    subject_id: str | None = Field(default=None, index=True, max_length=36)
    """The missed call, text or form that it answers."""
    user_id: str = Field(foreign_key="app_user.id")
    user_number: str | None = personal_text("user.contact.phone_number", max_length=16)
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
