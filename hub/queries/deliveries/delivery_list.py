"""A page of deliveries, how many there are in each state, and what needs somebody."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import func, literal, union_all
from sqlalchemy import select as select_columns
from sqlmodel import Session, col, select

from hub.access.scope import AccessScope
from hub.contracts.conversions import UNVERIFIABLE
from hub.model import ConversionRow, Delivery
from hub.model.states import DeliveryState
from hub.queries.contact.view import ContactView
from hub.queries.deliveries.subjects import subjects_by_id
from hub.queries.deliveries.summaries import DeliverySummary, summary_of
from hub.queries.lists.delivery_filter import HOOKS, NEEDS_YOU, SET_ASIDE, DeliveryFilter
from hub.queries.lists.keyset import Page, page_of, read_rows
from hub.store.encryption.vault import Vault

MAX_COUNTED = 10_000
"""A higher count is shown as this one with a plus."""
MAX_REASON_ROWS = 5_000
"""Deliveries that are grouped by reason, the newest of each state."""


@dataclass(frozen=True, kw_only=True)
class ListedDelivery:
    """One delivery with its company, its rule, and the call, text or form that it came from (None if that is gone)."""

    delivery: DeliverySummary
    company_id: str | None
    rule: str | None
    subject: ContactView | None
    set_aside_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class DeliveryReason:
    """Deliveries that need somebody for the same reason; `count` is at most MAX_REASON_ROWS."""

    connector: str
    hook: str
    state: str
    code: str | None
    reason: str | None
    count: int


def page_of_deliveries(
    session: Session, scope: AccessScope, vault: Vault, choice: DeliveryFilter, after: str | None, limit: int
) -> Page[ListedDelivery]:
    """At most `limit` deliveries, the newest first. `after` is the `next` of the page before."""
    page = page_of(session, choice.parts(session, scope), after, limit)
    return page.of(listed(session, scope, vault, page.items))


def listed(session: Session, scope: AccessScope, vault: Vault, rows: Sequence[Delivery]) -> list[ListedDelivery]:
    """Deliveries with what a list says about them."""
    made = [row.conversion_id for row in rows if row.conversion_id]
    named = select(ConversionRow.id, ConversionRow.rule).where(col(ConversionRow.id).in_(made))
    rules = dict(session.exec(named).all()) if made else {}
    subjects = subjects_by_id(session, scope, vault, {row.subject_id for row in rows})
    return [
        ListedDelivery(
            delivery=summary_of(row),
            company_id=row.company_id,
            rule=rules.get(row.conversion_id or ""),
            subject=subjects.get(row.subject_id),
            set_aside_at=row.set_aside_at,
        )
        for row in rows
    ]


def iterate_deliveries(
    session: Session, scope: AccessScope, vault: Vault, choice: DeliveryFilter, limit: int, batch: int = 500
) -> Iterator[ListedDelivery]:
    """The newest `limit` deliveries, read in batches."""
    after: str | None = None
    while limit > 0:
        page = page_of_deliveries(session, scope, vault, choice, after, min(limit, batch))
        yield from page.items
        limit, after = limit - len(page.items), page.next
        if after is None:
            return
        session.expunge_all()


def newest_deliveries(session: Session, scope: AccessScope, choice: DeliveryFilter, limit: int) -> list[Delivery]:
    """At most `limit` deliveries, the newest first."""
    return [row.item for row in read_rows(session, choice.parts(session, scope), None, limit)]


def deliveries_of(session: Session, scope: AccessScope, subject_ids: Collection[str]) -> dict[str, list[Delivery]]:
    """Call, text or form → its deliveries of conversions and log entries, the newest first."""
    found: dict[str, list[Delivery]] = {}
    rows = scope.having(col(Delivery.subject_id), subject_ids).where(col(Delivery.hook).in_(HOOKS))
    for row in session.exec(rows.order_by(col(Delivery.made_at).desc(), col(Delivery.id).desc())):
        found.setdefault(row.subject_id, []).append(row)
    return found


def count_by_state(session: Session, scope: AccessScope, choice: DeliveryFilter) -> dict[str, int]:
    """State, UNVERIFIABLE, NEEDS_YOU or SET_ASIDE → how many deliveries of the choice; counting stops above MAX_COUNTED."""
    parts = []
    for state in (*DeliveryState, UNVERIFIABLE, NEEDS_YOU, SET_ASIDE):
        for query in replace(choice, state=state).queries(scope):
            some = query.with_only_columns(literal(1).label("one")).limit(MAX_COUNTED + 1).subquery()
            parts.append(select_columns(literal(state).label("state"), func.count().label("number")).select_from(some))
    counts: dict[str, int] = {}
    for state, number in session.execute(union_all(*parts)):
        counts[state] = counts.get(state, 0) + int(number)
    return counts


def reasons(session: Session, scope: AccessScope, choice: DeliveryFilter) -> list[DeliveryReason]:
    """What needs somebody among the choice, by reason; the most frequent first."""
    found: list[DeliveryReason] = []
    row: Any = Delivery
    columns = (row.connector, row.hook, row.state, row.code, row.reason)
    for query in replace(choice, state=NEEDS_YOU).queries(scope):
        newest = query.with_only_columns(*columns).order_by(row.made_at.desc()).limit(MAX_REASON_ROWS).subquery()
        same = (newest.c.connector, newest.c.hook, newest.c.state, newest.c.code)
        grouped = select_columns(*same, func.max(newest.c.reason), func.count()).group_by(*same)
        found += [
            DeliveryReason(connector=connector, hook=hook, state=state, code=code, reason=reason, count=count)
            for connector, hook, state, code, reason, count in session.execute(grouped)
        ]
    return sorted(found, key=lambda each: (-each.count, each.connector, each.code or ""))
