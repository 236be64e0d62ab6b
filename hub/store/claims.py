"""Claim work: one statement leases rows to a worker, and only the lease's holder may complete them.

Each kind of due rows (ready; lease run out) is read along the table's index of work (hub.model.columns.work_index), as far
as the claim goes: neither what else waits nor what is done costs anything.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from types import MappingProxyType
from typing import Any

from sqlalchemy import Integer, bindparam, func, or_, select, union, union_all, update
from sqlmodel import Session

from hub.model.columns import UTCTime, Work
from hub.model.states import DeliveryState, OutgoingCallState, WorkState
from hub.store.engine import Store
from hub.store.locks import TransactionLock, lock_transaction
from hub.store.quarantine.deaths import (
    MAX_DEATHS,
    SEEN_WITHIN,
    deaths_by_now,
    new_token,
    put_into_quarantine,
    suspect_is_under_way,
    works_steadily,
)
from hub.store.rows import read, read_objects

LEASE = timedelta(seconds=20)
"""How long a dead worker keeps its rows; a running worker extends its leases (hub.store.heartbeat)."""
ENDED_LEASE: Mapping[str, Any] = {"lease_until": None, "lease_token": None, "deaths": 0, "last_hook": None}
"""The columns of a lease after its row has ended or was given back."""
FROM_THE_START: Mapping[str, Any] = {
    "attempts": 0,
    "finished_at": None,
    "code": None,
    "reason": None,
    "set_aside_at": None,
    **ENDED_LEASE,
}
"""The columns of a delivery that is sent as if it were new, besides its state and when it is due."""
NOW: Any = bindparam("now", type_=UTCTime())
MOST: Any = bindparam("most", type_=Integer())
READY, LOST, SUSPECT = range(3)
"""The kinds of rows that may be claimed: ready; lease run out; lease run out after processes had died of the row."""


def claim(
    store: Store,
    table: type[Work],
    *,
    now: datetime,
    limit: int,
    of: Mapping[str, str] = MappingProxyType({}),
    where: Sequence[object] = (),
    counting: bool = True,
    alone: bool = False,
    plain: bool = False,
) -> tuple[str, list[Any]]:
    """Claim up to `limit` due rows of `table`, oldest due time first: (token, rows).

    A row is due when it is `ready` and its `due_at` has passed, or when its lease has expired because its worker died.
    On PostgreSQL, rows that another worker is claiming now are skipped. A claim counts as an attempt unless `counting`
    is False; then the caller counts its own attempts. Only rows are claimed that have the values of `of` in these columns
    and match `where`; a statement with a `where` is built each time. With `alone`, nothing is claimed while another worker
    holds any of these rows. A row that processes have died of is claimed alone (hub.store.quarantine.deaths); of rows that
    are claimed `alone`, which all stand for the same work, those are claimed together. `plain` rows can only be read, and
    are made much faster.
    """
    if store.suspect.working_since is None:
        store.suspect.working_since = now
    with store.engine.connect() as connection:
        # First query without the write lock: an idle worker must not block the inbox writer.
        look = _built(_look, where)(table, tuple(of), tuple(where), alone)
        found = connection.execute(look, {"now": now, **_values(of)}).one()
    due = tuple(kind for kind in (READY, LOST, SUSPECT) if found[kind] is not None)
    wanted = _Wanted(store, table, new_token(), now, of, tuple(where), counting, alone, plain)
    if SUSPECT in due and works_steadily(store, now) and (rows := wanted.take_suspect(limit if alone else 1)):
        return wanted.token, rows
    normal = tuple(kind for kind in due if kind != SUSPECT)
    return wanted.token, wanted.take(normal, limit) if normal else []


@dataclass(frozen=True)
class _Wanted:
    """What a caller wants to claim."""

    store: Store
    table: type[Work]
    token: str
    now: datetime
    of: Mapping[str, str]
    where: tuple[Any, ...]
    counting: bool
    alone: bool
    plain: bool

    def take_suspect(self, limit: int) -> list[Any]:
        """Up to `limit` rows that processes have died of, if this process handles no other such row now."""
        suspect = self.store.suspect
        with suspect.lock:
            if suspect_is_under_way(self.store, self.now):
                return []
            rows = self.take((SUSPECT,), limit)
            for row in rows[:1]:
                suspect.table, suspect.row_id, suspect.token = self.table, row.id, self.token
        return rows

    def take(self, kinds: tuple[int, ...], limit: int) -> list[Any]:
        """Claim up to `limit` rows; those that have killed too often go into quarantine instead."""
        claimed = _built(_take, self.where)(
            self.table, tuple(self.of), self.where, self.alone, kinds, self.plain
        )  # fmt: skip
        values = {
            "now": self.now, "most": limit, "until": self.now + LEASE, "token": self.token, "count": int(self.counting),
            "seen": self.now - SEEN_WITHIN, **_values(self.of),
        }  # fmt: skip
        with self.store.writing() as session:
            if self.alone:  # the next claimer looks only after this one has committed
                lock_transaction(session, TransactionLock.CLAIMS)
            rows: list[Any]
            if self.plain:
                rows = read_objects(session, self.table, claimed, **values)
            else:
                rows = list(session.execute(claimed, values).scalars())
            deadly = [row for row in rows if row.deaths >= MAX_DEATHS]
            put_into_quarantine(session, self.table, deadly, self.now)
        rows = [row for row in rows if row.deaths < MAX_DEATHS]
        rows.sort(key=lambda row: (row.due_at, row.id))
        return rows


def any_due(table: type[Work]) -> Any:
    """The condition that any row may be claimed at `NOW`."""
    return or_(*(_first(each).is_not(None) for each in oldest_due(table)))


def due_groups(
    table: type[Work], by: str, also: tuple[DeliveryState | OutgoingCallState, ...] = (), **equal: str
) -> Any:
    """The query for the values of the column `by` in rows that may be claimed at `NOW`, or whose state is one of `also` and
    whose `due_at` has passed. The index of work sorts each state by this column, so it is read from one value to the
    next, however many rows have each. Only rows with `equal` values count."""
    columns: Any = table.__table__.c
    column, where = columns[by], [columns[name] == value for name, value in equal.items()]
    _, lost = oldest_due(table, *where)
    found = [lost.with_only_columns(column).order_by(None)]
    for state in (WorkState.READY, *also):
        of_state = select(func.min(column).label("value")).where(columns.state == state)
        values = of_state.cte(recursive=True)
        values = values.union_all(
            select(of_state.where(column > values.c.value).scalar_subquery()).where(values.c.value.is_not(None))
        )
        passed = columns.state == state, column == values.c.value, columns.due_at <= NOW
        due = select(columns.id).where(*passed, *where).order_by(columns.due_at).correlate(values)
        found.append(select(values.c.value).where(_first(due).is_not(None)))
    return union(*found)


def oldest_due(table: type[Work], *where: Any) -> tuple[Any, Any]:
    """The queries for the rows of each kind that may be claimed at `NOW`, oldest due time first: ready; lease run out."""
    columns: Any = table.__table__.c
    oldest = select(columns.id, columns.due_at).where(*where).order_by(columns.due_at)
    ready = oldest.where(columns.state == WorkState.READY, columns.due_at <= NOW)
    return ready, oldest.where(columns.state == WorkState.LEASED, columns.lease_until < NOW)


def _first(oldest: Any) -> Any:
    """The id of the first row. Its order keeps PostgreSQL on the index, where EXISTS would let it read the table."""
    return oldest.with_only_columns(oldest.selected_columns.id).limit(1).scalar_subquery()


def _built(build: Any, where: Sequence[Any]) -> Callable[..., Any]:
    """Statements without conditions of their own are built once: a worker looks several times a second."""
    return build.__wrapped__ if where else build  # type: ignore[no-any-return]


def _values(of: Mapping[str, str]) -> dict[str, str]:
    return {f"of_{name}": value for name, value in of.items()}


@cache
def _look(table: type[Work], of: tuple[str, ...], where: tuple[object, ...], alone: bool) -> Any:
    """The id of the oldest row of each kind."""
    return select(*map(_first, _kinds(table, of, where, alone)))


@cache
def _take(
    table: type[Work],
    of: tuple[str, ...],
    where: tuple[object, ...],
    alone: bool,
    kinds: tuple[int, ...],
    plain: bool,
) -> Any:
    """Lease the oldest rows of these kinds."""
    columns: Any = table.__table__.c if plain else table
    due = [each.limit(MOST) for kind, each in enumerate(_kinds(table, of, where, alone)) if kind in kinds]
    # As a CTE each runs once; inside the update, some plans of PostgreSQL run it again for each row and claim too many rows.
    parts = [each.with_for_update(skip_locked=True).cte() for each in due]
    chosen = select(parts[0].c.id)
    if len(parts) > 1:
        together = union_all(*(select(part.c.id, part.c.due_at) for part in parts)).subquery()
        chosen = select(together.c.id).order_by(together.c.due_at).limit(MOST)
    leased = {
        "state": WorkState.LEASED,
        "lease_until": bindparam("until", type_=UTCTime()),
        "lease_token": bindparam("token"),
        "attempts": columns.attempts + bindparam("count", type_=Integer()),
        "deaths": deaths_by_now(columns, bindparam("seen", type_=UTCTime())),
    }
    claimed = update(table.__table__ if plain else table).where(columns.id.in_(chosen)).values(leased)
    returned = claimed.returning(*columns) if plain else claimed.returning(columns)
    return returned.execution_options(synchronize_session=False)


def _kinds(table: type[Work], of: Sequence[str], where: Sequence[Any], alone: bool) -> tuple[Any, Any, Any]:
    columns: Any = table.__table__.c
    where = (*(columns[name] == bindparam(f"of_{name}") for name in of), *where)
    ready, lost = oldest_due(table, *where)
    kinds = ready, lost.where(columns.deaths == 0), lost.where(columns.deaths > 0)
    if not alone:
        return kinds
    held = select(columns.id).where(columns.state == WorkState.LEASED, columns.lease_until >= NOW, *where)
    free = ~held.correlate(None).exists()
    return kinds[0].where(free), kinds[1].where(free), kinds[2].where(free)


def complete(session: Session, table: type[Work], ids: Sequence[str], token: str, **values: Any) -> int:
    """Set `values`, including a state, on claimed rows; returns how many were still held by `token`."""
    session.flush()
    done = _completed(table, tuple(sorted(values)))
    new = {f"new_{name}": value for name, value in values.items()}
    return session.connection().execute(done, {"of": list(ids), "by": token, **new}).rowcount


@cache
def _completed(table: type[Work], names: tuple[str, ...], each: bool = False) -> Any:
    columns = table.__table__.c
    values = {**ENDED_LEASE, **{name: bindparam(f"new_{name}") for name in names}}
    these = columns.id == bindparam("of") if each else columns.id.in_(bindparam("of", expanding=True))
    return update(table.__table__).where(these, columns.lease_token == bindparam("by")).values(values)


def complete_each(
    session: Session, table: type[Work], token: str, outcomes: Sequence[tuple[str, dict[str, object]]]
) -> None:
    """As `complete`, but each row has its own values; all name the same columns. Rows that `token` no longer holds
    stay unchanged."""
    if not outcomes:
        return
    rows = [
        {"of": row_id, "by": token} | {f"new_{name}": value for name, value in values.items()}
        for row_id, values in outcomes
    ]
    session.connection().execute(_completed(table, tuple(sorted(outcomes[0][1])), each=True), rows)


def held_ids(session: Session, table: type[Work], ids: Sequence[str], token: str) -> set[str]:
    """The claimed rows that `token` still holds, locked until the transaction ends."""
    return {row_id for (row_id,) in read(session, _held(table), ids=list(ids), token=token)}


@cache
def _held(table: type[Work]) -> Any:
    columns: Any = table.__table__.c
    mine = columns.id.in_(bindparam("ids", expanding=True)), columns.lease_token == bindparam("token")
    return select(columns.id).where(*mine).with_for_update()
