"""Retention: ends personal data when its retention period is over, in small transactions, and reports what is overdue."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Delete, Update, and_, delete, func, or_, tuple_, update
from sqlmodel import Session, col, select

from hub.config.retention import RetentionSection, default_life
from hub.model import (
    Attempt,
    Attribution,
    Call,
    Delivery,
    FormSubmission,
    Lease,
    PageView,
    Person,
    PersonMerge,
    SyncSlot,
    TextMessage,
    TranscriptRow,
    Visit,
)
from hub.model.columns import Row
from hub.model.states import TranscriptState, WorkState
from hub.privacy.holds import NOBODY, OnHold
from hub.privacy.retention_rules import PSEUDONYM, RETENTION_RULES, RetentionRule
from hub.store.encryption.keyring import Keyring
from hub.store.engine import Store
from hub.store.journal import end_lives
from hub.store.journal.evidence import EVIDENCE

FINISHED_SLOTS = timedelta(days=2)
GRACE = timedelta(hours=24)
"""A row that is overdue by more than this counts as a broken promise."""
ROWS_PER_TRANSACTION = 500
"""Rows per transaction."""
PAUSE_SECONDS = 0.01
"""Pause between two transactions, so that other writers on SQLite get their turn."""
MAX_TRANSACTIONS_PER_TABLE = 20
"""Transactions for one table in one sweep, so that a much shorter retention period does not block the other tables."""


def sweep(
    store: Store,
    now: datetime,
    retention: RetentionSection | None = None,
    held: OnHold = NOBODY,
    keyring: Keyring | None = None,
) -> Counter[str]:
    """End expired data by the retention periods of config.yaml, or the defaults, except under a legal hold. Returns
    rows by rule.

    Evidence tables end only after the journal records it, signed by `keyring`, or by the keys of the store. A table that
    fails does not stop the others; the first error is raised at the end. `hub.recordings.keep.end_expired` ends
    recordings, because their audio is in the blob store.
    """
    retention = retention or RetentionSection()
    swept: Counter[str] = Counter()
    errors: list[Exception] = []
    for life in RETENTION_RULES:
        try:
            over = and_(life.over(retention, now), held.leaves(life.table))
            if _may_end(store, life, over, retention, now, keyring or store.keyring):
                swept[life.name] = _end(store, _step(life, over, retention, now))
        except Exception as error:  # noqa: BLE001 - raised when the others have had their turn
            errors.append(error)
    with store.writing() as session:
        swept["syncs"] = _run(
            session,
            delete(SyncSlot).where(
                col(SyncSlot.state) == WorkState.DONE, col(SyncSlot.finished_at) <= now - FINISHED_SLOTS
            ),
        )
    if errors:
        raise errors[0]
    return +swept


def _end(store: Store, step: Callable[[Session], int] | None) -> int:
    """End the rows of one table in small transactions. Returns how many."""
    ended = 0
    for _ in range(MAX_TRANSACTIONS_PER_TABLE if step else 0):
        with store.writing() as session:
            rows = step(session) if step else 0
        ended += rows
        if rows < ROWS_PER_TRANSACTION:
            break
        time.sleep(PAUSE_SECONDS)
    return ended


def _may_end(
    store: Store,
    life: RetentionRule,
    over: ColumnElement[bool],
    retention: RetentionSection,
    now: datetime,
    keyring: Keyring,
) -> bool:
    """Whether rows of the table may end. For evidence tables, the journal must first record up to when they have ended."""
    name = str(life.table.__tablename__)
    if name not in EVIDENCE or not EVIDENCE[name].ends:
        return True
    with store.reading() as session:
        if (
            session.execute(
                select(func.count()).select_from(select(life.table).where(over).limit(1).subquery())
            ).scalar()
            == 0
        ):
            return False
    with store.writing() as session:
        return end_lives(session, keyring, name, now - retention.life(life.kind), now)


def _step(
    life: RetentionRule, over: ColumnElement[bool], retention: RetentionSection, now: datetime
) -> Callable[[Session], int] | None:
    """The function that ends the next rows of a table. None if another module does it."""
    if life.table is Person:
        return lambda session: _end_people(session, life, over, retention, now)
    if life.table is Visit and life.until == "expires_at":
        return lambda session: _end_visits(session, life, over)
    if life.table is Delivery:
        return lambda session: _end_given_up(session, over)
    if life.table is TranscriptRow:
        gone = {
            "sealed": None,
            "state": TranscriptState.GONE,
            "reason": "its retention period is over",
            "lease_token": None,
        }
        return lambda session: _run(session, update(TranscriptRow).where(_next(life, over)).values(gone))
    if life.ending == "deleted":
        return lambda session: _run(session, delete(life.table).where(_next(life, over)))
    if life.ending == "emptied":
        return lambda session: _run(session, update(life.table).where(_next(life, over)).values(_empty(life)))
    return None


def _run(session: Session, statement: Delete | Update) -> int:
    result: Any = session.execute(statement.execution_options(synchronize_session=False))
    return int(result.rowcount)


def _next(life: RetentionRule, over: ColumnElement[bool]) -> Any:
    """The keys of the next expired rows; rows that another worker is ending are skipped."""
    key: Any = list(life.table.__table__.primary_key)
    rows = select(*key).where(over).limit(ROWS_PER_TRANSACTION).with_for_update(skip_locked=True)
    return (key[0] if len(key) == 1 else tuple_(*key)).in_(rows)


def _empty(life: RetentionRule) -> dict[str, Any]:
    columns: Any = life.table.__table__.c
    emptied = (*life.categories(), *life.with_them)
    fields = life.table.model_fields
    values = {
        name: None if columns[name].nullable else fields[name].default_factory()  # type: ignore[misc,call-arg]
        for name in emptied
    }
    return {**values, life.until: None}


def _end_people(
    session: Session, life: RetentionRule, over: ColumnElement[bool], retention: RetentionSection, now: datetime
) -> int:
    """A person is kept as long as one of their calls, texts or forms; a person without any is emptied."""
    ids = list(
        session.exec(select(Person.id).where(over).limit(ROWS_PER_TRANSACTION).with_for_update(skip_locked=True))
    )
    ends: dict[str, datetime] = {}
    for contact in (Call, TextMessage, FormSubmission):
        row: Any = contact
        living = (
            select(row.person_id, func.max(row.expires_at))
            .where(row.person_id.in_(ids), row.expires_at.is_not(None))
            .group_by(row.person_id)
        )
        for person_id, until in session.execute(living):
            ends[person_id] = max(until, ends.get(person_id, until))
    ended = now - retention.life(life.kind) + default_life(life.kind)
    still = {person_id: until for person_id, until in ends.items() if until > ended}
    for person_id, until in still.items():
        _run(session, update(Person).where(col(Person.id) == person_id).values(expires_at=until))
    gone = [person_id for person_id in ids if person_id not in still]
    if gone:
        merged = or_(col(PersonMerge.person_id).in_(gone), col(PersonMerge.other_id).in_(gone))
        _run(session, delete(PersonMerge).where(merged))
        _run(session, update(Person).where(col(Person.id).in_(gone)).values(_empty(life)))
    return len(gone)


def _end_visits(session: Session, life: RetentionRule, over: ColumnElement[bool]) -> int:
    """A visit without references is deleted; one that led to a call or a form is emptied and stays linked."""
    ids = list(session.exec(select(Visit.id).where(over).limit(ROWS_PER_TRANSACTION).with_for_update(skip_locked=True)))
    referring: list[Any] = [Attribution, FormSubmission, Lease, PageView]
    alone = [~select(table.visit_id).where(table.visit_id == Visit.id).exists() for table in referring]
    if ids:
        _run(session, delete(Visit).where(col(Visit.id).in_(ids), *alone))
        _run(session, update(Visit).where(col(Visit.id).in_(ids)).values(_empty(life)))
    return len(ids)


def _end_given_up(session: Session, over: ColumnElement[bool]) -> int:
    """For a delivery that was given up, delete the records of its attempts; the fact that it was given up stays."""
    ids = list(
        session.exec(select(Delivery.id).where(over).limit(ROWS_PER_TRANSACTION).with_for_update(skip_locked=True))
    )
    if ids:
        _run(session, delete(Attempt).where(col(Attempt.delivery_id).in_(ids)))
        _run(session, update(Delivery).where(col(Delivery.id).in_(ids)).values(reason=None, reference=None))
    return len(ids)


@dataclass(frozen=True)
class Holding:
    """What one table stores of one data category."""

    name: str
    table: str
    category: str
    kind: str
    life: timedelta
    reason: str | None
    """Why it is kept longer than the default, if it is."""
    ending: str
    rows: int
    """Rows with personal data now."""
    oldest: datetime | None
    """When the retention period of the oldest row began."""
    past: int
    """Rows overdue by more than 24 hours: 0, unless the sweep does not run."""
    held: int
    """Rows past their retention period that a legal hold protects until it is lifted."""


def holdings(session: Session, retention: RetentionSection, now: datetime, held: OnHold = NOBODY) -> Iterator[Holding]:
    """Every table and data category with its retention period, its rows, and those that are overdue or on hold."""
    for life in RETENTION_RULES:
        until: Any = getattr(life.table, life.until)
        rows, first = session.execute(
            select(func.count(), func.min(until)).where(until.is_not(None), *life.where)
        ).one()
        late: Any = life.over(retention, now - GRACE)
        if life.ending == "emptied":
            # Personal data that a late write left in an emptied row.
            late = or_(late, and_(until.is_(None), life.left()))
        past = _count(session, life.table, late, held.leaves(life.table))
        on_hold = (
            _count(session, life.table, life.over(retention, now), held.covers(life.table)) if held != NOBODY else 0
        )
        kept = retention.life(life.kind)
        for category in sorted(set(life.categories().values())) or [PSEUDONYM]:
            yield Holding(
                name=life.name,
                table=str(life.table.__tablename__),
                category=category,
                kind=life.kind,
                life=kept,
                reason=retention.reason(life.kind),
                ending=life.ending,
                rows=rows,
                oldest=life.began(first) if first else None,
                past=past,
                held=on_hold,
            )


def _count(session: Session, table: type[Row], *where: Any) -> int:
    return int(session.execute(select(func.count()).select_from(table).where(*where)).scalar_one())
