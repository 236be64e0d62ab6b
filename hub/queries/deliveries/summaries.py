"""Deliveries: how many are in each state, the newest ones, and why each is in its state."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import func
from sqlalchemy import select as select_columns
from sqlmodel import Session, col, select

from hub.model import Delivery
from hub.model.conversions import shown_state
from hub.model.states import FINAL_DELIVERY_STATES, REPLAYABLE_DELIVERY_STATES
from hub.platform.fields import from_fields
from hub.queries.lookup import find_deliveries
from hub.queries.timeline.entries import Entry, in_order
from hub.queries.timeline.receipts import story


@dataclass(frozen=True, kw_only=True)
class DeliveryFilter:
    """Selects deliveries; None leaves a condition out."""

    connector: str | None = None
    state: str | None = None
    since: datetime | None = None

    def conditions(self) -> list[Any]:
        """The conditions of a query."""
        return [
            *([Delivery.connector == self.connector] if self.connector is not None else []),
            *([Delivery.state == self.state] if self.state is not None else []),
            *([Delivery.made_at >= self.since] if self.since is not None else []),
        ]


@dataclass(frozen=True, kw_only=True)
class DeliveryCount:
    """How many deliveries of one connector are in one state for one reason."""

    connector: str
    state: str
    code: str | None
    count: int

    @property
    def shown_state(self) -> str:
        """The state as people see it."""
        return shown_state(self.state, self.code)


@dataclass(frozen=True, kw_only=True)
class DeliverySummary:
    """One delivery in its current state."""

    id: str
    connector: str
    hook: str
    key: str
    kind: str
    subject: str
    state: str
    code: str | None
    reason: str | None
    reference: str | None
    attempts: int
    made_at: datetime
    next_at: datetime | None
    """When it is next due; None after it has ended."""
    finished_at: datetime | None
    amount: Decimal | None
    currency: str | None

    @property
    def shown_state(self) -> str:
        """The state as people see it."""
        return shown_state(self.state, self.code)


def count_deliveries(session: Session, wanted: DeliveryFilter) -> list[DeliveryCount]:
    """How many deliveries there are by connector, state and code."""
    columns: Any = (Delivery.connector, Delivery.state, Delivery.code)
    query = select_columns(*columns, func.count(col(Delivery.id))).where(*wanted.conditions())
    return [
        DeliveryCount(connector=connector, state=state, code=code, count=count)
        for connector, state, code, count in session.execute(query.group_by(*columns).order_by(*columns))
    ]


def newest_deliveries(session: Session, wanted: DeliveryFilter, limit: int) -> list[DeliverySummary]:
    """At most `limit` deliveries, the newest first."""
    query = select(Delivery).where(*wanted.conditions())
    newest = query.order_by(col(Delivery.made_at).desc(), col(Delivery.id).desc()).limit(limit)
    return list(map(summary_of, session.exec(newest)))


def why_deliveries(session: Session, wanted: str) -> list[tuple[DeliverySummary, list[Entry]]]:
    """The deliveries with an id or key, or a part of it, each with its history; CannotDo if none is found."""
    return [(summary_of(row), in_order(story(session, row))) for row in find_deliveries(session, wanted)]


def replayable(session: Session, ids: Sequence[str], wanted: DeliveryFilter) -> list[DeliverySummary]:
    """The deliveries that ended without success and may be tried again; only those in `ids` if any are given."""
    query = (
        select(Delivery)
        .where(col(Delivery.state).in_(REPLAYABLE_DELIVERY_STATES), *wanted.conditions())
        .order_by(col(Delivery.id))
    )
    if ids:
        named = {row.id for each in ids for row in find_deliveries(session, each)}
        query = query.where(col(Delivery.id).in_(named))
    return list(map(summary_of, session.exec(query)))


def summary_of(row: Delivery) -> DeliverySummary:
    return from_fields(
        DeliverySummary,
        row,
        key=row.item_key,
        subject=row.subject_id,
        next_at=None if row.state in FINAL_DELIVERY_STATES else row.due_at,
    )
