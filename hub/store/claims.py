"""Claim work: one statement leases rows to a worker, and only the lease's holder may complete them.

Each kind of due rows (ready; lease run out) is read along the table's index of work (hub.model.columns.work_index), as far
as the claim goes: neither what else waits nor what is done costs anything.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, func, select, text, union, union_all, update
from sqlmodel import Session

from hub.model.columns import Work
from hub.model.states import DeliveryState, OutgoingCallState, WorkState
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
    ready, lost = oldest_due(table, now, *conditions)
    suspects, lost = lost.where(columns.deaths > 0), lost.where(columns.deaths == 0)
    with store.reading() as session:
        # First query without the write lock: an idle worker must not block the inbox writer.
        found = session.execute(select(*map(_first, (ready, lost, suspects)))).one()
    wanted = _Wanted(store, table, token, now, counting, alone)
    steady = found[2] is not None and works_steadily(store, now)
    if steady and (rows := wanted.take_suspect(suspects, limit if alone else 1)):
        return token, rows
    due = [each for each, first in ((ready, found[0]), (lost, found[1])) if first is not None]
    return token, wanted.take(due, limit) if due else []


@dataclass(frozen=True)
class _Wanted:
    """What a caller wants to claim."""

    store: Store
    table: type[Work]
    token: str
    now: datetime
    counting: bool
    alone: bool

    def take_suspect(self, suspects: Any, limit: int) -> list[Any]:
        """Up to `limit` rows that processes have died of, if this process handles no other such row now."""
        suspect = self.store.suspect
        with suspect.lock:
            if suspect_is_under_way(self.store, self.now):
                return []
            rows = self.take([suspects], limit)
            for row in rows[:1]:
                suspect.table, suspect.row_id, suspect.token = self.table, row.id, self.token
        return rows

    def take(self, due: Sequence[Any], limit: int) -> list[Any]:
        """Claim up to `limit` rows; those that have killed too often go into quarantine instead."""
        columns: Any = self.table
        claimed = (
            update(self.table)
            .where(columns.id.in_(self._chosen(due, limit)))
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

    def _chosen(self, due: Sequence[Any], limit: int) -> Any:
        """The ids of the rows to claim, of all kinds that are due."""
        kinds = [each.limit(limit) for each in due]
        if self.store.is_sqlite:
            parts = [each.subquery() for each in kinds]
        else:
            # As a CTE each runs once; inside the update, some query plans run it again for each row and claim too many
            # rows.
            parts = [each.with_for_update(skip_locked=True).cte() for each in kinds]
        if len(parts) == 1:
            return select(parts[0].c.id)
        together = union_all(*(select(part.c.id, part.c.due_at) for part in parts)).subquery()
        return select(together.c.id).order_by(together.c.due_at).limit(limit)


def oldest_due(table: type[Work], now: datetime, *where: Any) -> tuple[Any, Any]:
    """The queries for the rows of each kind that may be claimed now, oldest due time first: ready; lease run out."""
    columns: Any = table
    ready = _oldest(table, columns.state == WorkState.READY, columns.due_at <= now, *where)
    return ready, _oldest(table, *_lost(table, now), *where)


def is_any_due(session: Session, table: type[Work], now: datetime) -> bool:
    """Whether any row may be claimed now."""
    return session.execute(select(*(_first(each) for each in oldest_due(table, now)))).one() != (None, None)


def due_groups(
    session: Session, column: Any, now: datetime, *where: Any, also: Sequence[DeliveryState | OutgoingCallState] = ()
) -> set[str]:
    """The values of `column` in rows that may be claimed now, or whose state is one of `also` and whose `due_at` has
    passed. The index of work sorts each state by this column, so it is read from one value to the next, however many
    rows have each."""
    table: Any = column.class_
    found = [select(column).where(*_lost(table, now), *where)]
    for state in (WorkState.READY, *also):
        of_state = select(func.min(column).label("value")).where(table.state == state)
        values = of_state.cte(recursive=True)
        values = values.union_all(
            select(of_state.where(column > values.c.value).scalar_subquery()).where(values.c.value.is_not(None))
        )
        due = select(table.id).where(table.state == state, column == values.c.value, table.due_at <= now, *where)
        found.append(select(values.c.value).where(due.exists()))
    return set(session.scalars(union(*found)))


def _lost(table: type[Work], now: datetime) -> tuple[Any, ...]:
    """Claimed by a worker that lets the lease run out."""
    columns: Any = table
    return columns.state == WorkState.LEASED, columns.lease_until < now


def _oldest(table: type[Work], *conditions: Any) -> Any:
    columns: Any = table
    return select(columns.id, columns.due_at).where(*conditions).order_by(columns.due_at)


def _first(oldest: Any) -> Any:
    return oldest.limit(1).with_only_columns(oldest.selected_columns[0]).scalar_subquery()


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
