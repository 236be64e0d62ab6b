"""Claim work: one statement leases rows to a worker, and only the lease's holder may complete them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, bindparam, or_, select, text, update
from sqlmodel import Session

from hub.model.columns import Work, new_id
from hub.model.states import WorkState
from hub.store.engine import Store

LEASE = timedelta(seconds=20)
"""How long a dead worker keeps its rows; a running worker extends its leases (hub.store.heartbeat)."""


def claim(
    store: Store,
    table: type[Work],
    *,
    now: datetime,
    limit: int,
    where: Sequence[Any] = (),
    counting: bool = True,
    alone: bool = False,
) -> tuple[str, list[Any]]:
    """Claim up to `limit` due rows of `table`, oldest due time first: (token, rows).

    A row is due when it is `ready` and its `due_at` has passed, or when its lease has expired because its worker died.
    On PostgreSQL, rows that another worker is claiming now are skipped. A claim counts as an attempt unless `counting`
    is False; then the caller counts its own attempts. With `alone`, nothing is claimed while another worker holds any
    row that matches `where`.
    """
    token = new_id()
    columns: Any = table
    chosen = select(columns.id).where(is_due(table, now), *where).order_by(columns.due_at, columns.id).limit(limit)
    if alone:
        held = select(columns.id).where(columns.state == WorkState.LEASED, columns.lease_until >= now, *where)
        chosen = chosen.where(~held.correlate(None).exists())
    with store.reading() as session:
        # First query without the write lock: an idle worker must not block the inbox writer.
        if session.execute(chosen.limit(1)).first() is None:
            return token, []
    if not store.is_sqlite:
        # As a CTE it runs once; inside the update, some query plans run it again for each row and claim too many rows.
        chosen = select(chosen.with_for_update(skip_locked=True).cte("chosen").c.id)
    claimed = (
        update(table)
        .where(columns.id.in_(chosen))
        .values(
            state=WorkState.LEASED,
            lease_until=now + LEASE,
            lease_token=token,
            attempts=columns.attempts + int(counting),
        )
        .returning(columns)
        .execution_options(synchronize_session=False)
    )
    with store.writing() as session:
        if alone and not store.is_sqlite:
            # SQLite already has a single writer; here the next claimer looks only after this one has committed.
            session.execute(text("SELECT pg_advisory_xact_lock(7246002)"))
        rows = list(session.scalars(claimed).all())
    rows.sort(key=lambda row: (row.due_at, row.id))
    return token, rows


def is_due(table: type[Work], now: datetime) -> Any:
    """The condition that a row may be claimed now."""
    columns: Any = table
    return or_(
        and_(columns.state == WorkState.READY, columns.due_at <= now),
        and_(columns.state == WorkState.LEASED, columns.lease_until < now),
    )


def complete(session: Session, table: type[Work], ids: Sequence[str], token: str, **values: Any) -> int:
    """Set `values`, including a state, on claimed rows; returns how many were still held by `token`."""
    columns: Any = table
    done = (
        update(table)
        .where(columns.id.in_(ids), columns.lease_token == token)
        .values(lease_until=None, lease_token=None, **values)
        .execution_options(synchronize_session=False)
    )
    return int(session.execute(done).rowcount)  # type: ignore[attr-defined]


def complete_each(
    session: Session, table: type[Work], token: str, outcomes: Sequence[tuple[str, dict[str, Any]]]
) -> None:
    """As `complete`, but each row has its own values; all name the same columns. Rows that `token` no longer holds
    stay unchanged."""
    if not outcomes:
        return
    columns: Any = table
    names = outcomes[0][1]
    statement = (
        update(table.__table__)  # type: ignore[attr-defined]
        .where(columns.id == bindparam("of"), columns.lease_token == token)
        .values(lease_until=None, lease_token=None, **{name: bindparam(f"new_{name}") for name in names})
    )
    session.connection().execute(
        statement,
        [{"of": row_id} | {f"new_{name}": value for name, value in values.items()} for row_id, values in outcomes],
    )


def held_ids(session: Session, table: type[Work], ids: Sequence[str], token: str) -> set[str]:
    """The claimed rows that `token` still holds, locked until the transaction ends."""
    columns: Any = table
    held = select(columns.id).where(columns.id.in_(ids), columns.lease_token == token)
    return set(session.scalars(held.with_for_update() if session.get_bind().dialect.name == "postgresql" else held))
