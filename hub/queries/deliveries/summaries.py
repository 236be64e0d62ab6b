"""Deliveries in short: how many are in each state, which may be tried again, and why each is in its state."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import func
from sqlmodel import Session, col

from hub.access.scope import AccessScope
from hub.model import Delivery
from hub.model.conversions import shown_state
from hub.model.states import FINAL_DELIVERY_STATES, REPLAYABLE_DELIVERY_STATES
from hub.platform.fields import from_fields
from hub.queries.lists.delivery_filter import DeliveryFilter
from hub.queries.lookup import find_deliveries
from hub.queries.timeline.entries import Entry, NameOf, in_order
from hub.queries.timeline.receipts import story


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


def count_deliveries(session: Session, scope: AccessScope, wanted: DeliveryFilter) -> list[DeliveryCount]:
    """How many deliveries there are by connector, state and code."""
    columns: Any = (Delivery.connector, Delivery.state, Delivery.code)
    return sorted(
        (
            DeliveryCount(connector=connector, state=state, code=code, count=count)
            for query in wanted.queries(scope)
            for connector, state, code, count in session.execute(
                query.with_only_columns(*columns, func.count()).group_by(*columns)
            )
        ),
        key=lambda each: (each.connector, each.state, each.code or ""),
    )


def why_deliveries(session: Session, wanted: str, name_of: NameOf) -> list[tuple[DeliverySummary, list[Entry]]]:
    """The deliveries with an id or key, or a part of it, each with its history; CannotDo if none is found."""
    return [(summary_of(row), in_order(story(session, row, name_of))) for row in find_deliveries(session, wanted)]


def replayable(
    session: Session, scope: AccessScope, ids: Sequence[str], wanted: DeliveryFilter
) -> list[DeliverySummary]:
    """The deliveries that ended without success and may be tried again; only those in `ids` if any are given."""
    where = [col(Delivery.state).in_(REPLAYABLE_DELIVERY_STATES)]
    if ids:
        where.append(col(Delivery.id).in_({row.id for each in ids for row in find_deliveries(session, each)}))
    found = [row for query in wanted.queries(scope) for row in session.exec(query.where(*where))]
    return [summary_of(row) for row in sorted(found, key=lambda row: row.id)]


def summary_of(row: Delivery) -> DeliverySummary:
    return from_fields(
        DeliverySummary,
        row,
        key=row.item_key,
        subject=row.subject_id,
        next_at=None if row.state in FINAL_DELIVERY_STATES else row.due_at,
    )
