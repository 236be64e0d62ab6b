"""Quarantine: work that processes die of is handled alone, and after three deaths not at all.

A lease that ran out is a death only if the process that held it is gone: it is not this one, and it no longer writes
its row in the table of processes. An error, a lost database and a graceful stop do not count. A batch that a process died
of may hold one guilty row and many innocent ones: after the second death each of them is claimed alone (a suspect), one
at a time in each process, so that only the guilty one dies again. A process claims suspects after it has worked for thirty
seconds, so that a hub that somebody kills again and again puts nothing innocent into quarantine.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import and_, bindparam, case, func, select, update
from sqlmodel import Session

from hub.errors import PluginDied
from hub.model import ConfigProcess, SyncSlot, TextMessage
from hub.model.columns import Work, new_id
from hub.model.states import WorkState
from hub.platform import metrics
from hub.store.connectors import pause_within
from hub.store.engine import Store

log = structlog.get_logger(__name__)
MAX_DEATHS = 3
SEEN_WITHIN = timedelta(seconds=10)
"""A process that was seen within this time lives: it writes its row every 5 seconds (hub.serving.presence). Leases last
longer."""
STEADY_AFTER = timedelta(seconds=30)
DEATH_WAIT = timedelta(seconds=30)
"""How long an item waits after a plugin's own process died of it."""
ID_LENGTH = 12
_process = {"id": secrets.token_hex(ID_LENGTH // 2)}


def _renew() -> None:
    _process["id"] = secrets.token_hex(ID_LENGTH // 2)


os.register_at_fork(after_in_child=_renew)


def process_id() -> str:
    """The id of this process; the tokens of its leases begin with it."""
    return _process["id"]


def new_token() -> str:
    """A token for a lease of this process, as long as an id."""
    unique = new_id().replace("-", "")
    return f"{process_id()}-{unique[-23:]}"


def deaths_by_now(columns: Any, seen_since: object) -> object:
    """The column `deaths` of a row that is claimed now, of a table with these `columns`: one more if the process that held
    its lease has died, because it was not seen since `SEEN_WITHIN` ago."""
    holder = func.substr(columns.lease_token, 1, ID_LENGTH)
    process = ConfigProcess.__table__.c
    seen = select(process.id).where(process.id == holder, process.seen_at >= seen_since).exists()
    died = and_(
        columns.state == WorkState.LEASED,
        columns.lease_token.is_not(None),
        holder != bindparam("me", callable_=process_id),
        ~seen,
    )
    return columns.deaths + case((died, 1), else_=0)


def suspect_is_under_way(store: Store, now: datetime) -> bool:
    """Whether this process still handles the suspect that it claimed last."""
    suspect = store.suspect
    if suspect.table is None:
        return False
    columns = suspect.table
    held = (columns.id == suspect.row_id, columns.lease_token == suspect.token, columns.lease_until >= now)
    with store.reading() as session:
        return session.execute(select(columns.id).where(*held)).first() is not None


def works_steadily(store: Store, now: datetime) -> bool:
    """Whether this process has worked for a while. Before that, its death would say nothing about a suspect: processes that
    are killed from outside, again and again, are killed while they handle whatever is due first."""
    since = store.suspect.working_since
    return since is not None and abs(now - since) >= STEADY_AFTER


def is_suspect(store: Store, token: str) -> bool:
    """Whether `token` holds the suspect that this process handles."""
    return bool(token) and store.suspect.token == token


def note_hook(store: Store, token: str, connector: str, hook: str) -> None:
    """Store that a hook is about to begin for the suspect that `token` holds: if the process dies, this names the
    connector."""
    if store.suspect.token != token or store.is_writing:
        return  # SQLite has one writer: a second transaction of this thread would wait for the first
    columns = store.suspect.table
    named = update(columns).where(columns.id == store.suspect.row_id, columns.lease_token == token)
    with store.writing() as session:
        session.execute(named.values(last_hook=f"{connector}.{hook}").execution_options(synchronize_session=False))


def disown(store: Store, table: type[Work], token: str) -> None:
    """Let the rows that `token` holds end their lease without counting a death: this process stops in good order."""
    columns: Any = table
    held = update(table).where(columns.lease_token == token, columns.state == WorkState.LEASED)
    with store.writing() as session:
        session.execute(held.values(lease_token=None).execution_options(synchronize_session=False))


def after_death(table: type[Work], row: Any, error: PluginDied, due: datetime, now: datetime) -> dict[str, object]:
    """The values of a claimed row after a plugin's own process died while it handled the row: it is claimed again at
    `due`, alone, or goes into quarantine after the third death."""
    counted = {"deaths": row.deaths + 1, "last_hook": f"{error.connector}.{error.hook}"}
    if counted["deaths"] < MAX_DEATHS:
        why = {"reason": str(error)} if says_why(table) else {}
        return {"state": WorkState.LEASED, "lease_until": due, "due_at": due, **counted, **why}
    _tell(table, row.id, error.connector, counted["last_hook"])
    why = {"reason": _reason(error.connector, error.hook)} if says_why(table) else {}
    return {"state": WorkState.QUARANTINED, "lease_until": None, "due_at": now, **counted, **why}


def _tell(table: type[Work], row_id: str, connector: str, hook: str | None) -> None:
    metrics.QUARANTINED.labels(table.__tablename__, connector).inc()
    log.error("quarantined", table=table.__tablename__, id=row_id, connector=connector, hook=hook)


def put_into_quarantine(session: Session, table: type[Work], rows: Sequence[Any], now: datetime) -> None:
    """Give the claimed rows their final state. A connector whose scheduled sync kills is paused until a person resumes
    it, because its next sync would kill too."""
    columns: Any = table
    for row in rows:
        reason = reason_of(row)
        values: dict[str, Any] = {"state": WorkState.QUARANTINED, "due_at": now}
        if says_why(table):
            values["reason"] = reason
        ended = update(table).where(columns.id == row.id).values(lease_until=None, lease_token=None, **values)
        session.execute(ended.execution_options(synchronize_session=False))
        if table is SyncSlot:
            pause_within(session, row.connector, reason, now)
        _tell(table, row.id, connector_of(row), row.last_hook)


def says_why(table: type[Work]) -> bool:
    """Whether a table has a reason of its state; that of a text is about its delivery to the phone."""
    return "reason" in table.model_fields and table is not TextMessage


def connector_of(row: Any) -> str:
    """The connector whose hook ran when the last process died; empty if it is not known."""
    if row.last_hook:
        return str(row.last_hook).rpartition(".")[0]
    return str(getattr(row, "connector", ""))


def reason_of(row: Any) -> str:
    """Why a row is in quarantine, in one sentence."""
    connector, _, hook = (row.last_hook or "").rpartition(".")
    return _reason(connector or connector_of(row), hook)


def _reason(connector: str, hook: str) -> str:
    if not connector:
        return f"{MAX_DEATHS} processes died while they handled it; which connector did that is not known."
    where = f" in {hook}" if hook else ""
    return f"{MAX_DEATHS} processes died while connector {connector!r} handled it{where}."
