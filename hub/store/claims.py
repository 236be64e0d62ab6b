"""Claim work: one statement gives a worker its rows under a lease, and only the lease's holder may complete them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, or_, select, update
from sqlmodel import Session

from hub.model.columns import Work, new_id


def claim(
    session: Session,
    table: type[Work],
    *,
    now: datetime,
    lease: timedelta,
    limit: int,
    where: Sequence[Any] = (),
) -> tuple[str, list[Any]]:
    """Claim up to `limit` due rows of `table`, those first that are due longest: (token, rows).

    A row is due when it is `ready` and its `due_at` has come, or when its lease has run out: its worker died. On
    PostgreSQL, rows that another worker is claiming at this moment are passed over.
    """
    token = new_id()
    columns: Any = table
    due = or_(
        and_(columns.state == "ready", columns.due_at <= now),
        and_(columns.state == "leased", columns.lease_until < now),
    )
    chosen = select(columns.id).where(due, *where).order_by(columns.due_at, columns.id).limit(limit)
    if session.get_bind().dialect.name == "postgresql":
        chosen = chosen.with_for_update(skip_locked=True)
    claimed = (
        update(table)
        .where(columns.id.in_(chosen))
        .values(state="leased", lease_until=now + lease, lease_token=token, attempts=columns.attempts + 1)
        .returning(columns)
        .execution_options(synchronize_session=False)
    )
    rows = list(session.scalars(claimed).all())
    rows.sort(key=lambda row: (row.due_at, row.id))
    return token, rows


def complete(session: Session, table: type[Work], ids: Sequence[str], token: str, **values: Any) -> int:
    """Set `values` (a state among them) on claimed rows; how many were still held by `token`."""
    columns: Any = table
    done = (
        update(table)
        .where(columns.id.in_(ids), columns.lease_token == token)
        .values(lease_until=None, lease_token=None, **values)
        .execution_options(synchronize_session=False)
    )
    return int(session.execute(done).rowcount)  # type: ignore[attr-defined]


def held_ids(session: Session, table: type[Work], ids: Sequence[str], token: str) -> set[str]:
    """The claimed rows that `token` still holds, locked until the transaction ends."""
    columns: Any = table
    held = select(columns.id).where(columns.id.in_(ids), columns.lease_token == token)
    return set(session.scalars(held.with_for_update() if session.get_bind().dialect.name == "postgresql" else held))
