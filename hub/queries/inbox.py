"""The inbox: how many webhooks are in each state, and the newest ones of one state."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func
from sqlmodel import Session, col, select

from hub.model import InboxWebhook
from hub.model.states import InboxState
from hub.platform.fields import from_fields


@dataclass(frozen=True, kw_only=True)
class WebhookState:
    """One webhook in its current state."""

    id: str
    connector: str
    event_key: str
    state: str
    received_at: datetime
    due_at: datetime
    reason: str | None


def count_webhooks(session: Session) -> Mapping[str, int]:
    """How many webhooks are in each state."""
    counted = session.exec(select(InboxWebhook.state, func.count(col(InboxWebhook.id))).group_by(InboxWebhook.state))
    return dict(counted.all())


def newest_webhooks(session: Session, state: str, limit: int) -> list[WebhookState]:
    """At most `limit` webhooks of one state, the newest first."""
    newest = col(InboxWebhook.received_at).desc(), col(InboxWebhook.id).desc()
    query = select(InboxWebhook).where(InboxWebhook.state == state).order_by(*newest).limit(limit)
    return [from_fields(WebhookState, row) for row in session.exec(query)]


def parked_webhooks(session: Session) -> list[str]:
    """The ids of all webhooks that could not be parsed."""
    return list(session.exec(select(InboxWebhook.id).where(InboxWebhook.state == InboxState.PARKED)))
