"""Claim work: one statement leases rows to a worker, and only the lease's holder may complete them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, bindparam, or_, select, text, update
from sqlmodel import Session

from hub.model.columns import Work
from hub.model.states import WorkState
from hub.store.engine import Store
from hub.store.quarantine.deaths import (
    MAX_DEATHS,
    deaths_by_now,
    new_token,
    put_into_quarantine,
    suspect_is_under_way,
    works_steadily,
)

LEASE = timedelta(seconds=20)
"""How long a dead worker keeps its rows; a running worker extends its leases (hub.store.heartbeat)."""
ENDED_LEASE: Mapping[str, Any] = {"lease_until": None, "lease_token": None, "deaths": 0, "last_hook": None}
"""The columns of a lease after its row has ended or was given back."""


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
    row that matches `where`. A row that processes have died of is claimed alone (hub.store.quarantine.deaths); of rows
    that are claimed `alone`, which all stand for the same work, those are claimed together.
    """
    token = new_token()
    columns: Any = table
    conditions = list(where)
    if store.suspect.working_since is None:
        store.suspect.working_since = now
    if alone:
        held = select(columns.id).where(columns.state == WorkState.LEASED, columns.lease_until >= now, *where)
        conditions.append(~held.correlate(None).exists())
    wanted = _Wanted(store, table, token, now, conditions, counting, alone)
    normal, suspect = _first(table, _is_normal(table, now), conditions), _is_suspect(table, now)
    with store.reading() as session:
        # First query without the write lock: an idle worker must not block the inbox writer.
        has_normal, has_suspect = session.execute(
            select(normal.scalar_subquery(), _first(table, suspect, conditions).scalar_subquery())
        ).one()
    if has_suspect is not None and works_steadily(store, now) and (rows := wanted.take_suspect(limit if alone else 1)):
        return token, rows
    return token, wanted.take(_is_normal(table, now), limit) if has_normal is not None else []


@dataclass(frozen=True)
class _Wanted:
    """What a caller wants to claim."""

    store: Store
    table: type[Work]
    token: str
    now: datetime
    conditions: Sequence[Any]
    counting: bool
    alone: bool

    def take_suspect(self, limit: int) -> list[Any]:
        """Up to `limit` rows that processes have died of, if this process handles no other such row now."""
        suspect = self.store.suspect
        with suspect.lock:
            if suspect_is_under_way(self.store, self.now):
                return []
            rows = self.take(_is_suspect(self.table, self.now), limit)
            for row in rows[:1]:
                suspect.table, suspect.row_id, suspect.token = self.table, row.id, self.token
        return rows

    def take(self, due: Any, limit: int) -> list[Any]:
        """Claim up to `limit` rows; those that have killed too often go into quarantine instead."""
        columns: Any = self.table
        chosen: Any = _first(self.table, due, self.conditions).limit(limit)
        if not self.store.is_sqlite:
            # As a CTE it runs once; inside the update, some query plans run it again for each row and claim too many
            # rows.
            chosen = select(chosen.with_for_update(skip_locked=True).cte("chosen").c.id)
        claimed = (
            update(self.table)
            .where(columns.id.in_(chosen))
            .values(
                state=WorkState.LEASED,
                lease_until=self.now + LEASE,
                lease_token=self.token,
                attempts=columns.attempts + int(self.counting),
                deaths=deaths_by_now(self.table, self.now),
            )
            .returning(columns)
            .execution_options(synchronize_session=False)
        )
        with self.store.writing() as session:
            if self.alone and not self.store.is_sqlite:
                # SQLite already has a single writer; here the next claimer looks only after this one has committed.
                session.execute(text("SELECT pg_advisory_xact_lock(7246002)"))
            rows = list(session.scalars(claimed).all())
            deadly = [row for row in rows if row.deaths >= MAX_DEATHS]
            put_into_quarantine(session, self.table, deadly, self.now)
        rows = [row for row in rows if row.deaths < MAX_DEATHS]
        rows.sort(key=lambda row: (row.due_at, row.id))
        return rows


def _first(table: type[Work], due: Any, conditions: Sequence[Any]) -> Any:
    columns: Any = table
    return select(columns.id).where(due, *conditions).order_by(columns.due_at, columns.id).limit(1)


def _is_normal(table: type[Work], now: datetime) -> Any:
    """Due, and not a suspect."""
    columns: Any = table
    return and_(is_due(table, now), or_(columns.state == WorkState.READY, columns.deaths == 0))


def _is_suspect(table: type[Work], now: datetime) -> Any:
    """Due, and a process has died of it before the one that held its lease."""
    columns: Any = table
    return and_(columns.state == WorkState.LEASED, columns.lease_until < now, columns.deaths > 0)


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
        .values(**{**ENDED_LEASE, **values})
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
        .values(**{**ENDED_LEASE, **{name: bindparam(f"new_{name}") for name in names}})
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
