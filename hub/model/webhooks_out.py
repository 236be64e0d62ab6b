"""Webhooks that the hub sends: the endpoints of companies, and the outbox of each."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field

import hub.model.accounts  # noqa: F401 - foreign keys
from hub.model.columns import Row, Work, expiry_column, id_column, json_list, time_column, work_index


class WebhookEndpoint(Row, table=True):
    """One entry of a company's `webhooks:`. Its address and its settings are read from config.yaml; its secrets are here,
    encrypted with the hub's key."""

    __tablename__ = "webhook_endpoint"
    __table_args__ = (UniqueConstraint("company_id", "name"),)

    id: str = id_column()
    account_id: str = Field(foreign_key="account.id", index=True)
    company_id: str = Field(foreign_key="company.id")
    name: str = Field(max_length=40)
    events: list[str] = json_list()
    """The types that it gets; none after it was disabled or left config.yaml."""
    secret_sealed: bytes | None = None
    """Made when it is first needed."""
    former_sealed: bytes | None = None
    """The secret before a rotation, valid until `former_until`."""
    former_until: datetime | None = time_column(nullable=True)
    secret_made_at: datetime | None = time_column(nullable=True)
    paused_at: datetime | None = time_column(nullable=True)
    """When it answered that it is gone for good; it gets no events until a person resumes it."""
    pause_reason: str | None = Field(default=None, max_length=200)
    failing_since: datetime | None = time_column(nullable=True)
    """Since when it has taken nothing, though it was tried; None after it has taken something."""
    last_refusal: str | None = Field(default=None, max_length=200)
    """Its last answer while it takes nothing."""
    made_at: datetime = time_column()
    retired_at: datetime | None = time_column(nullable=True)
    """When it left config.yaml."""


class WebhookEvent(Work, table=True):
    """The outbox: one event for one endpoint. States: `WebhookEventState`. It names the call, text or form by id only; what is
    sent about it is read when it is sent, so nothing about a person rests here."""

    __tablename__ = "webhook_event"
    __table_args__ = (
        UniqueConstraint("endpoint_id", "dedup_key"),
        work_index("webhook_event", "endpoint_id"),
        Index("ix_webhook_event_newest", "endpoint_id", "at"),
        Index("ix_webhook_event_subject", "subject_id"),
    )

    id: str = id_column()
    """The receiver's `webhook-id`: the same in each try and each replay."""
    endpoint_id: str = Field(foreign_key="webhook_endpoint.id")
    account_id: str = Field(foreign_key="account.id", index=True)
    company_id: str = Field(foreign_key="company.id", index=True)
    type: str = Field(max_length=24)
    subject_id: str = Field(max_length=36)
    """The call, text or form; an outgoing call for `outbound_post_call`; the request or the opt-out of a `PersonNotice`."""
    changes: list[str] = json_list()
    """Of a modified call: the names of what changed. Of a notice about a person (`PersonNotice`): the ids of the calls, texts
    and forms that the endpoint was sent."""
    dedup_key: str = Field(max_length=120)
    at: datetime = time_column()
    """When it happened."""
    first_tried_at: datetime | None = time_column(nullable=True)
    finished_at: datetime | None = time_column(nullable=True)
    status: int | None = None
    """The HTTP status of the last answer."""
    reason: str | None = None
    expires_at: datetime = expiry_column()
