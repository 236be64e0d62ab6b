"""Alerts: what users want to hear of and how, the alerts that they got, and the outbox of each channel."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field

import hub.model.accounts
import hub.model.users  # noqa: F401 - foreign keys
from hub.model.columns import (
    Row,
    Work,
    ending_column,
    expiry_column,
    id_column,
    json_column,
    json_list,
    personal_bytes,
    personal_text,
    time_column,
    work_index,
)


class AlertRule(Row, table=True):
    """One kind of alert that a user wants for one company, and the channels that bring it. In the page it is always shown."""

    __tablename__ = "alert_rule"
    __table_args__ = (
        UniqueConstraint("user_id", "company_id", "kind"),
        Index("ix_alert_rule_of", "company_id", "kind"),
    )

    id: str = id_column()
    account_id: str = Field(foreign_key="account.id", index=True)
    user_id: str = Field(foreign_key="app_user.id")
    company_id: str = Field(foreign_key="company.id")
    kind: str = Field(max_length=24)
    channels: list[str] = json_list()
    threshold: int | None = None
    """Hours without a delivery, or visitors without a number; None: the kind's default."""


class AlertPreference(Row, table=True):
    """How one user gets the alerts of one company: quiet hours, digests, the webhook, and whether the caller is named."""

    __tablename__ = "alert_preference"

    user_id: str = Field(primary_key=True, foreign_key="app_user.id", max_length=36)
    company_id: str = Field(primary_key=True, foreign_key="company.id", max_length=36, index=True)
    account_id: str = Field(foreign_key="account.id", index=True)
    quiet_from: int | None = None
    """Minutes after midnight in `time_zone`; None: no quiet hours."""
    quiet_to: int | None = None
    time_zone: str = Field(max_length=64)
    names_caller: bool = False
    """Whether what leaves the hub names the caller and the number; otherwise only what happened."""
    attaches_messages: bool = False
    """Whether the email about a voicemail has its sound and its transcript."""
    digests: list[str] = json_list()
    """`daily`, `weekly`, `monthly`."""
    digests_since: datetime = time_column()
    """When the digests were last changed: none is sent for a time before."""
    webhook_sealed: bytes | None = None
    """The webhook's address and secret, encrypted with the hub's key: an address often contains a secret itself."""
    chats_sealed: bytes | None = None
    """The addresses of webhooks of Slack and Teams, by channel, encrypted the same; each is a secret."""


class AlertPhone(Row, table=True):
    """The number to which a user's alerts go as texts. Only a confirmed one gets any."""

    __tablename__ = "alert_phone"

    user_id: str = Field(primary_key=True, foreign_key="app_user.id", max_length=36)
    account_id: str = Field(foreign_key="account.id", index=True)
    number: str | None = personal_text("user.contact.phone_number", index=True, max_length=16)
    code_signature: str | None = Field(default=None, max_length=64)
    code_ends_at: datetime | None = time_column(nullable=True)
    tries: int = 0
    codes_sent: int = 0
    """Since `codes_since`, so that nobody is flooded with codes."""
    codes_since: datetime = time_column()
    verified_at: datetime | None = time_column(nullable=True)
    expires_at: datetime | None = ending_column()
    """Of a number that is not confirmed; None after that."""


class PushSubscription(Row, table=True):
    """One browser that shows a user's alerts. Its address at the push service and its keys are encrypted with the hub's key."""

    __tablename__ = "push_subscription"

    id: str = id_column()
    account_id: str = Field(foreign_key="account.id", index=True)
    user_id: str = Field(foreign_key="app_user.id", index=True)
    endpoint_sha256: str = Field(unique=True, max_length=64)
    sealed: bytes | None = personal_bytes("user.device.device_id")
    browser: str = Field(default="", max_length=80)
    made_at: datetime = time_column()
    expires_at: datetime = expiry_column()
    """Moved by each alert that the push service took: a browser that is gone for long is forgotten."""


class VapidKey(Row, table=True):
    """The hub's key pair for web push, made once; the private key is encrypted. Source: RFC 8292."""

    __tablename__ = "vapid_key"

    id: str = Field(default="vapid", primary_key=True, max_length=8)
    public_key: str = Field(max_length=100)
    private_sealed: bytes
    made_at: datetime = time_column()


class AlertEvent(Work, table=True):
    """Something that happened at a company and that a user may want to hear of, written in the transaction that finds it.
    States: `WorkState`. From one event come the alerts of all users."""

    __tablename__ = "alert_event"
    __table_args__ = (UniqueConstraint("company_id", "dedup_key"), work_index("alert_event"))

    id: str = id_column()
    company_id: str = Field(foreign_key="company.id")
    kind: str = Field(max_length=24)
    """`call` for all kinds that a call may turn out to be; otherwise the kind of alert."""
    dedup_key: str = Field(max_length=120)
    subject_id: str | None = Field(default=None, max_length=36)
    facts: dict[str, Any] = json_column()
    """Counts and names of connectors or pools; nothing about a person."""
    at: datetime = time_column()
    expires_at: datetime = expiry_column()


class Alert(Row, table=True):
    """One alert of one user; the unique key makes it one, whatever crashed. It holds no data about a caller: that is read
    from the call when it is shown or sent."""

    __table_args__ = (
        UniqueConstraint("user_id", "company_id", "dedup_key"),
        Index("ix_alert_newest", "user_id", "at"),
        Index("ix_alert_unread", "user_id", "seen_at"),
    )

    id: str = id_column()
    account_id: str = Field(foreign_key="account.id", index=True)
    user_id: str = Field(foreign_key="app_user.id")
    company_id: str = Field(foreign_key="company.id", index=True)
    kind: str = Field(max_length=24)
    dedup_key: str = Field(max_length=120)
    subject_id: str | None = Field(default=None, max_length=36)
    facts: dict[str, Any] = json_column()
    at: datetime = time_column()
    seen_at: datetime | None = time_column(nullable=True)
    expires_at: datetime = expiry_column()


class AlertDelivery(Work, table=True):
    """The outbox: one alert for one channel, and for web push for one browser. States: `AlertDeliveryState`."""

    __tablename__ = "alert_delivery"
    __table_args__ = (
        UniqueConstraint("alert_id", "channel", "target"),
        work_index("alert_delivery", "channel"),
        Index("ix_alert_delivery_group", "user_id", "channel", "target", "state", "due_at"),
    )

    id: str = id_column()
    alert_id: str = Field(foreign_key="alert.id")
    account_id: str = Field(foreign_key="account.id", index=True)
    user_id: str = Field(foreign_key="app_user.id")
    channel: str = Field(max_length=8)
    target: str = Field(default="", max_length=36)
    """The id of the browser's subscription; empty for other channels."""
    held: bool = False
    """Whether quiet hours held it: what they held goes as one summary."""
    begun_at: datetime | None = time_column(nullable=True)
    """When it was given to a mail server whose answer is not here yet."""
    finished_at: datetime | None = time_column(nullable=True)
    reason: str | None = None
    expires_at: datetime = expiry_column()
