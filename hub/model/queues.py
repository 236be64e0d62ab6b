"""The callers who wait for an agent or waited, each at their place, and what is known of each agent."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import Index, UniqueConstraint, text
from sqlmodel import Field

import hub.model.accounts  # noqa: F401 - foreign keys
from hub.model.columns import Row, expiry_column, id_column, json_list, time_column


class QueueState(StrEnum):
    """How far a caller got in a queue. All but the first four are final, and have `left_at`."""

    WAITING = "waiting"
    RINGING = "ringing"
    """The phone of `agent` rings for them, or they talk: then their call has been answered."""
    CALL_BACK = "call_back"
    """They hung up, and keep their place until they are called back."""
    CALLING_BACK = "calling_back"
    """The phone of `agent` rings for the call back, or they talk."""
    ANSWERED = "answered"
    CALLED_BACK = "called_back"
    ABANDONED = "abandoned"
    """They hung up before anybody answered."""
    LEFT = "left"
    """They pressed the key that leaves the queue."""
    TOO_LONG = "too_long"
    FULL = "full"
    NO_AGENTS = "no_agents"
    NOT_REACHED = "not_reached"
    """They were called back, in vain."""
    FAILED = "failed"
    """The call failed; its own reason says why."""


class AgentState(StrEnum):
    """Whether an agent takes calls from the queues, within their hours."""

    SIGNED_IN = "in"
    ON_BREAK = "break"
    SIGNED_OUT = "out"


STILL = text("left_at IS NULL")


class QueueEntry(Row, table=True):
    """One wait of a call in one queue. The carrier's id of the call links it to the call's own row."""

    __tablename__ = "queue_entry"
    __table_args__ = (
        Index("ix_queue_entry_live", "company_id", sqlite_where=STILL, postgresql_where=STILL),
        Index("ix_queue_entry_day", "company_id", "entered_at"),
    )

    id: str = id_column()
    company_id: str = Field(foreign_key="company.id")
    connector: str = Field(max_length=64)
    carrier_call_id: str = Field(max_length=64)
    flow: str = Field(max_length=80)
    step: str = Field(max_length=64)
    state: str = Field(max_length=16)
    skills: list[str] = json_list()
    """What an agent must have."""
    agent: str | None = Field(default=None, max_length=40)
    """The phone of the agent who has or had the call: E.164, or phone:NAME."""
    point: str = Field(default="", max_length=100)
    """Where the call was when the agent was chosen, or the wait ended: a repeated request gets the same again."""
    entered_at: datetime = time_column()
    seen_at: datetime = time_column()
    """When the carrier asked last what the caller hears."""
    rang_at: datetime | None = time_column(nullable=True)
    left_at: datetime | None = time_column(nullable=True)
    tries: int = 0
    """Calls back that reached nobody."""
    talk_seconds: int | None = None
    pause_seconds: int = 0
    target_seconds: int = 60
    """Both as the step said when the caller came in."""
    expires_at: datetime = expiry_column()


class QueueAgent(Row, table=True):
    """What is known of an agent besides config.yaml; found by the phone."""

    __tablename__ = "queue_agent"
    __table_args__ = (UniqueConstraint("company_id", "phone"),)

    id: str = id_column()
    company_id: str = Field(foreign_key="company.id")
    phone: str = Field(max_length=40)
    state: str = Field(default=AgentState.SIGNED_IN, max_length=8)
    changed_at: datetime | None = time_column(nullable=True)
    changed_by: str | None = Field(default=None, max_length=64)
    """Who changed the state: a user's id, the operator's account, or one of `hub.answering.queue_agents`."""
    missed: int = 0
    """Calls in a row that were not picked up."""
    rests_until: datetime | None = time_column(nullable=True)
    """No call before: after a conversation, or after a call that was not picked up."""
    rang_at: datetime | None = time_column(nullable=True)
    """When the phone rang last for a queue: who has waited longest for a call gets the next one."""
