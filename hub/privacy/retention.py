"""Retention: personal data ends when its life is over, in small transactions; and how much is left beyond its life."""

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
    SyncSlot,
    TextMessage,
    TranscriptRow,
    Visit,
)
from hub.model.columns import Row
from hub.privacy.holds import NOBODY, OnHold
from hub.privacy.retention_rules import PSEUDONYM, RETENTION_RULES, RetentionRule
from hub.store.engine import Store
from hub.store.journal import end_lives
from hub.store.journal.evidence import EVIDENCE
from hub.store.keyring import Keyring

FINISHED_SLOTS = timedelta(days=2)
GRACE = timedelta(hours=24)
"""Past its life by more than this, a row counts as a broken promise."""
AT_ONCE = 500
"""Rows of one transaction."""
PAUSE_SECONDS = 0.01
"""Between two of them, so that whoever waits to write on SQLite writes first."""
MOST = 20
"""Transactions for one table in one sweep, so that a large shortening leaves the others their turn."""


def sweep(
    store: Store,
    now: datetime,
    retention: RetentionSection | None = None,
    held: OnHold = NOBODY,
    keyring: Keyring | None = None,
) -> Counter[str]:
    """End what is over by the lives of config.yaml, or by the defaults, but for what a legal hold keeps; how many rows of each.

    What the journal names ends after it says so, signed by a key of `keyring` where there is one. A table that fails keeps no
    other from its turn; the first error is raised at the end.
    Recordings end by `hub.recordings.keep.end_expired`, for their audio lies elsewhere.
    """
    retention = retention or RetentionSection()
    swept: Counter[str] = Counter()
    errors: list[Exception] = []
    for life in RETENTION_RULES:
        try:
            over = _over(life, retention, now, held)
            if _may_end(store, life, over, retention, now, keyring):
                swept[life.name] = _end(store, _step(life, over, retention, now))
        except Exception as error:  # noqa: BLE001 - raised when the others have had their turn
            errors.append(error)
    with store.writing() as session:
        swept["syncs"] = _run(
            session,
            delete(SyncSlot).where(col(SyncSlot.state) == "done", col(SyncSlot.finished_at) <= now - FINISHED_SLOTS),
        )
    if errors:
        raise errors[0]
    return +swept


def _end(store: Store, step: Callable[[Session], int] | None) -> int:
    """End the rows of one table in small transactions; how many."""
    ended = 0
    for _ in range(MOST if step else 0):
        with store.writing() as session:
            rows = step(session) if step else 0
        ended += rows
        if rows < AT_ONCE:
            break
        time.sleep(PAUSE_SECONDS)
    return ended


def _may_end(
    store: Store,
    life: RetentionRule,
    over: ColumnElement[bool],
    retention: RetentionSection,
    now: datetime,
    keyring: Keyring | None,
) -> bool:
    """Whether rows of the table may go: those that the journal names once it says up to when they have ended."""
    name = str(life.table.__tablename__)
    if name not in EVIDENCE:
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


def _over(life: RetentionRule, retention: RetentionSection, now: datetime, held: OnHold) -> ColumnElement[bool]:
    return and_(life.over(retention, now), held.leaves(life.table))


def _step(
    life: RetentionRule, over: ColumnElement[bool], retention: RetentionSection, now: datetime
) -> Callable[[Session], int] | None:
    """What ends the next rows of a table; None where another module does."""
    if life.table is Person:
        return lambda session: _end_people(session, life, over, retention, now)
    if life.table is Visit and life.until == "expires_at":
        return lambda session: _end_visits(session, life, over)
    if life.table is Delivery:
        return lambda session: _end_given_up(session, over)
    if life.table is TranscriptRow:
        gone = {"sealed": None, "state": "gone", "reason": "its time is over", "lease_token": None}
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
    """The next rows that are over, by their key; what another worker is ending is left to it."""
    key: Any = list(life.table.__table__.primary_key)  # type: ignore[attr-defined]
    rows = select(*key).where(over).limit(AT_ONCE).with_for_update(skip_locked=True)
    return (key[0] if len(key) == 1 else tuple_(*key)).in_(rows)


def _empty(life: RetentionRule) -> dict[str, Any]:
    columns: Any = life.table.__table__.c  # type: ignore[attr-defined]
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
    """A person is known as long as one of their calls, texts or forms is; who has none left is emptied."""
    ids = list(session.exec(select(Person.id).where(over).limit(AT_ONCE).with_for_update(skip_locked=True)))
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
        _run(session, update(Person).where(col(Person.id).in_(gone)).values(_empty(life)))
    return len(gone)


def _end_visits(session: Session, life: RetentionRule, over: ColumnElement[bool]) -> int:
    """A visit that nothing refers to goes; one that led to a call or a form is emptied and stays its cause."""
    ids = list(session.exec(select(Visit.id).where(over).limit(AT_ONCE).with_for_update(skip_locked=True)))
    referring: list[Any] = [Attribution, FormSubmission, Lease, PageView]
    alone = [~select(table.visit_id).where(table.visit_id == Visit.id).exists() for table in referring]
    if ids:
        _run(session, delete(Visit).where(col(Visit.id).in_(ids), *alone))
        _run(session, update(Visit).where(col(Visit.id).in_(ids)).values(_empty(life)))
    return len(ids)


def _end_given_up(session: Session, over: ColumnElement[bool]) -> int:
    """Of a delivery that was given up, what was said of each attempt goes; that it was given up stays."""
    ids = list(session.exec(select(Delivery.id).where(over).limit(AT_ONCE).with_for_update(skip_locked=True)))
    if ids:
        _run(session, delete(Attempt).where(col(Attempt.delivery_id).in_(ids)))
        _run(session, update(Delivery).where(col(Delivery.id).in_(ids)).values(reason=None, reference=None))
    return len(ids)


@dataclass(frozen=True)
class Holding:
    """What one table holds of one data category."""

    name: str
    table: str
    category: str
    kind: str
    life: timedelta
    reason: str | None
    """Why it is kept longer than the default, where it is."""
    ending: str
    rows: int
    """That hold personal data now."""
    oldest: datetime | None
    """When the life of the oldest of them began."""
    past: int
    """Past their life by more than 24 hours: none, or the sweeper is not doing its work."""
    held: int
    """Past their life, and kept by a legal hold until it is lifted."""


def holdings(session: Session, retention: RetentionSection, now: datetime, held: OnHold = NOBODY) -> Iterator[Holding]:
    """Every table and data category with its life, its rows, and those past their life, late or on hold."""
    for life in RETENTION_RULES:
        until: Any = getattr(life.table, life.until)
        rows, first = session.execute(
            select(func.count(), func.min(until)).where(until.is_not(None), *life.where)
        ).one()
        late: Any = life.over(retention, now - GRACE)
        if life.ending == "emptied":
            # Whatever a late write left in an emptied row.
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
